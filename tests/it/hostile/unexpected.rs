//! Well-formed responses that do not belong to the operation.

use super::{ErrorKind, Operation, assert_fails, listing, success};
use crate::support::script::{Close, Request, error_document, raw, response};

#[tokio::test]
async fn an_unexpected_response_is_not_a_success() {
    for (name, operation, script, kind, message) in [
        (
            "an HTML page for a put",
            Operation::PutObject,
            success("<html>Sign in</html>"),
            ErrorKind::Malformed,
            "got an HTML page",
        ),
        (
            "a put without an ETag",
            Operation::PutObject,
            success(""),
            ErrorKind::Malformed,
            "no etag header",
        ),
        (
            "an object whose end is not marked",
            Operation::GetObject,
            vec![
                Request,
                raw("HTTP/1.1 200 OK\r\netag: \"e\"\r\nconnection: close\r\n\r\nhello"),
                Close,
            ],
            ErrorKind::Malformed,
            "the end of the body is not marked",
        ),
        (
            "a completion with an empty body",
            Operation::CompleteMultipartUpload,
            success(""),
            ErrorKind::Malformed,
            "got an empty body",
        ),
        (
            "a completion with blanks",
            Operation::CompleteMultipartUpload,
            success("    "),
            ErrorKind::Malformed,
            "got an empty body",
        ),
        (
            "a completion with a listing",
            Operation::CompleteMultipartUpload,
            success(listing("")),
            ErrorKind::Malformed,
            "got <ListBucketResult>",
        ),
        (
            "a completion without an ETag",
            Operation::CompleteMultipartUpload,
            success("<CompleteMultipartUploadResult/>"),
            ErrorKind::Malformed,
            "neither <ETag> nor <Key>",
        ),
        (
            "a completion with an error",
            Operation::CompleteMultipartUpload,
            success(error_document("AccessDenied")),
            ErrorKind::Service,
            "200 AccessDenied",
        ),
        (
            "no content",
            Operation::ListObjectsV2,
            response("204 No Content", ""),
            ErrorKind::Malformed,
            "got an empty body",
        ),
        (
            "partial content",
            Operation::GetObject,
            response("206 Partial Content\r\netag: \"e\"", "abc"),
            ErrorKind::Malformed,
            "content-range",
        ),
        (
            "switching protocols",
            Operation::PutObject,
            vec![
                Request,
                raw(
                    "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
                ),
                Close,
            ],
            ErrorKind::Service,
            "101 Unknown",
        ),
        (
            "an HTML page for an object",
            Operation::GetObject,
            success("<html>Sign in</html>"),
            ErrorKind::Malformed,
            "not a response about an object",
        ),
        (
            "JSON for a put",
            Operation::PutObject,
            response("200 OK\r\netag: \"e\"", "{}"),
            ErrorKind::Malformed,
            "expected an empty body, got \"{}\"",
        ),
        (
            "moved",
            Operation::PutObject,
            response("301 Moved\r\nlocation: http://127.0.0.1:1/", ""),
            ErrorKind::Service,
            "301 PermanentRedirect",
        ),
        (
            "not modified",
            Operation::PutObject,
            response("304 Not Modified", ""),
            ErrorKind::Service,
            "304 NotModified",
        ),
    ] {
        assert_fails(name, operation, script, kind, message).await;
    }
}
