//! `Client::from_env`: which variables it reads, and in which order.

use slim_s3::Client;

/// Each row runs in a child process, because environment variables belong to the whole process.
#[test]
fn the_environment_configures_the_client() {
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKENV"),
        ("AWS_SECRET_ACCESS_KEY", "SK"),
    ];
    let endpoint = ("AWS_ENDPOINT_URL", "http://general:9");
    #[cfg(all(
        feature = "credentials",
        any(feature = "rustls", feature = "webpki-roots")
    ))]
    let not_pem = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for (extra, expected) in [
        // For http it is not read.
        (
            vec![endpoint, ("AWS_CA_BUNDLE", "/nonexistent")],
            "us-east-1 http://general:9/b",
        ),
        #[cfg(all(
            feature = "credentials",
            any(feature = "rustls", feature = "webpki-roots")
        ))]
        (
            vec![("AWS_REGION", "eu-west-1"), ("AWS_CA_BUNDLE", not_pem)],
            "AWS_CA_BUNDLE: not certificates in PEM format; pass the contents of a file with BEGIN CERTIFICATE lines",
        ),
        #[cfg(all(
            unix,
            feature = "credentials",
            any(feature = "rustls", feature = "webpki-roots")
        ))]
        (
            vec![
                ("AWS_REGION", "eu-west-1"),
                ("AWS_CA_BUNDLE", "/nonexistent"),
            ],
            "AWS_CA_BUNDLE: \"/nonexistent\" cannot be read: No such file or directory (os error 2); name a PEM file with the certificates to trust, or unset it",
        ),
        (vec![endpoint], "us-east-1 http://general:9/b"),
        (
            vec![endpoint, ("AWS_ENDPOINT_URL_S3", "http://special:9")],
            "us-east-1 http://special:9/b",
        ),
        (
            vec![endpoint, ("AWS_ENDPOINT_URL_S3", "")],
            "us-east-1 http://general:9/b",
        ),
        (
            vec![
                endpoint,
                ("AWS_REGION", "one"),
                ("AWS_DEFAULT_REGION", "two"),
            ],
            "one http://general:9/b",
        ),
        (
            vec![endpoint, ("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "two")],
            "two http://general:9/b",
        ),
        (
            vec![endpoint, ("AWS_SESSION_TOKEN", "TOKEN")],
            "us-east-1 http://general:9/b TOKEN",
        ),
        (
            vec![endpoint, ("AWS_SESSION_TOKEN", "")],
            "us-east-1 http://general:9/b",
        ),
        (vec![], "region: not set"),
        (
            vec![endpoint, ("AWS_ACCESS_KEY_ID", "")],
            "AWS_ACCESS_KEY_ID: not set",
        ),
        (
            vec![endpoint, ("AWS_SECRET_ACCESS_KEY", "")],
            "AWS_SECRET_ACCESS_KEY: not set",
        ),
        // The error names the variable instead of the setter's field.
        (
            vec![endpoint, ("AWS_SECRET_ACCESS_KEY", "hunter2\n")],
            "AWS_SECRET_ACCESS_KEY: starts or ends with white space, such as the newline of the file it was read from; pass it exactly as the store issued it",
        ),
        (
            vec![endpoint, ("AWS_SESSION_TOKEN", "a b")],
            "AWS_SESSION_TOKEN: empty, or contains white space, a control character or a non-ASCII character; pass it exactly as the store issued it",
        ),
        (
            vec![("AWS_DEFAULT_REGION", "a.b")],
            "AWS_DEFAULT_REGION: \"a.b\" is not an AWS region; use a name such as \"eu-central-1\", or set the endpoint of another store",
        ),
        (
            vec![endpoint, ("AWS_DEFAULT_REGION", "a/b")],
            "AWS_DEFAULT_REGION: \"a/b\" is not a region name; use a name such as \"us-east-1\", \"auto\" or \"garage\"",
        ),
        (
            vec![endpoint, ("AWS_ENDPOINT_URL_S3", "127.0.0.1:9000")],
            "AWS_ENDPOINT_URL_S3: \"127.0.0.1:9000\" has no scheme (http:// or https://); use a URL such as \"https://s3.example.com\" or \"http://127.0.0.1:9000\"",
        ),
    ] {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "--exact",
                "validation::environment::print_configured_client",
                "--nocapture",
                "--include-ignored",
            ])
            .env_clear();
        let output = command.envs(keys).envs(extra.clone()).output().unwrap();
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.contains(&format!("{expected};")),
            "{extra:?} gives\n{output}"
        );
    }
}

/// Run in a child process by `the_environment_configures_the_client`; asserts nothing.
#[test]
fn print_configured_client() {
    let line = Client::from_env().map(|s3| {
        let request = s3.head_bucket("b").sign(s3.now()).unwrap();
        let token = request
            .headers()
            .get("x-amz-security-token")
            .map_or(String::new(), |token| {
                format!(" {}", token.to_str().unwrap())
            });
        format!("{} {}{token}", s3.region(), request.uri())
    });
    match line {
        Ok(line) => println!("{line};"),
        Err(error) => println!("{error};"),
    }
}
