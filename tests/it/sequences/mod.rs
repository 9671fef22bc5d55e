//! Calls that send several requests: listings, bulk deletes and uploads. On loopback.

mod bulk_delete;
mod cancelled_uploads;
mod changing_files;
#[cfg(feature = "checksums")]
mod checksums;
mod continuations;
mod controlled_uploads;
mod copies;
mod diagnosis;
mod diagnosis_limits;
mod download_writers;
mod downloads;
mod incomplete_uploads;
mod listing;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod memory;
mod read_ahead;
mod rejected_signatures;
mod resumed_uploads;
mod resumes;
mod settled_uploads;
mod sources;
mod upload_options;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use slim_s3::Client;

use crate::support::server::{self, Received, client};
use crate::support::verifier::verify;

/// A response: status line and body.
pub type Response = (&'static str, String);

/// Starts a server that sends these responses in order, and records the requests.
pub async fn respond_with(responses: Vec<Response>) -> (Client, Arc<Mutex<Vec<Received>>>) {
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

/// The status and headers of a response to a part.
const STORED: &str = "200 OK\r\netag: \"e\"";

/// Starts a store that has one upload, and records the requests. It receives a part, or a whole object, and then waits for
/// `respond`, which returns the status and headers of its response.
async fn store_with_upload<F>(
    respond: impl Fn() -> F + Clone + Send + Sync + 'static,
) -> (SocketAddr, Arc<Mutex<Vec<Received>>>)
where
    F: Future<Output = &'static str> + Send + 'static,
{
    let requests = Arc::new(Mutex::new(Vec::new()));
    let recorded = requests.clone();
    let address = server::serve(move |mut connection| {
        let (recorded, respond) = (recorded.clone(), respond.clone());
        async move {
            while let Some(request) = connection.request().await {
                verify(&request);
                let (method, target) = (request.method.clone(), request.target.clone());
                recorded.lock().unwrap().push(request);
                let created = "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>";
                let completed = "<CompleteMultipartUploadResult><ETag>e-1</ETag></CompleteMultipartUploadResult>";
                let (head, body) = match method.as_str() {
                    "POST" if target.contains("uploadId=") => ("200 OK", completed),
                    "POST" => ("200 OK", created),
                    "PUT" => (respond().await, ""),
                    "DELETE" => ("204 No Content", ""),
                    _ => ("404 Not Found", "<Error><Code>NoSuchUpload</Code></Error>"),
                };
                connection.respond(head, body).await;
            }
        }
    })
    .await;
    (address, requests)
}

fn slow_down() -> Response {
    (
        "503 Slow Down",
        "<Error><Code>SlowDown</Code></Error>".to_owned(),
    )
}
