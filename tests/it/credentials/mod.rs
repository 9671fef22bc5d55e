//! The feature `credentials`: where credentials are found, and how those that expire are renewed. With files and variables as
//! values, real processes, and servers on loopback.

mod container;
mod document;
pub mod exchanges;
mod files;
mod instance_metadata;
mod issuer;
mod not_found;
mod options;
mod precedence;
mod process;
mod process_environment;
mod renewal;
mod roles;
mod rotation;
mod slow_source;
mod web_identity;

use slim_s3::credentials::Environment;
use slim_s3::{Client, ClientBuilder, Error};

/// Variables under which no test waits for the metadata service of an instance.
const NO_INSTANCE: (&str, &str) = ("AWS_EC2_METADATA_DISABLED", "true");

/// These variables, a home folder without files, and no instance.
fn environment(variables: &[(&str, &str)]) -> Environment {
    let others = [
        ("HOME", "/home/kim"),
        ("USERPROFILE", "/home/kim"),
        NO_INSTANCE,
    ];
    Environment::new(others.into_iter().chain(variables.iter().copied())).with_files(NO_FILES)
}

const NO_FILES: [(&str, &str); 0] = [];

/// The environment with these two files.
fn with_files(variables: &[(&str, &str)], credentials: &str, config: &str) -> Environment {
    environment(variables).with_files([
        ("/home/kim/.aws/credentials", credentials),
        ("/home/kim/.aws/config", config),
    ])
}

async fn found(environment: &Environment) -> Result<Client, Error> {
    ClientBuilder::from_environment(environment, None)
        .await?
        .build()
}

async fn error_of(environment: &Environment) -> String {
    found(environment).await.map(drop).unwrap_err().to_string()
}

/// The access key ID that a client signs with.
fn access_key_id(s3: &Client) -> String {
    let request = s3.head_bucket("bucket").sign(s3.now()).unwrap();
    let authorization = request.headers()["authorization"].to_str().unwrap();
    let (_, credential) = authorization.split_once("Credential=").unwrap();
    credential.split('/').next().unwrap().to_owned()
}
