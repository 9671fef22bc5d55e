//! The checksum of a whole from those of its parts: combined CRCs, and composite checksums.
//!
//! A CRC is the remainder of a polynomial over GF(2). To append `n` bytes multiplies it by x^(8n), so the CRC of two pieces
//! follows from theirs and the length of the second, in a few thousand operations.

use super::{ChecksumAlgorithm, Start};
use crate::crypto::base64;

/// The digest of two pieces of data, one after the other; `None` for an algorithm that cannot be combined.
pub(crate) fn combine(
    algorithm: ChecksumAlgorithm,
    first: &[u8],
    second: &[u8],
    second_length: u64,
) -> Option<Vec<u8>> {
    let (polynomial, bits) = algorithm.polynomial()?;
    let shift = power_of_x8(second_length, polynomial, bits);
    let combined = multiply(value(first), shift, polynomial, bits) ^ value(second);
    let bytes = combined.to_be_bytes();
    let length = usize::try_from(bits / 8).ok()?;
    bytes.get(bytes.len() - length..).map(<[u8]>::to_vec)
}

/// The composite checksum of parts: the checksum of their digests, and their number.
pub(crate) fn composite<'a>(start: Start, digests: impl Iterator<Item = &'a [u8]>) -> String {
    let (mut running, mut count) = (start(), 0_u32);
    for digest in digests {
        running.update(digest);
        count += 1;
    }
    format!("{}-{count}", base64(&running.finish()))
}

fn value(digest: &[u8]) -> u64 {
    digest
        .iter()
        .fold(0, |value, byte| (value << 8) | u64::from(*byte))
}

/// x^(8n) modulo the polynomial. All values are reflected: the highest bit is the coefficient of x^0.
fn power_of_x8(mut n: u64, polynomial: u64, bits: u32) -> u64 {
    let one = 1 << (bits - 1);
    let (mut power, mut square) = (one, one >> 8);
    while n > 0 {
        if n & 1 == 1 {
            power = multiply(power, square, polynomial, bits);
        }
        square = multiply(square, square, polynomial, bits);
        n >>= 1;
    }
    power
}

/// The product of two polynomials modulo the third.
fn multiply(first: u64, mut second: u64, polynomial: u64, bits: u32) -> u64 {
    let mut product = 0;
    for bit in (0..bits).rev() {
        if (first >> bit) & 1 == 1 {
            product ^= second;
        }
        let carry = second & 1;
        second >>= 1;
        if carry == 1 {
            second ^= polynomial;
        }
    }
    product
}
