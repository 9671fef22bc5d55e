//! The instant a request is signed at.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

/// The instant a request is signed at, in UTC and whole seconds; prints as `20130524T000000Z`.
///
/// It is sent as `x-amz-date`, and its day is part of the credential scope. Most stores reject a request whose date is
/// more than 15 minutes from their own clock.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct AmzDate(DateTime<Utc>);

impl AmzDate {
    /// The instant `seconds` after 1970-01-01T00:00:00Z, at most the end of the year 9999.
    pub fn from_unix_seconds(seconds: u64) -> AmzDate {
        const LAST: u64 = 253_402_300_799; // 9999-12-31T23:59:59Z
        let seconds = i64::try_from(seconds.min(LAST)).unwrap_or_default();
        AmzDate(DateTime::from_timestamp(seconds, 0).unwrap_or_default())
    }

    /// Parses `20130524T000000Z`, the form that is sent; `None` for any other.
    pub fn parse(text: &str) -> Option<AmzDate> {
        let number = |range| {
            text.get(range)
                .filter(|part: &&str| part.bytes().all(|byte| byte.is_ascii_digit()))?
                .parse()
                .ok()
        };
        let well_formed = text.len() == 16 && text.get(8..9) == Some("T") && text.ends_with('Z');
        let day = NaiveDate::from_ymd_opt(
            i32::try_from(number(0..4)?).ok()?,
            number(4..6)?,
            number(6..8)?,
        )?;
        let time = day.and_hms_opt(number(9..11)?, number(11..13)?, number(13..15)?)?;
        well_formed.then_some(AmzDate(time.and_utc()))
    }

    pub(super) fn is_same_day(&self, other: &AmzDate) -> bool {
        self.0.naive_utc().date() == other.0.naive_utc().date()
    }

    /// The instant as a policy document writes it: `2013-05-24T00:00:00Z`.
    pub(super) fn to_rfc3339(self) -> String {
        let text = self.to_string();
        let mut written = String::with_capacity(20);
        for (index, character) in text.chars().enumerate() {
            match index {
                4 | 6 => written.push('-'),
                11 | 13 => written.push(':'),
                _ => {}
            }
            written.push(character);
        }
        written
    }

    /// The day, `20130524`, for the credential scope and the key derivation.
    pub fn date(&self) -> String {
        self.text().day().to_owned()
    }

    /// Written digit by digit: chrono's own `format` would add 29 KiB to the binary, and `format!` takes five times as long.
    pub(super) fn text(&self) -> Text {
        let utc = self.0.naive_utc();
        let year = utc.year().unsigned_abs();
        let mut text = *b"YYYYMMDDTHHMMSSZ";
        for (position, number) in [
            (0, year / 100),
            (2, year % 100),
            (4, utc.month()),
            (6, utc.day()),
            (9, utc.hour()),
            (11, utc.minute()),
            (13, utc.second()),
        ] {
            if let Some([tens, ones]) = text.get_mut(position..position + 2) {
                *tens = b'0' + (number / 10) as u8;
                *ones = b'0' + (number % 10) as u8;
            }
        }
        Text(text)
    }
}

/// An instant as it is printed. On the stack, because each signature prints it four times.
pub(super) struct Text([u8; 16]);

impl Text {
    fn instant(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(super) fn day(&self) -> &str {
        self.instant().get(..8).unwrap_or_default()
    }
}

impl fmt::Display for AmzDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().instant())
    }
}

/// Instants before 1970 become 1970.
impl From<SystemTime> for AmzDate {
    fn from(time: SystemTime) -> AmzDate {
        AmzDate::from_unix_seconds(
            time.duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_secs(),
        )
    }
}

/// Dates before 1970 become 1970.
impl From<AmzDate> for SystemTime {
    fn from(date: AmzDate) -> SystemTime {
        let seconds = u64::try_from(date.0.timestamp()).unwrap_or_default();
        UNIX_EPOCH + Duration::from_secs(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_and_parsing_round_trip() {
        for (seconds, text) in [
            (0, "19700101T000000Z"),
            (1_369_353_600, "20130524T000000Z"),
            (951_827_696, "20000229T123456Z"),
            (u64::MAX, "99991231T235959Z"),
        ] {
            let date = AmzDate::from_unix_seconds(seconds);
            assert_eq!(date.to_string(), text);
            assert_eq!(AmzDate::parse(text), Some(date));
        }
    }

    #[test]
    fn other_formats_are_rejected() {
        for text in [
            "",
            "2013-05-24T00:00:00Z",
            "20130524T000000",
            "20130230T000000Z",
            "20130524T240000Z",
            "+0130524T000000Z",
            "é0130524T00000Z",
        ] {
            assert_eq!(AmzDate::parse(text), None, "{text}");
        }
    }
}
