//! `put BUCKET KEY` stores a short text with one PutObject and prints its ETag. The environment configures the client.

use std::process::ExitCode;

use slim_s3::operation::PutObject;
use slim_s3::{Client, Operation};
use ureq::http::{Request, Response};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let (Some(bucket), Some(key)) = (arguments.next(), arguments.next()) else {
        return Err("usage: put BUCKET KEY".into());
    };
    let s3 = Client::from_env().map_err(|error| error.to_string())?;
    let call = s3.put_object(&bucket, &key, "Hello, S3!\n");
    let request = call.sign(s3.now()).map_err(|error| error.to_string())?;

    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent = config.max_redirects(0).build().new_agent();
    let (head, body) = request.into_parts();
    let response = agent.run(Request::from_parts(head, &body[..]));
    let (head, mut body) = response.map_err(|error| error.to_string())?.into_parts();
    let body = body.read_to_vec().map_err(|error| error.to_string())?;

    let response = Response::from_parts(head, body.into());
    let put = PutObject::parse_http(call.request(), response);
    println!("{}", put.map_err(|error| error.to_string())?.etag);
    Ok(())
}
