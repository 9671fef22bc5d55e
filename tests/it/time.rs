//! Time: slowness passes, standstill ends, and the error says where. On scripted servers, with short limits.

use std::time::{Duration, Instant};

use bytes::Bytes;
use slim_s3::{Body, CompletedPart, ETag, Error, Stage, TimeLimits, TransportKind};

use crate::support::script::{
    Close, Head, Read, ReadSlowly, Request, Reset, Wait, WriteSlowly, answer, error_document, ok,
    play, quick, raw, transport_kind,
};
use crate::support::server::{self, Connection, impatient};

const LIMIT: Duration = Duration::from_secs(2);
/// What is slow moves once in so long, and so often: for ten times the limit.
const STEP: Duration = Duration::from_millis(500);
const STEPS: usize = 40;

/// Ends in the error of `stage`, neither at once nor much later than the limit.
async fn check_stall<T>(stage: Stage, says: &str, call: impl Future<Output = Result<T, Error>>) {
    let start = Instant::now();
    let error = call.await.map(drop).unwrap_err();
    assert_eq!(
        transport_kind(&error),
        TransportKind::Stalled(stage),
        "{error}"
    );
    assert!(error.to_string().contains(says), "{error}");
    assert!(error.is_retryable());
    assert!(
        (LIMIT..LIMIT * 8).contains(&start.elapsed()),
        "after {:?}: {error}",
        start.elapsed()
    );
}

async fn stand_still() {
    tokio::time::sleep(Duration::from_secs(60)).await;
}

/// One piece each step, for several times the limit.
fn slow_pieces() -> impl futures_core::Stream<Item = Result<Bytes, std::io::Error>> + Send {
    futures_util::stream::unfold(0, |sent| async move {
        tokio::time::sleep(STEP).await;
        (sent < STEPS).then(|| (Ok(Bytes::from_static(b"x")), sent + 1))
    })
}

#[tokio::test]
async fn a_slow_upload_passes() {
    let address = server::serve(|mut connection| async move {
        let request = connection.request().await.unwrap();
        assert!(request.body.len() > STEPS);
        connection.answer("200 OK\r\netag: \"e\"", "").await;
    })
    .await;
    let start = Instant::now();
    impatient(address, LIMIT)
        .put_object("bucket", "key", Body::stream(STEPS as u64, slow_pieces()))
        .send()
        .await
        .unwrap();
    assert!(start.elapsed() > LIMIT * 9);
}

/// The store takes the body slowly, and takes longer than the limit for the whole.
#[tokio::test]
async fn a_slow_store_passes() {
    let address = server::serve(|mut connection: Connection| async move {
        let length: usize = connection
            .head()
            .await
            .unwrap()
            .header("content-length")
            .unwrap()
            .parse()
            .unwrap();
        let mut read = connection.buffered();
        let mut pause_at = 0;
        while read < length {
            if read >= pause_at {
                tokio::time::sleep(STEP).await;
                pause_at += 4 << 20;
            }
            match connection.read().await {
                0 => return,
                count => read += count,
            }
        }
        connection.answer("200 OK\r\netag: \"e\"", "").await;
    })
    .await;
    let start = Instant::now();
    impatient(address, LIMIT)
        .put_object("bucket", "key", vec![1; 64 << 20])
        .send()
        .await
        .unwrap();
    assert!(start.elapsed() > LIMIT * 3, "{:?}", start.elapsed());
}

/// What the system's buffers take at once is still on its way when the last byte was handed over.
#[tokio::test]
async fn a_slow_store_passes_with_a_body_that_fits_into_buffers() {
    let address = server::serve(|mut connection: Connection| async move {
        let mut head = vec![0; 1000];
        let _ = tokio::io::AsyncReadExt::read(&mut connection.stream, &mut head).await;
        // Nearly all of it, 32 KiB each step.
        for _ in 0..15 {
            tokio::time::sleep(STEP).await;
            let mut piece = vec![0; 32 << 10];
            if tokio::io::AsyncReadExt::read_exact(&mut connection.stream, &mut piece)
                .await
                .is_err()
            {
                break;
            }
        }
        connection.answer("200 OK\r\netag: \"e\"", "").await;
        stand_still().await;
    })
    .await;
    let start = Instant::now();
    let call = impatient(address, LIMIT).put_object("bucket", "key", vec![1; 512 << 10]);
    call.send().await.unwrap();
    assert!(start.elapsed() > LIMIT * 3, "{:?}", start.elapsed());
}

/// Nobody but the stall limit ends an upload that stands still: not the operating system, nor reqwest, whose own limit
/// would be 30 s.
#[tokio::test]
async fn a_store_that_pauses_for_long() {
    let address = server::serve(|mut connection: Connection| async move {
        let length = connection
            .head()
            .await
            .unwrap()
            .header("content-length")
            .unwrap()
            .parse()
            .unwrap();
        tokio::time::sleep(Duration::from_secs(33)).await;
        let mut read = connection.buffered();
        while read < length {
            match connection.read().await {
                0 => return,
                count => read += count,
            }
        }
        connection.answer("200 OK\r\netag: \"e\"", "").await;
    })
    .await;
    let s3 = server::builder(address).build().unwrap();
    s3.put_object("bucket", "key", vec![1; 64 << 20])
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_source_of_empty_pieces() {
    let (address, _) = server::record("200 OK\r\netag: \"e\"", "").await;
    for length in [0, 10] {
        let empty = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::new()));
        let call =
            impatient(address, LIMIT).put_object("bucket", "key", Body::stream(length, empty));
        check_stall(Stage::Sending, "the body's source", call.send()).await;
    }
}

#[tokio::test]
async fn a_slow_download_passes() {
    let address = server::serve(|mut connection| async move {
        connection.head().await.unwrap();
        connection
            .write("HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 40\r\n\r\n")
            .await;
        for _ in 0..STEPS {
            tokio::time::sleep(STEP).await;
            connection.write("x").await;
        }
    })
    .await;
    let object = impatient(address, LIMIT)
        .get_object("bucket", "key")
        .send()
        .await
        .unwrap();
    assert_eq!(object.body.bytes().await.unwrap().len(), STEPS);
}

#[tokio::test]
async fn a_stall_of_the_store_while_sending() {
    let address = server::serve(|mut connection| async move {
        connection.head().await.unwrap();
        stand_still().await;
    })
    .await;
    let call = impatient(address, LIMIT).put_object("bucket", "key", vec![1; 64 << 20]);
    check_stall(
        Stage::Sending,
        "stalled while sending: the store took nothing for 2s, after",
        call.send(),
    )
    .await;
}

/// Once the connection is there, the limit for it has no say.
#[tokio::test]
async fn a_long_limit_for_connecting_does_not_hide_a_stall() {
    let address = server::serve(|mut connection| async move {
        connection.head().await.unwrap();
        stand_still().await;
    })
    .await;
    let limits = TimeLimits {
        connect: LIMIT * 40,
        stall: LIMIT,
        answer: LIMIT * 40,
        slow_answer: LIMIT * 40,
    };
    let s3 = server::builder(address)
        .time_limits(limits)
        .build()
        .unwrap();
    let call = s3.put_object("bucket", "key", vec![1; 64 << 20]);
    check_stall(
        Stage::Sending,
        "the store took nothing for 2s, after",
        call.send(),
    )
    .await;
}

/// Limits without an end are limits too.
#[tokio::test]
async fn no_limits() {
    let forever = Duration::MAX;
    let limits = TimeLimits {
        connect: forever,
        stall: forever,
        answer: forever,
        slow_answer: forever,
    };
    let (address, _) = server::record("200 OK\r\netag: \"e\"", "").await;
    let s3 = server::builder(address)
        .time_limits(limits)
        .build()
        .unwrap();
    for body in [
        Body::empty(),
        Body::from(vec![1; 1 << 20]),
        Body::stream(STEPS as u64, slow_pieces()),
    ] {
        s3.put_object("bucket", "key", body).send().await.unwrap();
    }
    assert_eq!(
        s3.get_object("bucket", "key")
            .send()
            .await
            .unwrap()
            .body
            .bytes()
            .await
            .unwrap()
            .len(),
        0
    );
}

/// Also one of length 0 is looked at, to see that it ends.
#[tokio::test]
async fn a_source_of_length_zero_that_does_not_end() {
    let (address, requests) = server::record("200 OK\r\netag: \"e\"", "").await;
    let (_writer, silent) = tokio::io::duplex(1);
    let call = impatient(address, LIMIT).put_object("bucket", "key", Body::reader(0, silent));
    check_stall(
        Stage::Sending,
        "the body's source did not end within 2s",
        call.send(),
    )
    .await;
    assert!(requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_stall_of_the_source_while_sending() {
    let address = server::serve(|mut connection| async move {
        connection.request().await;
    })
    .await;
    let stuck = futures_util::stream::unfold(0, |sent| async move {
        if sent == 2 {
            stand_still().await;
        }
        Some((
            Ok::<_, std::io::Error>(Bytes::from(vec![1; 70_000])),
            sent + 1,
        ))
    });
    let call = impatient(address, LIMIT).put_object("bucket", "key", Body::stream(1 << 20, stuck));
    check_stall(
        Stage::Sending,
        "the body's source gave nothing for 2s, after 140000 of 1048576 bytes",
        call.send(),
    )
    .await;
}

#[tokio::test]
async fn a_stall_while_waiting() {
    // Without a body nobody sees when the connection has come about, so its limit is added.
    for (body, says) in [
        (vec![], "no answer for 4s"),
        (vec![1; 1000], "no answer for 2s"),
    ] {
        let address = server::serve(|mut connection| async move {
            connection.request().await.unwrap();
            stand_still().await;
        })
        .await;
        let call = impatient(address, LIMIT).put_object("bucket", "key", body);
        check_stall(Stage::Waiting, says, call.send()).await;
    }
}

#[tokio::test]
async fn a_stall_while_receiving() {
    let answer = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 20\r\n\r\nhello";
    let address = server::serve(move |mut connection| async move {
        connection.head().await.unwrap();
        connection.write(answer).await;
        stand_still().await;
    })
    .await;
    let s3 = impatient(address, LIMIT);
    let object = s3.get_object("bucket", "key").send().await.unwrap();
    let says = "stalled while receiving: nothing came for 2s, after 5 of 20 bytes";
    check_stall(Stage::Receiving, says, object.body.bytes()).await;
    // Also where the answer is read before it is handed over.
    check_stall(Stage::Receiving, says, s3.list_objects_v2("bucket").send()).await;
}

/// Completing works in silence, and has a limit of its own.
#[tokio::test]
async fn a_slow_answer_where_stores_work_in_silence() {
    let address = server::serve(|mut connection| async move {
        while let Some(request) = connection.request().await {
            tokio::time::sleep(LIMIT * 4).await;
            let body =
                "<CompleteMultipartUploadResult><ETag>e-1</ETag></CompleteMultipartUploadResult>";
            connection
                .answer("200 OK", if request.method == "POST" { body } else { "" })
                .await;
        }
    })
    .await;
    let limits = TimeLimits {
        connect: LIMIT,
        stall: LIMIT,
        answer: LIMIT,
        slow_answer: LIMIT * 10,
    };
    let s3 = server::builder(address)
        .time_limits(limits)
        .build()
        .unwrap();
    let parts = [CompletedPart {
        part_number: 1,
        etag: ETag::from("e"),
    }];
    s3.complete_multipart_upload("bucket", "key", "id", &parts)
        .send()
        .await
        .unwrap();
    check_stall(
        Stage::Waiting,
        "no answer",
        s3.delete_object("bucket", "key").send(),
    )
    .await;
    // That limit has an end too.
    let limits = TimeLimits {
        answer: LIMIT * 40,
        slow_answer: LIMIT,
        ..limits
    };
    let s3 = server::builder(address)
        .time_limits(limits)
        .build()
        .unwrap();
    let copy = s3.copy_object("bucket", "key", "bucket", "source");
    check_stall(Stage::Waiting, "no answer for 4s", copy.send()).await;
}

#[tokio::test]
async fn a_download_that_is_cut_short() {
    let address = server::serve(|mut connection| async move {
        connection.head().await.unwrap();
        connection
            .write("HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 20\r\n\r\nhello")
            .await;
    })
    .await;
    let object = impatient(address, LIMIT)
        .get_object("bucket", "key")
        .send()
        .await
        .unwrap();
    let error = object.body.bytes().await.unwrap_err();
    assert_eq!(
        transport_kind(&error),
        TransportKind::Broken(Stage::Receiving)
    );
    assert!(
        error
            .to_string()
            .starts_with("GetObject bucket/key: the answer was cut short after 5 of 20 bytes"),
        "{error}"
    );
}

/// The length is what the header says, also where a transfer encoding says otherwise.
#[tokio::test]
async fn a_download_of_another_length_than_is_said() {
    let answer = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let address = server::serve(move |mut connection| async move {
        connection.head().await.unwrap();
        connection.write(answer).await;
    })
    .await;
    let outcome = match impatient(address, LIMIT)
        .get_object("bucket", "key")
        .send()
        .await
    {
        Ok(object) => object.body.bytes().await.map(drop),
        Err(error) => Err(error),
    };
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error}");
}

#[tokio::test]
async fn a_connection_that_closes_while_sending_says_how_far_it_came() {
    let address = server::serve(|mut connection| async move {
        connection.head().await.unwrap();
        for _ in 0..20 {
            connection.read().await;
        }
    })
    .await;
    let error = impatient(address, LIMIT * 10)
        .put_object("bucket", "key", vec![1; 64 << 20])
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        transport_kind(&error),
        TransportKind::Broken(Stage::Sending),
        "{error}"
    );
    assert!(
        error.to_string().contains("of 67108864 bytes were sent"),
        "{error}"
    );
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn an_early_refusal_is_what_is_told() {
    let address = server::serve(|mut connection| async move {
        connection.head().await.unwrap();
        connection
            .answer(
                "403 Forbidden",
                "<Error><Code>AccessDenied</Code><Message>No.</Message></Error>",
            )
            .await;
        // Read on, as stores do, so that the answer is not lost in a reset.
        while connection.read().await > 0 {}
    })
    .await;
    let error = impatient(address, LIMIT)
        .put_object("bucket", "key", vec![1; 32 << 20])
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("AccessDenied"), "{error}");
}

#[tokio::test]
async fn nobody_listens() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = impatient(address, LIMIT)
        .put_object("bucket", "key", "x")
        .send()
        .await
        .unwrap_err();
    assert_eq!(transport_kind(&error), TransportKind::Connect);
    assert!(
        error
            .to_string()
            .starts_with("PutObject bucket/key: no connection to the store: "),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains("X-Amz"), "{error:?}");
}

/// One stall is made good by the next attempt; the third is told, with what came before.
#[tokio::test]
async fn stalls_are_tried_again() {
    let limit = Duration::from_millis(500);
    let still = || Wait(Duration::from_secs(60));
    let listing = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\n<ListBucketResult>";
    // While the body goes out, before the answer comes, and in the middle of a document.
    let stalls = [
        (Stage::Sending, vec![Head, still()]),
        (Stage::Waiting, vec![Request, still()]),
        (Stage::Receiving, vec![Request, raw(half), still()]),
    ];
    for (stage, script) in stalls {
        let last = match stage {
            Stage::Receiving => answer("200 OK", listing),
            _ => ok(),
        };
        let server = play([script.clone(), last, script.clone(), script.clone(), script]).await;
        let s3 = server.impatient(limit);
        let call = || async {
            match stage {
                Stage::Sending => s3
                    .put_object("bucket", "key", vec![1; 32 << 20])
                    .send()
                    .await
                    .map(drop),
                Stage::Waiting => s3.put_object("bucket", "key", ()).send().await.map(drop),
                Stage::Receiving => s3.list_objects_v2("bucket").send().await.map(drop),
            }
        };
        call()
            .await
            .unwrap_or_else(|error| panic!("{stage:?}: {error}"));
        let start = Instant::now();
        let error = call().await.unwrap_err();
        assert_eq!(
            transport_kind(&error),
            TransportKind::Stalled(stage),
            "{error}"
        );
        assert_eq!(error.context().attempts, 3, "{error}");
        assert!(
            error.context().earlier[1]
                .cause
                .starts_with("stalled while "),
            "{error}"
        );
        assert!(start.elapsed() >= limit * 3, "{:?}", start.elapsed());
    }
}

/// Slow in every way, and nothing of it is tried again: the store takes the body slowly, is slow to begin its answer,
/// and gives it byte by byte.
#[tokio::test]
async fn slowness_is_not_tried_again() {
    let limit = Duration::from_secs(1);
    let pause = Duration::from_millis(250);
    let answer = b"HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 0\r\n\r\n";
    let script = vec![
        Head,
        ReadSlowly(4 << 20, pause),
        Wait(limit / 2),
        WriteSlowly(answer.to_vec(), pause / 20),
    ];
    let server = play([script]).await;
    let put = server
        .impatient(limit)
        .put_object("bucket", "key", vec![1; 64 << 20]);
    let start = Instant::now();
    assert_eq!(put.send_answered().await.unwrap().attempts, 1);
    assert!(start.elapsed() > limit * 4, "{:?}", start.elapsed());
}

/// A listener that accepts nobody, and those who wait for it, until no more can.
async fn full_queue() -> (tokio::net::TcpListener, Vec<tokio::net::TcpStream>) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..4 {
        let connect = tokio::net::TcpStream::connect(address);
        match tokio::time::timeout(Duration::from_millis(200), connect).await {
            Ok(connected) => waiting.push(connected.unwrap()),
            Err(_) => return (listener, waiting),
        }
    }
    panic!("the queue is not full");
}

/// A listener whose queue is full lets no connection come about, and says nothing.
#[tokio::test]
async fn an_address_that_never_answers() {
    let (listener, _waiting) = full_queue().await;
    let address = listener.local_addr().unwrap();
    let limit = Duration::from_millis(500);
    let limits = TimeLimits {
        connect: limit,
        ..TimeLimits::default()
    };
    let s3 = server::builder(address)
        .time_limits(limits)
        .retry(quick())
        .build()
        .unwrap();
    let start = Instant::now();
    let error = s3
        .put_object("bucket", "key", "data")
        .send()
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(
            "PutObject bucket/key: no connection to the store within 500ms (attempts 3: "
        ),
        "{text}"
    );
    assert_eq!(transport_kind(&error), TransportKind::Connect);
    assert!(!error.is_outcome_unknown());
    assert!(
        (limit * 3..limit * 6).contains(&start.elapsed()),
        "{:?}",
        start.elapsed()
    );
}

/// A queue that is full for a while makes connecting slow. The system asks again after a second.
#[tokio::test]
async fn an_address_that_answers_late() {
    let (listener, waiting) = full_queue().await;
    let address = listener.local_addr().unwrap();
    let s3 = server::builder(address).retry(quick()).build().unwrap();
    let start = Instant::now();
    let put = s3.put_object("bucket", "key", "data").send_answered();
    let answer = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        drop(waiting);
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut connection = Connection::new(stream);
            if connection.request().await.is_some() {
                connection.answer("200 OK\r\netag: \"e\"", "").await;
                return connection;
            }
        }
    };
    let (stored, _connection) = tokio::join!(put, answer);
    assert_eq!(stored.unwrap().attempts, 1);
    assert!(
        start.elapsed() > Duration::from_millis(500),
        "{:?}",
        start.elapsed()
    );
}

/// A store that refuses while the body goes out: twenty times the refusal is told, or, where only a reset is left of it,
/// how far the body came. No store shares the client's thread, so the server has one of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn early_refusals() {
    let refusal = format!(
        "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{}",
        error_document("AccessDenied").len(),
        error_document("AccessDenied")
    );
    let (mut told, mut broken) = (0, 0);
    for round in 0..20 {
        // As MinIO does it after 11 MiB, and versitygw after 1.6; and one that sends no answer at all.
        let script = match round % 4 {
            0 => vec![Head, raw(&refusal), Close],
            1 => vec![Head, Read(1 << 20), raw(&refusal), Close],
            2 => vec![Head, Read(11 << 20), raw(&refusal), Reset],
            _ => vec![Head, Read(1 << 20), Reset],
        };
        let server = play((0..3).map(|_| script.clone())).await;
        let error = server
            .client()
            .put_object("bucket", "key", vec![1; 32 << 20])
            .send()
            .await
            .unwrap_err();
        assert!(error.context().attempts <= 2, "{error}");
        match &error {
            Error::Service(_) => {
                assert_eq!(error.code(), Some("AccessDenied"));
                told += 1;
            }
            Error::Transport(_) => {
                assert_eq!(
                    transport_kind(&error),
                    TransportKind::Broken(Stage::Sending),
                    "{error}"
                );
                let text = error.to_string();
                assert!(
                    text.contains("the store closed the connection while the body was going out"),
                    "{text}"
                );
                assert!(text.contains("of 33554432 bytes were sent"), "{text}");
                broken += 1;
            }
            _ => panic!("{error}"),
        }
    }
    println!("the refusal was told {told} times, and a broken connection {broken} times");
    // A quarter has no answer to tell. Of the others one may be lost now and then, as the reset overtakes it.
    assert!(told >= 10, "told {told} times");
}
