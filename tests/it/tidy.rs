//! The structure of the sources: which folder uses which, where other crates are named, and what the tables of the
//! documents list. ARCHITECTURE.md gives the reasons.

use std::fs;
use std::path::Path;

/// The folders and files of `src/`. Each uses only those before it.
const LAYERS: &str = "crypto redact checksum sigv4 error xml timestamp etag mismatch retry body request driver client response call \
                      explain operation http send diagnosis credentials transfer doctor blocking guide";

/// The two pairs that use each other. The `mod.rs` of `http` explains them.
const PAIRS: [[&str; 2]; 2] = [["client", "http"], ["response", "http"]];

/// Files that are longer than 320 lines, each with its reason.
const LONG_FILES: [(&str, &str); 1] = [(
    "client/endpoint.rs",
    "one subject: the parts of a URL, and which names may be among them",
)];

struct Source {
    /// The path below `src/`.
    path: String,
    text: String,
}

impl Source {
    /// The folder, or the file at the top of `src/`.
    fn layer(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap()
    }

    /// The lines without comments and unit tests.
    fn code(&self) -> impl Iterator<Item = &str> {
        let end = self
            .text
            .find("#[cfg(test)]\nmod tests")
            .unwrap_or(self.text.len());
        let lines = self.text[..end].lines();
        lines.filter(|line| !line.trim_start().starts_with("//"))
    }

    /// The identifier after each occurrence of `start`, such as `crate::`.
    fn names_after(&self, start: &str) -> Vec<&str> {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let mut names = Vec::new();
        for line in self.code() {
            for (at, _) in line.match_indices(start) {
                let before = line[..at].strip_suffix("::").unwrap_or(&line[..at]);
                let is_start = !before.ends_with(is_name);
                let rest = &line[at + start.len()..];
                if is_start {
                    names.push(&rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())]);
                }
            }
        }
        names
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut sources) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("tests.rs") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
                sources.push(Source {
                    path: name.replace('\\', "/"),
                    text: fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    assert!(sources.len() > 80, "{} files", sources.len());
    sources.sort_by(|one, two| one.path.cmp(&two.path));
    sources
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn folders_use_only_those_before_them() {
    let rank = |layer: &str| LAYERS.split(' ').position(|known| known == layer);
    let is_library = |source: &&Source| source.path != "lib.rs" && source.layer() != "bin";
    for source in sources().iter().filter(is_library) {
        let (path, layer) = (&source.path, source.layer());
        assert!(rank(layer).is_some(), "{path} belongs to no layer");
        for used in source.names_after("crate::") {
            assert!(
                rank(used).is_some(),
                "{path} uses crate::{used}: name a folder or file of src/, one at a time"
            );
            let is_pair = PAIRS
                .iter()
                .any(|pair| pair.contains(&layer) && pair.contains(&used));
            assert!(
                is_pair || rank(used) <= rank(layer),
                "{path} uses crate::{used}"
            );
        }
        // `super` stays within the folder, so only names after `crate::` lead out of it.
        assert!(
            !source.text.contains("super::super"),
            "{path} leaves its folder by super"
        );
    }
}

#[test]
fn sigv4_uses_only_crypto_and_redact() {
    for source in sources().iter().filter(|source| source.layer() == "sigv4") {
        let used = source.names_after("crate::");
        let is_allowed = |used: &&str| matches!(*used, "crypto" | "redact" | "sigv4");
        assert!(used.iter().all(is_allowed), "{} uses {used:?}", source.path);
    }
}

#[test]
fn each_dependency_is_named_in_one_place() {
    let users = |name: &str| -> Vec<String> {
        let start = format!("{name}::");
        let is_user = |source: &Source| !source.names_after(&start).is_empty();
        sources()
            .into_iter()
            .filter(is_user)
            .map(|source| source.path)
            .collect()
    };
    let only_in_http = users("reqwest")
        .iter()
        .all(|path| path.starts_with("http/"));
    assert!(only_in_http, "reqwest: {:?}", users("reqwest"));
    for (name, files) in [
        ("rustls", &["http/tls.rs"][..]),
        ("quick_xml", &["xml.rs"]),
        (
            "tracing",
            &["bin/slim-s3/request_log.rs", "send/telemetry.rs"],
        ),
        ("indicatif", &["bin/slim-s3/progress.rs"]),
        ("mime_guess", &["bin/slim-s3/object_options.rs"]),
        ("clap_complete", &["bin/slim-s3/completions.rs"]),
        ("clap_mangen", &["bin/slim-s3/completions.rs"]),
        (
            "fastrand",
            &[
                "client/renewal.rs",
                "doctor/encryption.rs",
                "doctor/examination.rs",
                "send/attempts.rs",
                "send/continued.rs",
                "transfer/part_file.rs",
            ],
        ),
        ("chrono", &["sigv4/date.rs", "timestamp.rs"]),
        ("sha2", &["crypto.rs"]),
        ("hmac", &["crypto.rs"]),
        ("md5", &["bin/slim-s3/resume_find.rs", "crypto.rs"]),
        ("sha1", &["crypto.rs"]),
        ("crc32c", &["checksum/algorithms.rs"]),
        ("crc32fast", &["checksum/algorithms.rs"]),
        ("crc64fast_nvme", &["checksum/algorithms.rs"]),
    ] {
        assert_eq!(users(name), files, "{name}");
    }
}

/// ARMv5 and 32-bit MIPS have no 64-bit atomics.
#[test]
fn no_file_names_a_64_bit_atomic() {
    for source in sources() {
        for name in ["AtomicI64", "AtomicU64"] {
            assert!(
                !source.text.contains(name),
                "{} names {name}: use a Mutex, or a type of 32 bits",
                source.path
            );
        }
    }
}

/// A file of `operation/` may use what is in `shared/`. Only transfers use operations, and the two files about the requests that
/// settle writes.
#[test]
fn operations_are_independent_of_each_other() {
    for source in sources() {
        let path = &source.path;
        if path.starts_with("operation/") && !path.ends_with("mod.rs") && !path.contains("/shared/")
        {
            let used = source.names_after("super::");
            assert!(
                used.iter().all(|used| *used == "shared"),
                "{path} uses {used:?}"
            );
        }
        let may_use_operations =
            matches!(source.layer(), "transfer" | "blocking") || path.ends_with("/follow_up.rs");
        let uses_operations = source.names_after("crate::").contains(&"operation");
        assert!(
            may_use_operations || !uses_operations,
            "{path} uses an operation"
        );
    }
}

/// The README lists each operation with its method and file; each file has an example, `# Errors`, and a link to AWS's page.
#[test]
fn every_operation_is_documented() {
    let readme = read("README.md");
    let mut count = 0;
    for source in sources() {
        let Some(method) = source
            .path
            .strip_prefix("operation/")
            .and_then(|path| path.strip_suffix(".rs"))
        else {
            continue;
        };
        if method == "mod" || method.contains('/') {
            continue;
        }
        let text = &source.text;
        let (operation, _) = text.strip_prefix("//! ").unwrap().split_once(':').unwrap();
        let row =
            format!("| {operation} | `{method}` | [{method}.rs](src/operation/{method}.rs) |");
        assert!(readme.contains(&row), "README.md has no row {row}");
        for expected in [
            &format!("\"{operation}\", Effect::"),
            &format!("API/API_{operation}.html>"),
            &format!("pub fn {method}"),
            "/// ```",
            "/// # Errors",
        ] {
            assert!(
                text.contains(expected),
                "{method}.rs does not contain {expected}"
            );
        }
        count += 1;
    }
    assert_eq!(
        readme.matches("](src/operation/").count(),
        count,
        "README.md has too many rows"
    );
}

#[test]
fn every_row_of_the_compatibility_table_names_a_test() {
    let text = read("docs/compatibility.md");
    // The table before the first heading lists the stores.
    let rows = text.lines().skip_while(|line| !line.starts_with("## "));
    let rows = rows.filter(|line| line.starts_with("| ") && !line.ends_with("| test |"));
    let mut count = 0;
    for row in rows {
        let (_, cell) = row.trim_end_matches(" |").rsplit_once(" | ").unwrap();
        let (module, name) = cell
            .trim_matches('`')
            .rsplit_once("::")
            .unwrap_or_else(|| panic!("{row}"));
        let path = format!("tests/it/{}", module.replace("::", "/"));
        let is_folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(&path).is_dir();
        let source = read(&format!(
            "{path}{}",
            if is_folder { "/mod.rs" } else { ".rs" }
        ));
        let (before, _) = source
            .split_once(&format!("fn {name}() {{"))
            .unwrap_or_else(|| panic!("{module} has no {name}"));
        let attributes = before.rsplit("\n\n").next().unwrap();
        assert!(attributes.contains("test"), "{cell} is not a test");
        count += 1;
    }
    assert!(count > 40, "{count} rows");
}

#[test]
fn files_are_short() {
    for source in sources() {
        let end = source
            .text
            .find("#[cfg(test)]\nmod tests")
            .unwrap_or(source.text.len());
        let length = source.text[..end].lines().count();
        let has_reason = LONG_FILES.iter().any(|(path, _)| *path == source.path);
        assert_eq!(
            length > 320,
            has_reason,
            "{} has {length} lines",
            source.path
        );
    }
}

/// Wider code is cut off on the pages of rustdoc.
#[test]
fn code_in_docs_is_at_most_85_columns_wide() {
    for source in sources() {
        let mut is_code = false;
        for line in source.text.lines().map(str::trim_start) {
            let docs = line
                .strip_prefix("//")
                .and_then(|rest| rest.strip_prefix(['/', '!']));
            let docs = docs.map(|text| text.strip_prefix(' ').unwrap_or(text));
            is_code = match docs {
                Some(text) if text.starts_with("```") => !is_code,
                docs => is_code && docs.is_some(),
            };
            let width = docs.unwrap_or_default().chars().count();
            assert!(!is_code || width <= 85, "{}: {line}", source.path);
        }
    }
}
