//! The example with ureq, which has no runtime, as a process.

use super::{MIB, TempFile, content, example, read};
use crate::support::live::{self, with_bucket};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_program_without_a_runtime_stores_and_reads_an_object() {
    if live::is_https() {
        // The example has no TLS.
        return;
    }
    with_bucket(|s3, bucket| async move {
        // Empty, and more than ureq reads by default.
        for size in [0, 5, 11 * MIB] {
            let data = content(size);
            let file = TempFile::new("ureq", &data);
            let copy = TempFile::new("ureq-copy", b"old content");
            let paths = [&file, &copy].map(|file| file.0.to_str().unwrap());
            let output = example("ureq")
                .arg(&bucket)
                .args(paths)
                .env("NO_PROXY", "*")
                .output()
                .unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{size}: {errors}");
            assert!(std::fs::read(&copy.0).unwrap() == data, "{size}");
            assert!(read(&s3, &bucket, "file").await == data, "{size}");
            let printed = String::from_utf8(output.stdout).unwrap();
            assert!(
                printed.ends_with(&format!("{size} bytes read\n")),
                "{printed}"
            );
        }
    })
    .await;
}
