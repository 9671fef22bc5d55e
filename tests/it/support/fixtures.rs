//! Fixtures by their names.

#[cfg(feature = "reqwest")]
use bytes::Bytes;
use serde_json::Value;

/// The rows under `rows` in `fixtures/<file>`; their number is printed and must be `expected`.
pub fn rows(file: &str, rows: &str, expected: usize) -> Vec<Value> {
    let path = format!("{}/fixtures/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let fixture: Value = serde_json::from_str(&text).unwrap();
    let rows_found = fixture[rows]
        .as_array()
        .unwrap_or_else(|| panic!("{path} has no list {rows}"))
        .clone();
    println!("{file}, {rows}: {} rows", rows_found.len());
    assert_eq!(rows_found.len(), expected, "{file}, {rows}");
    rows_found
}

/// A text in a row.
pub fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} is no text in {row}"))
}

/// Pairs of texts in a row.
pub fn pairs<'a>(row: &'a Value, name: &str) -> Vec<(&'a str, &'a str)> {
    let pair = |pair: &'a Value| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
    row[name].as_array().unwrap().iter().map(pair).collect()
}

/// What a store has answered: of `fixtures/responses/<case>.http` all that is behind the request, if there is one.
#[cfg(feature = "reqwest")]
pub fn answer(case: &str) -> http::Response<Bytes> {
    let path = format!(
        "{}/fixtures/responses/{case}.http",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let answer = text
        .split_once(super::exchange::SEPARATOR)
        .map_or(text.as_str(), |(_, answer)| answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
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
