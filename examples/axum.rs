//! A web server in front of a bucket: GET returns an object while it is received, PUT stores one of any size.
//!
//! ```text
//! export AWS_ENDPOINT_URL_S3=http://127.0.0.1:9000 AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…
//! cargo run --example axum -- BUCKET [ADDRESS]
//! ```
//!
//! It listens on a free port of 127.0.0.1 by default, and prints its URL.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use axum::routing::get;
use slim_s3::{Client, ResponseBody};

#[derive(Clone)]
struct Bucket {
    s3: Client,
    name: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().ok_or("usage: axum BUCKET [ADDRESS]")?;
    let address = arguments.next().unwrap_or("127.0.0.1:0".to_owned());
    let s3 = Client::from_env()?;
    let routes = axum::Router::new()
        .route("/{*key}", get(read).put(write))
        .with_state(Bucket { s3, name });
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("Listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes).await?;
    Ok(())
}

/// The object as it is received. If the store closes the connection, the body continues; if it cannot, the server closes its own,
/// so that the client sees that the object is truncated.
async fn read(
    State(bucket): State<Bucket>,
    Path(key): Path<String>,
) -> Result<Response<ResponseBody>, Failure> {
    let object = bucket.s3.get_object(&bucket.name, &key).send().await?;
    let mut response = Response::new(object.body);
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::ETAG] {
        if let Some(value) = object.headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    Ok(response)
}

/// Stores the body of the request, in parts if it is large.
async fn write(
    State(bucket): State<Bucket>,
    Path(key): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<impl IntoResponse, Failure> {
    let body = request.into_body();
    let mut upload = bucket.s3.upload_http_body(&bucket.name, &key, body);
    if let Some(media_type) = headers.get(header::CONTENT_TYPE) {
        upload = upload.content_type(media_type.to_str().unwrap_or_default());
    }
    let stored = upload.send().await?;
    let etag = AppendHeaders([(header::ETAG, stored.etag.to_string())]);
    Ok((StatusCode::CREATED, etag))
}

struct Failure(slim_s3::Error);

impl From<slim_s3::Error> for Failure {
    fn from(error: slim_s3::Error) -> Failure {
        Failure(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> axum::response::Response {
        eprintln!("{}", self.0);
        let status = match &self.0 {
            error if error.is_not_found() => StatusCode::NOT_FOUND,
            slim_s3::Error::Invalid(_) => StatusCode::BAD_REQUEST,
            _ => StatusCode::BAD_GATEWAY,
        };
        status.into_response()
    }
}
