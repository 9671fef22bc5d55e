//! A store in the test's process.

use std::path::Path;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use slim_s3::{Client, Credentials, Error};
use tokio::net::TcpListener;

// A function of the program, which the test is about.
async fn rename(s3: &Client, bucket: &str, from: &str, to: &str) -> Result<(), Error> {
    s3.copy_object(bucket, to, (bucket, from)).send().await?;
    s3.delete_object(bucket, from).send().await?;
    Ok(())
}

/// Starts a store that runs until the test ends, and returns a client for it.
async fn start_store(name: &str) -> Client {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // What an earlier run has left.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();

    let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(&folder).unwrap());
    builder.set_auth(SimpleAuth::from_single("test", "test-secret"));
    let service = builder.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                // The client reports a broken connection.
                let _ = server.serve_connection(TokioIo::new(socket), service).await;
            });
        }
    });

    Client::builder()
        .endpoint(&format!("http://{address}"))
        .credentials(Credentials::new("test", "test-secret"))
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_renamed_object_keeps_its_content() {
    let s3 = start_store("a_renamed_object_keeps_its_content").await;
    s3.create_bucket("photos").send().await.unwrap();
    let put = s3.put_object("photos", "cat.jpg", "meow");
    put.send().await.unwrap();

    rename(&s3, "photos", "cat.jpg", "tom.jpg").await.unwrap();

    let renamed = s3.get_object("photos", "tom.jpg").send().await.unwrap();
    assert_eq!(renamed.body.bytes().await.unwrap(), "meow");
    let error = s3.head_object("photos", "cat.jpg").send().await;
    assert!(error.unwrap_err().is_not_found());
}
