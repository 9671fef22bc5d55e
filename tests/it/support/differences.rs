//! How the stores of `tests/stores` differ from MinIO over http, in the live tests.
//!
//! A line of `differences/<store>.txt` names a test, the statement in which it fails, and part of the message: the first
//! difference that shows. If the store does something else, or the same as MinIO, the test fails.

/// The stores of `tests/stores`.
pub const OTHER_STORES: [&str; 8] = [
    "ceph",
    "garage",
    "gofakes3",
    "moto",
    "rclone",
    "s3proxy",
    "seaweedfs",
    "swift",
];

/// The lines of a store, by the name of its script.
pub fn differences(store: &str) -> Option<&'static str> {
    let lines = match store {
        "ceph" => include_str!("differences/ceph.txt"),
        "garage" => include_str!("differences/garage.txt"),
        "gofakes3" => include_str!("differences/gofakes3.txt"),
        "moto" => include_str!("differences/moto.txt"),
        "rclone" => include_str!("differences/rclone.txt"),
        "s3proxy" => include_str!("differences/s3proxy.txt"),
        "seaweedfs" => include_str!("differences/seaweedfs.txt"),
        "swift" => include_str!("differences/swift.txt"),
        _ => return None,
    };
    Some(lines)
}

/// How a store differs from MinIO in a test.
#[derive(Debug)]
pub struct Difference {
    test: &'static str,
    /// Part of the statement that fails.
    pub statement: &'static str,
    /// Part of its message.
    pub message: &'static str,
}

impl Difference {
    fn parse(line: &'static str) -> Option<Difference> {
        let (test, rest) = line.split_once(" | ")?;
        let (statement, message) = rest.split_once(" | ")?;
        Some(Difference {
            test,
            statement,
            message,
        })
    }
}

/// How `store` is expected to differ in `test`.
pub fn expected_difference(store: &str, test: &str) -> Option<Difference> {
    let mut rows = differences(store)?.lines().filter_map(Difference::parse);
    rows.find(|row| {
        test.strip_suffix(row.test)
            .is_some_and(|path| path.ends_with("::"))
    })
}

/// Every line names a live test, in order.
#[test]
fn every_difference_names_a_test() {
    for store in OTHER_STORES {
        let script = format!("{}/tests/stores/{store}", env!("CARGO_MANIFEST_DIR"));
        assert!(std::path::Path::new(&script).exists(), "{script}");
        let lines: Vec<&str> = differences(store).unwrap().lines().collect();
        assert!(lines.is_sorted(), "{store}");
        for line in lines {
            let difference = Difference::parse(line).unwrap_or_else(|| panic!("{store}: {line}"));
            assert!(difference.statement.len() >= 9, "{store}: {line}");
            let test = difference.test;
            let (modules, name) = test.rsplit_once("::").unwrap();
            let path = format!(
                "{}/tests/it/live/{}.rs",
                env!("CARGO_MANIFEST_DIR"),
                modules.replace("::", "/")
            );
            let source =
                std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(
                source.contains(&format!("async fn {name}()")),
                "{store}: {test}"
            );
        }
    }
}
