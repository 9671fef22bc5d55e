//! Measures the overhead of the client: how many objects of 1 KiB one task stores per second, one after another, on a
//! loopback server that only sends responses. Prints the number.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

const OBJECTS: u32 = 50_000;
const SIZE: usize = 1024;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            std::thread::spawn(move || respond(socket));
        }
    });
    let s3 = slim_s3::Client::builder()
        .endpoint(&endpoint)
        .credentials(slim_s3::Credentials::new("AKIDEXAMPLE", "secret"))
        .build()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let body = vec![7; SIZE];
        // Warm-up: opens the connection and derives the signing key.
        s3.put_object("bucket", "key", body.clone()).send().await?;
        let start = Instant::now();
        for number in 0..OBJECTS {
            s3.put_object("bucket", &format!("key-{number}"), body.clone()).send().await?;
        }
        println!("{:.1}", f64::from(OBJECTS) / start.elapsed().as_secs_f64());
        Ok::<_, slim_s3::Error>(())
    })?;
    Ok(())
}

fn respond(mut socket: TcpStream) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut reader = BufReader::new(socket.try_clone()?);
    let mut line = String::new();
    let mut body = vec![0; SIZE];
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if line == "\r\n" {
            reader.read_exact(&mut body)?;
            socket.write_all(b"HTTP/1.1 200 OK\r\netag: \"e\"\r\nx-amz-request-id: R\r\ncontent-length: 0\r\n\r\n")?;
        }
    }
}
