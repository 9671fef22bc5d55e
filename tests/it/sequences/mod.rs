//! Calls that send several requests: listings and bulk deletes. On loopback.

mod bulk_delete;
mod listing;

use std::sync::{Arc, Mutex};

use slim_s3::Client;

use crate::support::server::{self, Received, client};
use crate::support::verifier::verify;

/// A response: status line and body.
type Response = (&'static str, String);

/// Starts a server that sends these responses in order, and records the requests.
async fn respond_with(responses: Vec<Response>) -> (Client, Arc<Mutex<Vec<Received>>>) {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let (recorded, responses) = (
        requests.clone(),
        Arc::new(Mutex::new(responses.into_iter())),
    );
    let address = server::serve(move |mut connection| {
        let (recorded, responses) = (recorded.clone(), responses.clone());
        async move {
            while let Some(request) = connection.request().await {
                verify(&request);
                recorded.lock().unwrap().push(request);
                let response = responses.lock().unwrap().next();
                let (head, body) = response.expect("a response for each request");
                connection.respond(head, &body).await;
            }
        }
    })
    .await;
    (client(address), requests)
}

fn slow_down() -> Response {
    (
        "503 Slow Down",
        "<Error><Code>SlowDown</Code></Error>".to_owned(),
    )
}
