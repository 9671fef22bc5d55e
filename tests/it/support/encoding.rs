//! Percent-decoding, apart from the crate's own code.

/// The bytes of a path or a query value as it is sent: a broken triplet is a fault of the test's data.
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
