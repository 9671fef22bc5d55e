//! What is really sent: a listener takes the bytes down and checks the signature anew, as a store does.

use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use slim_s3::{Body, Client, CompletedPart, Credentials, ETag, Error, PayloadHash};

use crate::support::server::{
    self, ACCESS_KEY_ID, Received, SECRET_ACCESS_KEY, builder, client, record,
};
use crate::support::verifier::verify;

const OK: &str = "200 OK\r\netag: \"e\"";

/// Sends one call to a listener; what came in, with its signature checked.
async fn sent<F: Future<Output = Result<(), Error>>>(
    call: impl FnOnce(Client) -> F,
) -> (Received, Vec<u8>) {
    let (address, requests) = record(OK, "").await;
    call(client(address)).await.unwrap();
    let request = requests.lock().unwrap().pop().unwrap();
    let body = verify(&request);
    (request, body)
}

async fn put(key: &str) -> Received {
    let (request, body) =
        sent(|s3| async move { s3.put_object("bucket", key, "x").send().await.map(drop) }).await;
    assert_eq!(body, b"x");
    request
}

#[tokio::test]
async fn keys_of_every_character() {
    let mut keys: Vec<String> = (' '..='~')
        .map(|character| format!("a{character}b"))
        .collect();
    keys.extend((1..=0x1f_u8).map(|control| format!("a{}b", char::from(control))));
    let odd = [
        "é",
        "e\u{301}",
        "日本語",
        "😀",
        "\u{7f}",
        "\u{feff}bom",
        " ",
        " a ",
        "+",
        "%",
        "%20",
        "a%2Fb",
        "a//b",
        "a/",
        "a//",
        ".hidden",
        "...",
        "..a",
        "a..b",
        "a?b=c&d#e",
        "\\",
        "a\\..\\b",
        "~",
        "C:\\x",
        "http://x/",
        "a\tb\nc\rd",
        "%2e%2e",
        "%2E/x",
    ];
    keys.extend(odd.map(str::to_owned));
    keys.push("ü".repeat(512));
    println!("{} keys", keys.len());
    for key in keys {
        let request = put(&key).await;
        let path = request.target.strip_prefix("/bucket/").unwrap();
        let decoded = path
            .split('%')
            .enumerate()
            .fold(Vec::new(), |mut bytes, (index, piece)| {
                let (byte, rest) = if index == 0 {
                    (None, piece)
                } else {
                    (
                        Some(u8::from_str_radix(&piece[..2], 16).unwrap()),
                        &piece[2..],
                    )
                };
                bytes.extend(byte);
                bytes.extend(rest.bytes());
                bytes
            });
        assert_eq!(String::from_utf8(decoded).unwrap(), key, "{path}");
    }
}

#[tokio::test]
async fn keys_that_urls_would_change_are_not_sent() {
    let (address, requests) = record(OK, "").await;
    for key in [".", "..", "a/./b", "a/../b", "../a", "a/..", "./a", "/../x"] {
        let s3 = builder(address).allow_leading_slash().build().unwrap();
        let error = s3
            .put_object("bucket", key, "x")
            .send()
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("would be about another object"), "{error}");
        // Another HTTP client may send them as they are.
        let signed = s3.put_object("bucket", key, "x").sign(s3.now()).unwrap();
        assert_eq!(signed.uri().path(), format!("/bucket/{key}"));
    }
    let error = client(address)
        .put_object("bucket", "/a", "x")
        .send()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("begins with a slash") && error.contains("allow_leading_slash"),
        "{error}"
    );
    assert!(requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn leading_slashes_where_the_store_keeps_them() {
    for key in ["/a", "//a", "/", "//"] {
        let (address, requests) = record(OK, "").await;
        let s3 = builder(address).allow_leading_slash().build().unwrap();
        s3.put_object("bucket", key, "x").send().await.unwrap();
        let request = requests.lock().unwrap().pop().unwrap();
        verify(&request);
        assert_eq!(request.target, format!("/bucket/{key}"));
    }
}

#[tokio::test]
async fn queries_are_sent_as_signed() {
    let (request, _) = sent(|s3| async move {
        let call = s3
            .get_object("bucket", "key")
            .version_id("a+b/c=d e~é")
            .query("response-content-type", "text/plain; charset=utf-8");
        call.query("b", "")
            .query("a-b", "1")
            .query("a", "1")
            .send()
            .await
            .map(drop)
    })
    .await;
    assert_eq!(
        request.target,
        "/bucket/key?a=1&a-b=1&b=&response-content-type=text%2Fplain%3B%20charset%3Dutf-8&versionId=a%2Bb%2Fc%3Dd%20e~%C3%A9"
    );
    let (request, _) = sent(|s3| async move {
        s3.abort_multipart_upload("bucket", "key", "VXBsb2Fk/+==")
            .send()
            .await
    })
    .await;
    assert_eq!(request.target, "/bucket/key?uploadId=VXBsb2Fk%2F%2B%3D%3D");
}

#[tokio::test]
async fn headers_of_any_case_and_with_blanks() {
    let (request, _) = sent(|s3| async move {
        let call = s3
            .put_object("bucket", "key", "x")
            .header("X-Amz-Meta-UPPER", "Value")
            .metadata("Mixed-Case", "  a   b\tc  ");
        call.content_disposition("attachment; filename=\"a  b.txt\"")
            .header("Accept-Encoding", "identity")
            .send()
            .await
            .map(drop)
    })
    .await;
    // Blanks inside are the caller's, and are sent; only the signature's form of them is single.
    assert_eq!(request.header("x-amz-meta-mixed-case"), Some("a   b\tc"));
    assert_eq!(
        request.header("content-disposition"),
        Some("attachment; filename=\"a  b.txt\"")
    );
    let authorization = request.header("authorization").unwrap();
    assert!(authorization.contains("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-mixed-case;x-amz-meta-upper,"), "{authorization}");
}

/// A proxy shows what the client would send to any host and port, without resolving a name.
#[tokio::test]
async fn host_is_signed_as_it_is_sent() {
    for (endpoint, host) in [
        ("http://store.example", "store.example"),
        ("http://store.example:80", "store.example"),
        ("http://store.example:9000/", "store.example:9000"),
        ("http://STORE.Example:9000", "store.example:9000"),
        ("HTTP://store.example:443", "store.example:443"),
        ("http://[::1]:9000", "[::1]:9000"),
        ("http://[::1]", "[::1]"),
        ("http://10.0.0.1:80", "10.0.0.1"),
    ] {
        let (address, requests) = record(OK, "").await;
        let s3 = builder(address)
            .endpoint(endpoint)
            .proxy(&format!("http://{address}"))
            .build()
            .unwrap();
        s3.put_object("bucket", "a b", "x").send().await.unwrap();
        let request = requests.lock().unwrap().pop().unwrap();
        verify(&request);
        assert_eq!(request.header("host"), Some(host), "{endpoint}");
        assert_eq!(
            request.target,
            format!("http://{host}/bucket/a%20b"),
            "{endpoint}"
        );
    }
}

#[tokio::test]
async fn hosts_that_url_parsers_rewrite_are_not_sent() {
    for endpoint in [
        "http://127.1:9000",
        "http://0x7f.0.0.1:9000",
        "http://017700000001",
        "http://[0:0:0:0:0:0:0:1]:9000",
    ] {
        let credentials = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY);
        let s3 = Client::builder()
            .endpoint(endpoint)
            .credentials(credentials)
            .build()
            .unwrap();
        let error = s3
            .put_object("bucket", "key", "x")
            .send()
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        assert!(error.to_string().contains("would be signed as"), "{error}");
    }
}

#[tokio::test]
async fn path_prefix_and_virtual_hosted_style() {
    let (address, requests) = record(OK, "").await;
    let proxied = |endpoint: &str| {
        builder(address)
            .endpoint(endpoint)
            .proxy(&format!("http://{address}"))
    };
    let prefixed = proxied("http://store.example/base/path/").build().unwrap();
    prefixed
        .put_object("bucket", "key", "x")
        .send()
        .await
        .unwrap();
    let virtual_hosted = proxied("http://store.example")
        .addressing(slim_s3::Addressing::VirtualHosted)
        .allow_leading_slash()
        .build()
        .unwrap();
    virtual_hosted
        .put_object("bucket", "/key", "x")
        .send()
        .await
        .unwrap();
    virtual_hosted.head_bucket("bucket").send().await.unwrap();
    let requests = requests.lock().unwrap();
    let targets: Vec<&str> = requests
        .iter()
        .inspect(|request| drop(verify(request)))
        .map(|request| request.target.as_str())
        .collect();
    assert_eq!(
        targets,
        [
            "http://store.example/base/path/bucket/key",
            "http://bucket.store.example//key",
            "http://bucket.store.example/"
        ]
    );
}

#[tokio::test]
async fn content_length_is_always_there() {
    let (request, _) =
        sent(|s3| async move { s3.put_object("bucket", "key", ()).send().await.map(drop) }).await;
    assert_eq!(request.header("content-length"), Some("0"));
    let (request, _) =
        sent(|s3| async move { s3.create_bucket("bucket").send().await.map(drop) }).await;
    assert_eq!(request.header("content-length"), Some("0"));
    let (request, _) =
        sent(|s3| async move { s3.put_object("bucket", "key", "äb").send().await.map(drop) }).await;
    assert_eq!(request.header("content-length"), Some("3"));
    for (name, _) in &request.headers {
        let uninvited = [
            "transfer-encoding",
            "expect",
            "accept-encoding",
            "x-amz-sdk-checksum-algorithm",
            "x-amz-trailer",
            "content-encoding",
        ];
        assert!(
            !uninvited.contains(&name.as_str()) && !name.starts_with("x-amz-checksum"),
            "{name}"
        );
    }
    assert_eq!(
        request.header("user-agent"),
        Some(concat!("slim-s3/", env!("CARGO_PKG_VERSION")))
    );
}

#[tokio::test]
async fn bodies_of_every_kind() {
    let path = std::env::temp_dir().join(format!("slim-s3-wire-{}", std::process::id()));
    let content: Vec<u8> = (0..700_000_u32).map(|index| (index % 251) as u8).collect();
    std::fs::write(&path, &content).unwrap();
    let open = || std::fs::File::open(&path).unwrap();
    let at = |position| {
        let mut file = open();
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(position)).unwrap();
        file
    };
    let stream = |pieces: usize| {
        let pieces: Vec<Result<Bytes, std::io::Error>> = content
            .chunks(pieces)
            .map(|piece| Ok(Bytes::copy_from_slice(piece)))
            .collect();
        Body::stream(content.len() as u64, futures_util::stream::iter(pieces))
    };
    let bodies: Vec<(Body, &[u8], &str)> = vec![
        (Body::from("text"), b"text", "hash"),
        (Body::from(content.clone()), &content, "hash"),
        (Body::from(open()), &content, "hash"),
        (Body::from(at(100_000)), &content[100_000..], "hash"),
        (Body::from(at(700_000)), b"", "hash"),
        (Body::from(at(800_000)), b"", "hash"),
        (
            Body::from(tokio::fs::File::open(&path).await.unwrap()),
            &content,
            "hash",
        ),
        (Body::from_path(&path).unwrap(), &content, "hash"),
        (
            stream(1_000),
            &content,
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        ),
        (
            stream(65_536),
            &content,
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        ),
        (
            stream(1 << 20),
            &content,
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        ),
        (
            Body::reader(7, std::io::Cursor::new(*b"literal")),
            b"literal",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        ),
        (
            Body::reader(0, std::io::Cursor::new(*b"")),
            b"",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        ),
    ];
    for (body, expected, covered) in bodies {
        let (request, body) =
            sent(|s3| async move { s3.put_object("bucket", "key", body).send().await.map(drop) })
                .await;
        assert!(
            body == expected,
            "{} bytes came in, {} were to",
            body.len(),
            expected.len()
        );
        let hash = request.header("x-amz-content-sha256").unwrap();
        assert!(
            hash == covered || covered == "hash" && hash.len() == 64,
            "{hash}"
        );
    }
    let (request, _) = sent(|s3| {
        let call = s3
            .put_object("bucket", "key", stream(9))
            .content_encoding("gzip")
            .payload_hash(PayloadHash::Unsigned);
        async move { call.send().await.map(drop) }
    })
    .await;
    assert_eq!(
        request.header("x-amz-content-sha256"),
        Some("UNSIGNED-PAYLOAD")
    );
    assert_eq!(
        (
            request.header("content-encoding"),
            request.header("content-length")
        ),
        (Some("gzip"), Some("700000"))
    );
    std::fs::remove_file(&path).unwrap();
}

/// Both ways: the store must never see a complete body that is not the whole.
#[tokio::test]
async fn a_body_that_lies_about_its_length_is_never_complete() {
    let path =
        |name: &str| std::env::temp_dir().join(format!("slim-s3-{name}-{}", std::process::id()));
    let (growing, shrinking) = (path("growing"), path("shrinking"));
    let size = 300_000_usize;
    let stream = move |declared: usize| {
        Body::stream(
            declared as u64,
            futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from(vec![7; size]))]),
        )
    };
    let grown = || {
        std::fs::write(&growing, vec![7; size]).unwrap();
        let body = Body::from(std::fs::File::open(&growing).unwrap());
        std::fs::OpenOptions::new()
            .append(true)
            .open(&growing)
            .unwrap()
            .write_all(b"more")
            .unwrap();
        body
    };
    let shrunk = || {
        std::fs::write(&shrinking, vec![7; size]).unwrap();
        let body = Body::from(std::fs::File::open(&shrinking).unwrap());
        std::fs::write(&shrinking, b"less").unwrap();
        body
    };
    let failing = Body::stream(
        10,
        futures_util::stream::iter([
            Ok(Bytes::from_static(b"some")),
            Err(std::io::Error::other("the disk burns")),
        ]),
    );
    let ahead = "went on behind its declared length";
    for (body, problem) in [
        (stream(size - 1), ahead),
        (stream(1), ahead),
        (stream(0), ahead),
        (stream(size + 1), "ended before its declared length"),
        (grown(), ahead),
        (shrunk(), "ended before its declared length"),
        (failing, "the disk burns"),
    ] {
        check_lie(body, None, problem).await;
    }
    check_lie(stream(size - 1), Some(PayloadHash::Unsigned), ahead).await;
    check_lie(
        stream(size + 1),
        Some(PayloadHash::Unsigned),
        "ended before its declared length",
    )
    .await;
    std::fs::remove_file(&growing).unwrap();
    std::fs::remove_file(&shrinking).unwrap();
}

async fn check_lie(body: Body, payload_hash: Option<PayloadHash>, problem: &str) {
    let (address, requests) = record(OK, "").await;
    let mut call = client(address).put_object("bucket", "key", body);
    if let Some(payload_hash) = payload_hash {
        call = call.payload_hash(payload_hash);
    }
    let error = call.send().await.unwrap_err();
    assert!(
        matches!(error, Error::Transport(_)) && error.to_string().contains(problem),
        "{error}"
    );
    assert!(!error.is_retryable());
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(
        requests.lock().unwrap().is_empty(),
        "a complete request came in: {problem}"
    );
}

#[tokio::test]
async fn a_success_before_the_whole_body_is_none() {
    let address = server::serve(|mut connection| async move {
        connection.head().await.unwrap();
        connection.answer(OK, "").await;
        tokio::time::sleep(Duration::from_secs(5)).await;
    })
    .await;
    let endless = futures_util::stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        Some((Ok::<_, std::io::Error>(Bytes::from_static(b"x")), ()))
    });
    let error = client(address)
        .put_object("bucket", "key", Body::stream(1 << 30, endless))
        .send()
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("before it had the whole body"),
        "{error}"
    );
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (elsewhere, strangers) = record(OK, "").await;
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let head: &'static str = Box::leak(format!("{status}\r\nlocation: http://{elsewhere}/bucket/key\r\nx-amz-bucket-region: eu-west-1").into());
        let (address, _) = record(head, "").await;
        let error = client(address)
            .get_object("bucket", "key")
            .send()
            .await
            .unwrap_err();
        assert_eq!(
            (error.region(), error.status().unwrap().as_u16()),
            (Some("eu-west-1"), status[..3].parse().unwrap())
        );
        assert!(error.to_string().contains("region eu-west-1"), "{error}");
    }
    assert!(strangers.lock().unwrap().is_empty());
}

#[tokio::test]
async fn credentials_are_asked_for_once_per_attempt() {
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let (address, requests) = record(OK, "").await;
    let count = asked.clone();
    let s3 = builder(address)
        .credentials_provider(move || {
            let number = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            async move {
                match number {
                    2 => Err("the vault is shut"),
                    number => Ok(Credentials::new(format!("AKID{number}"), SECRET_ACCESS_KEY)
                        .with_session_token(format!("token/{number}=="))),
                }
            }
        })
        .build()
        .unwrap();
    for _ in 0..2 {
        s3.put_object("bucket", "key", "x").send().await.unwrap();
    }
    let error = s3
        .put_object("bucket", "key", "x")
        .send()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("the vault is shut"), "{error}");
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 3);
    let requests = requests.lock().unwrap();
    for (number, request) in requests.iter().enumerate() {
        verify(request);
        assert!(
            request
                .header("authorization")
                .unwrap()
                .contains(&format!("Credential=AKID{number}/"))
        );
        assert_eq!(
            request.header("x-amz-security-token"),
            Some(format!("token/{number}==").as_str())
        );
    }
    assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn anonymous_requests_are_not_signed() {
    let (address, requests) = record(OK, "").await;
    builder(address)
        .anonymous()
        .build()
        .unwrap()
        .get_object("bucket", "key")
        .send()
        .await
        .unwrap();
    let request = requests.lock().unwrap().pop().unwrap();
    let names: Vec<&str> = request
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert!(
        !names
            .iter()
            .any(|name| name.starts_with("x-amz-") || *name == "authorization"),
        "{names:?}"
    );
}

#[tokio::test]
async fn errors_inside_of_a_success() {
    let body = "\n<?xml version=\"1.0\"?>\n <Error><Code>SlowDown</Code><Message>Later.</Message><RequestId>R</RequestId></Error>";
    let (address, _) = record(OK, body).await;
    let parts = [CompletedPart {
        part_number: 1,
        etag: ETag::from("e"),
    }];
    let s3 = client(address);
    let error = s3
        .complete_multipart_upload("bucket", "key", "id", &parts)
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        (
            error.code(),
            error.status().unwrap().as_u16(),
            error.is_retryable()
        ),
        (Some("SlowDown"), 200, true)
    );
    let error = s3
        .put_object("bucket", "key", "x")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("SlowDown"));
}
