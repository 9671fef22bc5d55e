//! Customer keys for SSE-C, which would be exposed over plain HTTP.

use slim_s3::{CustomerKey, Encryption};

use super::{assert_call_rejected, s3};

#[test]
fn a_customer_key_requires_https() {
    let key = CustomerKey::from([7; 32]);
    let fragments = ["plain http would expose it", "use an https endpoint"];
    assert_call_rejected(
        s3().put_object("b", "k", "x")
            .encryption(Encryption::Customer(key.clone())),
        "customer key",
        &fragments,
    );
    assert_call_rejected(
        s3().get_object("b", "k").customer_key(&key),
        "customer key",
        &fragments,
    );
    assert_call_rejected(
        s3().copy_object("b", "k", ("a", "k"))
            .source_customer_key(&key),
        "customer key",
        &fragments,
    );
    let raw = s3()
        .put_object("b", "k", "x")
        .header("x-amz-server-side-encryption-customer-key", "a2V5");
    assert_call_rejected(raw, "customer key", &["plain http"]);
}
