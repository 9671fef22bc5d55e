//! The `Debug` output of every public type.

use std::fmt::Debug;

use slim_s3::explain::ChunkedBody;
use slim_s3::operation::Target;
use slim_s3::operation::{ObjectIdentifier, PutObject};
use slim_s3::sigv4::{
    AmzDate, Authorization, CanonicalHeaders, CanonicalQuery, CanonicalRequest, ChunkEncoder,
    ChunkSigner, ChunkSize, CredentialScope, KeyCache, PolicyDocument, SecretAccessKey, SigningKey,
    Slash, StringToSign,
};
use slim_s3::{
    Addressing, Body, Client, CopySource, Credentials, CustomerKey, Dialect, ETag, Encryption,
    Operation, PartLimits, PartPlan, PayloadHash, PostForm, PresignedRequest, Request,
    ResponseBody, RetryPolicy, Roots, Timeouts, Verdict,
};
use zeroize::ZeroizeOnDrop;

use super::{
    CUSTOMER_KEY, CUSTOMER_KEY_BASE64, PRESIGNED_SIGNATURE, SECRET, TOKEN,
    assert_debug_has_no_secret, assert_error_has_no_secret, assert_no_secret, client, credentials,
    put_with_secrets,
};

/// The names of the types that the crate exports from its root, and from its modules.
fn exported_types() -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let sources = [
        "src/lib.rs",
        "src/error/mod.rs",
        "src/explain/mod.rs",
        "src/mismatch/mod.rs",
        "src/diagnosis/mod.rs",
        "src/sigv4/mod.rs",
        "src/credentials/mod.rs",
    ];
    let sources = sources.map(read);
    let mut names = Vec::new();
    for item in sources
        .iter()
        .flat_map(|source| source.split("pub use ").skip(1))
    {
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
fn no_public_type_prints_a_secret() {
    let at = AmzDate::from_unix_seconds(1_735_787_045);
    let scope = CredentialScope::new(at, "us-east-1", "s3");
    let secret = SecretAccessKey::new(SECRET);
    let key = SigningKey::derive(&secret, &scope);
    let headers = [
        ("host", "h"),
        ("x-amz-security-token", TOKEN),
        (
            "x-amz-server-side-encryption-customer-key",
            CUSTOMER_KEY_BASE64,
        ),
    ];
    let canonical = CanonicalRequest {
        method: "PUT".to_owned(),
        uri: "/".to_owned(),
        query: CanonicalQuery::new([
            ("X-Amz-Signature", PRESIGNED_SIGNATURE),
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
    let customer_key = CustomerKey::from(CUSTOMER_KEY);
    let call = put_with_secrets(&s3).encryption(Encryption::Customer(customer_key.clone()));
    let explanation = call.explain(at).unwrap();
    let explained_signature = explanation.signing().unwrap().signature.to_hex();
    let mut request = Request::object(http::Method::PUT, "bucket", "key")
        .with_query("X-Amz-Signature", PRESIGNED_SIGNATURE);
    request.headers.push((
        "X-Amz-Server-Side-Encryption-Customer-Key".into(),
        CUSTOMER_KEY_BASE64.into(),
    ));
    let response = http::Response::builder()
        .status(403)
        .body(bytes::Bytes::new())
        .unwrap();
    let rejected = PutObject::parse_http(&request, response).unwrap_err();
    assert_error_has_no_secret("rejected", &rejected);
    let chunks = ChunkSigner::new(key.clone(), scope.clone(), signature.clone());

    let minute = std::time::Duration::from_secs(60);
    let get = s3.get_object("bucket", "key").customer_key(&customer_key);
    let presigned = get.presign(at, minute).unwrap();
    let policy = s3.post_policy("bucket").key("key");
    let form = policy.presign(at, minute).unwrap();
    let mut document = PolicyDocument::new(at);
    document.exact("x-amz-security-token", TOKEN);
    let explained_policy = policy.explain(at, minute).unwrap();
    let chunked = s3.put_object("bucket", "key", CUSTOMER_KEY.to_vec());
    let chunked = chunked.explain_chunked(at).unwrap();
    let trailer = ("x-amz-checksum-crc32c", "sOO8/Q==");
    let (body, size) = (&CUSTOMER_KEY[..], ChunkSize::default());
    let trailer = ChunkedBody::signed(key.clone(), &scope, &signature, body, size, &[trailer]);
    let trailer = trailer.trailer().unwrap().clone();
    let chunk_signature = chunked.chunks().unwrap().chunks()[0].signature.clone();
    let chunk_signature = chunk_signature.unwrap().to_hex();
    let policy_text = form.fields().find(|(name, _)| *name == "policy").unwrap().1;
    let form_signature = form.fields().last().unwrap().1;
    assert_no_secret("PresignedRequest", &presigned.to_string());
    let presigned_signature = presigned.url().rsplit('=').next().unwrap();
    let hidden = hidden
        .iter()
        .map(String::as_str)
        .chain([explained_signature.as_str(), presigned_signature])
        .chain([chunk_signature.as_str()])
        .chain([policy_text, form_signature]);
    let hidden: Vec<&str> = hidden.collect();

    #[cfg_attr(not(feature = "credentials"), allow(unused_mut))]
    let mut values: Vec<(&str, Box<dyn Debug + '_>)> = vec![
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
                s3.upload_reader("bucket", "key", std::io::Cursor::new(CUSTOMER_KEY))
                    .encryption(Encryption::Customer(customer_key.clone())),
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
            "Download",
            Box::new(
                s3.download_file("bucket", "key", "path")
                    .header("x-amz-security-token", TOKEN),
            ),
        ),
        (
            "ManagedCopy",
            Box::new(
                s3.copy(("bucket", "source"), "bucket", "key")
                    .source_customer_key(&customer_key)
                    .encryption(Encryption::Customer(customer_key.clone())),
            ),
        ),
        (
            "DeleteMany",
            Box::new(
                s3.delete_many("bucket", ["key"])
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
        ("Body", Box::new(Body::from(CUSTOMER_KEY.to_vec()))),
        (
            "Body",
            Box::new(Body::reader(32, std::io::Cursor::new(CUSTOMER_KEY))),
        ),
        ("Target", Box::new(Target::Service)),
        ("Explanation", Box::new(explanation.clone())),
        ("View", Box::new(explanation.masked())),
        ("SentHeader", Box::new(explanation.headers().to_vec())),
        ("HeaderRule", Box::new(explanation.headers()[0].rule())),
        ("Span", Box::new(explanation.spans())),
        ("Origin", Box::new(explanation.spans()[0].origin)),
        ("Kind", Box::new(explanation.kind())),
        ("ChunkedBody", Box::new(chunked.chunks().unwrap())),
        (
            "ExplainedChunk",
            Box::new(chunked.chunks().unwrap().chunks()),
        ),
        ("ChunkTrailer", Box::new(trailer)),
        ("PolicyExplanation", Box::new(explained_policy.clone())),
        ("Condition", Box::new(explained_policy.conditions())),
        (
            "ConditionSource",
            Box::new(explained_policy.conditions()[0].source()),
        ),
        ("CustomerKey", Box::new(customer_key.clone())),
        ("Encryption", Box::new(Encryption::Customer(customer_key))),
        ("RetryPolicy", Box::new(RetryPolicy::default())),
        ("Timeouts", Box::new(Timeouts::default())),
        ("ObjectIdentifier", Box::new(ObjectIdentifier::from("key"))),
        (
            "ResponseBody",
            Box::new(ResponseBody::from(bytes::Bytes::from_static(&CUSTOMER_KEY))),
        ),
        ("CopySource", Box::new(CopySource::new("bucket", "key"))),
        ("Roots", Box::new(Roots::Pem(b"PEM".to_vec()))),
        ("SecretAccessKey", Box::new(secret)),
        ("SigningKey", Box::new(key.clone())),
        ("KeyCache", Box::new(KeyCache::default())),
        ("Signature", Box::new(signature.clone())),
        ("Authorization", Box::new(authorization)),
        ("CanonicalRequest", Box::new(canonical.clone())),
        ("CanonicalHeaders", Box::new(canonical.headers.clone())),
        ("CanonicalQuery", Box::new(canonical.query.clone())),
        ("CredentialScope", Box::new(scope.clone())),
        ("StringToSign", Box::new(string_to_sign.clone())),
        ("Signing", Box::new(explanation.signing().unwrap())),
        (
            "ChunkEncoder",
            Box::new(ChunkEncoder::new(ChunkSigner::new(
                key.clone(),
                scope.clone(),
                signature.clone(),
            ))),
        ),
        ("ChunkSigner", Box::new(chunks)),
        ("ChunkSize", Box::new(ChunkSize::default())),
        (
            "SignedHeaders",
            Box::new(canonical.headers.signed_headers()),
        ),
        ("Slash", Box::new(Slash::Keep)),
        ("PayloadHash", Box::new(PayloadHash::Unsigned)),
        ("AmzDate", Box::new(at)),
        ("PresignedRequest", Box::new(presigned.clone())),
        ("PostPolicy", Box::new(policy)),
        ("PostForm", Box::new(form.clone())),
        ("PolicyDocument", Box::new(document)),
        ("Doctor", Box::new(s3.doctor("bucket"))),
        ("Verdict", Box::new(Verdict::Supported)),
        ("ETag", Box::new(ETag::from("e"))),
        ("PartLimits", Box::new(PartLimits::default())),
        (
            "PartPlan",
            Box::new(PartPlan::new(&PartLimits::default(), None, 8 << 20).unwrap()),
        ),
        ("Addressing", Box::new(Addressing::Auto)),
        ("Dialect", Box::new(Dialect::GARAGE)),
        (
            "AbortIncomplete",
            Box::new(
                s3.abort_incomplete_for("bucket", "key")
                    .header("x-amz-security-token", TOKEN),
            ),
        ),
    ];
    #[cfg(feature = "credentials")]
    values.extend(values_of_credentials());
    for (name, value) in &values {
        assert_debug_has_no_secret(name, value);
        let text = format!("{value:?}{value:#?}");
        for hidden in &hidden {
            assert!(
                !text.contains(hidden),
                "{name} contains a signature: {text}"
            );
        }
    }
    let printed = explanation.to_string();
    assert_no_secret("Explanation", &printed);
    assert!(!printed.contains(&explained_signature), "{printed}");
    for printed in [explanation.to_json(), explanation.to_html()] {
        assert_no_secret("Explanation", &printed);
        assert!(!printed.contains(&explained_signature), "{printed}");
    }
    for printed in [
        explained_policy.to_string(),
        explained_policy.to_json(),
        explained_policy.to_html(),
    ] {
        assert_no_secret("PolicyExplanation", &printed);
        assert!(!printed.contains(form_signature), "{printed}");
    }
    assert_no_secret("StringToSign", &string_to_sign.to_string());

    // Every exported type is listed above or here.
    let checked_elsewhere = [
        // Errors and their parts: errors.rs.
        "BoxError",
        "Context",
        "Error",
        "FailedAttempt",
        "InvalidRequest",
        "Effect",
        "MalformedError",
        "ServiceError",
        "Stage",
        "TransportError",
        "TransportKind",
        // Explanations of responses: responses/mismatches.rs and diagnosis.rs.
        "Cause",
        "Diagnosis",
        "Difference",
        "Document",
        "PathChange",
        "ServerEcho",
        "SignatureMismatch",
        // Made from responses only; support/exchange.rs checks those of real stores.
        "WithMetadata",
        "Element",
        "Response",
        // Its own tests, in doctor.
        "DoctorCheck",
        "DoctorReport",
        "ManagedCopyOutput",
        "UploadOutput",
        "DownloadOutput",
        "ToFile",
        "ToWriter",
        "TransferEvent",
        "DeleteManyOutput",
        "AbortIncompleteOutput",
        // `values_of_credentials`, with the feature.
        "AssumeRole",
        "Environment",
        // A trait, and types that contain no secrets.
        "OnFailure",
        "Operation",
        "MAX_EXPIRES",
        "ResumeToken",
        "Tls",
        "Writer",
    ];
    for name in exported_types() {
        let is_known = values.iter().any(|(known, _)| *known == name)
            || checked_elsewhere.contains(&name.as_str());
        assert!(is_known, "{name} is not checked for secrets");
    }
}

#[cfg(feature = "credentials")]
fn values_of_credentials() -> Vec<(&'static str, Box<dyn Debug>)> {
    use slim_s3::credentials::{AssumeRole, Environment};
    let role = AssumeRole::new(credentials());
    let variables = [("AWS_SECRET_ACCESS_KEY", SECRET)];
    let environment = Environment::new(variables).with_files([("/keys", SECRET)]);
    let cached = Client::builder()
        .endpoint("http://127.0.0.1:1")
        .assume_role(role.clone());
    vec![
        ("ClientBuilder", Box::new(cached)),
        ("AssumeRole", Box::new(role)),
        ("Environment", Box::new(environment)),
    ]
}

/// Checked by the compiler.
#[test]
fn types_that_hold_secrets_wipe_them() {
    fn is_wiped<T: ZeroizeOnDrop>() {}
    is_wiped::<SecretAccessKey>();
    is_wiped::<SigningKey>();
    is_wiped::<Credentials>();
    is_wiped::<CustomerKey>();
    is_wiped::<ChunkSigner>();
    is_wiped::<Request>();
    is_wiped::<CanonicalHeaders>();
    is_wiped::<CanonicalQuery>();
    is_wiped::<PresignedRequest>();
    is_wiped::<PostForm>();
}
