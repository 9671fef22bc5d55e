//! The error if there are no credentials: every place, and what was found there.

use slim_s3::ClientBuilder;

use super::{environment, error_of, with_files};

#[tokio::test]
async fn the_error_lists_every_place_and_what_was_found_there() {
    assert_eq!(
        error_of(&environment(&[])).await,
        "client: credentials: found in none of these places: environment: AWS_ACCESS_KEY_ID is not set; role: profile default \
         assumes none; web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set; ~/.aws/credentials: no such file; \
         credential_process: profile default has none; ~/.aws/config: no such file; container: neither \
         AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set; instance metadata: \
         AWS_EC2_METADATA_DISABLED is true; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or add keys to a profile"
    );
}

/// Even with long paths, no place is cut off.
#[tokio::test]
async fn long_paths_hide_no_place() {
    let long = |name: &str| format!("/{}/{name}", "folder/".repeat(40));
    let (credentials, config) = (long("credentials"), long("config"));
    let variables = [
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str()),
        ("AWS_CONFIG_FILE", &config),
    ];
    let error = error_of(&environment(&variables)).await;
    for place in [&credentials, &config, "instance metadata: "] {
        assert!(error.contains(place), "{error}");
    }
}

#[tokio::test]
async fn the_error_names_the_profile_and_says_that_its_variables_are_not_used() {
    let environment = with_files(
        &[
            ("AWS_ACCESS_KEY_ID", "AK"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ],
        "[other]\naws_access_key_id = AK\naws_secret_access_key = hunter3\n",
        "[profile empty]\nregion = eu-west-1\n",
    );
    let found = ClientBuilder::from_environment(&environment, Some("empty")).await;
    let error = found.map(drop).unwrap_err().to_string();
    for reason in [
        "environment: not used, because the program chose the profile",
        "~/.aws/credentials: profile empty has no keys",
        "~/.aws/config: profile empty has no keys",
        "credential_process: profile empty has none",
    ] {
        assert!(error.contains(reason), "{error}");
    }
    assert!(!error.contains("hunter"), "{error}");
}
