//! Answers of nobody's friend: too long, too deep, endless, contradictory. Each ends soon, in an error of a type, and in
//! bounded memory; none is taken for a success, and a listing is never empty or short without a word.

use std::time::{Duration, Instant};

use slim_s3::{Client, Error, RetryPolicy};

use crate::support::script::{
    Close, Flood, Head, Request, Script, Wait, answer, error_document, ok, one_part, play, raw,
};
use crate::support::server::limits;

/// Which call gets the answer.
#[derive(Clone, Copy, Debug)]
enum Of {
    List,
    Put,
    Head_,
    Get,
    Complete,
}
use Of::*;

/// Of which type the error is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum As {
    Transport,
    Service,
    Malformed,
}
use As::*;

async fn call(s3: &Client, of: Of) -> Result<String, Error> {
    match of {
        List => s3
            .list_objects_v2("bucket")
            .send()
            .await
            .map(|page| format!("{page:?}")),
        Put => s3
            .put_object("bucket", "key", "data")
            .send()
            .await
            .map(|put| format!("{put:?}")),
        Head_ => s3
            .head_object("bucket", "key")
            .send()
            .await
            .map(|head| format!("{head:?}")),
        Get => {
            let object = s3.get_object("bucket", "key").send().await?;
            object.body.bytes().await.map(|bytes| format!("{bytes:?}"))
        }
        Complete => {
            let complete = s3.complete_multipart_upload("bucket", "key", "id", &one_part());
            complete
                .send()
                .await
                .map(|complete| format!("{complete:?}"))
        }
    }
}

async fn check(name: &str, of: Of, script: Script, kind: As, says: &str) {
    let server = play([script]).await;
    let limits = limits(Duration::from_secs(1));
    let s3 = server
        .builder()
        .time_limits(limits)
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    let start = Instant::now();
    let error = match call(&s3, of).await {
        Err(error) => error,
        Ok(output) => panic!("{name}: a success: {output}"),
    };
    let found = match &error {
        Error::Transport(_) => Transport,
        Error::Service(_) => Service,
        Error::Malformed(_) => Malformed,
        _ => panic!("{name}: {error}"),
    };
    let text = error.to_string();
    assert_eq!(found, kind, "{name}: {text}");
    assert!(text.contains(says), "{name}: {text}");
    // One line, of bounded length, also with all its causes.
    for text in [text, format!("{error:?}"), format!("{error:#?}")] {
        assert!(text.len() < 6000, "{name}: {} bytes", text.len());
        assert!(!text.chars().any(char::is_control), "{name}: {text:?}");
    }
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{name}: {:?}",
        start.elapsed()
    );
}

fn document(body: impl AsRef<[u8]>) -> Script {
    answer("200 OK", body)
}

fn head(lines: &str) -> Script {
    vec![Request, raw(format!("{lines}\r\n\r\n")), Close]
}

#[tokio::test]
async fn heads() {
    let many: String = (0..200)
        .map(|number| format!("x-{number}: y\r\n"))
        .collect();
    let long = "y".repeat(2 << 20);
    for (name, script) in [
        (
            "200 headers",
            head(&format!("HTTP/1.1 200 OK\r\n{many}content-length: 0")),
        ),
        (
            "a header of 2 MiB",
            head(&format!(
                "HTTP/1.1 200 OK\r\nx: {long}\r\ncontent-length: 0"
            )),
        ),
        (
            "a reason of 2 MiB",
            head(&format!("HTTP/1.1 200 {long}\r\ncontent-length: 0")),
        ),
        (
            "headers without an end",
            vec![
                Request,
                raw("HTTP/1.1 200 OK\r\n"),
                Flood(b"x: y\r\n".to_vec()),
            ],
        ),
        (
            "a header without an end",
            vec![
                Request,
                raw("HTTP/1.1 200 OK\r\nx: "),
                Flood(vec![b'y'; 8192]),
            ],
        ),
        (
            "line ends without an end",
            vec![Request, Flood(b"\r\n".to_vec())],
        ),
        ("no HTTP", head("220 mail.example ESMTP")),
        (
            "HTTP/2",
            vec![Request, raw(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00"), Close],
        ),
        ("no status", head("HTTP/1.1 OK")),
        ("status 99", head("HTTP/1.1 99 Low\r\ncontent-length: 0")),
        (
            "status 1000",
            head("HTTP/1.1 1000 High\r\ncontent-length: 0"),
        ),
        (
            "NUL in a header",
            head("HTTP/1.1 200 OK\r\netag: a\0b\r\ncontent-length: 0"),
        ),
        (
            "no name",
            head("HTTP/1.1 200 OK\r\n: value\r\ncontent-length: 0"),
        ),
        (
            "lengths that differ",
            head("HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: 0\r\ncontent-length: 1"),
        ),
        (
            "a length that is none",
            head("HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: x"),
        ),
        (
            "a negative length",
            head("HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: -1"),
        ),
        (
            "a length above 2^64",
            head("HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: 99999999999999999999999"),
        ),
        (
            "1xx without an end",
            vec![Request, Flood(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())],
        ),
        (
            "hints without an end",
            vec![
                Request,
                Flood(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".to_vec()),
            ],
        ),
        ("silence", vec![Request, Wait(Duration::from_secs(60))]),
        ("nothing", vec![Request, Close]),
    ] {
        check(name, Put, script, Transport, "PutObject bucket/key: ").await;
    }
    // What says the same twice, and what goes before an answer, does no harm.
    for lines in [
        "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 0\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 0\r\n\r\n",
    ] {
        let server = play([vec![Request, raw(lines)]]).await;
        call(&server.client(), Put).await.unwrap();
    }
}

/// The shortest whole listing, with this in it.
fn listing(inner: &str) -> String {
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{inner}</ListBucketResult>")
}

fn object(inner: &str) -> String {
    listing(&format!("<Contents>{inner}</Contents>"))
}

#[tokio::test]
async fn documents() {
    let deep = format!("{}{}", "<a>".repeat(5000), "</a>".repeat(5000));
    let wide = "<a/>".repeat(300_000);
    let large = format!("<a>{}</a>", "x".repeat(9 << 20));
    let laughs = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><ListBucketResult>&b;</ListBucketResult>";
    let external = "<!DOCTYPE l SYSTEM \"http://127.0.0.1:1/x\"><ListBucketResult/>";
    let wide_text: Vec<u8> = listing("")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let with_mark: Vec<u8> = [0xff, 0xfe].into_iter().chain(wide_text.clone()).collect();
    let latin = [object("<Key>caf").as_bytes(), b"\xe9"].concat();
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c\x4a\x06\x00\xc2\x41\x24\x35\x03\x00\x00\x00";
    for (name, body, says) in [
        (
            "deep",
            listing(&deep).into_bytes(),
            "too many elements, or too deep",
        ),
        (
            "many elements",
            listing(&wide).into_bytes(),
            "too many elements, or too deep",
        ),
        (
            "large",
            listing(&large).into_bytes(),
            "longer than 8388608 bytes",
        ),
        ("entities that grow", laughs.into(), "document type"),
        ("a document elsewhere", external.into(), "document type"),
        (
            "an entity",
            listing("<Prefix>&x;</Prefix>").into_bytes(),
            "an entity of its own",
        ),
        (
            "a reference to no character",
            listing("<Prefix>&#xD800;</Prefix>").into_bytes(),
            "a broken reference",
        ),
        ("UTF-16", wide_text, "cannot be read"),
        (
            "UTF-16 with its mark",
            with_mark,
            "<ListBucketResult> was to come",
        ),
        ("Latin-1", latin, "not UTF-8"),
        (
            "another root",
            b"<ListAllMyBucketsResult/>".to_vec(),
            "and <ListAllMyBucketsResult> came",
        ),
        (
            "two roots",
            [listing(""), listing("")].concat().into_bytes()[..60].to_vec(),
            "cannot be read",
        ),
        (
            "HTML",
            b"<!DOCTYPE html><html><body>Sign in</body></html>".to_vec(),
            "a page for people came",
        ),
        ("JSON", b"{\"Contents\": []}".to_vec(), "was to come, and"),
        ("text", b"OK".to_vec(), "and \"OK\" came"),
        ("nothing", Vec::new(), "nothing came"),
        ("white space", b"   \n".to_vec(), "nothing came"),
        ("gzip", gzip.to_vec(), "and gzip data came"),
        (
            "no end",
            b"<ListBucketResult><IsTruncated>false</IsTruncated>".to_vec(),
            "ends too early",
        ),
        (
            "ends that are wrong",
            b"<ListBucketResult><A></B></ListBucketResult>".to_vec(),
            "broken XML",
        ),
        (
            "nothing in it",
            b"<ListBucketResult/>".to_vec(),
            "no <IsTruncated>",
        ),
        ("no key", object("<Size>1</Size>").into_bytes(), "no <Key>"),
        ("no size", object("<Key>k</Key>").into_bytes(), "no <Size>"),
        (
            "a negative size",
            object("<Key>k</Key><Size>-1</Size>").into_bytes(),
            "is no number",
        ),
        (
            "a broken size",
            object("<Key>k</Key><Size>1.5</Size>").into_bytes(),
            "is no number",
        ),
        (
            "a size above 2^64",
            object("<Key>k</Key><Size>18446744073709551616</Size>").into_bytes(),
            "is no number",
        ),
        (
            "more, and no word where",
            listing("").replace("false", "true").into_bytes(),
            "no token to go on with",
        ),
        (
            "more, or not",
            listing("").replace("false", "maybe").into_bytes(),
            "neither true nor false",
        ),
        (
            "fewer keys than said",
            listing("<KeyCount>5</KeyCount>").into_bytes(),
            "says that it has 5 keys, and has 0",
        ),
        (
            "an end and a token",
            listing("<NextContinuationToken>t</NextContinuationToken>").into_bytes(),
            "not truncated and has a token",
        ),
        (
            "an end and none",
            listing("<IsTruncated>true</IsTruncated>").into_bytes(),
            "contradicts itself",
        ),
        (
            "an error inside",
            listing("<Error><Code>InternalError</Code></Error>").into_bytes(),
            "contradicts itself",
        ),
        (
            "something behind it",
            [listing(""), error_document("InternalError")]
                .concat()
                .into_bytes(),
            "something behind its end",
        ),
        (
            "control characters",
            b"\x1b[31m\x07 red".to_vec(),
            "\\u{1b}[31m\\u{7} red",
        ),
    ] {
        check(name, List, document(body), Malformed, says).await;
    }
    // A mark of UTF-8, white space and a declaration may go before it.
    let marked = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}",
        listing("")
    );
    let server = play([document(&marked), document(format!("  \r\n{marked}"))]).await;
    for _ in 0..2 {
        call(&server.client(), List).await.unwrap();
    }
}

#[tokio::test]
async fn bodies() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let refused = "HTTP/1.1 500 X\r\ntransfer-encoding: chunked\r\n\r\n";
    let piece = || Flood([b"2000\r\n".to_vec(), vec![b'x'; 0x2000], b"\r\n".to_vec()].concat());
    let blanks = || Flood([b"2000\r\n".to_vec(), vec![b' '; 0x2000], b"\r\n".to_vec()].concat());
    let whole = listing("");
    let closed = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}",
        &whole[..40]
    );
    let length = |length: usize, body: &str| {
        vec![
            Request,
            raw(format!(
                "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: {length}\r\n\r\n{body}"
            )),
            Close,
        ]
    };
    for (name, of, script, kind, says) in [
        (
            "a document without an end",
            List,
            vec![Request, raw(chunked), piece()],
            Malformed,
            "longer than 8388608 bytes",
        ),
        (
            "until it closes, without an end",
            List,
            vec![
                Request,
                raw("HTTP/1.1 200 OK\r\n\r\n"),
                Flood(vec![b'x'; 8192]),
            ],
            Malformed,
            "longer than",
        ),
        (
            "blanks without an end",
            Complete,
            vec![Request, raw(chunked), blanks()],
            Malformed,
            "longer than",
        ),
        (
            "a refusal without an end",
            List,
            vec![Request, raw(refused), piece()],
            Service,
            "500 InternalError (inferred from the status): xxxx",
        ),
        (
            "a refusal that breaks off",
            List,
            vec![
                Request,
                raw("HTTP/1.1 503 X\r\ncontent-length: 100\r\n\r\n<Error>"),
                Close,
            ],
            Service,
            "503 SlowDown (inferred",
        ),
        (
            "a refusal that stalls",
            List,
            vec![
                Request,
                raw("HTTP/1.1 503 X\r\ncontent-length: 100\r\n\r\n<Error>"),
                Wait(Duration::from_secs(60)),
            ],
            Service,
            "503 SlowDown (inferred",
        ),
        (
            "a document shorter than said",
            List,
            length(whole.len() + 1, &whole),
            Transport,
            "cut short after",
        ),
        (
            "a document longer than said",
            List,
            length(whole.len() - 1, &whole),
            Malformed,
            "cannot be read",
        ),
        (
            "a document that is closed",
            List,
            vec![Request, raw(closed), Close],
            Malformed,
            "broken XML at byte 36",
        ),
        (
            "chunks that break off",
            List,
            vec![Request, raw(format!("{chunked}40\r\n{whole}")), Close],
            Transport,
            "cut short after",
        ),
        (
            "chunks without a last one",
            List,
            vec![
                Request,
                raw(format!("{chunked}{:x}\r\n{whole}\r\n", whole.len())),
                Close,
            ],
            Transport,
            "cut short after",
        ),
        (
            "a chunk of no size",
            List,
            vec![Request, raw(format!("{chunked}zz\r\n")), Close],
            Transport,
            "cut short after 0 bytes",
        ),
        (
            "a chunk of too much",
            List,
            vec![
                Request,
                raw(format!("{chunked}ffffffffffffffff0\r\n")),
                Close,
            ],
            Transport,
            "cut short after 0 bytes",
        ),
        (
            "an object shorter than said",
            Get,
            length(10, "abc"),
            Transport,
            "cut short after 3 of 10 bytes",
        ),
        (
            "a body of 2^64",
            Get,
            vec![
                Request,
                raw(
                    "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 18446744073709551615\r\n\r\nabc",
                ),
                Close,
            ],
            Transport,
            "",
        ),
        (
            "a page instead of an ETag",
            Put,
            document("<html>Sign in</html>"),
            Malformed,
            "a page for people came",
        ),
        (
            "a success without an ETag",
            Put,
            document(""),
            Malformed,
            "no etag header",
        ),
        (
            "an object without its size",
            Head_,
            vec![Head, raw("HTTP/1.1 200 OK\r\netag: \"e\"\r\n\r\n"), Close],
            Malformed,
            "content-length",
        ),
        (
            "completed with nothing",
            Complete,
            document(""),
            Malformed,
            "nothing came",
        ),
        (
            "completed with blanks",
            Complete,
            document("    "),
            Malformed,
            "nothing came",
        ),
        (
            "completed with another's document",
            Complete,
            document(&whole),
            Malformed,
            "and <ListBucketResult> came",
        ),
        (
            "completed without an ETag",
            Complete,
            document("<CompleteMultipartUploadResult/>"),
            Malformed,
            "no <ETag>",
        ),
        (
            "completed with an error",
            Complete,
            document(error_document("AccessDenied")),
            Service,
            "200 AccessDenied",
        ),
        (
            "no content",
            List,
            answer("204 No Content", ""),
            Malformed,
            "nothing came",
        ),
        (
            "partial content",
            Get,
            answer("206 Partial Content\r\netag: \"e\"", "abc"),
            Malformed,
            "content-range",
        ),
        (
            "switching protocols",
            Put,
            head("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x"),
            Service,
            "101 Unknown",
        ),
        (
            "a login page for an object",
            Get,
            document("<html>Sign in</html>"),
            Malformed,
            "it is not about an object",
        ),
        (
            "JSON for a put",
            Put,
            document("{}"),
            Malformed,
            "no etag header",
        ),
        (
            "moved",
            Put,
            answer("301 Moved\r\nlocation: http://127.0.0.1:1/", ""),
            Service,
            "301 PermanentRedirect",
        ),
        (
            "not modified",
            Put,
            answer("304 Not Modified", ""),
            Service,
            "304 NotModified",
        ),
    ] {
        check(name, of, script, kind, says).await;
    }
}

/// What a store writes stays text: no line of its own in a log, and no command to a terminal.
#[tokio::test]
async fn messages() {
    let evil = "<Error><Code>No\u{9b}31mSuch\nKey</Code><Message>&#27;[2J&#10;INFO all is well &#x202e;txt.exe</Message></Error>";
    let ids = "404 Not Found\r\nx-amz-request-id: R\t1\r\nx-amz-bucket-region: eu\u{7f}-1";
    check(
        "a message",
        List,
        answer("404 Not Found", evil),
        Service,
        "404 No\\u{9b}31mSuch\\nKey: \\u{1b}[2J\\nINFO all is well \\u{202e}txt.exe",
    )
    .await;
    check(
        "long words",
        List,
        answer("404 X", error_document(&"x".repeat(1 << 19))),
        Service,
        &"x".repeat(100),
    )
    .await;
    let server = play([answer(ids, evil)]).await;
    let error = call(&server.client(), List).await.unwrap_err();
    assert!(!error.to_string().chars().any(char::is_control), "{error}");
}

/// What comes behind an answer is no answer to the next request.
#[tokio::test]
async fn answers_nobody_asked_for() {
    let smuggled = "HTTP/1.1 200 OK\r\netag: \"e\"\r\nlast-modified: Thu, 02 Jan 2025 03:04:05 GMT\r\ncontent-length: 4\r\n\r\nevil";
    let first =
        format!("HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 4\r\n\r\ngood{smuggled}");
    for pause in [0, 50] {
        let honest = || answer("200 OK\r\netag: \"e\"", "good");
        let server = play([
            vec![Request, raw(&first), Wait(Duration::from_secs(1))],
            honest(),
            honest(),
        ])
        .await;
        let s3 = server.client();
        for _ in 0..3 {
            assert_eq!(call(&s3, Get).await.unwrap(), "b\"good\"");
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        assert!(server.connections() > 1);
    }
    // Nor is a body that HEAD may not have, and none that a 204 may not have.
    let head = vec![
        Head,
        raw(
            "HTTP/1.1 200 OK\r\netag: \"e\"\r\nlast-modified: Thu, 02 Jan 2025 03:04:05 GMT\r\ncontent-length: 4\r\n\r\nevil",
        ),
    ];
    let server = play([head, ok(), ok()]).await;
    let s3 = server.client();
    call(&s3, Head_).await.unwrap();
    call(&s3, Put).await.unwrap();
}
