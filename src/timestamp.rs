//! Dates in responses: RFC 7231 in headers, RFC 3339 in XML.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Reads `Thu, 02 Jan 2025 03:04:05 GMT`.
pub(crate) fn parse_http(text: &str) -> Option<SystemTime> {
    let mut fields = text.trim().split_once(", ")?.1.split(' ');
    let day = fields.next()?.parse().ok()?;
    let month = fields.next()?;
    let month = MONTHS
        .iter()
        .zip(1..)
        .find_map(|(name, number)| (*name == month).then_some(number))?;
    let date = NaiveDate::from_ymd_opt(fields.next()?.parse().ok()?, month, day)?;
    let time = on(date, fields.next()?)?;
    (fields.next() == Some("GMT")).then_some(time)
}

/// Reads `2025-01-02T03:04:05.678Z`. The fraction is optional and has any length.
pub(crate) fn parse_iso(text: &str) -> Option<SystemTime> {
    let (date, time) = text.trim().split_once('T')?;
    let time = time
        .strip_suffix('Z')
        .or_else(|| time.strip_suffix("+00:00"))?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut fields = date.split('-');
    let mut number = || fields.next()?.parse::<u32>().ok();
    let date = NaiveDate::from_ymd_opt(i32::try_from(number()?).ok()?, number()?, number()?)?;
    // At most nine digits: nanoseconds.
    let nanoseconds: u64 = format!("{:0<9}", fraction.get(..9).unwrap_or(fraction))
        .parse()
        .ok()?;
    Some(on(date, time)? + Duration::from_nanos(nanoseconds))
}

/// Writes `Thu, 02 Jan 2025 03:04:05 GMT`.
pub(crate) fn to_http(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
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

fn on(date: NaiveDate, time: &str) -> Option<SystemTime> {
    let mut fields = time.split(':');
    let mut number = || fields.next()?.parse().ok();
    let seconds = date
        .and_hms_opt(number()?, number()?, number()?)?
        .and_utc()
        .timestamp();
    Some(UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).ok()?))
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
        ] {
            assert_eq!(
                parse_iso(text),
                Some(second + Duration::from_nanos(nanoseconds)),
                "{text}"
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
            "2025-01-02",
            "1969-01-02T03:04:05Z",
        ] {
            assert_eq!((parse_http(text), parse_iso(text)), (None, None), "{text}");
        }
    }
}
