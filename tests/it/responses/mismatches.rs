//! Rejected signatures, explained from the response alone.

use http::Method;
use slim_s3::mismatch::{Cause, Difference, Document, PathChange, ServerEcho};
use slim_s3::operation::GetObject;
use slim_s3::sigv4::{
    AmzDate, CanonicalHeaders, CanonicalQuery, CanonicalRequest, CredentialScope, KeyCache,
    PayloadHash, SecretAccessKey, Signing, presign, sign,
};
use slim_s3::{Error, Operation, Request, SignatureMismatch};

use super::response;

pub(super) const ID: &str = "AKIDEXAMPLE";
pub(super) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/EXAMPLEKEY";
pub(super) const TOKEN: &str = "TOKENTOKENTOKENTOKENTOKEN";
const AT: &str = "20260102T030405Z";

/// What was signed when the stores responded with the fixtures: a PUT of `hello`.
pub(super) fn signed() -> Signing {
    let payload_hash = PayloadHash::of(b"hello");
    let headers = [
        ("host", "127.0.0.1:9000"),
        ("x-amz-content-sha256", &payload_hash.to_string()),
        ("x-amz-date", AT),
        ("x-amz-meta-name", "one"),
        ("x-amz-security-token", TOKEN),
    ];
    let request = CanonicalRequest {
        method: "PUT".into(),
        uri: "/photos/a%20b.txt".into(),
        query: CanonicalQuery::default(),
        headers: CanonicalHeaders::new(headers),
        payload_hash,
    };
    sign(
        request,
        scope(),
        ID,
        &SecretAccessKey::new(SECRET),
        &KeyCache::default(),
    )
}

/// The same for LocalStack, which only checks presigned URLs.
pub(super) fn presigned() -> Signing {
    let request = CanonicalRequest {
        method: "GET".into(),
        uri: "/photos/a%20b.txt".into(),
        query: CanonicalQuery::new([("versionId", "1")]),
        headers: CanonicalHeaders::new([("host", "127.0.0.1:9000")]),
        payload_hash: PayloadHash::Unsigned,
    };
    let secret = SecretAccessKey::new(SECRET);
    let keys = KeyCache::default();
    presign(request, &scope(), 60, ID, Some(TOKEN), &secret, &keys)
}

pub(super) fn scope() -> CredentialScope {
    CredentialScope::new(AmzDate::parse(AT).unwrap(), "us-east-1", "s3")
}

pub(super) fn fixture(store: &str) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    let path = format!("{root}/fixtures/responses/signature-mismatch.{store}.xml");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(super) fn error(status: u16, headers: &[(&str, &str)], body: &str) -> Error {
    let request = Request::object(Method::GET, "photos", "a b.txt");
    GetObject::parse_http(&request, response(status, headers, body)).unwrap_err()
}

fn of_fixture(store: &str, signing: &Signing) -> SignatureMismatch {
    let error = error(403, &[], &fixture(store));
    error.signature_mismatch_of(signing).unwrap()
}

/// The cause of an error response with this code, message and further elements.
fn cause(status: u16, code: &str, message: &str, elements: &str) -> Option<Cause> {
    let date = [("date", "Fri, 02 Jan 2026 03:24:05 GMT")];
    let body = format!("<Error><Code>{code}</Code><Message>{message}</Message>{elements}</Error>");
    let mismatch = error(status, &date, &body).signature_mismatch_of(&signed());
    mismatch.map(|mismatch| mismatch.cause().clone())
}

#[track_caller]
fn assert_first_difference(mismatch: &SignatureMismatch, line: usize, byte: usize) {
    let difference = mismatch.difference().unwrap();
    let Difference {
        document,
        line: found_line,
        byte: found_byte,
        ..
    } = difference;
    assert_eq!(
        (*document, *found_line, *found_byte),
        (Document::CanonicalRequest, line, byte),
        "{difference:?}"
    );
}

#[test]
fn aws_has_signed_the_same_text_so_the_secret_is_wrong() {
    let signed = signed();
    let mismatch = of_fixture("aws", &signed);
    assert_eq!(*mismatch.cause(), Cause::WrongSecret);
    assert_eq!(mismatch.difference(), None);
    let echo = mismatch.echo().unwrap();
    assert_eq!(
        echo.canonical_request().unwrap(),
        signed.canonical_request.to_string()
    );
    assert_eq!(
        echo.string_to_sign().unwrap(),
        signed.string_to_sign.to_string()
    );
    assert_eq!(echo.signature().unwrap(), signed.signature.to_hex());
    assert_eq!(echo.access_key_id(), Some(ID));
}

/// Recorded; the others are written from the forms that stores are known to use.
#[test]
fn versitygw_has_received_another_header() {
    let body = fixture("versitygw");
    let echo = ServerEcho::parse(body.as_bytes()).unwrap();
    let date = echo.string_to_sign().unwrap().lines().nth(1).unwrap();
    let payload_hash = PayloadHash::of(b"hello");
    let headers = [
        ("host", "127.0.0.1:7070"),
        ("x-amz-content-sha256", &payload_hash.to_string()),
        ("x-amz-date", date),
        ("x-amz-meta-name", "one"),
    ];
    let request = CanonicalRequest {
        headers: CanonicalHeaders::new(headers),
        ..signed().canonical_request
    };
    let scope = CredentialScope::new(AmzDate::parse(date).unwrap(), "us-east-1", "s3");
    let secret = SecretAccessKey::new(SECRET);
    let signing = sign(request, &scope, ID, &secret, &KeyCache::default());
    let mismatch = of_fixture("versitygw", &signing);
    let name = "x-amz-meta-name".to_owned();
    assert_eq!(*mismatch.cause(), Cause::Header { name });
    assert_first_difference(&mismatch, 7, 17);
    assert_eq!(echo.access_key_id(), Some(ID));
    // The very signature that was sent.
    assert_eq!(echo.signature().unwrap(), signing.signature.to_hex());
}

#[test]
fn r2_has_received_another_header() {
    let mismatch = of_fixture("r2", &signed());
    let name = "x-amz-meta-name".to_owned();
    assert_eq!(*mismatch.cause(), Cause::Header { name });
    assert_first_difference(&mismatch, 7, 17);
    let difference = mismatch.difference().unwrap();
    assert_eq!(difference.signed.as_deref(), Some("x-amz-meta-name:one"));
    assert_eq!(difference.received.as_deref(), Some("x-amz-meta-name:One"));
    assert_eq!(mismatch.echo().unwrap().access_key_id(), None);
}

#[test]
fn wasabi_has_received_a_path_that_is_encoded_twice() {
    let mismatch = of_fixture("wasabi", &signed());
    let change = PathChange::EncodedTwice;
    assert_eq!(*mismatch.cause(), Cause::Path { change });
    assert_first_difference(&mismatch, 2, 12);
}

#[test]
fn google_cloud_storage_has_received_another_host() {
    let mismatch = of_fixture("gcs", &signed());
    let received = Some("127.0.0.1".to_owned());
    assert_eq!(*mismatch.cause(), Cause::Host { received });
    assert_first_difference(&mismatch, 4, 15);
}

#[test]
fn localstack_has_received_another_query() {
    let mismatch = of_fixture("localstack", &presigned());
    let parameter = Some("versionId".to_owned());
    assert_eq!(*mismatch.cause(), Cause::Query { parameter });
    let difference = mismatch.difference().unwrap();
    assert_eq!((difference.line, difference.byte), (3, 233));
}

/// The bytes are preferred; without them, the text says the same.
#[test]
fn the_text_is_read_where_the_bytes_are_missing() {
    for (store, signing) in [
        ("aws", signed()),
        ("r2", signed()),
        ("wasabi", signed()),
        ("localstack", presigned()),
    ] {
        let with_bytes = fixture(store);
        let without_bytes = with_bytes.replace("Bytes>", "Octets>");
        assert_ne!(with_bytes, without_bytes);
        let [one, other] =
            [with_bytes, without_bytes].map(|body| ServerEcho::parse(body.as_bytes()).unwrap());
        assert_eq!(
            one.canonical_request(),
            other.canonical_request(),
            "{store}"
        );
        assert_eq!(one.string_to_sign(), other.string_to_sign(), "{store}");
        let garbled = fixture(store).replace("<CanonicalRequest>", "<CanonicalRequest>garbled");
        let error = error(403, &[], &garbled);
        let mismatch = error.signature_mismatch_of(&signing).unwrap();
        assert_eq!(mismatch.cause(), of_fixture(store, &signing).cause());
    }
}

#[test]
fn nothing_printed_contains_the_token_or_the_signature() {
    for (store, signing) in [
        ("aws", signed()),
        ("r2", signed()),
        ("wasabi", signed()),
        ("gcs", signed()),
        ("localstack", presigned()),
    ] {
        // Also if the token has another name on the way.
        for body in [
            fixture(store),
            fixture(store).replace("x-amz-security-token", "x-amz-renamed"),
        ] {
            let error = error(403, &[], &body);
            let mismatch = error.signature_mismatch_of(&signing).unwrap();
            let (echo, signature) = (mismatch.echo().unwrap(), signing.signature.to_hex());
            for text in [
                format!("{error} {error:?} {:?}", error.service()),
                mismatch.to_string(),
                format!(
                    "{mismatch:?} {mismatch:#?} {echo:?} {:?}",
                    mismatch.signing()
                ),
            ] {
                assert!(
                    !text.contains(TOKEN) && !text.contains(&signature),
                    "{store}: {text}"
                );
            }
        }
    }
}

#[test]
fn errors_print_nothing_of_the_echo() {
    for store in ["aws", "r2", "wasabi", "gcs", "localstack"] {
        let error = error(403, &[], &fixture(store));
        for text in [
            error.to_string(),
            format!("{error:?} {:?}", error.service()),
        ] {
            assert!(
                !text.contains("a%20b.txt\n") && !text.contains("aws4_request"),
                "{text}"
            );
            assert!(!text.contains("host:"), "{text}");
        }
    }
}

#[test]
fn the_report_shows_both_documents() {
    let report = of_fixture("r2", &signed()).to_string();
    for line in [
        "cause   a signed header was changed or removed on the way: x-amz-meta-name",
        "first difference in the canonical request, line 7, byte 17",
        "  2   /photos/a%20b.txt",
        "  7 - x-amz-meta-name:one",
        "    + x-amz-meta-name:One",
        "  8   x-amz-security-token:TOKE…(25 characters)",
        "  1   AWS4-HMAC-SHA256",
    ] {
        assert!(
            report.lines().any(|printed| printed == line),
            "{line}\n{report}"
        );
    }
}

/// The line is longer than what is shown of it, and its masked token is shorter.
#[test]
fn the_report_shows_a_change_after_a_long_token() {
    let token = "t".repeat(1500);
    let (secret, keys) = (SecretAccessKey::new(SECRET), KeyCache::default());
    let request = presigned().canonical_request;
    let request = CanonicalRequest {
        query: CanonicalQuery::new([("versionId", "1")]),
        ..request
    };
    let signing = presign(request, &scope(), 60, ID, Some(&token), &secret, &keys);
    let canonical = signing.canonical_request.to_string();
    let changed = canonical.replace("versionId=1", "versionId=2");
    let changed = changed.replace('&', "&amp;");
    let body = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequest>{changed}</CanonicalRequest></Error>"
    );
    let mismatch = error(403, &[], &body).signature_mismatch_of(&signing);
    let report = mismatch.unwrap().to_string();
    for (start, end) in [("  3 - …", "&versionId=1"), ("    + …", "&versionId=2")] {
        let is_shown = |line: &str| line.starts_with(start) && line.ends_with(end);
        assert!(report.lines().any(is_shown), "{report}");
    }
    assert!(!report.contains("ttttt"), "{report}");
}

/// A line that is missing does not move those after it.
#[test]
fn the_report_aligns_the_lines() {
    let signed = presigned();
    let changed = signed.canonical_request.to_string();
    let query = changed.lines().nth(2).unwrap().to_owned();
    let changed = changed.replace(&query, "");
    let body = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequest>{changed}</CanonicalRequest></Error>"
    );
    let error = error(403, &[], &body);
    let report = error.signature_mismatch_of(&signed).unwrap().to_string();
    let lines: Vec<&str> = report.lines().skip(3).collect();
    let (starts, rest) = lines.split_at(5);
    assert!(starts[3].starts_with("  3 - X-Amz-Algorithm="), "{report}");
    assert_eq!(starts[4], "    +");
    assert_eq!(
        rest,
        [
            "  4   host:127.0.0.1:9000",
            "  5",
            "  6   host",
            "  7   UNSIGNED-PAYLOAD"
        ]
    );
}

#[test]
fn each_code_has_its_cause() {
    let names = vec!["x-amz-meta-z".to_owned()];
    let region = |expected: &str| Cause::WrongRegion {
        signed: "us-east-1".into(),
        expected: Some(expected.into()),
    };
    let skew = |seconds| Cause::ClockSkew {
        seconds: Some(seconds),
    };
    for (status, code, message, elements, expected) in [
        (403, "SignatureDoesNotMatch", "", "", Cause::Unknown),
        (
            403,
            "AccessDenied",
            "Forbidden: Invalid signature",
            "",
            Cause::Unknown,
        ),
        (
            403,
            "AccessDenied",
            "Forbidden: No such key: AK",
            "",
            Cause::UnknownAccessKey,
        ),
        (403, "InvalidAccessKeyId", "", "", Cause::UnknownAccessKey),
        (404, "XAdminUserNotFound", "", "", Cause::UnknownAccessKey),
        (403, "InvalidTokenId", "", "", Cause::RejectedToken),
        (400, "ExpiredToken", "", "", Cause::RejectedToken),
        (400, "XAmzContentSHA256Mismatch", "", "", Cause::Body),
        (
            400,
            "InvalidRequest",
            "Missing required header for this request: x-amz-content-sha256",
            "",
            Cause::MissingPayloadHash,
        ),
        (
            403,
            "AccessDenied",
            "There were headers present in the request which were not signed",
            "<HeadersNotSigned>x-amz-meta-z</HeadersNotSigned>",
            Cause::UnsignedHeaders { names },
        ),
        (
            400,
            "AccessDenied",
            "There were headers present in the request which were not signed",
            "",
            Cause::UnsignedHeaders { names: Vec::new() },
        ),
        (
            400,
            "AuthorizationHeaderMalformed",
            "",
            "<Region>eu-west-1</Region>",
            region("eu-west-1"),
        ),
        (
            400,
            "AuthorizationQueryParametersError",
            "the region &#34;us-east-1&#34; is wrong; expecting &#34;eu-west-1&#34;",
            "",
            region("eu-west-1"),
        ),
        (
            400,
            "AuthorizationHeaderMalformed",
            "the region 'us-east-1' is wrong; expecting 'eu-west-1'",
            "",
            region("eu-west-1"),
        ),
        (
            400,
            "AuthorizationHeaderMalformed",
            "the authorization header requires three components",
            "",
            Cause::Authorization,
        ),
        // By the Date header, which is 20 minutes later.
        (403, "RequestTimeTooSkewed", "", "", skew(-1200)),
        (
            403,
            "RequestTimeTooSkewed",
            "",
            "<ServerTime>2026-01-02T02:34:05Z</ServerTime>",
            skew(1800),
        ),
        // Not the clock that the store compares with.
        (
            403,
            "RequestTimeTooSkewed",
            "",
            "<ServerTime>2026-01-02T03:04:06Z</ServerTime>",
            Cause::ClockSkew { seconds: None },
        ),
    ] {
        assert_eq!(
            cause(status, code, message, elements),
            Some(expected),
            "{code}: {message}"
        );
    }
}

#[test]
fn a_url_expires() {
    let body = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    let mismatch = error(403, &[], body).signature_mismatch_of(&presigned());
    assert_eq!(*mismatch.unwrap().cause(), Cause::Expired);
}

#[test]
fn other_errors_are_not_about_the_signature() {
    for (status, code, message) in [
        (403, "AccessDenied", "Access Denied."),
        (400, "InvalidRequest", "the part is too small"),
        (404, "NoSuchKey", ""),
        (412, "PreconditionFailed", ""),
        (503, "SlowDown", ""),
    ] {
        assert_eq!(cause(status, code, message, ""), None, "{code}");
    }
}

/// The echo of `signed`, after `from` was replaced by `to` in the canonical request.
fn cause_of_change(from: &str, to: &str) -> Cause {
    let signed = signed();
    let text = signed.canonical_request.to_string();
    let changed = text.replacen(from, to, 1);
    assert_ne!(text, changed, "{from}");
    let body = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequest>{changed}</CanonicalRequest></Error>"
    );
    let error = error(403, &[], &body);
    error
        .signature_mismatch_of(&signed)
        .unwrap()
        .cause()
        .clone()
}

#[test]
fn each_line_has_its_cause() {
    let header = |name: &str| Cause::Header { name: name.into() };
    for (from, to, expected) in [
        ("PUT\n", "POST\n", Cause::Method),
        (
            "/photos/a%20b.txt",
            "/photos/a b.txt",
            Cause::Path {
                change: PathChange::Decoded,
            },
        ),
        (
            "b.txt\n\n",
            "b.txt\nx=1\n",
            Cause::Query {
                parameter: Some("x".into()),
            },
        ),
        ("host:127.0.0.1:9000\n", "", Cause::Host { received: None }),
        ("x-amz-meta-name:one\n", "", header("x-amz-meta-name")),
        (
            "x-amz-meta-name:one",
            "x-amz-meta-name:one,two",
            header("x-amz-meta-name"),
        ),
        (
            "x-amz-date:20260102T030405Z",
            "x-amz-date:20260102T030406Z",
            header("x-amz-date"),
        ),
        ("host;x-amz-content", "x-amz-content", Cause::Authorization),
    ] {
        assert_eq!(cause_of_change(from, to), expected, "{from:?} {to:?}");
    }
    let hash = PayloadHash::of(b"hello").to_string();
    let last_line = format!("security-token\n{hash}");
    let unsigned = "security-token\nUNSIGNED-PAYLOAD";
    assert_eq!(cause_of_change(&last_line, unsigned), Cause::PayloadHash);
}

#[test]
fn a_scope_that_differs_is_a_cause() {
    let signed = signed();
    let echo = |from: &str, to: &str| {
        let text = signed.string_to_sign.to_string().replace(from, to);
        let body = format!(
            "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>{text}</StringToSign></Error>"
        );
        let error = error(403, &[], &body);
        error
            .signature_mismatch_of(&signed)
            .unwrap()
            .cause()
            .clone()
    };
    let region = Cause::WrongRegion {
        signed: "us-east-1".into(),
        expected: Some("auto".into()),
    };
    assert_eq!(echo("us-east-1", "auto"), region);
    assert_eq!(echo("/s3/", "/sts/"), Cause::Authorization);
    assert_eq!(
        echo("20260102T", "20260103T"),
        Cause::Header {
            name: "x-amz-date".into()
        }
    );
    assert_eq!(echo("x", "x"), Cause::WrongSecret);
}

#[test]
fn a_signature_that_was_changed_is_a_cause() {
    let body = fixture("aws");
    let signed = signed();
    let changed = body.replace(&signed.signature.to_hex(), &"0".repeat(64));
    let error_of = |body: &str| error(403, &[], body);
    let mismatch = error_of(&changed).signature_mismatch_of(&signed).unwrap();
    assert_eq!(*mismatch.cause(), Cause::Authorization);
    let changed = body.replace(">AKIDEXAMPLE<", ">AKOTHER<");
    let mismatch = error_of(&changed).signature_mismatch_of(&signed).unwrap();
    assert_eq!(*mismatch.cause(), Cause::Authorization);
}

#[test]
fn a_body_that_is_too_long_is_not_kept() {
    let padding = " ".repeat(64 << 10);
    let body = fixture("r2") + &padding;
    let mismatch = error(403, &[], &body)
        .signature_mismatch_of(&signed())
        .unwrap();
    assert_eq!(*mismatch.cause(), Cause::Unknown);
    assert!(mismatch.echo().is_none());
}

#[test]
fn an_error_of_another_http_client_needs_what_was_signed() {
    assert!(
        error(403, &[], &fixture("aws"))
            .signature_mismatch()
            .is_none()
    );
}
