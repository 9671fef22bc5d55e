//! Signatures of whole calls, and their explanations.

use slim_s3::{AmzDate, Call, Client, Credentials, Explanation, Operation, PayloadHash};

use crate::support::fixtures::rows;

/// The requests of the signing vectors, signed through the client.
#[test]
fn calls_have_the_published_signatures() {
    let vectors = rows("sigv4_header.json", "cases", 25);
    let client = |vector: &serde_json::Value| {
        let credentials = &vector["credentials"];
        let mut keys = Credentials::new(
            credentials["access_key_id"].as_str().unwrap(),
            credentials["secret_access_key"].as_str().unwrap(),
        );
        if let Some(token) = credentials["session_token"].as_str() {
            keys = keys.with_session_token(token);
        }
        let builder = Client::builder()
            .credentials(keys)
            .region(vector["region"].as_str().unwrap());
        let host = vector["request"]["host"].as_str().unwrap();
        match host {
            // AWS's example predates region names in the host of us-east-1.
            "examplebucket.s3.amazonaws.com" => builder
                .endpoint("https://s3.amazonaws.com")
                .build()
                .unwrap(),
            host if host.contains("amazonaws") => builder.build().unwrap(),
            host => builder
                .endpoint(&format!(
                    "{}://{host}",
                    vector["request"]["scheme"].as_str().unwrap()
                ))
                .build()
                .unwrap(),
        }
    };
    let mut checked = 0;
    let mut check = |id: &str, authorization: &dyn Fn(&Client, AmzDate) -> http::HeaderValue| {
        let vector = vectors.iter().find(|vector| vector["id"] == id).unwrap();
        let at = AmzDate::parse(vector["timestamp"].as_str().unwrap()).unwrap();
        assert_eq!(
            authorization(&client(vector), at).to_str().unwrap(),
            vector["authorization"].as_str().unwrap(),
            "{id}"
        );
        checked += 1;
    };
    fn sign<O: Operation>(call: Call<O>, at: AmzDate) -> http::HeaderValue {
        call.sign(at).unwrap().headers()["authorization"].clone()
    }
    check("aws-doc-get-object-range", &|s3, at| {
        sign(s3.get_object("examplebucket", "test.txt").range(0..10), at)
    });
    check("get-simple-vhost", &|s3, at| {
        sign(s3.get_object("my-bucket", "hello.txt"), at)
    });
    check("put-special-key-path-style-port", &|s3, at| {
        let key = "a b+c&d=e?f#g%h/é/日本/~-._!'()*@:;,[]{}|\\^`\"<>$ end ";
        sign(
            s3.put_object("my-bucket", key, "hello world\n")
                .content_type("text/plain; charset=utf-8")
                .metadata("name", "value"),
            at,
        )
    });
    check("session-token-unsigned-payload", &|s3, at| {
        let call = s3
            .put_object("my-bucket", "unsigned.bin", "")
            .content_type("application/octet-stream");
        sign(call.payload_hash(PayloadHash::Unsigned), at)
    });
    check("put-if-none-match-empty-body", &|s3, at| {
        sign(
            s3.put_object("my-bucket", "lock", ()).if_none_match("*"),
            at,
        )
    });
    check("ipv6-host", &|s3, at| {
        sign(s3.get_object("my-bucket", "k"), at)
    });
    check("r2-region-auto", &|s3, at| {
        sign(s3.get_object("my-bucket", "k"), at)
    });
    println!("sigv4_header.json through the client: {checked} rows");
    assert_eq!(checked, 7);
}

/// Explains one call with these credentials.
fn explain(credentials: Credentials) -> Explanation {
    let s3 = Client::builder()
        .endpoint("http://127.0.0.1:9000")
        .credentials(credentials)
        .build()
        .unwrap();
    let call = s3
        .upload_part("bkt", "a b.txt", "U", 2, "")
        .header("content-type", "text/plain")
        .payload_hash(PayloadHash::Unsigned);
    let at = AmzDate::parse("20260102T030405Z").unwrap();
    call.explain(at).unwrap()
}

#[test]
fn an_explanation_shows_each_step_and_masks_secrets() {
    let credentials = Credentials::new("AK", "SK").with_session_token("FwoGZXIvYXdzEXAMPLE==");
    let explanation = explain(credentials);
    let text = explanation.to_string();
    println!("{text}");
    for line in [
        "1 canonical request                         sha256 = ",
        "  2 /bkt/a%20b.txt                          path: each byte encoded once, '/' kept",
        "  3 partNumber=2&uploadId=U                 query: sorted by encoded name, then value",
        "  5 host:127.0.0.1:9000",
        "  8 x-amz-security-token:FwoG…(21 characters)",
        " 10 content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token",
        " 11 UNSIGNED-PAYLOAD                        payload hash",
        "2 string to sign\n  1 AWS4-HMAC-SHA256\n  2 20260102T030405Z\n  3 20260102/us-east-1/s3/aws4_request\n  4 ",
    ] {
        assert!(text.contains(line), "{line}\nis not in\n{text}");
    }
    let signature = explanation.signing().unwrap().signature.to_hex();
    for secret in [signature.as_str(), "FwoGZXIvYXdzEXAMPLE=="] {
        assert!(
            !text.contains(secret) && !format!("{explanation:?}").contains(secret),
            "{secret}"
        );
        assert!(explanation.unmasked().to_string().contains(secret));
    }
    assert!(!explanation.unmasked().to_string().contains("SK\""));
}

/// The expected values were computed by hand and cross-checked with another signer.
#[test]
fn an_explanation_matches_values_computed_by_hand() {
    let explanation = explain(Credentials::new("AK", "SK"));
    assert_eq!(
        explanation
            .signing()
            .unwrap()
            .string_to_sign
            .canonical_request_hash,
        "ebebbf8306d1f2327450eecf546f41d46924c56fa983781ee809928170b1b97a"
    );
    assert_eq!(
        explanation.signing().unwrap().signature.to_hex(),
        "651fc821c3d48717496ea26c3be9d4f7acf4281fbd1249895051989bea822a37"
    );
}
