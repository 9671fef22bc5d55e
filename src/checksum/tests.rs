//! Every row of `fixtures/checksums.json` that is about the five algorithms.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::Value;

use super::*;
use crate::crypto::base64;

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../fixtures/checksums.json")).unwrap()
}

/// The algorithm of this name; `None` if it is not one of the five.
fn algorithm(name: &Value) -> Option<ChecksumAlgorithm> {
    let name = name.as_str().unwrap();
    let mut all = ChecksumAlgorithm::ALL.into_iter();
    all.find(|known| known.name().eq_ignore_ascii_case(name))
}

fn input(case: &Value) -> Vec<u8> {
    match case["input_hex"].as_str() {
        Some(text) => hex::decode(text).unwrap(),
        None => vec![b'a'; 66_560],
    }
}

fn decoded(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap()
}

/// The digest of data that arrives in pieces of this size.
fn digest(algorithm: ChecksumAlgorithm, data: &[u8], piece: usize) -> Vec<u8> {
    let mut running = algorithm.start()();
    data.chunks(piece).for_each(|piece| running.update(piece));
    running.finish()
}

fn part_digests(row: &Value, field: &str) -> Vec<Vec<u8>> {
    let parts = row[field].as_array().unwrap();
    parts
        .iter()
        .map(|part| decoded(part.as_str().unwrap()))
        .collect()
}

#[test]
fn digests_are_those_of_the_fixture_in_pieces_of_any_size() {
    let (fixture, mut count) = (fixture(), 0);
    for case in fixture["cases"].as_array().unwrap() {
        let data = input(case);
        assert_eq!(data.len() as u64, case["length"].as_u64().unwrap());
        for algorithm in ChecksumAlgorithm::ALL {
            let sums = &case["sums"][algorithm.name().to_lowercase()];
            for piece in [1, 7, 64, 1000, usize::MAX] {
                let digest = digest(algorithm, &data, piece);
                let name = (&case["name"], algorithm, piece);
                assert_eq!(hex::encode(&digest), sums["hex"], "{name:?}");
                assert_eq!(base64(&digest), sums["base64"], "{name:?}");
            }
            count += 1;
        }
    }
    assert_eq!(count, 10 * 5);
}

#[test]
fn two_crcs_combine_to_that_of_both_pieces() {
    let fixture = fixture();
    let rows = fixture["combine"].as_array().unwrap();
    for row in rows {
        let crc = |field: &str| hex::decode(row[field].as_str().unwrap()).unwrap();
        let algorithm = algorithm(&row["algorithm"]).unwrap();
        let length = row["len2"].as_u64().unwrap();
        let combined = combine(algorithm, &crc("crc1"), &crc("crc2"), length);
        assert_eq!(combined.unwrap(), crc("combined"), "{row}");
    }
    assert_eq!(rows.len(), 18);
}

#[test]
fn hashes_do_not_combine() {
    for algorithm in [ChecksumAlgorithm::Sha1, ChecksumAlgorithm::Sha256] {
        assert_eq!(combine(algorithm, &[0; 32], &[0; 32], 1), None);
    }
}

#[test]
fn the_crc_of_an_object_follows_from_those_of_its_parts() {
    let fixture = fixture();
    let rows = fixture["full_object_multipart"].as_array().unwrap();
    for row in rows {
        let algorithm = algorithm(&row["algorithm"]).unwrap();
        assert_eq!(row["parts"], "3 x 5242880 zero bytes, then 123456789");
        let (zeros, end) = (vec![0; 5_242_880], b"123456789");
        let mut whole = digest(algorithm, &[], 1);
        let parts = [&zeros[..], &zeros, &zeros, end];
        for (part, expected) in parts.iter().zip(part_digests(row, "part_crcs_base64")) {
            let part_digest = digest(algorithm, part, 1 << 16);
            assert_eq!(part_digest, expected, "{row}");
            whole = combine(algorithm, &whole, &part_digest, part.len() as u64).unwrap();
        }
        assert_eq!(base64(&whole), row["full_object_base64"], "{row}");
    }
    assert_eq!(rows.len(), 3);
}

#[test]
fn a_composite_checksum_is_that_of_the_digests_of_the_parts() {
    let fixture = fixture();
    let rows = fixture["composite_multipart"].as_array().unwrap();
    let mut count = 0;
    for row in rows {
        // The others are of MD5 and SHA-512.
        let Some(algorithm) = algorithm(&row["algorithm"]) else {
            continue;
        };
        let digests = part_digests(row, "part_base64");
        let composite = composite(algorithm.start(), digests.iter().map(Vec::as_slice));
        assert_eq!(composite, row["composite"], "{row}");
        count += 1;
    }
    assert_eq!((rows.len(), count), (6, 4));
}
