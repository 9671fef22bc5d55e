//! Reads fixtures.

#[cfg(feature = "reqwest")]
use bytes::Bytes;
use serde_json::Value;

/// The content of `fixtures/<file>`.
pub fn file(file: &str) -> Value {
    let path = format!("{}/fixtures/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The list `rows` of `fixtures/<file>`, which must have `expected` elements.
pub fn rows(file: &str, rows: &str, expected: usize) -> Vec<Value> {
    let rows_found = self::file(file)[rows]
        .as_array()
        .unwrap_or_else(|| panic!("{file}: missing list {rows}"))
        .clone();
    println!("{file}, {rows}: {} rows", rows_found.len());
    assert_eq!(rows_found.len(), expected, "{file}, {rows}");
    rows_found
}

/// A string field of a row.
pub fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name}: expected a string in {row}"))
}

/// A field of a row that is a list of string pairs.
pub fn pairs<'a>(row: &'a Value, name: &str) -> Vec<(&'a str, &'a str)> {
    let pair = |pair: &'a Value| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
    row[name].as_array().unwrap().iter().map(pair).collect()
}

/// The recorded response in `fixtures/responses/<case>.http`, without the request that may precede it.
#[cfg(feature = "reqwest")]
pub fn response(case: &str) -> http::Response<Bytes> {
    let path = format!(
        "{}/fixtures/responses/{case}.http",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let recorded = text
        .split_once(super::exchange::SEPARATOR)
        .map_or(text.as_str(), |(_, recorded)| recorded);
    let (head, body) = recorded.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let status: u16 = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let mut response = http::Response::builder().status(status);
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        response = response.header(name, value);
    }
    response
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap()
}
