//! Ranges: a response with other bytes than those requested is malformed.

use slim_s3::operation::{ContentRange, GetObject, HeadObject};
use slim_s3::{Error, Operation};

use super::{request, request_with, response};

/// Parses the response to a GET for `range` or a part: this status, this `content-range` and `length` bytes.
fn get(
    range: Option<&str>,
    is_part: bool,
    status: u16,
    content_range: Option<&str>,
    length: usize,
) -> Result<Option<ContentRange>, Error> {
    let mut request = request();
    if let Some(range) = range {
        request.headers.push(("Range".to_owned(), range.to_owned()));
    }
    if is_part {
        request
            .query
            .push(("partNumber".to_owned(), "2".to_owned()));
    }
    let content_length = length.to_string();
    let mut headers = vec![
        ("etag", "\"e\""),
        ("content-length", content_length.as_str()),
    ];
    headers.extend(content_range.map(|content_range| ("content-range", content_range)));
    GetObject::parse_http(
        &request,
        response(status, &headers, &"0123456789"[..length]),
    )
    .map(|object| object.content_range)
}

#[test]
fn a_range_that_was_requested_is_accepted() {
    for (range, content_range, length) in [
        ("bytes=2-5", "bytes 2-5/10", 4),
        ("bytes=2-99", "bytes 2-9/10", 8),
        ("bytes=2-", "bytes 2-9/10", 8),
        ("bytes=9-", "bytes 9-9/10", 1),
        ("bytes=-4", "bytes 6-9/10", 4),
        ("bytes=-99", "bytes 0-9/10", 10),
    ] {
        let received = get(Some(range), false, 206, Some(content_range), length)
            .unwrap()
            .unwrap();
        assert_eq!(received.last - received.first + 1, length as u64, "{range}");
    }
}

/// Stores send either response to a request for the last bytes of an empty object.
#[test]
fn an_empty_suffix_range_is_accepted() {
    get(Some("bytes=-4"), false, 200, None, 0).unwrap();
    get(Some("bytes=-4"), false, 206, Some("bytes 0--1/0"), 0).unwrap();
}

#[test]
fn whole_objects_and_parts_are_accepted() {
    get(None, false, 200, None, 4).unwrap();
    get(None, true, 206, Some("bytes 5-8/9"), 4).unwrap();
}

#[test]
fn blanks_around_a_range_are_ignored() {
    get(Some(" bytes=2-5 "), false, 206, Some("bytes 2-5/10"), 4).unwrap();
}

#[test]
fn a_total_that_the_store_does_not_know_is_accepted() {
    get(Some("bytes=2-5"), false, 206, Some("bytes 2-5/*"), 4).unwrap();
    get(Some("bytes=2-"), false, 206, Some("bytes 2-5/*"), 4).unwrap();
    get(Some("bytes=-4"), false, 206, Some("bytes 2-5/*"), 4).unwrap();
}

/// A 200 contains the whole object, which some stores send for such a range.
#[test]
fn a_range_that_is_the_whole_object_may_have_a_200() {
    for range in [
        "bytes=0-",
        "bytes=0-9",
        "bytes=0-10",
        "bytes=-10",
        "bytes=-11",
    ] {
        get(Some(range), false, 200, None, 10).unwrap();
    }
    for range in ["bytes=1-", "bytes=0-8", "bytes=-9"] {
        get(Some(range), false, 200, None, 10).unwrap_err();
    }
}

#[test]
fn a_range_that_was_not_requested_is_malformed() {
    let part = Some("bytes=2-5");
    for (range, is_part, status, content_range, length) in [
        (part, false, 200, None, 10),
        (part, false, 206, None, 4),
        (part, false, 206, Some("bytes 0-3/10"), 4),
        (part, false, 206, Some("bytes 2-4/10"), 3),
        (part, false, 206, Some("bytes 2-6/10"), 5),
        (part, false, 206, Some("bytes 2-5/10"), 3),
        (part, false, 206, Some("bytes 2-6/*"), 5),
        (part, false, 206, Some("bytes 3-5/*"), 3),
        (part, false, 206, Some("bytes 5-2/10"), 4),
        (part, false, 206, Some("bytes 2-5/4"), 4),
        (part, false, 204, None, 0),
        (Some("bytes=2-"), false, 206, Some("bytes 2-5/10"), 4),
        (Some("bytes=-4"), false, 206, Some("bytes 0-3/10"), 4),
        (Some("bytes=-4"), false, 200, None, 10),
        (Some("bytes=0-3"), false, 200, None, 0),
        (None, false, 206, Some("bytes 0-3/10"), 4),
        (None, true, 206, Some("bytes 0-3/10"), 5),
        (None, true, 200, None, 10),
    ] {
        let outcome = get(range, is_part, status, content_range, length);
        let Err(error) = outcome else {
            panic!("{range:?} accepted {status} with {content_range:?}")
        };
        assert!(matches!(error, Error::Malformed(_)), "{error}");
        assert_eq!(error.status().unwrap().as_u16(), status);
        let expected = range.unwrap_or(if is_part {
            "one part"
        } else {
            "the whole object"
        });
        assert!(
            error
                .to_string()
                .contains(&format!("requested {expected}, got ")),
            "{error}"
        );
    }
}

#[test]
fn head_checks_the_range_too() {
    let ranged = request_with("range", "bytes=2-5");
    let head = |headers: &[(&str, &str)], status| {
        let headers = [&[("etag", "\"e\"")], headers].concat();
        HeadObject::parse_http(&ranged, response(status, &headers, ""))
            .map(|info| info.content_length)
    };
    let length = ("content-length", "4");
    assert_eq!(
        head(&[length, ("content-range", "bytes 2-5/10")], 206).unwrap(),
        Some(4)
    );
    // Without a range, nothing wrong can be read from the headers of the whole.
    assert_eq!(head(&[("content-length", "10")], 200).unwrap(), Some(10));
    head(&[length, ("content-range", "bytes 0-3/10")], 206).unwrap_err();
}

#[test]
fn a_range_up_to_the_largest_number_is_malformed() {
    let largest = "bytes 0-18446744073709551615/*";
    get(Some("bytes=0-"), false, 206, Some(largest), 5).unwrap_err();
    get(Some("bytes=-5"), false, 206, Some(largest), 5).unwrap_err();
    get(Some("bytes=0-"), false, 206, Some("bytes +0-4/+5"), 5).unwrap_err();
}
