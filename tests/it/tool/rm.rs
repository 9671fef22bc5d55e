//! `rm -`: keys on standard input, while they come in.

use std::io::Write;
use std::process::Stdio;

use super::{run_beside, tool_for};
use crate::support::script::{Script, play, response};
use crate::support::server::until;
use crate::support::tool::{Ended, started};

fn deleted(keys: &str) -> Script {
    let deleted = keys
        .lines()
        .map(|key| format!("<Deleted><Key>{key}</Key></Deleted>"));
    let deleted: String = deleted.collect();
    response("200 OK", format!("<DeleteResult>{deleted}</DeleteResult>"))
}

/// A thousand keys.
fn keys(name: &str) -> String {
    let keys = (0..1_000).map(|number| format!("{name}-{number}\n"));
    keys.collect()
}

#[tokio::test]
async fn a_thousand_keys_are_deleted_before_the_next_ones_are_read() {
    let batches = [keys("one"), keys("two")];
    let [one, two] = &batches;
    let server = play([deleted(one), deleted(two), deleted("last")]).await;
    let mut command = tool_for(&server);
    command.args(["rm", "s3://b", "-"]).stdin(Stdio::piped());
    let mut child = started(command);
    let mut stdin = child.stdin.take().unwrap();
    for (batch, count) in batches.iter().zip(1..) {
        stdin.write_all(batch.as_bytes()).unwrap();
        // Standard input is still open.
        until(|| server.requests().len() >= count).await;
    }
    stdin.write_all(b"last").unwrap();
    drop(stdin);
    let ended = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap());
    let ended: Ended = ended.await.unwrap().into();
    let stderr = ended.assert(0, "");
    assert!(stderr.starts_with("rm 2001 objects "), "{stderr}");
    assert_eq!(server.requests().len(), 3);
    assert_eq!(server.remaining(), 0);
}

#[tokio::test]
async fn a_key_that_is_wrong_ends_the_deletion() {
    let server = play([deleted(&keys("key"))]).await;
    let mut command = tool_for(&server);
    command.args(["rm", "s3://b", "-"]).stdin(Stdio::piped());
    let mut child = started(command);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(keys("key").as_bytes()).unwrap();
    let long = vec![b'x'; 20_000];
    // The tool may end before it has read everything.
    let _ = stdin
        .write_all(b"not deleted\n")
        .and_then(|()| stdin.write_all(&long));
    drop(stdin);
    let ended = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap());
    let ended: Ended = ended.await.unwrap().into();
    ended.failed(2, "standard input: a line is longer than 16384 bytes");
    assert_eq!(server.requests().len(), 1);
}

/// AWS stores such keys, but a request for one would name another path.
#[tokio::test]
async fn a_listed_key_that_cannot_be_sent_does_not_keep_the_others() {
    let keys = ["../x", "a", "b", "c", "d/../e"];
    let listed = keys.map(|key| format!("<Contents><Key>{key}</Key><Size>1</Size></Contents>"));
    let list = format!(
        "<ListBucketResult><IsTruncated>false</IsTruncated>{}</ListBucketResult>",
        listed.concat()
    );
    let scripts = [deleted("a"), deleted("b"), deleted("c")];
    let server = play([response("200 OK", list)].into_iter().chain(scripts)).await;
    let ended = run_beside(tool_for(&server), &["rm", "-r", "s3://bkt"]).await;
    let stderr = ended.assert(1, "");
    for text in ["../x", "d/../e", "rm 3 objects ", "slim-s3: 2 failed"] {
        assert!(stderr.contains(text), "no {text:?} in {stderr}");
    }
    assert_eq!(server.remaining(), 0);
}
