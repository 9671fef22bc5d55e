//! `credential_process`, with real scripts. What happens to one that hangs is tested beside its source.

#![cfg(unix)]

use super::{access_key_id, error_of, found, with_files};
use crate::live::TempFile;

/// A script, and the line of a profile that runs it.
fn script(name: &str, content: &str) -> (TempFile, String) {
    let file = TempFile::new(&format!("{name}.sh"), content.as_bytes());
    let path = file.0.display();
    let config = format!("[default]\ncredential_process = /bin/sh '{path}' --secret hunter2\n");
    (file, config)
}

#[tokio::test]
async fn a_script_provides_credentials() {
    let output = r#"{"Version": 1, "AccessKeyId": "HELPER", "SecretAccessKey": "SK", "SessionToken": "T",
                     "Expiration": "2090-01-02T03:04:05+00:00"}"#;
    // It may also write to its error output, and has no input.
    let (_file, config) = script("ok", &format!("echo please wait >&2; cat; echo '{output}'"));
    let s3 = found(&with_files(&[], "", &config)).await.unwrap();
    assert_eq!(access_key_id(&s3), "HELPER");
    let link = s3
        .get_object("bucket", "key")
        .presign_now(std::time::Duration::from_secs(60));
    assert!(link.await.unwrap().url().contains("X-Amz-Security-Token=T"));
}

#[tokio::test]
async fn a_failing_script_is_named_with_its_reason_but_without_secrets() {
    for (name, content, expected) in [
        (
            "exit",
            "echo 'the session has ended: log in' >&2; echo hunter3; exit 7",
            "credential_process: \"/bin/sh\" failed with exit code 7: the session has ended: log in",
        ),
        ("silent", "exit 1", "\"/bin/sh\" failed with exit code 1"),
        (
            "signal",
            "kill -9 $$",
            "\"/bin/sh\" was ended by a signal (signal: 9",
        ),
        (
            "text",
            "echo hunter3",
            "\"/bin/sh\" printed no credentials: expected a JSON object, got something else from line 1",
        ),
        (
            "empty",
            "true",
            "printed no credentials: expected a JSON object, got nothing",
        ),
        (
            "version",
            r#"echo '{"Version": 2, "AccessKeyId": "AK", "SecretAccessKey": "hunter3"}'"#,
            "printed no credentials: Version is 2, expected 1",
        ),
        (
            "versionless",
            r#"echo '{"AccessKeyId": "AK", "SecretAccessKey": "hunter3"}'"#,
            "printed no credentials: Version is missing, expected 1",
        ),
        (
            "half",
            r#"echo '{"Version": 1, "SecretAccessKey": "hunter3"}'"#,
            "printed no credentials: AccessKeyId is missing",
        ),
        (
            "soon",
            r#"echo '{"Version": 1, "AccessKeyId": "AK", "SecretAccessKey": "hunter3", "Expiration": "soon"}'"#,
            "printed no credentials: Expiration is not a time",
        ),
    ] {
        let (_file, config) = script(name, content);
        let error = error_of(&with_files(&[], "", &config)).await;
        assert!(error.contains(expected), "{error}\n{expected}");
        assert!(error.starts_with("credential_process: "), "{error}");
        assert!(!error.contains("hunter"), "{error}");
    }
}

#[tokio::test]
async fn a_command_that_cannot_be_run_is_named() {
    for (command, expected) in [
        (
            "/nonexistent/helper --secret hunter2",
            "credential_process: \"/nonexistent/helper\" cannot be started: No such file",
        ),
        (
            "helper 'hunter2",
            "client: credential_process of profile default: a quote is not closed",
        ),
    ] {
        let config = format!("[default]\ncredential_process = {command}\n");
        let error = error_of(&with_files(&[], "", &config)).await;
        assert!(error.starts_with(expected), "{error}");
        assert!(!error.contains("hunter"), "{error}");
    }
}
