//! The rows about encryption, on stores that encrypt, ignore the request or reject it. A customer key is never in a report.

use slim_s3::Verdict;

use super::{EMPTY, Store, assert_prints, ok};

const HEADER: &str = "x-amz-server-side-encryption";

/// The verdicts for SSE-S3 and SSE-KMS of a store that confirms `confirmed` whatever was requested.
async fn verdicts_of(confirmed: Option<&'static str>) -> [Option<Verdict>; 2] {
    let store = Store::new(move |request| match (request.header(HEADER), confirmed) {
        (Some(_), Some(confirmed)) => (
            format!("200 OK\r\netag: \"e\"\r\n{HEADER}: {confirmed}"),
            Vec::new(),
        ),
        _ => ok(EMPTY),
    })
    .await;
    let report = store.examine().await;
    assert_prints(&report);
    ["sse_s3", "sse_kms"].map(|name| report.verdict(name))
}

#[tokio::test]
async fn encryption_must_be_confirmed_as_requested() {
    let (supported, differs) = (Some(Verdict::Supported), Some(Verdict::Differs));
    let ignored = Some(Verdict::Ignored);
    assert_eq!(verdicts_of(None).await, [ignored, ignored]);
    assert_eq!(verdicts_of(Some("AES256")).await, [supported, differs]);
    assert_eq!(verdicts_of(Some("aws:kms")).await, [differs, supported]);
}

#[tokio::test]
async fn no_customer_key_is_sent_over_http() {
    let store = Store::new(|_| ok(EMPTY)).await;
    let report = store.examine().await;
    assert_eq!(report.verdict("sse_c"), Some(Verdict::Skipped));
    let text = report.to_string();
    assert!(
        text.contains("a customer key is never sent over http"),
        "{text}"
    );
    for request in store.requests() {
        let mut headers = request.headers.iter();
        assert!(
            headers.all(|(name, _)| !name.contains("customer")),
            "{request:?}"
        );
    }
}

#[cfg(any(feature = "rustls", feature = "webpki-roots"))]
mod over_https {
    use std::collections::HashMap;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::{Arc, Mutex};

    use rustls::pki_types::PrivateKeyDer;
    use rustls::{ServerConfig, ServerConnection, StreamOwned};
    use slim_s3::{Client, Credentials, DoctorReport, RetryPolicy, Roots, Verdict};

    use crate::doctor::{EMPTY, Respond, assert_prints, ok};
    use crate::support::certificates::{Authority, FAR_FUTURE};
    use crate::support::script::error_document;
    use crate::support::server::Received;

    const KEY: &str = "x-amz-server-side-encryption-customer-key";
    const KEY_MD5: &str = "x-amz-server-side-encryption-customer-key-md5";

    /// What the store does with customer keys.
    #[derive(Clone, Copy, Debug)]
    enum Keys {
        Used,
        /// Like `Used`, but the response to the put does not say so.
        Unconfirmed,
        Ignored,
        /// The put is rejected, with the key in the message.
        Rejected,
        /// The object cannot be read with the key that it was written with.
        Lost,
        /// Without the key, what is stored is returned.
        Ciphertext,
    }

    type Object = (Vec<u8>, Option<String>);

    /// A store in memory, over https.
    struct HttpsStore {
        keys: Keys,
        /// The content by the path, and the key that is required to read it.
        objects: Mutex<HashMap<String, Object>>,
        requests: Mutex<Vec<Received>>,
    }

    impl HttpsStore {
        fn respond(&self, request: &Received) -> Respond {
            let error = |status: &str, document: String| (status.to_owned(), document.into_bytes());
            let key = request.header(KEY);
            let target = request.target.clone();
            let mut objects = self.objects.lock().unwrap();
            match (request.method.as_str(), self.keys, key) {
                (_, Keys::Rejected, Some(key)) => {
                    let document = format!(
                        "<Error><Code>InvalidArgument</Code><Message>{key}</Message></Error>"
                    );
                    error("400 Bad Request", document)
                }
                ("PUT", keys, _) => {
                    let key = key.filter(|_| !matches!(keys, Keys::Ignored));
                    objects.insert(target, (request.body.clone(), key.map(str::to_owned)));
                    let head = "200 OK\r\netag: \"e\"".to_owned();
                    let head = match (request.header(KEY_MD5), keys) {
                        (Some(_), Keys::Ignored | Keys::Unconfirmed) | (None, _) => head,
                        (Some(md5), _) => format!("{head}\r\n{KEY_MD5}: {md5}"),
                    };
                    (head, Vec::new())
                }
                ("DELETE", ..) => {
                    objects.remove(&target);
                    ("204 No Content".to_owned(), Vec::new())
                }
                ("GET", ..) if target.contains("list-type=2") => ok(EMPTY),
                ("GET", keys, key) => match objects.get(&target) {
                    None => error("404 Not Found", error_document("NoSuchKey")),
                    Some((_, Some(_))) if key.is_some() && matches!(keys, Keys::Lost) => {
                        error("403 Forbidden", error_document("AccessDenied"))
                    }
                    Some((_, used)) if used.as_deref() == key || matches!(keys, Keys::Ignored) => {
                        let (content, _) = &objects[&target];
                        ("200 OK\r\netag: \"e\"".to_owned(), content.clone())
                    }
                    Some(_) if matches!(keys, Keys::Ciphertext) => ok("ciphertext"),
                    Some(_) => error("400 Bad Request", error_document("InvalidRequest")),
                },
                _ => error("501 Not Implemented", error_document("NotImplemented")),
            }
        }
    }

    /// One request; `None` at the end of the connection.
    fn received(stream: &mut impl Read) -> Option<Received> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).ok()?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let mut first = lines.next().unwrap().split(' ').map(str::to_owned);
        let (method, target) = (first.next().unwrap(), first.next().unwrap());
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            (name.to_owned(), value.to_owned())
        });
        let mut request = Received {
            method,
            target,
            headers: headers.collect(),
            body: Vec::new(),
        };
        let length = request
            .header("content-length")
            .map_or(0, |length| length.parse().unwrap());
        request.body = vec![0; length];
        stream.read_exact(&mut request.body).ok()?;
        Some(request)
    }

    async fn examine(keys: Keys) -> (DoctorReport, Vec<Received>) {
        let authority = Authority::new("doctor");
        let identity = authority.issue(&["localhost"], FAR_FUTURE);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![identity.certificate.der().clone()],
                PrivateKeyDer::Pkcs8(identity.key.serialize_der().into()),
            );
        let config = Arc::new(config.unwrap());
        let store = Arc::new(HttpsStore {
            keys,
            objects: Mutex::default(),
            requests: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = store.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let (config, store) = (config.clone(), shared.clone());
                std::thread::spawn(move || {
                    let connection = ServerConnection::new(config).unwrap();
                    let mut stream = StreamOwned::new(connection, socket.unwrap());
                    while let Some(request) = received(&mut stream) {
                        let (head, mut body) = store.respond(&request);
                        if request.method == "HEAD" {
                            body.clear();
                        }
                        let head =
                            format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len());
                        store.requests.lock().unwrap().push(request);
                        if stream.write_all(head.as_bytes()).is_err()
                            || stream.write_all(&body).is_err()
                        {
                            return;
                        }
                        let _ = stream.flush();
                    }
                });
            }
        });
        let client = Client::builder()
            .endpoint(&format!("https://localhost:{port}"))
            .credentials(Credentials::new("AK", "SK"))
            .roots(Roots::Pem(authority.pem))
            .retry(RetryPolicy::none())
            .build()
            .unwrap();
        let report = client.doctor("bucket").write(true).send().await;
        assert!(report.error().is_none(), "{report}");
        assert_eq!(report.left(), [""; 0], "{report}");
        assert!(store.objects.lock().unwrap().is_empty(), "{report}");
        let requests = store.requests.lock().unwrap().clone();
        (report, requests)
    }

    #[tokio::test]
    async fn a_customer_key_must_be_necessary_and_sufficient() {
        for (keys, verdict, detail) in [
            (
                Keys::Used,
                Verdict::Supported,
                "a GET without the key is rejected: 400 InvalidRequest",
            ),
            (Keys::Unconfirmed, Verdict::Differs, "does not confirm it"),
            (
                Keys::Ignored,
                Verdict::Ignored,
                "can be read without the key",
            ),
            (Keys::Rejected, Verdict::Refused, "400 InvalidArgument"),
            (Keys::Lost, Verdict::Refused, "403 AccessDenied"),
            (
                Keys::Ciphertext,
                Verdict::Differs,
                "without the key, other content",
            ),
        ] {
            let (report, _) = examine(keys).await;
            let mut rows = report.checks().iter();
            let row = rows.find(|row| row.name == "sse_c").unwrap();
            assert_eq!(row.verdict, verdict, "{keys:?}: {report}");
            assert!(row.detail.contains(detail), "{keys:?}: {report}");
        }
    }

    #[tokio::test]
    async fn a_customer_key_is_not_in_the_report() {
        let mut sent = Vec::new();
        for keys in [Keys::Used, Keys::Rejected] {
            let (report, requests) = examine(keys).await;
            let values = requests.iter().filter_map(|request| request.header(KEY));
            let values: Vec<String> = values.map(str::to_owned).collect();
            assert!(!values.is_empty(), "{keys:?}");
            assert_prints(&report);
            for text in [report.to_string(), report.to_json(), format!("{report:?}")] {
                // The start, too: texts of the store are shortened.
                assert!(
                    values.iter().all(|key| !text.contains(&key[..12])),
                    "{text}"
                );
            }
            sent.extend(values.first().cloned());
        }
        assert_ne!(sent[0], sent[1], "a key is made for each object");
    }
}
