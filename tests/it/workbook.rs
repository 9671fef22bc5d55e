//! The exercises and answers of docs/signing/workbook.md. The live tests send them to stores.

use sha2::{Digest, Sha256};

use crate::support::workbook::{SECRET_ACCESS_KEY, canonical_request, exercises, signature};

#[test]
fn each_broken_request_has_the_signature_of_its_mistake() {
    for exercise in exercises(str::to_owned) {
        let expected = exercise.wrong_signature(SECRET_ACCESS_KEY);
        assert_eq!(signature(&exercise.request), expected, "{exercise:?}");
    }
}

#[test]
fn each_echo_is_the_canonical_request_of_what_was_received() {
    let mut echoes = 0;
    for exercise in exercises(str::to_owned) {
        let Some(echo) = exercise.element("CanonicalRequest") else {
            continue;
        };
        assert_eq!(echo, canonical_request(&exercise.request), "{exercise:?}");
        assert_ne!(Some(echo), exercise.signed.as_deref(), "{exercise:?}");
        echoes += 1;
    }
    assert_eq!(echoes, 7);
}

#[test]
fn each_corrected_request_has_the_right_signature_and_hash() {
    for exercise in exercises(str::to_owned) {
        let request = &exercise.corrected;
        let expected = exercise.right_signature(SECRET_ACCESS_KEY);
        assert_eq!(signature(request), expected, "{exercise:?}");
        assert_ne!(signature(&exercise.request), expected, "{exercise:?}");
        let hash = request.header("x-amz-content-sha256");
        let of_body = hex::encode(Sha256::digest(&request.body));
        assert!(hash.is_none_or(|hash| hash == of_body), "{exercise:?}");
    }
}
