//! Every operation against the exchanges with real stores recorded in `fixtures/responses`. The client must send the
//! recorded request and parse the recorded response as each call expects.
//!
//! `tests/run --record` records with the same calls.

mod aws;
mod buckets;
mod copies;
mod deletes;
mod listings;
mod multipart;
mod objects;
mod stores;
mod tags;

use std::path::{Path, PathBuf};

use crate::support::differences::OTHER_STORES;
use crate::support::exchange::Session;
use crate::support::masking::normalised;

const BUCKET: &str = "fixtures";

#[tokio::test]
async fn the_minio_recording_is_reproduced() {
    run_all(&Session::replay("minio").await).await;
}

#[tokio::test]
async fn the_versitygw_recording_is_reproduced() {
    run_all(&Session::replay("versitygw").await).await;
}

/// A change that breaks one of these stores fails here, without the store.
#[tokio::test]
async fn the_outcomes_on_the_other_stores_are_reproduced() {
    for store in OTHER_STORES {
        let expected = std::fs::read_to_string(outcomes_file(&responses(), store)).unwrap();
        let outcomes = stores::run(&Session::replay(store).await).await;
        for (line, expected) in outcomes.lines().zip(expected.lines()) {
            assert_eq!(line, expected, "{store}");
        }
        assert_eq!(outcomes, expected, "{store}");
    }
}

fn responses() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/responses")
}

fn outcomes_file(folder: &Path, store: &str) -> PathBuf {
    folder.join(format!("outcomes.{store}.txt"))
}

/// If a case is deleted, its recording must be deleted too.
#[test]
fn every_recording_is_replayed() {
    let sources = [
        include_str!("aws.rs"),
        include_str!("buckets.rs"),
        include_str!("copies.rs"),
        include_str!("deletes.rs"),
        include_str!("listings.rs"),
        include_str!("multipart.rs"),
        include_str!("objects.rs"),
        include_str!("stores.rs"),
        include_str!("tags.rs"),
    ]
    .concat();
    let folder = responses();
    let mut count = 0;
    for operation in operations(&folder) {
        for file in std::fs::read_dir(operation).unwrap() {
            let path = file.unwrap().path();
            let name = path.strip_prefix(&folder).unwrap().to_str().unwrap();
            let case = name.split('.').next().unwrap();
            // A follow-up, named after the request whose response it settles.
            let case = match case.split_once("/settles-") {
                Some((_, settled)) => settled.replacen('-', "/", 1),
                None => case.to_owned(),
            };
            assert!(
                sources.contains(&format!("\"{case}\"")),
                "no test replays {name}"
            );
            count += 1;
        }
    }
    println!("{count} files");
    assert!(count >= 140, "{count} files");
}

/// Run by `tests/run --record`, which sets the variables; does nothing without them.
#[tokio::test]
async fn record() {
    let variable = |name: &str| std::env::var(name).ok();
    let (Some(folder), Some(store), Some(address)) = (
        variable("SLIM_S3_RECORD"),
        variable("S3_TEST_STORE"),
        variable("SLIM_S3_RECORD_FROM"),
    ) else {
        return;
    };
    let folder = Path::new(&folder);
    let session = Session::record(&store, &address, folder).await;
    if OTHER_STORES.contains(&store.as_str()) {
        let outcomes = stores::run(&session).await;
        std::fs::write(outcomes_file(folder, &store), outcomes).unwrap();
    } else {
        run_all(&session).await;
    }
    println!("recorded {store}");
}

/// Run by `tests/run --compare`: masks the values that differ in each recording, in every file of a folder.
#[test]
fn normalise() {
    let Ok(folder) = std::env::var("SLIM_S3_NORMALISE") else {
        return;
    };
    for operation in operations(Path::new(&folder)) {
        for file in std::fs::read_dir(operation).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read(&path).unwrap();
            std::fs::write(&path, normalised(&String::from_utf8_lossy(&text))).unwrap();
        }
    }
}

/// The folder of each operation.
fn operations(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.is_dir()).collect()
}

/// In this order: later calls depend on the objects that earlier ones have written.
async fn run_all(session: &Session) {
    buckets::run(session).await;
    objects::run(session).await;
    tags::run(session).await;
    copies::run(session).await;
    listings::run(session).await;
    multipart::run(session).await;
    deletes::run(session).await;
}
