//! The default chain with the variables of a real process: each client is made in a child process.

use std::process::Command;

use super::access_key_id;
use crate::support::script::{Server, play, response};

const KEYS: &str = r#"{"AccessKeyId":"CONTAINER","SecretAccessKey":"SK"}"#;

async fn container() -> Server {
    play([response("200 OK", KEYS)]).await
}

/// What the test `name` prints in a child process with these variables.
async fn output_of(name: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let name = format!("credentials::process_environment::{name}");
    command
        .args(["--exact", &name, "--nocapture"])
        .env_clear()
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("SLIM_S3_PRINT_CLIENT", "1")
        .envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    String::from_utf8(output.await.unwrap().stdout).unwrap()
}

/// A proxy would return its own credentials.
#[tokio::test]
async fn a_container_is_not_asked_through_a_proxy() {
    let (server, proxy) = (container().await, play([]).await);
    let uri = format!("http://{}/", server.address);
    let proxy_url = format!("http://{}", proxy.address);
    let variables = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str()),
        ("http_proxy", &proxy_url),
        ("HTTP_PROXY", &proxy_url),
        ("ALL_PROXY", &proxy_url),
    ];
    let output = output_of("print_client", &variables).await;
    assert!(output.contains("CONTAINER us-east-1;"), "{output}");
    assert_eq!(proxy.connections(), 0);
}

/// Run in a child process; asserts nothing.
#[tokio::test]
async fn print_client() {
    if std::env::var_os("SLIM_S3_PRINT_CLIENT").is_none() {
        return;
    }
    match slim_s3::Client::from_default_chain().await {
        Ok(s3) => println!("{} {};", access_key_id(&s3), s3.region()),
        Err(error) => println!("{error};"),
    }
}

#[cfg(feature = "blocking")]
#[tokio::test]
async fn a_program_without_a_runtime_has_the_chain_too() {
    let server = container().await;
    let uri = format!("http://{}/", server.address);
    let variables = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str()),
        ("AWS_REGION", "eu-west-1"),
    ];
    let output = output_of("print_blocking_client", &variables).await;
    assert!(output.contains("CONTAINER eu-west-1;"), "{output}");
    let error = slim_s3::ClientBuilder::from_default_chain_blocking(None).unwrap_err();
    crate::support::server::assert_invalid(&error, "runtime");
}

/// Run in a child process; asserts nothing.
#[cfg(feature = "blocking")]
#[test]
fn print_blocking_client() {
    if std::env::var_os("SLIM_S3_PRINT_CLIENT").is_none() {
        return;
    }
    let builder = slim_s3::ClientBuilder::from_default_chain_blocking(None);
    match builder.and_then(slim_s3::ClientBuilder::build) {
        Ok(s3) => println!("{} {};", access_key_id(&s3), s3.region()),
        Err(error) => println!("{error};"),
    }
}
