//! Where blocking calls work: on threads without a runtime, many at a time, and on those that may block; not in tasks.

use std::future::Future;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use slim_s3::{Client, Error};
use tokio::runtime::{Builder, Handle, Runtime};

use super::without_runtime;
use crate::support::script::{ok, play, response};
use crate::support::server::{assert_invalid, client, serve};

/// The server responds to sixteen requests when all of them have arrived.
#[tokio::test]
async fn sixteen_threads_call_at_the_same_time() {
    const THREADS: usize = 16;
    let arrived = Arc::new(AtomicUsize::new(0));
    let address = serve(move |mut connection| {
        let arrived = arrived.clone();
        async move {
            while connection.request().await.is_some() {
                let round = arrived.fetch_add(1, Ordering::SeqCst) / THREADS + 1;
                while arrived.load(Ordering::SeqCst) < round * THREADS {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                connection.respond("200 OK\r\netag: \"e\"", "").await;
            }
        }
    })
    .await;
    without_runtime(move || {
        let s3 = client(address);
        std::thread::scope(|scope| {
            for number in 0..THREADS {
                let s3 = &s3;
                scope.spawn(move || {
                    for _ in 0..20 {
                        let put = s3.put_object("bucket", &number.to_string(), "data");
                        put.send_blocking().unwrap();
                    }
                });
            }
        });
    })
    .await;
}

fn put(s3: &Client) -> Result<(), Error> {
    let put = s3.put_object("bucket", "key", "data").send_blocking();
    put.map(drop)
}

#[tokio::test]
async fn a_blocking_call_in_a_task_is_an_error_before_anything_is_sent() {
    let server = play([]).await;
    let s3 = server.client();
    assert_invalid(&put(&s3).unwrap_err(), "runtime");
    let upload = s3.upload_file("bucket", "key", "Cargo.toml");
    assert_invalid(&upload.send_blocking().unwrap_err(), "runtime");
    let path = std::env::temp_dir().join("slim-s3-never-created");
    let download = s3.download_file("bucket", "key", &path);
    assert_invalid(&download.send_blocking().unwrap_err(), "runtime");
    assert!(!path.exists());
    let delete = s3.delete_many("bucket", ["key"]);
    assert_invalid(&delete.send_blocking().unwrap_err(), "runtime");
    // An iterator ends after it, as after every error.
    let list = || s3.list_objects_v2("bucket");
    let pages: Vec<_> = list().pages().into_blocking_iter().collect();
    assert_eq!(pages.len(), 1);
    assert_invalid(pages[0].as_ref().unwrap_err(), "runtime");
    let objects: Vec<_> = list().objects_blocking().collect();
    assert_eq!(objects.len(), 1);
    assert_invalid(objects[0].as_ref().unwrap_err(), "runtime");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_body_is_not_read_by_a_blocking_call_in_a_task() {
    let get = || response("200 OK\r\netag: \"e\"", "data");
    let server = play([get(), get()]).await;
    let s3 = server.client();
    let get = async || s3.get_object("bucket", "key").send().await.unwrap().body;
    assert_invalid(&get().await.bytes_blocking().unwrap_err(), "runtime");
    let mut reader = get().await.into_blocking_reader();
    let error = reader.read(&mut [0; 10]).unwrap_err();
    let inner = error.into_inner().unwrap().downcast::<Error>().unwrap();
    assert_invalid(&inner, "runtime");
    // Nothing is lost by it.
    let read = without_runtime(move || std::io::read_to_string(reader).unwrap());
    assert_eq!(read.await, "data");
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// The error of a blocking call in a future that `run` polls.
fn error_in(run: impl FnOnce(std::pin::Pin<Box<dyn Future<Output = Error> + Send>>) -> Error) {
    let error = run(Box::pin(async {
        // Also when the task has used up its budget.
        for _ in 0..128 {
            tokio::task::consume_budget().await;
        }
        put(&client("127.0.0.1:1".parse().unwrap())).unwrap_err()
    }));
    assert_invalid(&error, "runtime");
}

#[test]
fn every_kind_of_task_is_recognised() {
    let one_thread = || Builder::new_current_thread().enable_all().build().unwrap();
    error_in(|call| one_thread().block_on(call));
    error_in(|call| multi_thread().block_on(call));
    error_in(|call| multi_thread().handle().block_on(call));
    error_in(|call| {
        let runtime = multi_thread();
        runtime.block_on(runtime.spawn(call)).unwrap()
    });
    error_in(|call| {
        let tasks = tokio::task::LocalSet::new();
        tasks.block_on(&one_thread(), call)
    });
    error_in(|call| {
        let tasks = tokio::task::LocalSet::new();
        let task = tasks.spawn_local(call);
        one_thread().block_on(tasks.run_until(task)).unwrap()
    });
}

#[tokio::test]
async fn a_blocking_call_works_inside_spawn_blocking() {
    let server = play([ok()]).await;
    let s3 = server.client();
    let stored = tokio::task::spawn_blocking(move || put(&s3)).await;
    stored.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocking_call_works_inside_block_in_place_and_enter() {
    let server = play([ok(), ok()]).await;
    let s3 = server.client();
    tokio::task::block_in_place(|| put(&s3)).unwrap();
    let runtime = Handle::current();
    without_runtime(move || {
        let _context = runtime.enter();
        put(&s3).unwrap();
    })
    .await;
}

/// It is not recognised, and must not panic either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocking_call_in_an_unconstrained_task_blocks_it() {
    let server = play([ok()]).await;
    let s3 = server.client();
    let task = tokio::spawn(tokio::task::unconstrained(async move {
        let stored = put(&s3);
        drop(s3);
        stored
    }));
    task.await.unwrap().unwrap();
}
