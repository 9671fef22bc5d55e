//! Percent-decoding that is independent of the crate.

/// Decodes a path or a query value. Panics on an invalid triplet.
pub fn percent_decode(text: &str) -> Vec<u8> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        let mut digit = || char::from(bytes.next().unwrap()).to_digit(16).unwrap() as u8;
        decoded.push(if byte == b'%' {
            digit() << 4 | digit()
        } else {
            byte
        });
    }
    decoded
}
