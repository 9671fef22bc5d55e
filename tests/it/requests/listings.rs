//! Requests that list buckets, objects, versions and uploads.

use super::{check, client};

#[test]
fn list_objects_v2_requests_url_encoded_keys() {
    check(
        client().list_objects_v2("b"),
        "GET http://127.0.0.1:9000/b?encoding-type=url&list-type=2\n",
    );
}

#[test]
fn list_objects_v2_sends_every_option() {
    check(
        client()
            .list_objects_v2("b")
            .prefix("a b/")
            .delimiter("/")
            .max_keys(7)
            .continuation_token("t+/=")
            .start_after("ä"),
        "GET http://127.0.0.1:9000/b?continuation-token=t%2B%2F%3D&delimiter=%2F&encoding-type=url&list-type=2&max-keys=7&prefix=a%20b%2F&start-after=%C3%A4\n",
    );
}

#[test]
fn list_objects_v2_can_fetch_owners() {
    check(
        client().list_objects_v2("b").fetch_owner(),
        "GET http://127.0.0.1:9000/b?encoding-type=url&fetch-owner=true&list-type=2\n",
    );
}

#[test]
fn list_object_versions_sends_every_option() {
    check(
        client()
            .list_object_versions("b")
            .prefix("p")
            .delimiter("/")
            .max_keys(3)
            .key_marker("k+")
            .version_id_marker("v"),
        "GET http://127.0.0.1:9000/b?delimiter=%2F&encoding-type=url&key-marker=k%2B&max-keys=3&prefix=p&version-id-marker=v&versions=\n",
    );
}

#[test]
fn list_multipart_uploads_sends_every_option() {
    check(
        client()
            .list_multipart_uploads("b")
            .prefix("p")
            .delimiter("/")
            .max_uploads(3)
            .key_marker("k")
            .upload_id_marker("u"),
        "GET http://127.0.0.1:9000/b?delimiter=%2F&key-marker=k&max-uploads=3&prefix=p&upload-id-marker=u&uploads=\n",
    );
    check(
        client().list_multipart_uploads("b").url_encoded(),
        "GET http://127.0.0.1:9000/b?encoding-type=url&uploads=\n",
    );
}

#[test]
fn list_buckets_sends_every_option() {
    check(
        client()
            .list_buckets()
            .max_buckets(5)
            .prefix("a")
            .continuation_token("t="),
        "GET http://127.0.0.1:9000/?continuation-token=t%3D&max-buckets=5&prefix=a\n",
    );
}
