//! Bad input: an error before any byte leaves, which names the field, the value's problem and the way out.

use std::time::{Duration, UNIX_EPOCH};

use slim_s3::{
    Addressing, AmzDate, Call, Client, ClientBuilder, CompletedPart, Credentials, CustomerKey,
    ETag, Encryption, Error, Operation, PayloadHash,
};

use crate::support::fixtures::{rows, text};

fn builder() -> ClientBuilder {
    Client::builder()
        .endpoint("http://127.0.0.1:9000")
        .credentials(Credentials::new("AK", "SK"))
}

fn s3() -> Client {
    builder().build().unwrap()
}

#[track_caller]
fn check<T>(outcome: Result<T, Error>, field: &str, says: &[&str]) {
    let Err(error) = outcome else {
        panic!("{field} was taken")
    };
    let Error::Invalid(invalid) = &error else {
        panic!("{error}")
    };
    assert_eq!(invalid.field, field, "{error}");
    let message = error.to_string();
    for says in says {
        assert!(message.contains(says), "{says} is not in: {message}");
    }
    assert!(
        !invalid.problem.is_empty() && !invalid.remedy.is_empty() && !message.contains('\n'),
        "{message}"
    );
    assert_eq!(error.context().attempts, 0);
}

#[track_caller]
fn check_call<O: Operation>(call: Call<O>, field: &str, says: &[&str]) {
    check(call.sign(AmzDate::from_unix_seconds(0)), field, says);
}

#[test]
fn buckets_and_keys() {
    for (bucket, says) in [
        ("", "is empty"),
        (".", "dot segment"),
        ("a/b", "holds one of"),
        ("a b", "blank"),
        ("bücket", "non-ASCII"),
        ("a%20b", "holds one of"),
        ("a\r\nb", "control"),
        (&"x".repeat(256), "longer than 255"),
    ] {
        check_call(
            s3().head_bucket(bucket),
            "bucket",
            &["HeadBucket", says, "use the bucket's name alone"],
        );
        check_call(
            s3().put_object(bucket, "key", "x"),
            "bucket",
            &["PutObject", says],
        );
    }
    check_call(
        s3().get_object("b", ""),
        "key",
        &["GetObject b/", "is empty", "a call about the bucket itself"],
    );
    check_call(
        s3().get_object("b", &"x".repeat(1025)),
        "key",
        &["is 1025 bytes long", "1,024"],
    );
    check_call(
        s3().get_object("b", "/a"),
        "key",
        &["begins with a slash", "allow_leading_slash"],
    );
    s3().get_object("b", &"ü".repeat(512))
        .sign(AmzDate::from_unix_seconds(0))
        .unwrap();
}

/// An operation of one's own, whose request is filled by hand.
struct Own;

impl Operation for Own {
    type Output = ();
    const NAME: &'static str = "Own";

    fn parse(_: slim_s3::Response) -> Result<(), Error> {
        Ok(())
    }
}

#[test]
fn headers() {
    let put = || s3().put_object("b", "k", "x");
    for name in [
        "authorization",
        "Host",
        "Content-Length",
        "X-Amz-Date",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-security-token",
        "transfer-encoding",
        "Expect",
    ] {
        check_call(
            put().header(name, "x"),
            &format!("header {}", name.to_lowercase()),
            &["is written by the client itself"],
        );
    }
    // Where the fields are filled by hand, as an operation of one's own may do.
    for names in [
        ["Content-Type", "content-type"],
        ["x-amz-meta-a", "X-Amz-Meta-A"],
    ] {
        let mut request = slim_s3::Request::object(http::Method::PUT, "b", "k");
        request.headers = names.map(|name| (name.to_owned(), "x".to_owned())).to_vec();
        check_call(
            Call::new(&s3(), request, Own),
            &format!("header {}", names[0].to_lowercase()),
            &["is there twice"],
        );
    }
    let mut request = slim_s3::Request::object(http::Method::PUT, "b", "k");
    request
        .headers
        .push(("AUTHORIZATION".to_owned(), "x".to_owned()));
    check_call(
        Call::new(&s3(), request, Own),
        "header authorization",
        &["is written by the client itself"],
    );
    for value in ["a\r\nb", "a\0b", "é", "a\u{7f}"] {
        check_call(
            put().content_type(value),
            "header content-type",
            &["a control or a non-ASCII character", "percent-encoding"],
        );
        check_call(
            put().metadata("Name", value),
            "metadata \"name\"",
            &["a control or a non-ASCII character"],
        );
    }
    check_call(
        put().metadata("", "x"),
        "metadata \"\"",
        &["is no header name"],
    );
    check_call(
        put().metadata("a b", "x"),
        "metadata \"a b\"",
        &["is no header name"],
    );
    check_call(put().header("", "x"), "header ", &["is no header name"]);
    check_call(
        put().content_type(" "),
        "header content-type",
        &["an empty value"],
    );
    for call in [
        s3().get_object("b", "k").range(5..5),
        s3().get_object("b", "k").range(..0),
        s3().get_object("b", "k").last_bytes(0),
    ] {
        check_call(call, "range", &["holds no byte"]);
    }
}

#[test]
fn parts() {
    for number in [0, 10_001] {
        check_call(
            s3().upload_part("b", "k", "id", number, "x"),
            "part number",
            &["out of range", "from 1 to 10,000"],
        );
    }
    let part = |part_number| CompletedPart {
        part_number,
        etag: ETag::from("e"),
    };
    for list in [
        vec![part(1), part(1), part(2)],
        vec![part(2), part(1)],
        vec![part(0)],
        vec![part(10_001)],
    ] {
        check_call(
            s3().complete_multipart_upload("b", "k", "id", &list),
            "parts",
            &["ascending order"],
        );
    }
    check_call(
        s3().complete_multipart_upload("b", "k", "id", &[]),
        "parts",
        &["are none", "abort"],
    );
    // Gaps are allowed.
    s3().complete_multipart_upload("b", "k", "id", &[part(3), part(7)])
        .sign(AmzDate::from_unix_seconds(0))
        .unwrap();
}

#[test]
fn endpoints() {
    for (url, says) in [
        ("", "has no scheme"),
        ("127.0.0.1:9000", "has no scheme; say http:// or https://"),
        ("ftp://host", "does not begin with http"),
        ("http://", "is not a URL"),
        ("http:///path", "is not a URL"),
        ("http://host:port", "has a port that is no number"),
        ("http://host:", "has a port that is no number"),
        ("http://host:0", "has port 0"),
        ("http://[fe80::1%25eth0]:9000", "percent sign in its host"),
        ("http://h%6fst", "is not a URL"),
        ("http://host:99999", "has a port that is no number"),
        ("http://host?x=1", "holds a query"),
        ("http://host/#f", "holds a query or a fragment"),
        ("http://bücher.example", "xn--"),
        ("http://host/a b", "is not a URL"),
        ("http://host/a//b", "has a path with an empty"),
        ("http://host/../b", "has a path with an empty"),
        ("http://host/%2e%2e/b", "has a path with an empty"),
        ("http://host/%2E/b", "has a path with an empty"),
        ("http://host/a%2fb", "has a path with an empty"),
        ("http://host/(a)", "has a path with an empty"),
    ] {
        check(builder().endpoint(url).build(), "endpoint", &[says]);
    }
    // What may be a password is not repeated.
    let error = builder()
        .endpoint("https://AK:hunter2@host")
        .build()
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("a user name or a password") && !error.contains("hunter2"),
        "{error}"
    );
}

#[test]
fn urls_of_endpoints() {
    for (endpoint, url) in [
        ("http://host", "http://host/b/k"),
        ("http://host/", "http://host/b/k"),
        ("HTTP://Host:80/", "http://host/b/k"),
        ("http://host:443", "http://host:443/b/k"),
        ("http://host/base/", "http://host/base/b/k"),
        ("http://host/base/%20x", "http://host/base/%20x/b/k"),
        ("http://[::1]:9000", "http://[::1]:9000/b/k"),
    ] {
        let signed = builder()
            .endpoint(endpoint)
            .build()
            .unwrap()
            .get_object("b", "k")
            .sign(AmzDate::from_unix_seconds(0))
            .unwrap();
        assert_eq!(signed.uri().to_string(), url, "{endpoint}");
    }
}

#[cfg(any(
    not(feature = "reqwest"),
    feature = "rustls",
    feature = "webpki-roots",
    feature = "native-tls"
))]
#[test]
fn aws_by_region() {
    let url = |region: &str, bucket: &str, addressing| {
        let s3 = Client::builder()
            .region(region)
            .addressing(addressing)
            .credentials(Credentials::new("AK", "SK"))
            .build()
            .unwrap();
        s3.get_object(bucket, "k")
            .sign(AmzDate::from_unix_seconds(0))
            .map(|request| request.uri().to_string())
    };
    for (region, bucket, addressing, expected) in [
        (
            "us-east-1",
            "my-bucket",
            Addressing::Auto,
            "https://my-bucket.s3.us-east-1.amazonaws.com/k",
        ),
        (
            "eu-central-1",
            "my-bucket",
            Addressing::Path,
            "https://s3.eu-central-1.amazonaws.com/my-bucket/k",
        ),
        (
            "cn-north-1",
            "my-bucket",
            Addressing::Auto,
            "https://my-bucket.s3.cn-north-1.amazonaws.com.cn/k",
        ),
        (
            "us-gov-west-1",
            "my-bucket",
            Addressing::Auto,
            "https://my-bucket.s3.us-gov-west-1.amazonaws.com/k",
        ),
        (
            "us-east-1",
            "my.bucket",
            Addressing::Auto,
            "https://s3.us-east-1.amazonaws.com/my.bucket/k",
        ),
        (
            "us-east-1",
            "My_Bucket",
            Addressing::Auto,
            "https://s3.us-east-1.amazonaws.com/My_Bucket/k",
        ),
    ] {
        assert_eq!(url(region, bucket, addressing).unwrap(), expected);
    }
    check(
        url("us-east-1", "my.bucket", Addressing::VirtualHosted),
        "bucket",
        &["cannot be part of the host name", "Addressing::Path"],
    );
    check(
        Client::builder()
            .credentials(Credentials::new("AK", "SK"))
            .build(),
        "region",
        &["is not set"],
    );
    for region in ["", "us east", "a/b", "us-east-1\n"] {
        check(
            Client::builder()
                .region(region)
                .credentials(Credentials::new("AK", "SK"))
                .build(),
            "region",
            &[],
        );
    }
}

/// Which bucket names may go into a host name.
#[test]
fn bucket_names() {
    let at = AmzDate::from_unix_seconds(0);
    for row in rows("bucket_names.json", "cases", 30) {
        let name = text(&row, "name");
        let s3 = builder()
            .endpoint("http://store.example")
            .addressing(Addressing::VirtualHosted)
            .build()
            .unwrap();
        let outcome = s3
            .get_object(name, "k")
            .sign(at)
            .map(|request| request.uri().host().unwrap().to_owned());
        match row["virtual_host_http"].as_bool().unwrap() {
            true => assert_eq!(outcome.unwrap(), format!("{name}.store.example")),
            false => check(outcome, "bucket", &[]),
        }
        if cfg!(any(not(feature = "reqwest"), feature = "rustls")) {
            let s3 = Client::builder()
                .region("eu-west-1")
                .credentials(Credentials::new("AK", "SK"))
                .build()
                .unwrap();
            let outcome = s3
                .get_object(name, "k")
                .sign(at)
                .map(|request| request.uri().host().unwrap().to_owned());
            let is_virtual_hosted =
                outcome.is_ok_and(|host| host == format!("{name}.s3.eu-west-1.amazonaws.com"));
            assert_eq!(
                is_virtual_hosted,
                row["virtual_host_https"].as_bool().unwrap(),
                "{row}"
            );
        }
    }
}

#[test]
fn credentials() {
    for (id, secret, field, says) in [
        ("", "s", "access key ID", "is empty"),
        ("a b", "s", "access key ID", "blank"),
        ("a/b", "s", "access key ID", "slash"),
        ("AK", "", "secret access key", "is empty"),
        (
            "AK",
            "hunter2\n",
            "secret access key",
            "the line end of a file",
        ),
        ("AK", " hunter2", "secret access key", "white space"),
    ] {
        let outcome = builder().credentials(Credentials::new(id, secret)).build();
        assert!(
            !outcome
                .as_ref()
                .unwrap_err()
                .to_string()
                .contains("hunter2")
        );
        check(outcome, field, &[says, "exactly as the store gave it out"]);
    }
    check(
        builder()
            .credentials(Credentials::new("AK", "SK").with_session_token("a\nb"))
            .build(),
        "session token",
        &["control"],
    );
    check(
        Client::builder().region("us-east-1").build(),
        "credentials",
        &["are not set", "from_env"],
    );

    let expired = builder()
        .credentials(Credentials::new("AK", "SK").with_expiry(UNIX_EPOCH + Duration::from_secs(99)))
        .build()
        .unwrap();
    let call = expired.head_bucket("b");
    call.sign(AmzDate::from_unix_seconds(98)).unwrap();
    check(
        call.sign(AmzDate::from_unix_seconds(99)),
        "credentials",
        &["have expired"],
    );
}

/// Every variable and its order, in a process of its own for each row: variables are the whole process's.
#[test]
fn environment() {
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKENV"),
        ("AWS_SECRET_ACCESS_KEY", "SK"),
    ];
    let endpoint = ("AWS_ENDPOINT_URL", "http://general:9");
    for (extra, expected) in [
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
        (vec![], "region is not set"),
        (
            vec![endpoint, ("AWS_ACCESS_KEY_ID", "")],
            "AWS_ACCESS_KEY_ID is not set",
        ),
        (
            vec![endpoint, ("AWS_SECRET_ACCESS_KEY", "")],
            "AWS_SECRET_ACCESS_KEY is not set",
        ),
        // What is wrong is told of the variable that it stands in.
        (
            vec![endpoint, ("AWS_SECRET_ACCESS_KEY", "hunter2\n")],
            "AWS_SECRET_ACCESS_KEY begins or ends with white space, such as the line end of a file it was read from; pass it exactly as the store gave it out",
        ),
        (
            vec![endpoint, ("AWS_SESSION_TOKEN", "a b")],
            "AWS_SESSION_TOKEN is empty, or holds a blank, a control or a non-ASCII character; pass it exactly as the store gave it out",
        ),
        (
            vec![("AWS_DEFAULT_REGION", "a.b")],
            "AWS_DEFAULT_REGION \"a.b\" is not the name of an AWS region; use a name such as \"eu-central-1\", or set the endpoint of another store",
        ),
        (
            vec![endpoint, ("AWS_DEFAULT_REGION", "a/b")],
            "AWS_DEFAULT_REGION \"a/b\" is no region name; use a name such as \"us-east-1\", \"auto\" or \"garage\"",
        ),
        (
            vec![endpoint, ("AWS_ENDPOINT_URL_S3", "127.0.0.1:9000")],
            "AWS_ENDPOINT_URL_S3 \"127.0.0.1:9000\" has no scheme; say http:// or https://; use a URL such as \"https://s3.example.com\" or \"http://127.0.0.1:9000\"",
        ),
    ] {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "--exact",
                "validation::print_environment",
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

/// The other process of `environment`; on its own it checks nothing.
#[test]
fn print_environment() {
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

#[test]
fn regions_from_host_names() {
    for (endpoint, region) in [
        ("http://s3.eu-central-1.amazonaws.com", "eu-central-1"),
        ("http://s3.amazonaws.com", "us-east-1"),
        ("http://s3.dualstack.eu-west-3.amazonaws.com", "eu-west-3"),
        (
            "http://s3-fips.us-gov-west-1.amazonaws.com",
            "us-gov-west-1",
        ),
        (
            "http://s3-fips.dualstack.us-east-2.amazonaws.com",
            "us-east-2",
        ),
        ("http://s3.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("http://s3.us-west-004.backblazeb2.com", "us-west-004"),
        ("http://0123456789abcdef.r2.cloudflarestorage.com", "auto"),
        ("http://s3.wasabisys.com", "us-east-1"),
        ("http://127.0.0.1:9000", "us-east-1"),
    ] {
        assert_eq!(
            builder().endpoint(endpoint).build().unwrap().region(),
            region,
            "{endpoint}"
        );
    }
    // A host of AWS whose region nobody can tell is not signed for us-east-1 in silence.
    for endpoint in [
        "http://bucket.vpce-1a2b.amazonaws.com",
        "http://s3-accelerate.amazonaws.com",
    ] {
        check(
            builder().endpoint(endpoint).build(),
            "region",
            &["is not set", "AWS_REGION"],
        );
        builder()
            .endpoint(endpoint)
            .region("eu-west-1")
            .build()
            .unwrap();
    }
}

/// What may be a secret in a URL is not repeated.
#[test]
fn endpoints_are_not_repeated_with_what_is_secret() {
    for url in [
        "http://user:hunter2@127.0.0.1:9000",
        "user:hunter2@127.0.0.1",
        "http://127.0.0.1/?X-Amz-Signature=hunter2",
        "ftp://127.0.0.1/?X-Amz-Signature=hunter2",
        "http://127.0.0.1/#hunter2",
    ] {
        let error = builder().endpoint(url).build().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        check(Err::<(), _>(error), "endpoint", &["the URL"]);
    }
}

#[test]
fn debug_shows_no_secret() {
    let credentials = Credentials::new("AKID", "hunter2").with_session_token("t0ken");
    let s3 = builder().credentials(credentials.clone()).build().unwrap();
    let call = s3
        .put_object("b", "k", "x")
        .header("x-amz-server-side-encryption-customer-key", "hunter2")
        .query("X-Amz-Security-Token", "t0ken")
        .query("X-Amz-Signature", "hunter2");
    let prints = [
        format!("{credentials:?} {credentials:#?}"),
        format!("{s3:?} {s3:#?}"),
        format!("{call:?}"),
        format!("{:?}", builder().credentials(credentials)),
        format!("{:?}", call.request()),
        format!("{:?}", s3.put_object("b", "k", "x").sign(s3.now()).unwrap()),
    ];
    for print in prints {
        assert!(
            !print.contains("hunter2") && !print.contains("t0ken") && !print.contains("Signature="),
            "{print}"
        );
    }
}

/// What a store would ignore, or make something else of.
#[test]
fn copies() {
    for (call, header) in [
        (
            s3().copy_object("b", "k", "a", "k")
                .content_type("image/png"),
            "header content-type",
        ),
        (
            s3().copy_object("b", "k", "a", "k").metadata("name", "x"),
            "header x-amz-meta-name",
        ),
        (
            s3().copy_object("b", "k", "a", "k")
                .cache_control("no-cache"),
            "header cache-control",
        ),
    ] {
        check_call(
            call,
            header,
            &["CopyObject b/k", "would be ignored", "replace_metadata"],
        );
    }
    let tagged = s3().copy_object("b", "k", "a", "k").tag("kind", "cat");
    check_call(
        tagged,
        "header x-amz-tagging",
        &["would be ignored", "replace_tags"],
    );
    let at = AmzDate::from_unix_seconds(0);
    s3().copy_object("b", "k", "a", "k")
        .replace_metadata()
        .metadata("name", "x")
        .sign(at)
        .unwrap();
    s3().copy_object("b", "k", "a", "k")
        .storage_class("STANDARD_IA")
        .acl("private")
        .sign(at)
        .unwrap();
    for (bucket, key, says) in [
        ("", "k", "bucket \"\" is empty"),
        ("a/b", "k", "holds one of"),
        ("a", "", "key is empty"),
        ("a", "/k", "begins with a slash"),
    ] {
        check_call(
            s3().copy_object("b", "k", bucket, key),
            "copy source",
            &[says],
        );
        check_call(
            s3().upload_part_copy("b", "k", "id", 1, bucket, key),
            "copy source",
            &[says],
        );
    }
    #[allow(clippy::reversed_empty_ranges)]
    let reversed = s3()
        .upload_part_copy("b", "k", "id", 1, "a", "k")
        .source_range(9..=0);
    check_call(reversed, "source range", &["9..=0 holds no byte"]);
    check_call(
        s3().upload_part_copy("b", "k", "id", 10_001, "a", "k"),
        "part number",
        &["out of range"],
    );
}

#[test]
fn documents() {
    let none: [&str; 0] = [];
    check_call(
        s3().delete_objects_batch("b", none),
        "objects",
        &["are 0", "use delete_objects"],
    );
    let many = (0..1001).map(|number| number.to_string());
    check_call(
        s3().delete_objects_batch("b", many),
        "objects",
        &["are 1001", "use delete_objects"],
    );
    for key in ["", "a\u{1}b", "\u{ffff}"] {
        check_call(
            s3().delete_objects_batch("b", [key]),
            "objects",
            &[if key.is_empty() {
                "is empty"
            } else {
                "remove it with delete_object"
            }],
        );
        check_call(
            s3().put_object_tagging("b", "k", [(key, "x")]),
            "tags",
            &["cannot express"],
        );
    }
}

/// Over http everybody on the way could read the key.
#[test]
fn customer_keys_over_http() {
    let key = CustomerKey::from([7; 32]);
    let says = ["would go over http", "use an https endpoint"];
    check_call(
        s3().put_object("b", "k", "x")
            .encryption(Encryption::Customer(key.clone())),
        "customer key",
        &says,
    );
    check_call(
        s3().get_object("b", "k").customer_key(&key),
        "customer key",
        &says,
    );
    check_call(
        s3().copy_object("b", "k", "a", "k")
            .source_customer_key(&key),
        "customer key",
        &says,
    );
}

/// Chunks are for streams: what is in memory is hashed.
#[test]
fn payload_hashes() {
    let call = s3()
        .put_object("b", "k", "hello")
        .payload_hash(PayloadHash::Streaming);
    check_call(call, "payload hash", &["is for streams"]);
    for length in [u64::MAX, u64::MAX - 1, 1 << 63] {
        assert!(slim_s3::sigv4::encoded_length(length, 65_536) >= length);
        assert!(slim_s3::sigv4::encoded_length(length, 0) >= length);
    }
}

#[cfg(feature = "reqwest")]
#[test]
fn bodies_that_are_not_in_memory() {
    use slim_s3::Body;
    let at = AmzDate::from_unix_seconds(0);
    let put = |length| s3().put_object("b", "k", Body::reader(length, &b"x"[..]));
    check_call(put(5), "body", &["is not in memory", "payload_hash"]);
    let request = put(100_000)
        .payload_hash(PayloadHash::Streaming)
        .sign(at)
        .unwrap();
    let length = slim_s3::sigv4::encoded_length(100_000, 65_536).to_string();
    assert_eq!(request.headers()["content-length"], length.as_str());
    let request = put(100_000)
        .payload_hash(PayloadHash::Unsigned)
        .sign(at)
        .unwrap();
    assert_eq!(request.headers()["content-length"], "100000");
    for length in [u64::MAX, 1 << 61] {
        check_call(
            put(length).payload_hash(PayloadHash::Unsigned),
            "body",
            &["is declared with"],
        );
    }
}

/// Sums of a content that does not come.
#[test]
fn sums_without_a_content() {
    let says = ["none comes with this request"];
    check_call(
        s3().copy_object("b", "k", "a", "k").content_md5([7; 16]),
        "header content-md5",
        &says,
    );
    check_call(
        s3().create_multipart_upload("b", "k").content_md5([7; 16]),
        "header content-md5",
        &says,
    );
    s3().create_multipart_upload("b", "k")
        .header("x-amz-checksum-algorithm", "CRC32")
        .sign(AmzDate::from_unix_seconds(0))
        .unwrap();
    check_call(
        s3().get_object("b", "k").part_number(0),
        "part number",
        &["is 0"],
    );
    let raw = s3()
        .put_object("b", "k", "x")
        .header("x-amz-server-side-encryption-customer-key", "a2V5");
    check_call(raw, "customer key", &["over http"]);
}
