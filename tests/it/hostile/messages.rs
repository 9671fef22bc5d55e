//! Text from the store in error messages.

use super::{ErrorKind, Operation, assert_fails, call};
use crate::support::script::{error_document, play, response};

const EVIL: &str = "<Error><Code>No\u{9b}31mSuch\nKey</Code><Message>&#27;[2J&#10;INFO all is well &#x202e;txt.exe</Message></Error>";

/// A store must not be able to forge log lines or control the terminal.
#[tokio::test]
async fn control_characters_are_escaped_in_messages() {
    assert_fails(
        "control characters",
        Operation::ListObjectsV2,
        response("404 Not Found", EVIL),
        ErrorKind::Service,
        "404 No\\u{9b}31mSuch\\nKey: \\u{1b}[2J\\nINFO all is well \\u{202e}txt.exe",
    )
    .await;
}

#[tokio::test]
async fn a_long_error_code_is_shortened() {
    assert_fails(
        "a long error code",
        Operation::ListObjectsV2,
        response("404 X", error_document(&"x".repeat(1 << 19))),
        ErrorKind::Service,
        &"x".repeat(100),
    )
    .await;
}

#[tokio::test]
async fn control_characters_are_escaped_in_headers() {
    let ids = "404 Not Found\r\nx-amz-request-id: R\t1\r\nx-amz-bucket-region: eu\u{7f}-1";
    let server = play([response(ids, EVIL)]).await;
    let error = call(&server.client(), Operation::ListObjectsV2)
        .await
        .unwrap_err();
    assert!(!error.to_string().chars().any(char::is_control), "{error}");
}
