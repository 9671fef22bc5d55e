//! Dates in responses: RFC 7231 in headers, RFC 3339 in XML.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// 9999-12-31T23:59:59Z, the last second that HTTP can express.
const LATEST: u64 = 253_402_300_799;

/// Reads `Thu, 02 Jan 2025 03:04:05 GMT`, also with a numeric offset in place of `GMT`.
pub(crate) fn parse_http(text: &str) -> Option<SystemTime> {
    let mut fields = text.trim().split_once(',')?.1.trim_start().split(' ');
    let day = fields.next()?.parse().ok()?;
    let month = fields.next()?;
    let month = MONTHS
        .iter()
        .zip(1..)
        .find_map(|(name, number)| (*name == month).then_some(number))?;
    let date = NaiveDate::from_ymd_opt(fields.next()?.parse().ok()?, month, day)?;
    let (time, zone) = (fields.next()?, fields.next()?);
    on(date, time, zone)
}

/// Reads `2025-01-02T03:04:05.678Z`, also with a numeric offset in place of `Z`. The fraction is optional and has any length.
pub(crate) fn parse_iso(text: &str) -> Option<SystemTime> {
    let (date, time) = text.trim().split_once('T')?;
    let (time, zone) = time.split_at_checked(time.find(['Z', '+', '-'])?)?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut fields = date.split('-');
    let mut number = || fields.next()?.parse::<u32>().ok();
    let date = NaiveDate::from_ymd_opt(i32::try_from(number()?).ok()?, number()?, number()?)?;
    // At most nine digits: nanoseconds.
    let nanoseconds: u64 = format!("{:0<9}", fraction.get(..9).unwrap_or(fraction))
        .parse()
        .ok()?;
    Some(on(date, time, zone)? + Duration::from_nanos(nanoseconds))
}

/// Writes `Thu, 02 Jan 2025 03:04:05 GMT`. Later times than HTTP can express become the last one that it can.
pub(crate) fn to_http(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
        .min(LATEST);
    let time: DateTime<Utc> = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .unwrap_or_default();
    let name =
        |names: &[&'static str], index: u32| names.get(index as usize).copied().unwrap_or_default();
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        name(&DAYS, time.weekday().num_days_from_monday()),
        time.day(),
        name(&MONTHS, time.month0()),
        time.year(),
        time.hour(),
        time.minute(),
        time.second(),
    )
}

fn on(date: NaiveDate, time: &str, zone: &str) -> Option<SystemTime> {
    let mut fields = time.split(':');
    let mut number = || fields.next()?.parse().ok();
    let seconds = date
        .and_hms_opt(number()?, number()?, number()?)?
        .and_utc()
        .timestamp()
        - offset(zone)?;
    Some(UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).ok()?))
}

/// The seconds that a time zone is ahead of UTC: `Z`, `GMT`, `UTC`, `+0200` or `+02:00`.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "GMT" | "UTC") {
        return Some(0);
    }
    let digits = zone.get(1..)?;
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = minutes.strip_prefix(':').unwrap_or(minutes);
    let number = |two: &str, limit: i64| {
        let number = two.parse().ok()?;
        (two.len() == 2 && (0..limit).contains(&number)).then_some(number)
    };
    let seconds = number(hours, 24)? * 3_600 + number(minutes, 60)? * 60;
    match zone.get(..1)? {
        "+" => Some(seconds),
        "-" => Some(-seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_of_stores_are_parsed() {
        let second = UNIX_EPOCH + Duration::from_secs(1_735_787_045);
        assert_eq!(parse_http("Thu, 02 Jan 2025 03:04:05 GMT"), Some(second));
        assert_eq!(to_http(second), "Thu, 02 Jan 2025 03:04:05 GMT");
        for (text, nanoseconds) in [
            ("2025-01-02T03:04:05Z", 0),
            ("2025-01-02T03:04:05.678Z", 678_000_000),
            ("2025-01-02T03:04:05.1234567891Z", 123_456_789),
            ("2025-01-02T03:04:05+00:00", 0),
            ("2025-01-02T05:34:05+02:30", 0),
            ("2025-01-01T22:04:05.5-0500", 500_000_000),
        ] {
            assert_eq!(
                parse_iso(text),
                Some(second + Duration::from_nanos(nanoseconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn http_dates_with_a_numeric_offset_are_parsed() {
        let second = UNIX_EPOCH + Duration::from_secs(1_735_787_045);
        for zone in ["GMT", "UTC", "+0000", "-0000"] {
            let text = format!("Thu, 02 Jan 2025 03:04:05 {zone}");
            assert_eq!(parse_http(&text), Some(second), "{text}");
        }
        assert_eq!(parse_http("Thu, 02 Jan 2025 05:04:05 +0200"), Some(second));
        assert_eq!(parse_http("Wed, 01 Jan 2025 22:04:05 -0500"), Some(second));
    }

    /// The epoch would mean "expired", and an ISO date of five digits is not a date.
    #[test]
    fn far_dates_are_written_as_the_last_one_of_http() {
        for seconds in [LATEST, LATEST + 1, 9_000_000_000_000, i64::MAX as u64] {
            assert_eq!(
                to_http(UNIX_EPOCH + Duration::from_secs(seconds)),
                "Fri, 31 Dec 9999 23:59:59 GMT"
            );
        }
    }

    #[test]
    fn other_text_is_rejected() {
        for text in [
            "",
            "0",
            "not a date",
            "Thu, 32 Jan 2025 03:04:05 GMT",
            "Thu, 02 Jan 2025 03:04:05 CET",
            "2025-13-02T03:04:05Z",
            "Thu, 02 Jan 2025 03:04:05 +02",
            "Thu, 02 Jan 2025 03:04:05 0200",
            "2025-01-02T03:04:05",
            "2025-01-02T03:04:05+2:00",
            "2025-01-02T03:04:05+99:00",
            "2025-01-02T03:04:05+00:60",
            "2025-01-02",
            "1969-01-02T03:04:05Z",
        ] {
            assert_eq!((parse_http(text), parse_iso(text)), (None, None), "{text}");
        }
    }
}
