//! aws-chunked bodies, byte for byte, from fixtures.

use serde_json::Value;
use slim_s3::sigv4::{
    AmzDate, ChunkEncoder, ChunkSigner, ChunkSize, CredentialScope, PayloadHash, SecretAccessKey,
    Signature, SigningKey, StringToSign,
};

use crate::support::fixtures::{file, pairs, rows, text};

fn payload_hash(name: &str) -> PayloadHash {
    let all = [
        PayloadHash::Streaming,
        PayloadHash::StreamingTrailer,
        PayloadHash::StreamingUnsignedTrailer,
    ];
    let mut all = all.into_iter();
    all.find(|hash| hash.to_string() == name).expect(name)
}

fn chunk_size(bytes: &Value) -> ChunkSize {
    let bytes = u32::try_from(bytes.as_u64().unwrap()).unwrap();
    ChunkSize::new(bytes).unwrap()
}

/// What the encoder makes of a body that arrives in pieces of `piece_size` bytes.
fn encoded(
    mut encoder: ChunkEncoder,
    body: &[u8],
    piece_size: usize,
    trailers: &[(&str, &str)],
) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in body.chunks(piece_size) {
        encoder.encode(piece, &mut out);
    }
    encoder.finish_with_trailers(trailers, &mut out);
    out
}

/// The signing key and the scope of a vector.
fn key(keys: &Value, region: &str, timestamp: &str) -> (SigningKey, CredentialScope) {
    let at = AmzDate::parse(timestamp).unwrap();
    let scope = CredentialScope::new(at, region, "s3");
    let secret = SecretAccessKey::new(text(keys, "secret_access_key"));
    (SigningKey::derive(&secret, &scope), scope)
}

#[test]
fn bodies_of_all_three_forms_match_byte_for_byte() {
    let mut forms = [0; 3];
    for case in rows("aws_chunked.json", "cases", 9) {
        let id = text(&case, "id");
        let payload_hash = payload_hash(text(&case, "x_amz_content_sha256"));
        let is_signed = text(&case, "mode") == "signed";
        let form = match payload_hash {
            PayloadHash::Streaming => 0,
            PayloadHash::StreamingTrailer => 1,
            _ => 2,
        };
        forms[form] += 1;
        let (chunk_size, body) = (chunk_size(&case["chunk_size"]), body_of(&case));
        let trailers = pairs(&case, "trailers");

        let encoder = || {
            let encoder = if is_signed {
                ChunkEncoder::new(signer(&case))
            } else {
                ChunkEncoder::unsigned()
            };
            encoder.with_chunk_size(chunk_size)
        };
        for piece_size in [999, 8_192, 65_535, 65_536, 100_000] {
            let wire = encoded(encoder(), &body, piece_size, &trailers);
            assert_eq!(
                PayloadHash::of(&wire).to_string(),
                text(&case, "wire_sha256"),
                "{id} in pieces of {piece_size}: {}",
                String::from_utf8_lossy(&wire[wire.len().saturating_sub(300)..])
            );
        }
        let lengths = lengths(&trailers);
        assert_eq!(
            payload_hash.encoded_length(body.len() as u64, chunk_size, &lengths),
            case["encoded_length"].as_u64().unwrap(),
            "{id}"
        );
    }
    println!("aws_chunked.json, cases: {forms:?} rows of the three forms");
    assert_eq!(forms, [3, 3, 3]);
}

fn lengths<'a>(trailers: &[(&'a str, &str)]) -> Vec<(&'a str, usize)> {
    let length = |(name, value): &(&'a str, &str)| (*name, value.len());
    trailers.iter().map(length).collect()
}

/// The published example also signs content-encoding and content-length, so the seed comes from the fixture.
fn signer(case: &Value) -> ChunkSigner {
    let id = text(case, "id");
    let (key, scope) = key(
        &case["credentials"],
        text(case, "region"),
        text(case, "timestamp"),
    );
    let seed = StringToSign {
        scope: scope.clone(),
        canonical_request_hash: text(&case["seed"], "canonical_request_sha256").to_owned(),
    };
    assert_eq!(
        seed.to_string(),
        text(&case["seed"], "string_to_sign"),
        "{id}"
    );
    let seed = key.sign(&seed);
    assert_eq!(seed.to_hex(), text(&case["seed"], "signature"), "{id}");
    ChunkSigner::new(key, scope, seed)
}

fn body_of(case: &Value) -> Vec<u8> {
    let length = usize::try_from(case["decoded_length"].as_u64().unwrap()).unwrap();
    let bodies = [
        b"hello world".to_vec(),
        vec![b'a'; length],
        (0..=255).cycle().take(length).collect(),
    ];
    let hash = text(case, "body_sha256");
    let mut bodies = bodies.into_iter();
    bodies
        .find(|body| PayloadHash::of(body).to_string() == hash)
        .unwrap_or_else(|| panic!("{}: another body", text(case, "id")))
}

#[test]
fn encoded_lengths_match() {
    let all = rows("aws_chunked.json", "encoded_lengths", 216);
    for row in &all {
        let payload_hash = match (text(row, "mode"), row["trailer"].is_null()) {
            ("signed", true) => PayloadHash::Streaming,
            ("signed", false) => PayloadHash::StreamingTrailer,
            _ => PayloadHash::StreamingUnsignedTrailer,
        };
        let trailer = row["trailer"].as_str().map(|name| match name {
            "x-amz-checksum-crc32" => (name, 8),
            "x-amz-checksum-crc64nvme" => (name, 12),
            _ => panic!("{row}"),
        });
        let trailers: Vec<(&str, usize)> = trailer.into_iter().collect();
        let chunk_size = chunk_size(&row["chunk_size"]);
        let decoded = row["decoded"].as_u64().unwrap();
        assert_eq!(
            payload_hash.encoded_length(decoded, chunk_size, &trailers),
            row["encoded"].as_u64().unwrap(),
            "{row}"
        );
    }
    println!("aws_chunked.json, encoded_lengths: {} rows", all.len());
}

#[test]
fn three_trailers_have_one_signature() {
    let fixture = file("aws_chunked.json");
    let row = &fixture["multi_trailer"];
    let (key, scope) = key(&row["credentials"], "us-east-1", text(row, "timestamp"));
    let previous = Signature::from_hex(text(row, "previous_signature")).unwrap();
    let mut signer = ChunkSigner::new(key, scope, previous);
    let trailers = [("first", "1st"), ("second", "2nd"), ("third", "3rd")];
    assert_eq!(
        signer.sign_trailers(&trailers).to_hex(),
        text(row, "signature")
    );
}

#[test]
fn chunk_sizes_outside_the_limits_of_stores_are_rejected() {
    assert_eq!(ChunkSize::default().get(), 65_536);
    for accepted in [8_192, 8_193, 16 << 20] {
        let size = ChunkSize::new(accepted).unwrap();
        assert_eq!(size.get(), accepted as usize);
    }
    for rejected in [0, 1, 8_191, (16 << 20) + 1, u32::MAX] {
        assert_eq!(ChunkSize::new(rejected), None, "{rejected}");
    }
}

#[test]
fn the_encoded_length_does_not_overflow() {
    for length in [u64::MAX, u64::MAX - 1, 1 << 63] {
        for hash in [
            PayloadHash::Streaming,
            PayloadHash::StreamingUnsignedTrailer,
        ] {
            let encoded = hash.encoded_length(length, ChunkSize::MIN, &[("x", usize::MAX >> 8)]);
            assert!(encoded >= length);
        }
    }
}
