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

/// How many lines stand before a file's tests.
fn length(lines: &[String]) -> usize {
    let tests = |pair: &[String]| pair[0] == "#[cfg(test)]" && pair[1] == "mod tests {";
    lines.windows(2).position(tests).unwrap_or(lines.len())
}

/// The lines of code: no comments, and no tests.
fn code(lines: &[String]) -> impl Iterator<Item = &str> {
    let code = lines[..length(lines)].iter().map(String::as_str);
    code.filter(|line| !line.trim_start().starts_with("//"))
}

/// The names and signs of a file's code, without comments, texts and lifetimes.
fn tokens(lines: &[String]) -> Vec<String> {
    let text: String = code(lines).flat_map(|line| [line, "\n"]).collect();
    let mut tokens = Vec::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let is_name = |character: char| character.is_alphanumeric() || character == '_';
        let length = if rest.starts_with("r#") && !rest.starts_with("r#\"") {
            2
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap()
        } else if first == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|character| {
                let ends = character == '"' && !escaped;
                escaped = character == '\\' && !escaped;
                ends
            });
            end.unwrap() + 2
        } else if let Some(character) = rest.strip_prefix('\'') {
            // A character, or a lifetime.
            match (character.starts_with('\\'), character.chars().nth(1)) {
                (true, _) => 3 + character[2..].find('\'').unwrap() + 1,
                (false, Some('\'')) => 2 + character.chars().next().unwrap().len_utf8(),
                (false, _) => 1 + character.find(|c| !is_name(c)).unwrap(),
            }
        } else if is_name(first) {
            let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

fn users(word: &str) -> Vec<String> {
    sources()
        .into_iter()
        .filter(|(_, lines)| tokens(lines).iter().any(|token| token == word))
        .map(|(name, _)| name)
        .collect()
}

/// The files in which a crate stands at the beginning of a path, within a `use` or elsewhere.
fn users_of_crate(name: &str) -> Vec<String> {
    let uses = |tokens: &[String]| {
        let mut in_use = false;
        (0..tokens.len()).any(|at| {
            match tokens[at].as_str() {
                "use" => in_use = true,
                ";" => in_use = false,
                _ => {}
            }
            let before = |back: usize| at.checked_sub(back).map_or("", |at| tokens[at].as_str());
            // Behind `a::` it is a part of something else; behind `use ::` or `(::` it is the beginning.
            let is_inside = before(1) == "::"
                && before(2).starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '>'))
                && before(2) != "use";
            let is_path = tokens.get(at + 1).is_some_and(|after| after == "::");
            let is_used = in_use && matches!(before(1), "use" | "{" | "," | "::");
            tokens[at] == name && !is_inside && (is_path || is_used || before(1) == "crate")
        })
    };
    sources()
        .into_iter()
        .filter(|(_, lines)| uses(&tokens(lines)))
        .map(|(name, _)| name)
        .collect()
}

/// A second name for the root would hide what is used through it.
#[test]
fn the_root_has_one_name() {
    for (name, lines) in sources() {
        let tokens = tokens(&lines);
        let renamed = tokens
            .windows(2)
            .any(|pair| matches!(pair[0].as_str(), "crate" | "self" | "super") && pair[1] == "as");
        assert!(!renamed, "{name} gives the root another name");
    }
}

/// All paths of a file that begin at this crate's root or at a neighbour, from the root on: `use` trees taken apart,
/// `super` resolved.
fn paths(name: &str, lines: &[String]) -> Vec<Vec<String>> {
    let mut module: Vec<String> = name
        .trim_end_matches(".rs")
        .split('/')
        .map(str::to_owned)
        .collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
        module.pop();
    }
    let tokens = tokens(lines);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let is_beginning = at == 0 || tokens[at - 1] != "::";
        let (mut root, begins) = match tokens[at].as_str() {
            "crate" => (Vec::new(), true),
            "self" | "super" => (module.clone(), true),
            _ => (Vec::new(), false),
        };
        if !(begins && is_beginning && tokens.get(at + 1).is_some_and(|next| next == "::")) {
            at += 1;
            continue;
        }
        while tokens[at] == "super" {
            root.pop();
            at += 2;
        }
        if matches!(tokens[at].as_str(), "crate" | "self") {
            at += 2;
        }
        at = tree(&tokens, at, &root, &mut found);
    }
    found
}

/// Reads one path, or a group of them, from `at` on; where it ends.
fn tree(tokens: &[String], mut at: usize, root: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = root.to_vec();
    loop {
        if tokens[at] == "{" {
            at += 1;
            while tokens[at] != "}" {
                at = tree(tokens, at, &path, found);
                if tokens[at] == "as" {
                    at += 2;
                }
                if tokens[at] == "," {
                    at += 1;
                }
            }
            return at + 1;
        }
        path.push(tokens[at].clone());
        at += 1;
        if tokens.get(at).is_none_or(|next| next != "::") || tokens[at + 1] == "<" {
            found.push(path);
            return at;
        }
        at += 1;
    }
}

#[test]
fn one_file_for_each_foreign_crate() {
    assert_eq!(users_of_crate("reqwest"), ["transport.rs"]);
    assert_eq!(users_of_crate("rustls"), ["tls.rs"]);
    assert_eq!(users_of_crate("quick_xml"), ["xml.rs"]);
    assert_eq!(users_of_crate("tracing"), ["telemetry.rs"]);
    assert_eq!(users_of_crate("fastrand"), ["attempts.rs"]);
    assert_eq!(users_of_crate("chrono"), ["sigv4/date.rs", "timestamp.rs"]);
    for crypto in ["sha2", "hmac", "md5"] {
        assert_eq!(users_of_crate(crypto), ["crypto.rs"], "{crypto}");
    }
}

#[test]
fn async_is_where_something_is_waited_for() {
    let allowed = [
        "attempts.rs",
        "bulk_delete.rs",
        "client_builder.rs",
        "object_body.rs",
        "one_shot.rs",
        "pager.rs",
        "part_source.rs",
        "send.rs",
        "source.rs",
        "transport.rs",
        "upload.rs",
    ];
    for file in users("async").into_iter().chain(users("await")) {
        assert!(allowed.contains(&file.as_str()), "{file} is async");
    }
}

/// The secret's text is private to the file that derives keys from it, and nothing there gives it away.
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
    let impls: Vec<&str> = sources
        .iter()
        .flat_map(|(_, lines)| code(lines))
        .filter(|line| line.starts_with("impl") && line.contains("SecretAccessKey"))
        .collect();
    let expected = [
        "impl SecretAccessKey {",
        "impl fmt::Debug for SecretAccessKey {",
        "impl ZeroizeOnDrop for SecretAccessKey {}",
    ];
    assert_eq!(impls, expected);
    let methods: Vec<&str> = code(signing_key)
        .skip_while(|line| *line != "impl SecretAccessKey {")
        .take_while(|line| *line != "}")
        .filter(|line| line.contains("fn "))
        .map(str::trim)
        .collect();
    let expected = [
        "pub fn new(secret: impl Into<String>) -> SecretAccessKey {",
        "pub(crate) fn problem(&self) -> Option<&'static str> {",
    ];
    assert_eq!(methods, expected);
    // Every place that looks into one of the file's types: of the secret, one to check and one to derive.
    let reads: Vec<&str> = code(signing_key)
        .filter(|line| line.contains(".0"))
        .map(str::trim)
        .collect();
    let expected = [
        "match self.0.as_str() {",
        "let seed = Zeroizing::new(format!(\"AWS4{}\", secret_access_key.0.as_str()));",
        "Signature::new(hmac_sha256(&self.0, text.as_bytes()))",
        "hex::encode(self.0)",
        "self.0.zeroize();",
        "let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);",
    ];
    assert_eq!(reads, expected);
}

/// What a file may use of this crate. `sigv4` stands for the folder, and `operation` likewise.
const MAY_USE: &[(&str, &[&str])] = &[
    ("crypto", &[]),
    ("sigv4", &["crypto"]),
    ("error", &[]),
    ("xml", &["error"]),
    ("timestamp", &[]),
    ("etag", &["crypto"]),
    ("credentials", &["error", "sigv4"]),
    ("body", &["error", "source"]),
    ("source", &["body", "crypto", "sigv4"]),
    ("one_shot", &["body", "error", "sigv4", "source"]),
    ("reader", &["error"]),
    ("outcome", &["error"]),
    ("retry", &["error"]),
    ("object_body", &["error", "reader", "transport"]),
    ("request", &["body", "error", "retry", "sigv4"]),
    ("endpoint", &["error", "request", "sigv4"]),
    ("response", &["error", "object_body", "timestamp", "xml"]),
    (
        "client",
        &[
            "client_builder",
            "credentials",
            "endpoint",
            "error",
            "retry",
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
            "retry",
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
            "retry",
            "sigv4",
        ],
    ),
    (
        "operation",
        &[
            "body",
            "call",
            "client",
            "crypto",
            "endpoint",
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
    ("telemetry", &["error", "request", "retry"]),
    ("correction", &["client", "credentials", "error"]),
    (
        "attempts",
        &[
            "client",
            "correction",
            "error",
            "outcome",
            "request",
            "response",
            "retry",
            "telemetry",
            "transport",
        ],
    ),
    ("send", &["attempts", "call", "error", "transport"]),
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
    ("pager", &["call", "error", "operation"]),
    (
        "bulk_delete",
        &["call", "client", "error", "operation", "request", "xml"],
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
            "response",
            "sigv4",
        ],
    ),
];

/// Two files that are one thing in two: each pair knows each other, and nothing else does so.
const PAIRS: &[[&str; 2]] = &[
    ["body", "source"],
    ["client", "client_builder"],
    ["client", "transport"],
    ["client_builder", "transport"],
    ["object_body", "transport"],
    ["tls", "transport"],
];

fn module_of(name: &str) -> &str {
    name.split(['/', '.']).next().unwrap()
}

#[test]
fn dependencies_point_one_way() {
    let mut seen = std::collections::BTreeSet::new();
    for (name, lines) in sources() {
        let module = module_of(&name);
        if module == "lib" {
            continue;
        }
        let (module, allowed) = MAY_USE
            .iter()
            .find(|(known, _)| *known == module)
            .unwrap_or_else(|| panic!("{name} is not in MAY_USE"));
        for path in paths(&name, &lines) {
            let Some((used, _)) = MAY_USE.iter().find(|(known, _)| *known == path[0]) else {
                panic!(
                    "{name} names {}, which is no file: name it by its own",
                    path.join("::")
                );
            };
            assert!(
                used == module || allowed.contains(used),
                "{name} uses {}",
                path.join("::")
            );
            seen.insert((*module, *used));
        }
    }
    for (module, allowed) in MAY_USE {
        for used in *allowed {
            assert!(
                seen.contains(&(*module, *used)),
                "{module} does not use {used}"
            );
        }
    }
    // What is not in a pair can be laid out in order, each using only what comes before it.
    let is_pair = |one: &str, two: &str| {
        PAIRS
            .iter()
            .any(|pair| pair.contains(&one) && pair.contains(&two))
    };
    let mut rest: Vec<_> = MAY_USE.to_vec();
    while !rest.is_empty() {
        let names: Vec<&str> = rest.iter().map(|(name, _)| *name).collect();
        rest.retain(|(module, allowed)| {
            allowed
                .iter()
                .any(|used| names.contains(used) && !is_pair(module, used))
        });
        assert!(
            rest.len() < names.len(),
            "these use each other in a circle: {names:?}"
        );
    }
}

/// Files of `operation/` that are no operation.
const SHARED: &[&str] = &[
    "checksum",
    "content_range",
    "copy_source",
    "document",
    "encryption",
    "object_info",
    "options",
    "owner",
    "tag",
    "url_encoding",
    "versioning_status",
];

/// The README's table has each operation, by AWS's name, with its method and its file; and each file has the page of
/// AWS's reference and an example.
#[test]
fn operations_are_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let mut count = 0;
    for (name, lines) in sources() {
        let Some(file) = name
            .strip_prefix("operation/")
            .and_then(|name| name.strip_suffix(".rs"))
        else {
            continue;
        };
        if file == "mod" || SHARED.contains(&file) {
            continue;
        }
        let text = lines.join("\n");
        let operation = lines[0]
            .strip_prefix("//! ")
            .unwrap()
            .split(':')
            .next()
            .unwrap();
        assert!(
            text.contains(&format!(
                "const SPEC: OperationSpec = OperationSpec::new(\"{operation}\", Effect::Reads);"
            )),
            "{file}"
        );
        let method = if file == "delete_objects" {
            "delete_objects_batch"
        } else {
            file
        };
        let row = format!("| {operation} | `{method}` | [{file}.rs](src/operation/{file}.rs) |");
        assert!(readme.contains(&row), "README.md has no row {row}");
        let page = format!("API/API_{operation}.html>");
        assert!(
            text.contains(&page),
            "{file} does not name its page, {page}"
        );
        assert!(text.contains("/// ```"), "{file} has no example");
        assert!(
            text.contains("/// # Errors"),
            "{file} does not say how it fails"
        );
        count += 1;
    }
    let rows = readme
        .lines()
        .filter(|line| line.contains("](src/operation/"))
        .count();
    assert_eq!(rows, count, "README.md has a row too many");
}

#[test]
fn operations_do_not_know_each_other() {
    for (name, lines) in sources() {
        for path in paths(&name, &lines) {
            if path[0] != "operation" {
                continue;
            }
            let knows_them = matches!(
                name.as_str(),
                "bulk_delete.rs" | "pager.rs" | "upload.rs" | "lib.rs" | "operation/mod.rs"
            );
            let is_shared = name.starts_with("operation/")
                && path
                    .get(1)
                    .is_some_and(|file| SHARED.contains(&file.as_str()));
            assert!(knows_them || is_shared, "{name} uses {}", path.join("::"));
        }
    }
}

/// What reads the code for the tests above finds what they are about.
#[test]
fn paths_are_found_in_every_spelling() {
    let found = |name: &str, text: &str| -> Vec<String> {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        paths(name, &lines)
            .iter()
            .map(|path| path.join("::"))
            .collect()
    };
    let text = "use crate::{error::Error, sigv4::{self, date::{AmzDate as At}}};\nuse super::options::Versioned;\n\
        fn f<'a>(a: &'a crate::body::Body) { let c = '\\''; let s = \"crate::x \\\" \"; super::super::xml::root_is(b'c'); } // crate::y";
    assert_eq!(
        found("operation/get.rs", text),
        [
            "error::Error",
            "sigv4::self",
            "sigv4::date::AmzDate",
            "operation::options::Versioned",
            "body::Body",
            "xml::root_is"
        ]
    );
    assert_eq!(
        found("operation/mod.rs", "use self::options::Versioned;"),
        ["operation::options::Versioned"]
    );
    assert_eq!(found("upload.rs", "use crate::GetObject;"), ["GetObject"]);
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
        let length = length(&lines);
        let has_reason = reasons.iter().any(|(known, _)| *known == name);
        assert!(length <= 320 || has_reason, "{name} has {length} lines");
    }
}

/// Each row of docs/compatibility.md ends with the path of a test that is there.
#[test]
fn compatibility_names_tests_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/compatibility.md")).unwrap();
    let is_row = |line: &&str| line.starts_with("| ") && !line.ends_with("| test |");
    let (mut rows, mut in_stores) = (0, false);
    for line in text.lines() {
        in_stores |= line.starts_with("## ");
        // The first table is of the stores themselves.
        if !in_stores || !is_row(&line) {
            continue;
        }
        let cell = line.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let path = cell.trim_matches('`');
        let (file, name) = path
            .rsplit_once("::")
            .unwrap_or_else(|| panic!("no test at the end of {line}"));
        let file = format!("tests/it/{}.rs", file.replace("::", "/"));
        let source =
            fs::read_to_string(root.join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let lines: Vec<&str> = source.lines().collect();
        let at = lines
            .iter()
            .position(|line| line.contains(&format!("fn {name}() {{")))
            .unwrap_or_else(|| panic!("{file} has no {name}"));
        let is_test = lines[..at]
            .iter()
            .rev()
            .take_while(|line| line.starts_with("#["))
            .any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"));
        assert!(is_test, "{path} is no test");
        rows += 1;
    }
    assert!(rows > 30, "{rows} rows");
}
