//! The `sh` blocks of docs/tool.md, which are run one after the other, print the `text` blocks after them; and docs/doctor.md has
//! the reports of two stores.

use std::path::Path;
use std::process::Command;

use super::tool;
use crate::support::live::{self, Store, with_bucket};
use crate::support::tool::{Folder, run};

/// Separates the output of the blocks.
const END: &str = "=== the end of a block ===";

/// The commands and the expected output of each block.
fn blocks() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tool.md");
    let document = std::fs::read_to_string(path).unwrap();
    let mut blocks = Vec::new();
    for piece in document.split("```sh\n").skip(1) {
        let (commands, rest) = piece.split_once("```\n").unwrap();
        let rest = rest.strip_prefix("\n```text\n");
        let rest = rest.unwrap_or_else(|| panic!("no output after\n{commands}"));
        let (output, _) = rest.split_once("```\n").unwrap();
        blocks.push((commands.to_owned(), output.to_owned()));
    }
    blocks
}

/// Whether a line is as expected; `…` stands for any text.
fn matches(expected: &str, actual: &str) -> bool {
    let mut pieces = expected.split('…');
    let Some(mut rest) = actual.strip_prefix(pieces.next().unwrap()) else {
        return false;
    };
    let mut is_open = false;
    for piece in pieces {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = &rest[at + piece.len()..];
        is_open = piece.is_empty();
    }
    is_open || rest.is_empty()
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn the_commands_of_tool_md_print_what_it_says() {
    if crate::support::live::is_https() {
        // curl would need the certificate.
        return;
    }
    with_bucket(|_, bucket| async move {
        let folder = Folder::new();
        folder.write("cat.jpg", "meow");
        let bucket = format!("{bucket}-tool");
        let blocks = blocks();
        let mut script = "exec 2>&1\n".to_owned();
        for (commands, _) in &blocks {
            // Each in a shell of its own, so that its variables end with it.
            script += &format!("(\n{commands})\nprintf '%s\\n' '{END}'\n");
        }
        let script = script.replace("s3://photos", &format!("s3://{bucket}"));
        let script = script.replace("grep photos", &format!("grep {bucket}"));
        let variables = tool();
        let variables = variables
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?)));
        let programs = Path::new(env!("CARGO_BIN_EXE_slim-s3")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        let output = Command::new("sh")
            .args(["-c", &script])
            .env_clear()
            .envs(variables)
            .env("PATH", format!("{}:{path}", programs.display()))
            .current_dir(&folder.0)
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout)
            .unwrap()
            .replace(&bucket, "photos");
        let printed: Vec<&str> = printed.split_terminator(&format!("{END}\n")).collect();
        assert_eq!(printed.len(), blocks.len(), "{printed:?}");
        for ((commands, expected), printed) in blocks.iter().zip(printed) {
            let is_equal = expected.lines().count() == printed.lines().count()
                && expected
                    .lines()
                    .zip(printed.lines())
                    .all(|(one, two)| matches(one, two));
            assert!(
                is_equal,
                "{commands}\nprinted\n{printed}\ninstead of\n{expected}"
            );
        }
        assert!(blocks.len() > 12, "{} blocks", blocks.len());
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn doctor_md_shows_the_report_of_the_store() {
    let heading = match live::store() {
        Store::Minio if live::is_minio() && !live::is_https() => "## MinIO",
        Store::Versitygw => "## versitygw",
        // The document shows no others.
        _ => return,
    };
    with_bucket(move |_, bucket| async move {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/doctor.md");
        let document = std::fs::read_to_string(path).unwrap();
        let (_, section) = document.split_once(heading).unwrap();
        let (_, block) = section.split_once("```text\n").unwrap();
        let (expected, _) = block.split_once("```").unwrap();
        let url = format!("s3://{bucket}");
        let printed = run(tool(), &["doctor", "--write", &url]).succeeded();
        let printed = printed
            .replace(&bucket, "photos")
            .replace(&live::endpoint(), "http://127.0.0.1:9000");
        assert_eq!(
            expected.lines().count(),
            printed.lines().count(),
            "{printed}"
        );
        for (expected, printed) in expected.lines().zip(printed.lines()) {
            assert!(
                matches(expected, printed),
                "{printed}\ninstead of\n{expected}"
            );
        }
    })
    .await;
}
