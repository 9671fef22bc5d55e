//! Validation of presigned requests and upload forms.

use std::time::{Duration, SystemTime};

use slim_s3::{Client, Credentials, CustomerKey, Encryption, PayloadHash, PostPolicy};

use super::{assert_rejected, builder, epoch, s3};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_time_outside_1_second_to_7_days_is_rejected() {
    let call = s3().get_object("b", "k");
    let policy = s3().post_policy("b").key("k");
    for (time, shown) in [
        (Duration::ZERO, "got 0 s"),
        (Duration::from_millis(999), "got 0 s"),
        (Duration::from_secs(604_801), "got 604801 s"),
        (Duration::MAX, "got 18446744073709551615 s"),
    ] {
        let fragments = ["1 to 604800 s", shown];
        assert_rejected(call.presign(epoch(), time), "expires", &fragments);
        assert_rejected(call.presign_up_to(epoch(), time), "expires", &fragments);
        assert_rejected(policy.presign(epoch(), time), "expires", &fragments);
    }
    for seconds in [1, 604_800] {
        call.presign(epoch(), Duration::from_secs(seconds)).unwrap();
    }
}

#[test]
fn a_url_does_not_outlive_its_credentials() {
    let expiring = |seconds| {
        let expiry = SystemTime::from(epoch()) + Duration::from_secs(seconds);
        let keys = Credentials::new("AK", "SK").with_expiry(expiry);
        builder().credentials(keys).build().unwrap()
    };
    let fragments = ["the credentials expire in 59 s", "60 s", "up_to"];
    let s3 = expiring(59);
    let call = s3.get_object("b", "k");
    assert_rejected(call.presign(epoch(), MINUTE), "expires", &fragments);
    let policy = s3.post_policy("b").key("k");
    assert_rejected(policy.presign(epoch(), MINUTE), "expires", &fragments);
    expiring(60)
        .get_object("b", "k")
        .presign(epoch(), MINUTE)
        .unwrap();
    let expired = expiring(0).get_object("b", "k");
    for presigned in [
        expired.presign(epoch(), MINUTE),
        expired.presign_up_to(epoch(), MINUTE),
    ] {
        assert_rejected(presigned, "credentials", &["expired"]);
    }
}

#[test]
fn a_body_and_its_chunks_are_not_part_of_a_url() {
    let put = s3().put_object("b", "k", "data");
    let fragments = ["a URL contains no body", "payload_hash"];
    assert_rejected(put.presign(epoch(), MINUTE), "body", &fragments);
    let put = s3()
        .put_object("b", "k", "")
        .payload_hash(PayloadHash::Streaming);
    assert_rejected(put.presign(epoch(), MINUTE), "payload hash", &["chunks"]);
}

#[test]
fn keys_that_clients_rewrite_are_not_presigned() {
    for key in [".", "..", "a/../b", "./a", "a/."] {
        let call = s3().get_object("b", key);
        assert_rejected(call.presign(epoch(), MINUTE), "key", &["another object"]);
    }
    let call = s3().get_object("b", "");
    assert_rejected(call.presign(epoch(), MINUTE), "key", &["empty"]);
}

#[test]
fn an_anonymous_client_presigns_nothing() {
    let builder = Client::builder().endpoint("http://127.0.0.1:9000");
    let s3 = builder.anonymous().build().unwrap();
    let fragments = ["missing"];
    let presigned = s3.get_object("b", "k").presign(epoch(), MINUTE);
    assert_rejected(presigned, "credentials", &fragments);
    let form = s3.post_policy("b").key("k").presign(epoch(), MINUTE);
    assert_rejected(form, "credentials", &fragments);
}

#[test]
fn a_customer_key_is_not_presigned_for_http() {
    let key = CustomerKey::from([7; 32]);
    let put = s3().put_object("b", "k", "");
    let put = put.encryption(Encryption::Customer(key));
    assert_rejected(put.presign(epoch(), MINUTE), "customer key", &["http"]);
}

#[test]
fn invalid_forms_are_rejected() {
    let policy = || s3().post_policy("b").key("k");
    let reject = |policy: PostPolicy, field: &str, fragment: &str| {
        assert_rejected(policy.presign(epoch(), MINUTE), field, &[fragment]);
    };
    reject(s3().post_policy("b"), "key", "missing");
    reject(s3().post_policy("").key("k"), "bucket", "empty");
    reject(s3().post_policy("b").key(""), "key", "empty");
    reject(s3().post_policy("b").key("a/../b"), "key", "segment");
    reject(s3().post_policy("b").key("/a"), "key", "slash");
    reject(s3().post_policy("b").key_starts_with("/a"), "key", "slash");
    let named = s3().post_policy("b").key("u/${filename}");
    reject(named, "field key", "key_starts_with");
    let named = policy().metadata("name", "a ${filename}");
    reject(named, "field x-amz-meta-name", "field_starts_with");
    let named = policy().field_starts_with("x-amz-meta-name", "${filename}");
    reject(named, "field x-amz-meta-name", "field_starts_with");
    reject(policy().key_starts_with("u/"), "field key", "set twice");
    reject(policy().field("KEY", "x"), "field KEY", "set twice");
    for name in ["policy", "File", "x-amz-signature", "X-Amz-Date", "bucket"] {
        let field = format!("field {name}");
        reject(policy().field(name, "x"), &field, "only the client");
    }
    let name = "x-amz-server-side-encryption-customer-key";
    let secret = policy().field(name, "KEY");
    assert!(!format!("{secret:?}").contains("KEY"), "{secret:?}");
    reject(secret, &format!("field {name}"), "a secret");
    reject(policy().field("a b", "x"), "field a b", "not a valid name");
    reject(policy().field("acl", "a\nb"), "field acl", "control");
    let status = policy().success_status(202);
    reject(status, "field success_action_status", "200, 201 or 204");
    #[allow(clippy::reversed_empty_ranges)]
    let empty = policy().content_length_range(2..=1);
    reject(empty, "content_length_range", "2 to 1 bytes is empty");
    let key = Encryption::Customer(CustomerKey::from([7; 32]));
    reject(policy().encryption(key), "encryption", "expose");
}

#[test]
fn any_key_and_any_size_are_allowed_on_request() {
    let policy = s3().post_policy("b").key_starts_with("");
    policy.presign(epoch(), MINUTE).unwrap();
}
