//! Dialects: what each field changes in the request that is signed, and conditions that the store would ignore.

use slim_s3::operation::CompletedPart;
use slim_s3::{Addressing, Client, ClientBuilder, Credentials, Dialect, ETag, Error};

use super::{assert_call_accepted, assert_call_rejected, assert_rejected, builder, epoch};

/// Every dialect, with the writes whose conditions it ignores: put, complete, target of a copy, source of a copy, delete.
const DIALECTS: [(Dialect, [bool; 5]); 16] = {
    const YES: bool = true;
    const NO: bool = false;
    [
        (Dialect::AWS, [NO, NO, NO, NO, NO]),
        (Dialect::B2, [NO, NO, NO, NO, NO]),
        (Dialect::CEPH, [NO, YES, YES, YES, YES]),
        (Dialect::GARAGE, [YES, YES, YES, NO, YES]),
        (Dialect::GCS, [YES, YES, YES, NO, YES]),
        (Dialect::GOFAKES3, [NO, YES, YES, YES, YES]),
        (Dialect::MINIO, [NO, NO, YES, NO, YES]),
        (Dialect::MOTO, [NO, YES, YES, YES, NO]),
        (Dialect::R2, [NO, NO, YES, NO, YES]),
        (Dialect::RCLONE, [NO, NO, YES, NO, NO]),
        (Dialect::S3PROXY, [NO, NO, YES, NO, NO]),
        (Dialect::S3S_FS, [NO, NO, YES, NO, YES]),
        (Dialect::SEAWEEDFS, [NO, NO, NO, NO, NO]),
        (Dialect::SWIFT, [NO, NO, NO, NO, NO]),
        (Dialect::VERSITYGW, [NO, NO, YES, NO, NO]),
        (Dialect::WASABI, [NO, NO, NO, NO, NO]),
    ]
};

fn store(endpoint: &str) -> ClientBuilder {
    Client::builder()
        .endpoint(endpoint)
        .credentials(Credentials::new("AK", "SK"))
}

fn speaking(dialect: Dialect) -> Client {
    builder().dialect(dialect).build().unwrap()
}

/// The URI of a request for a bucket's object, and its `Authorization`.
fn signed(s3: &Client) -> (String, String) {
    let request = s3.get_object("bucket", "k").sign(epoch()).unwrap();
    let authorization = request.headers()["authorization"].to_str().unwrap();
    (request.uri().to_string(), authorization.to_owned())
}

/// The results of a conditional put, completion, copy (on its target and its source) and delete.
fn conditional_writes(s3: &Client) -> [Result<(), Error>; 5] {
    let parts = [CompletedPart {
        part_number: 1,
        etag: ETag::from("e"),
    }];
    let put = s3.put_object("b", "k", "x").if_none_match("*");
    let complete = s3.complete_multipart_upload("b", "k", "id", &parts);
    let complete = complete.if_match("e");
    let copy = || s3.copy_object("b", "k", ("a", "k"));
    let delete = s3.delete_object("b", "k").if_match("e");
    [
        put.sign(epoch()).map(drop),
        complete.sign(epoch()).map(drop),
        copy().if_none_match("*").sign(epoch()).map(drop),
        copy().source_if_match("e").sign(epoch()).map(drop),
        delete.sign(epoch()).map(drop),
    ]
}

#[test]
fn conditions_are_rejected_where_the_store_ignores_them() {
    for (dialect, ignored) in DIALECTS {
        let results = conditional_writes(&speaking(dialect));
        for (result, is_ignored) in results.into_iter().zip(ignored) {
            assert_eq!(result.is_err(), is_ignored, "{}: {result:?}", dialect.name);
        }
    }
}

#[test]
fn conditions_are_signed_without_a_dialect() {
    for result in conditional_writes(&builder().build().unwrap()) {
        result.unwrap();
    }
}

#[test]
fn a_conditional_put_on_garage_is_rejected_before_it_is_signed() {
    let put = || {
        speaking(Dialect::GARAGE)
            .put_object("b", "k", "x")
            .if_none_match("*")
    };
    let fragments = [
        "PutObject b/k: header if-none-match: Garage ignores it with PutObject",
        "allow_ignored_conditions",
    ];
    assert_call_rejected(put(), "header if-none-match", &fragments);
    assert_rejected(put().explain(epoch()), "header if-none-match", &fragments);
    assert_call_rejected(
        speaking(Dialect::GARAGE)
            .delete_object("b", "k")
            .header("X-Amz-If-Match-Size", "5"),
        "header x-amz-if-match-size",
        &["Garage ignores it with DeleteObject"],
    );
}

/// These stores honour `*`, and ignore an ETag.
#[test]
fn a_condition_on_an_etag_is_told_from_a_star() {
    for dialect in [
        Dialect::CEPH,
        Dialect::GOFAKES3,
        Dialect::MOTO,
        Dialect::S3S_FS,
    ] {
        let put = |etag: &str| {
            speaking(dialect)
                .put_object("b", "k", "x")
                .if_none_match(etag)
        };
        assert_call_accepted(put("*"));
        assert_call_rejected(
            put("e"),
            "header if-none-match",
            &["ignores it with PutObject"],
        );
    }
}

#[test]
fn ignored_conditions_are_sent_if_the_caller_allows_them() {
    for builder in [
        builder()
            .allow_ignored_conditions()
            .dialect(Dialect::GARAGE),
        builder()
            .dialect(Dialect::GARAGE)
            .allow_ignored_conditions(),
    ] {
        let s3 = builder.build().unwrap();
        let put = s3.put_object("b", "k", "x").if_none_match("*");
        assert_eq!(put.sign(epoch()).unwrap().headers()["if-none-match"], "*");
        assert_eq!(s3.region(), "garage");
    }
}

#[test]
fn other_headers_and_conditional_reads_are_not_rejected() {
    let s3 = speaking(Dialect::GARAGE);
    assert_call_accepted(s3.put_object("b", "k", "x").content_type("text/plain"));
    assert_call_accepted(s3.get_object("b", "k").if_none_match("e"));
    assert_call_accepted(s3.head_object("b", "k").if_match("e"));
}

/// Ceph reads these conditions neither for CopyObject nor for UploadPartCopy; moto reads one of the two.
#[test]
fn conditions_on_the_source_of_a_copy_are_told_apart() {
    let part = |dialect: Dialect| speaking(dialect).upload_part_copy("b", "k", "id", 1, ("a", "k"));
    assert_call_rejected(
        part(Dialect::CEPH).source_if_match("e"),
        "header x-amz-copy-source-if-match",
        &["Ceph ignores it with UploadPartCopy"],
    );
    assert_call_accepted(part(Dialect::GARAGE).source_if_match("e"));
    let copy = speaking(Dialect::MOTO).copy_object("b", "k", ("a", "k"));
    assert_call_accepted(copy.source_if_none_match("e"));
}

#[test]
fn the_dialects_region_is_signed() {
    for (dialect, _) in DIALECTS {
        let region = match dialect.name {
            "Garage" => "garage",
            "R2" => "auto",
            _ => "us-east-1",
        };
        let s3 = speaking(dialect);
        assert_eq!(s3.region(), region, "{}", dialect.name);
        let (_, authorization) = signed(&s3);
        assert!(authorization.contains(&format!("/{region}/s3/")));
    }
}

#[test]
fn the_callers_region_wins_over_the_dialects() {
    for builder in [
        builder().region("eu").dialect(Dialect::GARAGE),
        builder().dialect(Dialect::GARAGE).region("eu"),
    ] {
        assert_eq!(builder.build().unwrap().region(), "eu");
    }
}

#[test]
fn the_region_in_the_host_wins_over_the_dialects() {
    let s3 = store("http://s3.us-west-004.backblazeb2.com").dialect(Dialect::GARAGE);
    assert_eq!(s3.build().unwrap().region(), "us-west-004");
}

/// Without an endpoint, requests go to AWS. Its host must not be made of another store's region.
#[test]
fn a_dialect_does_not_replace_the_endpoint() {
    for dialect in [Dialect::AWS, Dialect::GARAGE] {
        let s3 = Client::builder().dialect(dialect).anonymous().build();
        assert_rejected(s3, "region", &["region: not set"]);
    }
}

#[test]
fn the_dialects_addressing_is_used() {
    let mut dialect = Dialect::default();
    dialect.addressing = Addressing::VirtualHosted;
    let at_store = |dialect| store("http://store.example").dialect(dialect);
    for (builder, url) in [
        (at_store(dialect), "http://bucket.store.example/k"),
        (at_store(Dialect::GARAGE), "http://store.example/bucket/k"),
        (
            store("http://s3.eu-west-1.amazonaws.com").dialect(Dialect::GARAGE),
            "http://s3.eu-west-1.amazonaws.com/bucket/k",
        ),
        (
            at_store(dialect).addressing(Addressing::Path),
            "http://store.example/bucket/k",
        ),
        (
            store("http://store.example")
                .addressing(Addressing::VirtualHosted)
                .dialect(Dialect::GARAGE),
            "http://bucket.store.example/k",
        ),
    ] {
        assert_eq!(signed(&builder.build().unwrap()).0, url);
    }
}

#[test]
fn leading_slashes_are_signed_where_the_store_keeps_them() {
    for (dialect, _) in DIALECTS {
        let keeps = ["AWS", "Ceph", "gofakes3", "moto", "Swift"].contains(&dialect.name);
        let s3 = speaking(dialect);
        match s3.put_object("b", "/a", "x").sign(epoch()) {
            Ok(request) => assert!(
                keeps && request.uri().path() == "/b//a",
                "{} drops it",
                dialect.name
            ),
            error => {
                assert!(!keeps, "{} keeps it", dialect.name);
                assert_rejected(error, "key", &["begins with a slash"]);
            }
        }
        let copy = s3.copy_object("b", "k", ("a", "/k")).sign(epoch());
        assert_eq!(copy.is_ok(), keeps, "{}", dialect.name);
    }
}

#[test]
fn the_callers_leading_slash_wins_over_the_dialect() {
    for builder in [
        builder().allow_leading_slash().dialect(Dialect::GARAGE),
        builder().dialect(Dialect::GARAGE).allow_leading_slash(),
    ] {
        assert_call_accepted(builder.build().unwrap().get_object("b", "/a"));
    }
}

#[test]
fn listings_request_encoded_keys_where_the_store_encodes_them() {
    for (dialect, _) in DIALECTS {
        let s3 = speaking(dialect);
        let (objects, versions) = (s3.list_objects_v2("b"), s3.list_object_versions("b"));
        let requests = [objects.sign(epoch()), versions.sign(epoch())];
        for request in requests {
            let uri = request.unwrap().uri().to_string();
            let is_encoded = uri.contains("encoding-type=url");
            assert_eq!(is_encoded, dialect.name != "s3s-fs", "{uri}");
        }
    }
    let list = speaking(Dialect::S3S_FS).list_objects_v2("b");
    let request = list.query("encoding-type", "url").sign(epoch()).unwrap();
    assert!(request.uri().to_string().contains("encoding-type=url"));
}

/// The same requests as before dialects: path style, the same regions, and leading slashes on AWS only.
#[test]
fn well_known_hosts_choose_their_dialects() {
    for (endpoint, region, name) in [
        (
            "http://s3.eu-west-1.amazonaws.com:80",
            "eu-west-1",
            Some("AWS"),
        ),
        ("http://s3.us-west-004.backblazeb2.com", "us-west-004", None),
        ("http://s3.eu-west-1.wasabisys.com.", "eu-west-1", None),
        (
            "http://0123456789abcdef.r2.cloudflarestorage.com",
            "auto",
            None,
        ),
        (
            "http://storage.googleapis.com:8080",
            "us-east-1",
            Some("Google Cloud Storage"),
        ),
        ("http://fra1.digitaloceanspaces.com", "us-east-1", None),
    ] {
        let s3 = store(endpoint).build().unwrap();
        assert_eq!(s3.region(), region, "{endpoint}");
        let is_aws = name == Some("AWS");
        let leading_slash = s3.get_object("bucket", "/k").sign(epoch());
        assert_eq!(leading_slash.is_ok(), is_aws, "{endpoint}");
        let is_virtual_hosted = signed(&s3).0.starts_with("http://bucket.");
        assert_eq!(is_virtual_hosted, is_aws, "{endpoint}");
        let [put, ..] = conditional_writes(&s3);
        match name {
            Some("Google Cloud Storage") => assert_rejected(
                put,
                "header if-none-match",
                &["Google Cloud Storage ignores it"],
            ),
            _ => put.unwrap(),
        }
    }
}

#[test]
fn the_callers_dialect_wins_over_the_hosts() {
    let s3 = store("http://storage.googleapis.com").dialect(Dialect::default());
    let [put, ..] = conditional_writes(&s3.build().unwrap());
    put.unwrap();
    let s3 = store("http://s3.eu-west-1.amazonaws.com").dialect(Dialect::GARAGE);
    let get = s3.build().unwrap().get_object("b", "/k");
    assert_call_rejected(get, "key", &["begins with a slash"]);
}

#[test]
fn a_dialect_of_ones_own_is_named_in_the_error() {
    let mut dialect = Dialect::default();
    dialect.ignored_conditions = &[("PutObject", "if-match")];
    let put = |dialect| speaking(dialect).put_object("b", "k", "x").if_match("e");
    assert_call_rejected(put(dialect), "header if-match", &["the store ignores it"]);
    dialect.name = "MyStore";
    assert_call_rejected(put(dialect), "header if-match", &["MyStore ignores it"]);
    let put = speaking(dialect).put_object("b", "k", "x");
    assert_call_accepted(put.if_none_match("*"));
}
