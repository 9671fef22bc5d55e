//! The chapters in docs/signing. Their Rust examples are doctests, by src/guide.rs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    let text = fs::read_to_string(root().join(path)).unwrap();
    text.replace('\r', "")
}

/// Name and text of each chapter, in order, and of the workbook.
pub fn chapters() -> Vec<(String, String)> {
    let entries = fs::read_dir(root().join("docs/signing")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: BTreeSet<String> = names.filter(|name| name.ends_with(".md")).collect();
    assert_eq!(names.len(), 8, "{names:?}");
    let with_text = |name: String| {
        let text = read(&format!("docs/signing/{name}"));
        (name, text)
    };
    names.into_iter().map(with_text).collect()
}

/// Language and contents of each fenced block. Text between two of them has the language `None`.
pub fn blocks(text: &str) -> Vec<(Option<&str>, String)> {
    let mut blocks = vec![(None, String::new())];
    for line in text.lines() {
        match (line.strip_prefix("```"), blocks.last_mut().unwrap()) {
            (Some(language), (None, _)) => blocks.push((Some(language), String::new())),
            (Some(_), (Some(_), _)) => blocks.push((None, String::new())),
            (None, (_, contents)) => {
                contents.push_str(line);
                contents.push('\n');
            }
        }
    }
    blocks
}

/// The chapters are read from first to last in one shell.
#[cfg(unix)]
#[test]
fn the_shell_lines_of_the_chapters_print_the_block_after_them() {
    use std::process::Command;

    const END: &str = "=== the end of a block ===";
    let sh = |script: &str| {
        let output = Command::new("sh").args(["-c", script]).output();
        output.expect("this test needs sh")
    };
    for tool in ["sha256sum", "openssl"] {
        assert!(
            sh(&format!("command -v {tool}")).status.success(),
            "{tool} not found: this test runs the shell lines of docs/signing; install it and put it on the PATH"
        );
    }
    let (mut script, mut expected) = ("set -eu\n".to_owned(), Vec::new());
    for (name, text) in chapters() {
        let is_code = |(language, _): &(Option<&str>, String)| language.is_some();
        let code: Vec<_> = blocks(&text).into_iter().filter(is_code).collect();
        let before = expected.len();
        for (index, (language, lines)) in code.iter().enumerate() {
            if *language == Some("sh") {
                let (language, output) = code.get(index + 1).expect("a block with the output");
                assert_eq!(*language, Some("text"), "{name}: after\n{lines}");
                script += &format!("{lines}printf '\\n%s\\n' '{END}'\n");
                expected.push((name.clone(), output.trim_end().to_owned()));
            }
        }
        assert!(expected.len() > before, "{name} has no shell lines");
    }
    let output = sh(&script);
    let printed = String::from_utf8(output.stdout).unwrap();
    let printed: Vec<_> = printed
        .split_terminator(&format!("{END}\n"))
        .map(str::trim_end)
        .collect();
    let errors = String::from_utf8_lossy(&output.stderr);
    for ((name, expected), printed) in expected.iter().zip(&printed) {
        assert_eq!(printed, expected, "{name}: {errors}");
    }
    assert!(output.status.success(), "{errors}");
    assert_eq!(printed.len(), expected.len());
}

/// The label and target of `[label]: target`.
fn definition(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix('[')?.split_once("]: ")
}

/// The labels that the links in a text name: `[label]`, or the second half of `[text][label]`.
fn labels(prose: &str) -> Vec<&str> {
    let mut labels = Vec::new();
    for piece in prose.split('[').skip(1) {
        let (label, rest) = piece.split_once(']').unwrap();
        // Directly after `[text]` comes `[label]`.
        if !rest.is_empty() {
            labels.push(label);
        }
    }
    labels
}

/// In the repository a link leads to a file; on the pages of rustdoc, to what src/guide.rs defines for it.
#[test]
fn every_link_of_the_chapters_has_a_target_in_the_repository_and_in_rustdoc() {
    let guide = read("src/guide.rs");
    let modules: Vec<&str> = guide.split_inclusive("pub mod ").collect();
    for (name, text) in chapters() {
        let prose: String = blocks(&text)
            .into_iter()
            .filter(|(language, _)| language.is_none())
            .map(|(_, text)| text)
            .collect();
        assert!(!prose.contains("]("), "{name}: define links at the end");
        let (defined, prose): (Vec<_>, Vec<_>) =
            prose.lines().partition(|line| definition(line).is_some());
        let defined: Vec<_> = defined.into_iter().filter_map(definition).collect();
        for (label, target) in &defined {
            let path = root().join("docs/signing").join(target);
            assert!(path.is_file(), "{name}: {label} leads to {target}");
        }
        let defined: BTreeSet<_> = defined.into_iter().map(|(label, _)| label).collect();
        let prose = prose.join("\n");
        let used: BTreeSet<_> = labels(&prose).into_iter().collect();
        assert_eq!(used, defined, "{name}");

        let include = format!("include_str!(\"../docs/signing/{name}\")");
        let module = modules.iter().find(|module| module.contains(&include));
        let module = module.unwrap_or_else(|| panic!("src/guide.rs lacks {name}"));
        let lines = module.lines().filter_map(|line| line.strip_prefix("/// "));
        let in_rustdoc: BTreeSet<_> = lines
            .filter_map(definition)
            .map(|(label, _)| label)
            .collect();
        assert_eq!(in_rustdoc, defined, "{name} and src/guide.rs");
    }
}

/// Wider code is cut off on the pages of rustdoc. Output is shown as it is.
#[test]
fn code_of_the_chapters_is_at_most_85_columns_wide() {
    for (name, text) in chapters() {
        for (language, lines) in blocks(&text) {
            let is_code = matches!(language, Some("rust" | "sh"));
            for line in lines.lines().filter(|_| is_code) {
                assert!(line.chars().count() <= 85, "{name}: {line}");
            }
        }
    }
}
