//! The shape of the sources: what may use what. ARCHITECTURE.md says why.

use std::fs;
use std::path::{Path, PathBuf};

/// Every source file: its path below `src/`, and its lines of code.
fn sources() -> Vec<(String, Vec<String>)> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, files)
            } else {
                files.push(path)
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    assert!(files.len() > 40, "{} files", files.len());
    let read = |path: PathBuf| {
        let name = path
            .strip_prefix(&root)
            .unwrap()
            .to_str()
            .unwrap()
            .replace('\\', "/");
        (
            name,
            fs::read_to_string(path)
                .unwrap()
                .lines()
                .map(str::to_owned)
                .collect(),
        )
    };
    files.into_iter().map(read).collect()
}

/// The lines of code: no comments, and nothing behind the tests' beginning.
fn code(lines: &[String]) -> impl Iterator<Item = &str> {
    let code = lines
        .iter()
        .map(String::as_str)
        .take_while(|line| !line.starts_with("#[cfg(test)]"));
    code.filter(|line| !line.trim_start().starts_with("//"))
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !character.is_alphanumeric() && character != '_')
}

fn names(lines: &[String], word: &str) -> bool {
    code(lines).any(|line| words(line).any(|found| found == word))
}

fn users(word: &str) -> Vec<String> {
    sources()
        .into_iter()
        .filter(|(_, lines)| names(lines, word))
        .map(|(name, _)| name)
        .collect()
}

/// Whether a file names a crate in a path, `name::…`, as a use and not in an attribute or a text.
fn users_of_crate(name: &str) -> Vec<String> {
    let path = format!("{name}::");
    let uses = |line: &str| {
        line.match_indices(&path).any(|(at, _)| {
            !line[..at].ends_with(|before: char| {
                before.is_alphanumeric() || before == '_' || before == ':'
            })
        })
    };
    sources()
        .into_iter()
        .filter(|(_, lines)| code(lines).any(uses))
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn one_file_for_each_foreign_crate() {
    assert_eq!(users_of_crate("reqwest"), ["transport.rs"]);
    assert_eq!(users_of_crate("rustls"), ["tls.rs"]);
    assert_eq!(users_of_crate("quick_xml"), ["xml.rs"]);
    assert_eq!(users_of_crate("chrono"), ["sigv4/date.rs", "timestamp.rs"]);
    for crypto in ["sha2", "hmac", "md5"] {
        assert_eq!(users_of_crate(crypto), ["crypto.rs"], "{crypto}");
    }
}

#[test]
fn async_is_where_something_is_waited_for() {
    let allowed = [
        "client_builder.rs",
        "object_body.rs",
        "part_source.rs",
        "source.rs",
        "transport.rs",
        "upload.rs",
    ];
    for file in users("async").into_iter().chain(users("await")) {
        assert!(allowed.contains(&file.as_str()), "{file} is async");
    }
}

/// The secret's text is private to the file that derives keys from it.
#[test]
fn the_secret_is_readable_in_one_place() {
    let sources = sources();
    let (_, signing_key) = sources
        .iter()
        .find(|(name, _)| name == "sigv4/signing_key.rs")
        .unwrap();
    assert!(
        code(signing_key).any(|line| line == "pub struct SecretAccessKey(Zeroizing<String>);"),
        "its field is private"
    );
    for (name, lines) in &sources {
        let makes =
            code(lines).any(|line| line.contains("impl") && line.contains("for SecretAccessKey"));
        assert!(
            !makes || name == "sigv4/signing_key.rs",
            "{name} adds to SecretAccessKey"
        );
    }
    let reads: Vec<&str> = code(signing_key)
        .filter(|line| {
            line.contains("secret_access_key.0") || line.contains("match self.0.as_str()")
        })
        .collect();
    assert_eq!(reads.len(), 2, "one to derive, one to check: {reads:?}");
    let returns = code(signing_key).any(|line| {
        line.contains("-> &str") || line.contains("-> String") && line.contains("secret")
    });
    assert!(!returns, "nothing gives the text away");
}

/// What a file may use of this crate. `sigv4` stands for the folder, and `operation` likewise.
const MAY_USE: &[(&str, &[&str])] = &[
    ("crypto", &[]),
    ("sigv4", &["crypto"]),
    ("error", &["watch"]),
    ("xml", &["error"]),
    ("timestamp", &[]),
    ("etag", &["crypto"]),
    ("credentials", &["error", "sigv4"]),
    ("body", &["error", "source"]),
    ("source", &["body", "crypto", "error", "sigv4"]),
    ("reader", &["error"]),
    ("object_body", &["error", "reader", "transport"]),
    ("request", &["body", "error", "sigv4"]),
    ("endpoint", &["error", "request", "sigv4"]),
    ("response", &["error", "object_body", "request", "xml"]),
    (
        "client",
        &[
            "client_builder",
            "credentials",
            "endpoint",
            "error",
            "sigv4",
            "transport",
        ],
    ),
    (
        "client_builder",
        &[
            "client",
            "credentials",
            "endpoint",
            "error",
            "sigv4",
            "transport",
        ],
    ),
    (
        "prepared",
        &[
            "client",
            "credentials",
            "endpoint",
            "error",
            "request",
            "sigv4",
        ],
    ),
    ("explanation", &["prepared", "sigv4"]),
    (
        "call",
        &[
            "client",
            "error",
            "explanation",
            "object_body",
            "prepared",
            "request",
            "response",
            "sigv4",
        ],
    ),
    (
        "operation",
        &[
            "body",
            "call",
            "client",
            "error",
            "etag",
            "object_body",
            "request",
            "response",
            "sigv4",
            "timestamp",
            "xml",
        ],
    ),
    ("watch", &["error", "source"]),
    ("tls", &["error", "transport"]),
    (
        "transport",
        &[
            "body",
            "call",
            "client",
            "client_builder",
            "credentials",
            "error",
            "object_body",
            "prepared",
            "request",
            "response",
            "sigv4",
            "source",
            "tls",
            "watch",
            "xml",
        ],
    ),
    ("part_limits", &["error"]),
    ("part_source", &["body", "error", "source"]),
    (
        "upload",
        &[
            "body",
            "call",
            "client",
            "error",
            "etag",
            "operation",
            "part_limits",
            "part_source",
            "request",
            "sigv4",
        ],
    ),
];

#[test]
fn dependencies_point_one_way() {
    for (name, lines) in sources() {
        let module = name.split(['/', '.']).next().unwrap();
        if module == "lib" {
            continue;
        }
        let (_, allowed) = MAY_USE
            .iter()
            .find(|(known, _)| *known == module)
            .unwrap_or_else(|| panic!("{name} is not in MAY_USE"));
        for line in code(&lines) {
            for used in line
                .match_indices("crate::")
                .map(|(at, found)| words(&line[at + found.len()..]).next().unwrap())
            {
                // A name at the root is a documentation link or a re-export, and not code.
                let is_module = MAY_USE.iter().any(|(known, _)| *known == used);
                assert!(
                    !is_module || used == module || allowed.contains(&used),
                    "{name} uses {used}: {line}"
                );
            }
        }
    }
}

#[test]
fn operations_do_not_know_each_other() {
    let operations: Vec<(String, Vec<String>)> = sources()
        .into_iter()
        .filter(|(name, _)| name.starts_with("operation/") && name != "operation/mod.rs")
        .collect();
    let modules: Vec<String> = operations
        .iter()
        .map(|(name, _)| {
            name.trim_start_matches("operation/")
                .trim_end_matches(".rs")
                .to_owned()
        })
        .collect();
    let shared = ["options", "object_info", "url_encoding"];
    for (name, lines) in &operations {
        for line in code(lines).filter(|line| line.contains("super::")) {
            let used = modules
                .iter()
                .find(|module| line.contains(&format!("super::{module}")));
            assert!(
                used.is_none_or(|used| shared.contains(&used.as_str())),
                "{name}: {line}"
            );
        }
    }
    for (name, lines) in sources() {
        let is_spine = !name.starts_with("operation/") && name != "upload.rs" && name != "lib.rs";
        assert!(
            !is_spine || !code(&lines).any(|line| line.contains("operation::")),
            "{name} names operations"
        );
    }
}

/// A file is as long as its one subject; a longer one has its reason here.
#[test]
fn files_are_short() {
    let reasons = [
        (
            "transport.rs",
            "the only file that names reqwest: settings, exchange, and the answer's body",
        ),
        ("error.rs", "all prose for people is here"),
        (
            "upload.rs",
            "half of it is documentation of the public calls",
        ),
        (
            "endpoint.rs",
            "one subject: a URL's parts, and which names may be among them",
        ),
    ];
    for (name, lines) in sources() {
        let length = lines
            .iter()
            .take_while(|line| !line.starts_with("#[cfg(test)]"))
            .count();
        let has_reason = reasons.iter().any(|(known, _)| *known == name);
        assert!(length <= 320 || has_reason, "{name} has {length} lines");
    }
}
