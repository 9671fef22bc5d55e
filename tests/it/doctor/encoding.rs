//! Listings that state an encoding: whether their keys have it.

use super::{EMPTY, Store, ok};
use slim_s3::{DoctorReport, Verdict};

/// The report about a store whose listings state the encoding and return the prefix without it.
async fn examine(are_keys_encoded: bool) -> DoctorReport {
    let store = Store::new(move |request| {
        let target = &request.target;
        if !target.contains("encoding-type=url") {
            return match target.contains("list-type=2") {
                true => ok(EMPTY),
                false => ("200 OK\r\netag: \"e\"".to_owned(), Vec::new()),
            };
        }
        let (_, encoded) = target.split_once("&prefix=").unwrap();
        // The characters of the doctor's keys.
        let raw = [
            ("%20", " "),
            ("%2B", "+"),
            ("%26", "&amp;"),
            ("%3D", "="),
            ("%27", "'"),
        ];
        let raw = raw.iter().fold(encoded.to_owned(), |text, (from, to)| {
            text.replace(from, to)
        });
        let raw = raw
            .replace("%C3%A9", "é")
            .replace("%21", "!")
            .replace("%25", "%");
        let key = if are_keys_encoded { encoded } else { &raw };
        ok(&format!(
            "<ListBucketResult><EncodingType>url</EncodingType><Prefix>{raw}</Prefix>\
             <Contents><Key>{key}</Key></Contents></ListBucketResult>"
        ))
    })
    .await;
    store.examine().await
}

#[tokio::test]
async fn keys_decide_whether_listings_are_encoded() {
    for are_keys_encoded in [true, false] {
        let report = examine(are_keys_encoded).await;
        assert_eq!(report.verdict("encoding_type"), Some(Verdict::Differs));
        let code = report.builder_code();
        let is_set = code.contains("dialect.encodes_listings = false;");
        assert_eq!(is_set, !are_keys_encoded, "{report}");
    }
}
