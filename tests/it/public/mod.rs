//! Public conformance data, read from the folder that `SLIM_S3_VECTORS` names. It has licences of its own, so that no
//! row of it is kept here; fixtures/README.md says what the variable does.

mod answers;
#[cfg(feature = "reqwest")]
mod keys;
mod names;
mod operations;
mod protocol;
#[cfg(feature = "reqwest")]
mod scenarios;
mod signing;

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::support::encoding;
use crate::support::fixtures::text;

/// Why rows are left out, and which: a row that is named here and is not in the file is an error.
type Skipped<'a> = &'a [(&'a str, &'a [&'a str])];

/// The rows of a file that are to be run, at least `minimum` of them; none if there is no folder.
fn rows(file: &str, minimum: usize, skipped: Skipped<'_>) -> Vec<Value> {
    let Some(folder) = std::env::var_os("SLIM_S3_VECTORS") else {
        println!("{file}: 0 rows, folder absent");
        return Vec::new();
    };
    let path = Path::new(&folder).join(file);
    let content =
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let mut rows: Vec<Value> = content
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{path:?}: {error}")))
        .collect();
    let mut reasons = Vec::new();
    let all = rows.len();
    for (reason, ids) in skipped {
        reasons.push(format!("{reason} x{}", ids.len()));
        for id in *ids {
            let before = rows.len();
            rows.retain(|row| text(row, "id") != *id);
            assert_eq!(rows.len() + 1, before, "{file}: rows with the id {id}");
        }
    }
    println!(
        "{file}: {} rows run, {} skipped{}{}",
        rows.len(),
        all - rows.len(),
        if reasons.is_empty() { "" } else { ": " },
        reasons.join("; ")
    );
    assert!(
        rows.len() >= minimum,
        "{file}: {} rows; there must be {minimum}",
        rows.len()
    );
    rows
}

/// The bytes of a base64 text, with or without its padding.
fn base64(text: &str) -> Vec<u8> {
    STANDARD
        .decode(text)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn percent_decode(text: &str) -> String {
    String::from_utf8(encoding::percent_decode(text)).unwrap()
}
