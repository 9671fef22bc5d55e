//! docs/credentials.md: its files are read as they stand, and its errors occur.

use slim_s3::ClientBuilder;

use super::{environment, error_of, with_files};

fn document() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/credentials.md");
    std::fs::read_to_string(path).unwrap().replace('\r', "")
}

/// The blocks of a language.
fn blocks<'a>(document: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("```{language}\n");
    let blocks = document.split(start.as_str()).skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

#[tokio::test]
async fn its_files_are_read_as_they_stand() {
    let document = document();
    let files = blocks(&document, "ini");
    assert_eq!(files.len(), 4);
    let settings = |file: &str, profile: &str| {
        let environment = with_files(&[], "", file);
        let builder = ClientBuilder::from_settings(&environment, Some(profile)).unwrap();
        let s3 = builder.anonymous().build().unwrap();
        let request = s3.head_bucket("photos").sign(s3.now()).unwrap();
        format!("{} {}", s3.region(), request.uri())
    };
    let aws = "us-east-1 https://photos.s3.us-east-1.amazonaws.com/";
    assert_eq!(settings(files[0], "sso"), aws);
    assert_eq!(
        settings(files[1], "default"),
        "eu-central-1 https://photos.s3.eu-central-1.amazonaws.com/"
    );
    assert_eq!(
        settings(files[1], "minio"),
        "us-east-1 http://127.0.0.1:9000/photos"
    );
    assert_eq!(settings(files[2], "vault"), aws);
    assert_eq!(settings(files[3], "backup"), aws);
    // The helper does not exist here, and the base has no keys.
    for (file, profile, expected) in [
        (
            files[2],
            "vault",
            "credential_process: \"/usr/local/bin/keys-from-vault\" cannot be started",
        ),
        (
            files[3],
            "backup",
            "client: role_arn of profile backup: the keys that assume it are in none of these places",
        ),
    ] {
        let environment = with_files(&[], "", file);
        let found = ClientBuilder::from_environment(&environment, Some(profile)).await;
        let error = found.map(drop).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn its_errors_occur() {
    let keys = |secret: &str| {
        format!("[default]\naws_access_key_id = AK\naws_secret_access_key = {secret}\n[backup]\n")
    };
    let script = crate::live::TempFile::new(
        "document.sh",
        b"echo 'the session has ended: log in' >&2; exit 7",
    );
    let helper = format!(
        "[default]\ncredential_process = /bin/sh {}\n",
        script.0.display()
    );
    let nope = [("AWS_PROFILE", "nope")];
    let cycle = "[profile backup]\nrole_arn = a\nsource_profile = films\n[profile films]\nrole_arn = b\nsource_profile = backup\n";
    let backup = [("AWS_PROFILE", "backup")];
    let issuer = super::issuer::Issuer::start().await;
    let late = || std::time::SystemTime::now() + std::time::Duration::from_secs(7200);
    let s3 = issuer.builder().await.clock(late).build().unwrap();
    issuer.state().fails = true;
    let put = s3.put_object("photos", "cat.jpg", "x");
    let once = slim_s3::RetryPolicy::none();
    let occurring = [
        error_of(&environment(&[])).await,
        error_of(&with_files(&[], "[default]\nkeys", "")).await,
        error_of(&with_files(&nope, &keys("SK"), "[profile films]\n")).await,
        error_of(&with_files(&[], &keys("SK\n more"), "")).await,
        error_of(&with_files(&[], "", &helper)).await,
        error_of(&with_files(&backup, "", cycle)).await,
        put.retry(once).send().await.unwrap_err().to_string(),
    ];
    let document = document();
    let quoted: Vec<&str> = blocks(&document, "text")
        .into_iter()
        .flat_map(str::lines)
        .collect();
    assert_eq!(quoted, occurring);
}
