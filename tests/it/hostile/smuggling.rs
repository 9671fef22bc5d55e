//! Bytes after a response that look like another response.

use std::time::Duration;

use super::{Operation, call};
use crate::support::script::{Head, Request, Wait, ok, play, raw, response};

#[tokio::test]
async fn bytes_after_a_response_are_not_read_as_the_next_response() {
    let smuggled = "HTTP/1.1 200 OK\r\netag: \"e\"\r\nlast-modified: Thu, 02 Jan 2025 03:04:05 GMT\r\ncontent-length: 4\r\n\r\nevil";
    let first =
        format!("HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 4\r\n\r\ngood{smuggled}");
    for pause in [0, 50] {
        let honest = || response("200 OK\r\netag: \"e\"", "good");
        let server = play([
            vec![Request, raw(&first), Wait(Duration::from_secs(1))],
            honest(),
            honest(),
        ])
        .await;
        let client = server.client();
        for _ in 0..3 {
            assert_eq!(
                call(&client, Operation::GetObject).await.unwrap(),
                "b\"good\""
            );
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        assert!(server.connections() > 1);
    }
}

#[tokio::test]
async fn a_body_after_head_is_not_read_as_the_next_response() {
    let head = vec![
        Head,
        raw(
            "HTTP/1.1 200 OK\r\netag: \"e\"\r\nlast-modified: Thu, 02 Jan 2025 03:04:05 GMT\r\ncontent-length: 4\r\n\r\nevil",
        ),
    ];
    let server = play([head, ok(), ok()]).await;
    let client = server.client();
    call(&client, Operation::HeadObject).await.unwrap();
    call(&client, Operation::PutObject).await.unwrap();
}
