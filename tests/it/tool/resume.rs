//! `put --resume`: which upload it goes on with.

use std::time::Duration;

use super::{run_beside, tool_at};
use crate::support::script::{
    Head, Script, Server, Wait, ok, play, reject, response, upload_completed, upload_created,
};
use crate::support::server::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use crate::support::tool::{Folder, names_in, started};

const MIB: usize = 1 << 20;

fn content() -> Vec<u8> {
    (0..9 * MIB).map(|index| (index / 251) as u8).collect()
}

/// The response to ListMultipartUploads.
fn uploads(ids: &[&str]) -> Script {
    let uploads: String = ids
        .iter()
        .map(|id| {
            format!(
                "<Upload><Key>k</Key><UploadId>{id}</UploadId>\
                 <Initiated>2026-01-0{}T00:00:00Z</Initiated></Upload>",
                id.len()
            )
        })
        .collect();
    response(
        "200 OK",
        format!(
            "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>\
             <Upload><Key>k2</Key><UploadId>other</UploadId></Upload>{uploads}\
             </ListMultipartUploadsResult>"
        ),
    )
}

/// The response to ListParts.
fn parts(number: u32, size: usize, etag: &str) -> Script {
    response(
        "200 OK",
        format!(
            "<ListPartsResult><IsTruncated>false</IsTruncated><Part><PartNumber>{number}</PartNumber>\
             <ETag>{etag}</ETag><Size>{size}</Size></Part></ListPartsResult>"
        ),
    )
}

fn md5(bytes: &[u8]) -> String {
    use md5::Digest;
    hex::encode(md5::Md5::digest(bytes))
}

fn tool(server: &Server, cache: &Folder) -> std::process::Command {
    let endpoint = format!("http://{}", server.address);
    let mut command = tool_at(&endpoint, ACCESS_KEY_ID, SECRET_ACCESS_KEY);
    command.env("XDG_CACHE_HOME", &cache.0);
    command
}

fn lines(server: &Server) -> Vec<String> {
    let requests = server.requests().into_iter();
    requests
        .map(|request| format!("{} {}", request.method, request.target))
        .collect()
}

/// The newest upload that fits the file: the others have parts of other content, or of another file.
#[tokio::test]
async fn an_upload_that_nobody_remembers_is_found_at_the_store() {
    let (folder, cache) = (Folder::new(), Folder::new());
    let data = content();
    let file = folder.write("file", &data);
    let second = md5(&data[5 * MIB..]);
    let server = play([
        uploads(&["i", "iiii", "iii", "ii"]),
        parts(1, 5 * MIB, &md5(b"other content")),
        parts(1, 6 * MIB + 1, &md5(&data[..6 * MIB + 1])),
        parts(2, 4 * MIB, &second),
        parts(1, 5 * MIB, &md5(&data[..5 * MIB])),
        // The library lists them, and sends what is missing.
        parts(1, 5 * MIB, &md5(&data[..5 * MIB])),
        response(&format!("200 OK\r\netag: \"{second}\""), ""),
        upload_completed(),
    ])
    .await;
    let arguments = ["put", "--resume", "-p5M", &file, "s3://b/k"];
    run_beside(tool(&server, &cache), &arguments)
        .await
        .assert(0, "");
    let lines = lines(&server);
    assert!(
        lines[0].contains("prefix=k") && lines[0].contains("uploads="),
        "{lines:?}"
    );
    let ids = ["iiii", "iii", "ii", "i", "i"];
    for (line, id) in lines[1..6].iter().zip(ids) {
        assert!(
            line.starts_with("GET ") && line.ends_with(&format!("uploadId={id}")),
            "{lines:?}"
        );
    }
    assert_eq!(lines[6], "PUT /b/k?partNumber=2&uploadId=i");
    assert_eq!(lines[7], "POST /b/k?uploadId=i");
    assert!(names_in(&cache.path("slim-s3/uploads")).is_empty());
}

#[tokio::test]
async fn without_an_upload_that_fits_a_new_one_begins() {
    let data = content();
    let new = || vec![upload_created(), ok(), ok(), upload_completed()];
    let other = md5(b"other content");
    for found in [
        vec![reject(403, "AccessDenied")],
        vec![uploads(&[])],
        vec![uploads(&["i"]), parts(1, 8 * MIB, &other)],
        vec![uploads(&["i"]), parts(2, 8 * MIB, &other)],
        vec![uploads(&["i"]), reject(404, "NoSuchUpload")],
    ] {
        let (folder, cache) = (Folder::new(), Folder::new());
        let file = folder.write("file", &data);
        let count = found.len();
        let server = play([found, new()].concat()).await;
        let arguments = ["put", "--resume", "-j1", &file, "s3://b/k"];
        run_beside(tool(&server, &cache), &arguments)
            .await
            .assert(0, "");
        // The other upload is not aborted: it is someone else's.
        assert_eq!(lines(&server)[count], "POST /b/k?uploads=");
    }
}

/// Not even its requests are sent.
#[tokio::test]
async fn a_small_file_is_not_looked_for() {
    let (folder, cache) = (Folder::new(), Folder::new());
    let file = folder.write("file", "small");
    let server = play([ok()]).await;
    let arguments = ["put", "--resume", &file, "s3://b/k"];
    run_beside(tool(&server, &cache), &arguments)
        .await
        .assert(0, "");
}

/// The endpoint is in the profile that a variable names.
#[tokio::test]
async fn uploads_to_the_endpoints_of_two_profiles_are_remembered_apart() {
    let (folder, cache) = (Folder::new(), Folder::new());
    let file = folder.write("file", content());
    let silent = || vec![Head, Wait(Duration::from_secs(60))];
    let begun = || [uploads(&[]), upload_created(), silent(), silent()];
    let (one, two) = (play(begun()).await, play(begun()).await);
    folder.write(
        ".aws/config",
        format!(
            "[profile one]\nendpoint_url = http://{}\n[profile two]\nendpoint_url = http://{}\n",
            one.address, two.address
        ),
    );
    for (profile, server, states) in [("one", &one, 1), ("two", &two, 2)] {
        let mut put = tool(server, &cache);
        put.env_remove("AWS_ENDPOINT_URL_S3")
            .env("HOME", &folder.0)
            .env("AWS_DEFAULT_PROFILE", profile)
            .args(["put", "--resume", &file, "s3://b/k"]);
        let mut child = started(put);
        while server.requests().len() < 4 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(names_in(&cache.path("slim-s3/uploads")).len(), states);
    }
}
