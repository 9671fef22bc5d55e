//! A server that is two things: the credentials service of a container, and a store that accepts only valid credentials.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use slim_s3::{AmzDate, ClientBuilder};

use super::environment;
use crate::support::script::error_document;
use crate::support::server::{Received, SECRET_ACCESS_KEY, serve};
use crate::support::verifier::verify;

/// The number of a set of credentials, from 1.
pub type Set = u32;

pub struct State {
    /// How often credentials were requested.
    pub asked: u32,
    /// The latest set.
    pub issued: Set,
    /// Whether each request gets a new set.
    pub is_renewing: bool,
    /// Sets change with each period of this length, instead of with each request.
    pub period: Option<Duration>,
    pub started: Instant,
    /// When the credentials expire; `None` if they do not.
    pub lifetime: Option<Duration>,
    /// Whether requests for credentials fail.
    pub fails: bool,
    /// How long such a request takes.
    pub delay: Duration,
    /// The store rejects earlier sets as expired.
    pub first_valid: Set,
    /// The sets that objects were stored with.
    pub stored: Vec<Set>,
    /// How often the store has rejected one as expired.
    pub rejected: u32,
}

#[derive(Clone)]
pub struct Issuer {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Issuer {
    pub async fn start() -> Issuer {
        let state = Arc::new(Mutex::new(State {
            asked: 0,
            issued: 0,
            is_renewing: true,
            period: None,
            started: Instant::now(),
            lifetime: Some(Duration::from_secs(3600)),
            fails: false,
            delay: Duration::ZERO,
            first_valid: 0,
            stored: Vec::new(),
            rejected: 0,
        }));
        let shared = state.clone();
        let address = serve(move |mut connection| {
            let state = shared.clone();
            async move {
                while let Some(request) = connection.request().await {
                    let (status, body) = if request.target == "/credentials" {
                        let delay = {
                            let mut state = state.lock().unwrap();
                            state.asked += 1;
                            state.delay
                        };
                        tokio::time::sleep(delay).await;
                        state.lock().unwrap().issue()
                    } else {
                        state.lock().unwrap().store(&request)
                    };
                    connection.respond(status, &body).await;
                }
            }
        })
        .await;
        Issuer { address, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A builder with the credentials of the container, found by the chain, and a store at the same address.
    pub async fn builder(&self) -> ClientBuilder {
        let store = format!("http://{}", self.address);
        let uri = format!("{store}/credentials");
        let environment = environment(&[
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str()),
            ("AWS_ENDPOINT_URL", store.as_str()),
        ]);
        let builder = ClientBuilder::from_environment(&environment, None).await;
        builder.unwrap().retry(crate::support::script::quick())
    }
}

impl State {
    fn issue(&mut self) -> (&'static str, String) {
        if self.fails {
            return ("500 Internal Server Error", String::new());
        }
        if let Some(period) = self.period {
            self.issued = self.current(period);
        } else if self.is_renewing || self.issued == 0 {
            self.issued += 1;
        }
        let set = self.issued;
        let expiration = self.lifetime.map_or(String::new(), |lifetime| {
            let at = iso(SystemTime::now() + lifetime);
            format!(r#","Expiration":"{at}""#)
        });
        let body = format!(
            r#"{{"AccessKeyId":"SET{set}","SecretAccessKey":"{SECRET_ACCESS_KEY}","Token":"token{set}"{expiration}}}"#
        );
        ("200 OK", body)
    }

    /// The set of the current period.
    pub fn current(&self, period: Duration) -> Set {
        let passed = self.started.elapsed().as_millis() / period.as_millis();
        1 + Set::try_from(passed).unwrap()
    }

    fn store(&mut self, request: &Received) -> (&'static str, String) {
        verify(request);
        let authorization = request.header("authorization").unwrap();
        let (_, credential) = authorization.split_once("Credential=SET").unwrap();
        let set: Set = credential.split('/').next().unwrap().parse().unwrap();
        let token = request.header("x-amz-security-token");
        assert_eq!(token, Some(format!("token{set}").as_str()));
        let first_valid = match self.period {
            Some(period) => self.current(period),
            None => self.first_valid,
        };
        if set < first_valid {
            self.rejected += 1;
            return ("400 Bad Request", error_document("ExpiredToken"));
        }
        self.stored.push(set);
        ("200 OK\r\netag: \"e\"", String::new())
    }
}

fn iso(time: SystemTime) -> String {
    let text = AmzDate::from(time).to_string();
    let part = |range: std::ops::Range<usize>| &text[range];
    let (date, time) = (
        [part(0..4), part(4..6), part(6..8)].join("-"),
        [part(9..11), part(11..13), part(13..15)].join(":"),
    );
    format!("{date}T{time}Z")
}
