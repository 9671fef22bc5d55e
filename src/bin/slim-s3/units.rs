//! Sizes and durations as people write them: `8M`, `8MiB`, `90s`, `7d`.

use std::time::Duration;

/// A size in bytes. Without a unit it is bytes; `M` and `MiB` are 1,048,576, and `MB` is 1,000,000.
pub fn size(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => return Err("expected a size such as 8M, 8MiB or 8388608".to_owned()),
    };
    let number: u64 = number
        .parse()
        .map_err(|_| "expected a whole number with a unit, such as 8M".to_owned())?;
    let size = number.checked_mul(factor);
    size.ok_or_else(|| "larger than any object".to_owned())
}

/// A duration. Without a unit it is seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let seconds: u64 = match unit {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err("expected a duration such as 90s, 15m, 1h or 7d".to_owned()),
    };
    let number: u64 = number
        .parse()
        .map_err(|_| "expected a whole number with a unit, such as 15m".to_owned())?;
    let seconds = number.checked_mul(seconds);
    // About 3,000 years: a time that far from now can still be computed with.
    let seconds = seconds.filter(|seconds| *seconds < 100_000_000_000);
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| "too long".to_owned())
}

/// A duration of at least a second.
pub fn limit(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("expected a second or more".to_owned()),
        limit => Ok(limit),
    }
}

fn split(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_binary_and_decimal_units() {
        for (text, bytes) in [
            ("0", 0),
            ("8388608", 8 << 20),
            ("8M", 8 << 20),
            ("8MiB", 8 << 20),
            ("8mib", 8 << 20),
            ("8MB", 8_000_000),
            ("5k", 5_120),
            ("2T", 2 << 40),
            ("7b", 7),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn durations_are_seconds_unless_a_unit_says_otherwise() {
        for (text, seconds) in [
            ("90", 90),
            ("90s", 90),
            ("15m", 900),
            ("1h", 3600),
            ("7d", 604_800),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn other_text_is_rejected() {
        for text in [
            "",
            "M",
            "-1",
            "1.5G",
            "8 M",
            "8X",
            "99999999999T",
            "18446744073709551616",
        ] {
            size(text).unwrap_err();
        }
        for text in ["", "d", "-1h", "1.5h", "1w", "99999999999999d"] {
            duration(text).unwrap_err();
        }
        limit("0").unwrap_err();
    }
}
