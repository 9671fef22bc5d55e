//! Validation of credentials, which are never printed.

use std::time::{Duration, UNIX_EPOCH};

use slim_s3::{AmzDate, Client, Credentials};

use super::{assert_rejected, builder};

#[test]
fn malformed_credentials_are_rejected_without_quoting_them() {
    for (id, secret, field, problem) in [
        ("", "s", "access key ID", "access key ID: empty"),
        ("a b", "s", "access key ID", "white space"),
        ("a/b", "s", "access key ID", "slash"),
        ("AK", "", "secret access key", ": empty; "),
        (
            "AK",
            "hunter2\n",
            "secret access key",
            "the newline of the file",
        ),
        ("AK", " hunter2", "secret access key", "white space"),
    ] {
        let result = builder().credentials(Credentials::new(id, secret)).build();
        assert!(!result.as_ref().unwrap_err().to_string().contains("hunter2"));
        assert_rejected(result, field, &[problem, "exactly as the store issued it"]);
    }
    assert_rejected(
        builder()
            .credentials(Credentials::new("AK", "SK").with_session_token("a\nb"))
            .build(),
        "session token",
        &["control"],
    );
}

#[test]
fn credentials_are_required() {
    assert_rejected(
        Client::builder().region("us-east-1").build(),
        "credentials",
        &["credentials: not set", "from_env"],
    );
}

#[test]
fn expired_credentials_are_rejected() {
    let expired = builder()
        .credentials(Credentials::new("AK", "SK").with_expiry(UNIX_EPOCH + Duration::from_secs(99)))
        .build()
        .unwrap();
    let call = expired.head_bucket("b");
    call.sign(AmzDate::from_unix_seconds(98)).unwrap();
    assert_rejected(
        call.sign(AmzDate::from_unix_seconds(99)),
        "credentials",
        &["credentials: expired"],
    );
}

#[test]
fn debug_output_contains_no_secret() {
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
