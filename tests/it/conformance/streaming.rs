//! aws-chunked bodies: the signature of each chunk and of the trailers, and whole bodies as they are sent.

use serde_json::Value;
use slim_s3::sigv4::{
    AmzDate, ChunkEncoder, ChunkSigner, ChunkSize, CredentialScope, PayloadHash, SecretAccessKey,
    Signature, SigningKey,
};

use super::{base64, rows};
use crate::support::fixtures::{pairs, text};

#[test]
fn chunks_trailers_and_whole_bodies_match() {
    let (mut signatures, mut bodies) = (0, 0);
    for row in rows("sigv4_streaming.jsonl", 7, &[]) {
        if text(&row, "mode") == "wire-body" {
            assert_wire_body(&row);
            bodies += 1;
        } else {
            signatures += assert_signatures(&row);
        }
    }
    println!("sigv4_streaming.jsonl: {signatures} signatures and {bodies} bodies");
}

fn signer(row: &Value) -> ChunkSigner {
    let signing = &row["signing"];
    let at = AmzDate::parse(text(signing, "datetime")).unwrap();
    let scope = CredentialScope::new(at, text(signing, "region"), text(signing, "service"));
    let secret = SecretAccessKey::new(text(signing, "secret_key"));
    let seed = Signature::from_hex(text(row, "seed_signature")).unwrap();
    ChunkSigner::new(SigningKey::derive(&secret, &scope), scope, seed)
}

/// Returns how many signatures there are.
fn assert_signatures(row: &Value) -> usize {
    let (id, mut signer) = (text(row, "id"), signer(row));
    let chunks = row["chunks"].as_array().unwrap();
    for chunk in chunks {
        let length = usize::try_from(chunk["length"].as_u64().unwrap()).unwrap();
        let data = text(chunk, "repeat").repeat(length);
        let signature = signer.sign(data.as_bytes()).to_hex();
        assert_eq!(signature, text(chunk, "signature"), "{id}: {length} bytes");
    }
    let trailer = &row["trailer"];
    if trailer.is_null() {
        return chunks.len();
    }
    let signature = signer.sign_trailers(&pairs(trailer, "headers")).to_hex();
    assert_eq!(signature, text(trailer, "signature"), "{id}: trailer");
    chunks.len() + 1
}

fn assert_wire_body(row: &Value) {
    let id = text(row, "id");
    let expected = base64(text(row, "wire_body_b64"));
    let length = usize::try_from(row["payload_length"].as_u64().unwrap()).unwrap();
    let body = vec![b'a'; length];
    assert_eq!(
        PayloadHash::of(&body).to_string(),
        text(row, "payload_sha256"),
        "{id}"
    );

    let wire = String::from_utf8(expected).unwrap();
    let (header, _) = wire.split_once("\r\n").unwrap();
    let (digits, is_signed) = match header.split_once(';') {
        Some((digits, _)) => (digits, true),
        None => (header, false),
    };
    let chunk_size = ChunkSize::new(u32::from_str_radix(digits, 16).unwrap()).unwrap();
    let encoder = if is_signed {
        ChunkEncoder::new(signer(row))
    } else {
        ChunkEncoder::unsigned()
    };
    let mut encoder = encoder.with_chunk_size(chunk_size);
    let mut encoded = Vec::new();
    encoder.encode(&body, &mut encoded);
    encoder.finish_with_trailers(&pairs(row, "trailers"), &mut encoded);
    assert!(encoded == wire.as_bytes(), "{id}: encoded body");
}
