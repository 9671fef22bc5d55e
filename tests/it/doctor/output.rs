//! The report as text and as JSON, whole.

use super::{Store, assert_prints};

/// The response to every request.
const DENIED: &str =
    "<Error><Code>AccessDenied</Code><Message>\"No\" \\ \u{1}\u{2028}!</Message></Error>";

#[tokio::test]
async fn a_report_prints_as_a_table_and_as_json() {
    let store = Store::new(|_| {
        let head = "403 Forbidden\r\nserver: Nobody";
        (head.to_owned(), DENIED.into())
    })
    .await;
    let report = store.client.doctor("bucket").send().await;
    assert_prints(&report);
    let text = report.to_string();
    let row = "list_objects_v2         refused    403 AccessDenied: \"No\" \\ \\u{1}\\u{2028}!\n";
    assert!(text.contains(row), "{text}");
    assert!(text.starts_with("endpoint  http://127.0.0.1:"), "{text}");
    let settings =
        "Settings:\n\n    let s3 = Client::builder()\n        .endpoint(\"http://127.0.0.1:";
    assert!(text.contains(settings), "{text}");
    let end =
        "    export AWS_REGION=us-east-1\n    export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…\n";
    assert!(text.ends_with(end), "{text}");
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    let mut names: Vec<&String> = json.as_object().unwrap().keys().collect();
    names.sort();
    let expected = [
        "bucket",
        "bytes_sent",
        "checks",
        "endpoint",
        "error",
        "left",
        "milliseconds",
        "prefix",
        "requests",
        "server",
        "settings",
        "write",
    ];
    assert_eq!(names, expected);
    assert_eq!(json["bucket"], "bucket");
    assert_eq!(json["write"], false);
    assert_eq!(json["error"], serde_json::Value::Null);
    assert_eq!(json["settings"]["builder"], report.builder_code());
    assert_eq!(json["settings"]["environment"]["AWS_REGION"], "us-east-1");
}
