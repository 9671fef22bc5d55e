//! Secrets are in nothing that is printed: no secret key, session token, signature, or key of the caller's, in any form of
//! any public type, in no error, and in nothing that is traced or logged.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use slim_s3::sigv4::{
    AmzDate, Authorization, CanonicalHeaders, CanonicalQuery, CanonicalRequest, ChunkSigner,
    CredentialScope, SecretAccessKey, SigningKey, StringToSign,
};
use slim_s3::{
    Body, Client, Credentials, CustomerKey, Encryption, Error, ObjectIdentifier, Operation,
    PayloadHash, Request, RetryPolicy, Roots, Target, TimeLimits,
};
use zeroize::ZeroizeOnDrop;

use crate::support::listener::Listener;
use crate::support::script::{Close, Reset, Script, Server, answer, ok, play, refuse, swallow};
use crate::support::script::{Head, Read, Request as TakeRequest};
use crate::support::server::Received;

const SECRET: &str = "SECRETKEYSECRETKEYSECRETKEYSECRETKEYMARK";
const TOKEN: &str = "TOKENTOKENTOKENTOKENTOKENTOKENTOKENTOKENMARK";
const PRESIGNED: &str = "5161a7e0516";
const KEY: [u8; 32] = *b"CUSTOMERCUSTOMERCUSTOMERCUSTMARK";
const KEY_BASE64: &str = "Q1VTVE9NRVJDVVNUT01FUkNVU1RPTUVSQ1VTVE1BUks=";

fn check(what: &str, text: &str) {
    for secret in [
        SECRET,
        TOKEN,
        PRESIGNED,
        "CUSTOMERCUSTOMER",
        KEY_BASE64,
        "67, 85, 83, 84",
    ] {
        assert!(!text.contains(secret), "{what} shows {secret}: {text}");
    }
    // Nor the larger part of one.
    for secret in [SECRET, TOKEN, KEY_BASE64] {
        assert!(
            !text.contains(&secret[..secret.len() / 2]),
            "{what}: {text}"
        );
    }
}

fn forms(what: &str, value: &dyn Debug) {
    check(what, &format!("{value:?}"));
    check(what, &format!("{value:#?}"));
}

fn error(what: &str, error: &Error) {
    forms(what, error);
    check(what, &error.to_string());
    check(what, &format!("{error:#}"));
    match error {
        Error::Invalid(inner) => forms(what, inner),
        Error::Transport(inner) => forms(what, inner),
        Error::Service(inner) => forms(what, inner),
        Error::Malformed(inner) => forms(what, inner),
        _ => panic!("{error} is of a type that is not looked at"),
    }
    forms(what, error.context());
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        forms(what, &inner);
        check(what, &inner.to_string());
        cause = inner.source();
    }
}

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", SECRET).with_session_token(TOKEN)
}

fn client(endpoint: &str) -> Client {
    let builder = Client::builder()
        .endpoint(endpoint)
        .credentials(credentials());
    builder.build().unwrap()
}

/// A call with every secret that a call can have.
fn put(s3: &Client) -> slim_s3::Call<slim_s3::PutObject> {
    s3.put_object("bucket", "key", "data")
        .query("X-Amz-Signature", PRESIGNED)
        .query("X-Amz-Security-Token", TOKEN)
        .header("x-amz-s3session-token", TOKEN)
}

/// What the crate exports by name, from its root.
fn exported() -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = std::fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let mut names = Vec::new();
    for item in source.split("pub use ").skip(1) {
        let item = item.split(';').next().unwrap();
        let words = item.split(|c: char| !c.is_alphanumeric() && c != '_');
        names.extend(
            words
                .filter(|word| word.starts_with(char::is_uppercase))
                .map(str::to_owned),
        );
    }
    names
}

#[test]
fn types() {
    let at = AmzDate::from_unix_seconds(1_735_787_045);
    let scope = CredentialScope::new(at, "us-east-1", "s3");
    let secret = SecretAccessKey::new(SECRET);
    let key = SigningKey::derive(&secret, &scope);
    let headers = [
        ("host", "h"),
        ("x-amz-security-token", TOKEN),
        ("x-amz-server-side-encryption-customer-key", KEY_BASE64),
    ];
    let canonical = CanonicalRequest {
        method: "PUT".to_owned(),
        uri: "/".to_owned(),
        query: CanonicalQuery::new([
            ("X-Amz-Signature", PRESIGNED),
            ("X-Amz-Security-Token", TOKEN),
        ]),
        headers: CanonicalHeaders::new(headers),
        payload_hash: PayloadHash::Unsigned,
    };
    let string_to_sign = StringToSign::new(&scope, &canonical);
    let signature = key.sign(&string_to_sign);
    let authorization = Authorization {
        access_key_id: "AKIDEXAMPLE",
        scope: &scope,
        signed_headers: canonical.headers.signed_headers(),
        signature: &signature,
    };
    let hidden = [signature.to_hex(), key.to_hex()];
    let s3 = client("https://127.0.0.1:1");
    let customer = CustomerKey::from(KEY);
    let call = put(&s3).encryption(Encryption::Customer(customer.clone()));
    let explanation = call.explain(at).unwrap();
    let explained = explanation.signature.clone().unwrap().to_hex();
    let mut request = Request::object(http::Method::PUT, "bucket", "key")
        .with_query("X-Amz-Signature", PRESIGNED);
    request.headers.push((
        "X-Amz-Server-Side-Encryption-Customer-Key".into(),
        KEY_BASE64.into(),
    ));
    let forbidden = http::Response::builder()
        .status(403)
        .body(bytes::Bytes::new())
        .unwrap();
    let refused = slim_s3::PutObject::receive(&request, forbidden);
    let refused = refused.unwrap_err();
    error("refused", &refused);
    let chunks = ChunkSigner::new(key.clone(), scope.clone(), signature.clone());

    let values: Vec<(&str, Box<dyn Debug + '_>)> = vec![
        ("Client", Box::new(s3.clone())),
        (
            "ClientBuilder",
            Box::new(
                Client::builder()
                    .endpoint(&format!("https://user:{SECRET}@host"))
                    .credentials(credentials()),
            ),
        ),
        ("Credentials", Box::new(credentials())),
        ("Call", Box::new(call)),
        (
            "Call",
            Box::new(
                s3.upload_reader("bucket", "key", std::io::Cursor::new(KEY))
                    .encryption(Encryption::Customer(customer.clone())),
            ),
        ),
        (
            "Upload",
            Box::new(
                s3.upload_file("bucket", "key", "path")
                    .header("x-amz-security-token", TOKEN),
            ),
        ),
        (
            "BulkDelete",
            Box::new(
                s3.delete_objects("bucket", ["key"])
                    .header("x-amz-security-token", TOKEN),
            ),
        ),
        (
            "Pages",
            Box::new(
                s3.list_objects_v2("bucket")
                    .query("X-Amz-Security-Token", TOKEN)
                    .pages(),
            ),
        ),
        ("Request", Box::new(request)),
        ("Body", Box::new(Body::from(KEY.to_vec()))),
        (
            "Body",
            Box::new(Body::reader(32, std::io::Cursor::new(KEY))),
        ),
        ("Target", Box::new(Target::Service)),
        ("Explanation", Box::new(explanation.clone())),
        ("CustomerKey", Box::new(customer.clone())),
        ("Encryption", Box::new(Encryption::Customer(customer))),
        ("RetryPolicy", Box::new(RetryPolicy::default())),
        ("TimeLimits", Box::new(TimeLimits::default())),
        ("ObjectIdentifier", Box::new(ObjectIdentifier::from("key"))),
        (
            "ObjectBody",
            Box::new(slim_s3::ObjectBody::from(bytes::Bytes::from_static(&KEY))),
        ),
        ("Roots", Box::new(Roots::Pem(b"PEM".to_vec()))),
        ("SecretAccessKey", Box::new(secret)),
        ("SigningKey", Box::new(key)),
        ("Signature", Box::new(signature.clone())),
        ("Authorization", Box::new(authorization)),
        ("CanonicalRequest", Box::new(canonical.clone())),
        ("CanonicalHeaders", Box::new(canonical.headers.clone())),
        ("CanonicalQuery", Box::new(canonical.query.clone())),
        ("StringToSign", Box::new(string_to_sign.clone())),
        ("ChunkSigner", Box::new(chunks)),
        ("PayloadHash", Box::new(PayloadHash::Unsigned)),
        ("AmzDate", Box::new(at)),
        ("ETag", Box::new(slim_s3::ETag::from("e"))),
        ("PartLimits", Box::new(slim_s3::PartLimits::default())),
        ("Addressing", Box::new(slim_s3::Addressing::Auto)),
    ];
    for (name, value) in &values {
        forms(name, value);
        let text = format!("{value:?}{value:#?}");
        for hidden in hidden.iter().chain([&explained]) {
            assert!(
                !text.contains(hidden.as_str()),
                "{name} shows a signature: {text}"
            );
        }
    }
    let shown = explanation.to_string();
    check("Explanation", &shown);
    assert!(!shown.contains(&explained), "{shown}");
    check("StringToSign", &string_to_sign.to_string());

    // Every exported type is above, or is one of these.
    let elsewhere = [
        // Errors and what is in them: below.
        "BoxError",
        "Context",
        "Error",
        "FailedAttempt",
        "Invalid",
        "MalformedError",
        "ServiceError",
        "Stage",
        "TransportError",
        "TransportKind",
        // Made of answers alone; `exchange` looks at what real ones give.
        "Answered",
        "Element",
        "Response",
        "UploadOutput",
        // No value has it, or it has no value.
        "Operation",
        "Tls",
        "Writer",
    ];
    for name in exported() {
        let is_known =
            values.iter().any(|(known, _)| *known == name) || elsewhere.contains(&name.as_str());
        assert!(is_known, "nobody looks at {name}");
    }
}

/// The types that hold secrets wipe them; that they do is asserted when this compiles.
#[test]
fn secrets_are_wiped() {
    fn is_wiped<T: ZeroizeOnDrop>() {}
    is_wiped::<SecretAccessKey>();
    is_wiped::<SigningKey>();
    is_wiped::<Credentials>();
    is_wiped::<CustomerKey>();
    is_wiped::<ChunkSigner>();
    is_wiped::<Request>();
    is_wiped::<CanonicalHeaders>();
}

fn signatures(requests: &[Received]) -> Vec<String> {
    let signature = |request: &Received| {
        let header = request.header("authorization")?;
        Some(header.rsplit_once("Signature=").unwrap().1.to_owned())
    };
    requests.iter().filter_map(signature).collect()
}

/// What goes wrong on the wire in every way, while somebody listens.
#[tokio::test]
async fn errors_and_logs() {
    let echo = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message><StringToSign>{SECRET}</StringToSign><CanonicalRequest>{TOKEN}\
         </CanonicalRequest></Error>"
    );
    let scripts: [(&str, Vec<Script>); 10] = [
        ("success", vec![ok()]),
        ("refused", vec![answer("403 Forbidden", &echo)]),
        ("busy", (0..3).map(|_| refuse(503, "SlowDown")).collect()),
        ("lost", (0..3).map(|_| swallow()).collect()),
        (
            "reset",
            (0..3).map(|_| vec![Head, Read(1), Reset]).collect(),
        ),
        (
            "quoted",
            vec![answer(
                "403 Forbidden",
                format!(
                    "<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequest>{TOKEN}</CanonicalRequest></Error>"
                ),
            )],
        ),
        (
            "quoted and cut",
            vec![answer(
                "403 Forbidden",
                format!("<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequest>{TOKEN}"),
            )],
        ),
        ("malformed", vec![answer("200 OK", "<html></html>")]),
        (
            "unsettled",
            vec![swallow(), refuse(412, "PreconditionFailed")],
        ),
        (
            "no answer",
            vec![
                vec![
                    TakeRequest,
                    crate::support::script::raw("nonsense\r\n\r\n"),
                    Close
                ];
                3
            ],
        ),
    ];
    let mut heard = 0;
    for (name, script) in scripts {
        let server = play(script).await;
        let s3 = secretive(&server);
        let (outcome, lines) = Listener::hear(put(&s3).send_answered()).await;
        let hidden = signatures(&server.requests());
        assert!(!hidden.is_empty(), "{name}");
        let mut texts = lines;
        heard += texts.len();
        match outcome {
            Ok(answered) => {
                forms(name, &answered);
                texts.push(format!("{answered:?}"));
            }
            Err(failed) => {
                error(name, &failed);
                texts.push(format!("{failed} {failed:?} {failed:#?}"));
            }
        }
        for text in texts {
            check(name, &text);
            for signature in &hidden {
                assert!(
                    !text.contains(&signature[..32]),
                    "{name} shows a signature: {text}"
                );
            }
        }
    }
    println!("{heard} lines were traced or logged");
    assert!(heard > 50, "{heard}");

    // Refused before anything is sent, and with no connection.
    let customer = Encryption::Customer(CustomerKey::from(KEY));
    let s3 = client("http://127.0.0.1:1");
    let plain = s3
        .put_object("bucket", "key", "x")
        .encryption(customer.clone())
        .send();
    error("a customer key over http", &plain.await.unwrap_err());
    let header = s3
        .put_object("bucket", "key", "x")
        .header("authorization", SECRET)
        .send();
    error("a header of ours", &header.await.unwrap_err());
    let header = s3
        .put_object("bucket", "key", "x")
        .header("x-amz-security-token", TOKEN)
        .send();
    error("a token by header", &header.await.unwrap_err());
    let builder = Client::builder()
        .endpoint(&format!("http://user:{SECRET}@127.0.0.1:1"))
        .credentials(credentials());
    error("a password in the endpoint", &builder.build().unwrap_err());
    let builder = Client::builder()
        .endpoint("http://127.0.0.1:1")
        .proxy(&format!("socks9://user:{SECRET}@proxy"));
    error(
        "a password in the proxy's URL",
        &builder.credentials(credentials()).build().unwrap_err(),
    );
    for bad in [format!("{SECRET}\n"), format!(" {SECRET}")] {
        let builder = Client::builder()
            .endpoint("http://127.0.0.1:1")
            .credentials(Credentials::new("AK", bad));
        error("a secret with a blank", &builder.build().unwrap_err());
    }
    let builder = Client::builder()
        .endpoint("http://127.0.0.1:1")
        .credentials(Credentials::new("AK", SECRET).with_session_token(format!("{TOKEN}\n")));
    error("a token with a line end", &builder.build().unwrap_err());
    let expired = credentials().with_expiry(SystemTime::UNIX_EPOCH);
    let s3 = Client::builder()
        .endpoint("http://127.0.0.1:1")
        .credentials(expired)
        .build()
        .unwrap();
    error("expired", &put(&s3).send().await.unwrap_err());
    let s3 = Client::builder()
        .endpoint("https://127.0.0.1:1")
        .credentials(credentials())
        .retry(RetryPolicy::none())
        .build();
    // Without TLS there is no such client, and the error has nothing to hide.
    match s3 {
        Ok(s3) => error(
            "no connection",
            &put(&s3).encryption(customer).send().await.unwrap_err(),
        ),
        Err(failed) => error("no TLS", &failed),
    }
}

fn secretive(server: &Server) -> Client {
    let limits = TimeLimits {
        stall: Duration::from_secs(2),
        answer: Duration::from_secs(2),
        ..TimeLimits::default()
    };
    // A caller may have asked for all bytes to be logged.
    let own = reqwest::Client::builder().connection_verbose(true);
    server
        .builder()
        .credentials(credentials())
        .time_limits(limits)
        .http_client_builder(own)
        .build()
        .unwrap()
}
