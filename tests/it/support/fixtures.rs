//! Fixtures by their names.

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
