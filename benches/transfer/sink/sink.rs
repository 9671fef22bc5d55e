//! A store on loopback that keeps nothing: it discards uploads, and every object consists of zeros. It takes as little
//! time as a server can, since it shares the processors with the client that is measured.
//!
//! `sink --size BYTES [--rate BYTES_PER_SECOND] [--tls FILE]` listens on free ports. Every object has `--size` bytes.
//! `--rate` limits how much it reads, on all connections together. `--tls` also listens for https, and writes the
//! certificate to a file. Prints a line with each URL, and stops when its standard input ends.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How much is read, and written, by one system call.
const BUFFER: usize = 256 << 10;

const MAX_HEAD: usize = 64 << 10;

/// Without a rate, sleeping for less than this would be imprecise.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);

static ZEROS: [u8; BUFFER] = [0; BUFFER];

type Error = Box<dyn std::error::Error + Send + Sync>;

trait Connection: Read + Write {}
impl<T: Read + Write> Connection for T {}

struct Sink {
    size: u64,
    rate: Option<Rate>,
}

/// Lets through so many bytes per second.
struct Rate {
    bytes_per_second: f64,
    /// When all bytes so far may have passed.
    free_at: Mutex<Instant>,
}

impl Rate {
    fn wait_for(&self, bytes: usize) {
        let now = Instant::now();
        let free_at = {
            let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
            let time = Duration::from_secs_f64(bytes as f64 / self.bytes_per_second);
            *free_at = now.max(*free_at) + time;
            *free_at
        };
        let left = free_at.saturating_duration_since(now);
        if left >= SHORTEST_SLEEP {
            thread::sleep(left);
        }
    }
}

fn main() -> Result<(), Error> {
    let (mut size, mut rate, mut certificate) = (1 << 30, None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or("an option has no value")?;
        match argument.as_str() {
            "--size" => size = value.parse()?,
            "--rate" => {
                rate = Some(Rate {
                    bytes_per_second: value.parse()?,
                    free_at: Mutex::new(Instant::now()),
                });
            }
            "--tls" => certificate = Some(value),
            _ => return Err(format!("unknown option {argument}").into()),
        }
    }
    let sink = Arc::new(Sink { size, rate });
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}", listener.local_addr()?);
    let for_http = sink.clone();
    thread::spawn(move || accept(&listener, &for_http, None));
    if let Some(file) = certificate {
        let config = tls_config(&file)?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        println!("https://{}", listener.local_addr()?);
        thread::spawn(move || accept(&listener, &sink, Some(&config)));
    }
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

/// A new key and certificate for 127.0.0.1, which is written to a file.
fn tls_config(file: &str) -> Result<Arc<ServerConfig>, Error> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    std::fs::write(file, made.cert.pem())?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    Ok(Arc::new(config))
}

fn accept(listener: &TcpListener, sink: &Arc<Sink>, tls: Option<&Arc<ServerConfig>>) {
    for socket in listener.incoming().flatten() {
        let (sink, tls) = (sink.clone(), tls.cloned());
        thread::spawn(move || {
            // A client that closes its connection is no error here: the client's exit status says whether it failed.
            let _ = open(socket, tls).and_then(|connection| serve(&sink, connection));
        });
    }
}

fn open(socket: TcpStream, tls: Option<Arc<ServerConfig>>) -> Result<Box<dyn Connection>, Error> {
    socket.set_nodelay(true)?;
    Ok(match tls {
        Some(config) => Box::new(StreamOwned::new(ServerConnection::new(config)?, socket)),
        None => Box::new(socket),
    })
}

fn serve(sink: &Sink, mut connection: Box<dyn Connection>) -> Result<(), Error> {
    let mut buffer = vec![0; BUFFER];
    let mut filled = 0;
    loop {
        let Some(head_end) = read_head(&mut *connection, &mut buffer, &mut filled)? else {
            return Ok(());
        };
        let request = Request::parse(&buffer[..head_end])?;
        if request.expects_continue {
            connection.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        // What follows the body belongs to the next request.
        let body_end = (head_end as u64)
            .saturating_add(request.length)
            .min(filled as u64) as usize;
        let mut rest = request.length - (body_end - head_end) as u64;
        buffer.copy_within(body_end..filled, 0);
        filled -= body_end;
        while rest > 0 {
            let most = rest.min(BUFFER as u64) as usize;
            let count = connection.read(&mut buffer[..most])?;
            if count == 0 {
                return Err("the request was truncated".into());
            }
            if let Some(rate) = &sink.rate {
                rate.wait_for(count);
            }
            rest -= count as u64;
        }
        respond(sink, &mut *connection, &request)?;
    }
}

/// Reads until the end of a request's head, and returns its position; `None` if the connection was closed before it.
fn read_head(
    connection: &mut dyn Connection,
    buffer: &mut [u8],
    filled: &mut usize,
) -> Result<Option<usize>, Error> {
    loop {
        let end = buffer[..*filled]
            .windows(4)
            .position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            return Ok(Some(end + 4));
        }
        if *filled > MAX_HEAD {
            return Err("the head is too long".into());
        }
        match connection.read(&mut buffer[*filled..])? {
            0 => return Ok(None),
            count => *filled += count,
        }
    }
}

struct Request {
    method: String,
    query: String,
    length: u64,
    /// Of the header `range`: its first and last byte.
    range: Option<(u64, Option<u64>)>,
    expects_continue: bool,
}

impl Request {
    fn parse(head: &[u8]) -> Result<Request, Error> {
        let head = std::str::from_utf8(head)?;
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err("no request line".into());
        };
        let mut request = Request {
            method: method.to_owned(),
            query: target.split_once('?').unwrap_or_default().1.to_owned(),
            length: 0,
            range: None,
            expects_continue: false,
        };
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => request.length = value.parse()?,
                "transfer-encoding" => return Err("S3 requires a Content-Length".into()),
                "expect" => request.expects_continue = value.eq_ignore_ascii_case("100-continue"),
                "range" => {
                    let range = value
                        .strip_prefix("bytes=")
                        .and_then(|range| range.split_once('-'));
                    let (first, last) = range.ok_or("not a range of bytes")?;
                    let last = Some(last).filter(|last| !last.is_empty());
                    request.range = Some((first.parse()?, last.map(str::parse).transpose()?));
                }
                _ => {}
            }
        }
        Ok(request)
    }

    fn has_parameter(&self, name: &str) -> bool {
        let mut names = self.query.split('&').map(|pair| pair.split('=').next());
        names.any(|found| found == Some(name))
    }
}

const ETAG: &str = "etag: \"d41d8cd98f00b204e9800998ecf8427e\"\r\n";
const ETAG_OF_PARTS: &str = "\"d41d8cd98f00b204e9800998ecf8427e-1\"";

fn respond(sink: &Sink, connection: &mut dyn Connection, request: &Request) -> Result<(), Error> {
    let (status, headers, body) = match request.method.as_str() {
        "POST" if request.has_parameter("uploads") => (
            "200 OK",
            "",
            document(
                "InitiateMultipartUploadResult",
                "<UploadId>upload</UploadId>",
            ),
        ),
        "POST" if request.has_parameter("uploadId") => {
            let etag = format!("<ETag>{ETAG_OF_PARTS}</ETag>");
            (
                "200 OK",
                "",
                document("CompleteMultipartUploadResult", &etag),
            )
        }
        "PUT" => ("200 OK", ETAG, String::new()),
        "DELETE" => ("204 No Content", "", String::new()),
        "GET" | "HEAD" => return send_object(sink, connection, request),
        _ => (
            "501 Not Implemented",
            "",
            document("Error", "<Code>NotImplemented</Code>"),
        ),
    };
    let length = if status.starts_with("204") {
        String::new()
    } else {
        format!("content-length: {}\r\n", body.len())
    };
    let response =
        format!("HTTP/1.1 {status}\r\nx-amz-request-id: 1\r\n{headers}{length}\r\n{body}");
    connection.write_all(response.as_bytes())?;
    Ok(connection.flush()?)
}

fn document(root: &str, content: &str) -> String {
    format!(
        "<{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>bench</Bucket><Key>object</Key>{content}</{root}>"
    )
}

fn send_object(
    sink: &Sink,
    connection: &mut dyn Connection,
    request: &Request,
) -> Result<(), Error> {
    let size = sink.size;
    let (status, content_range, mut rest) = match request.range {
        Some((first, _)) if first >= size => {
            let head = format!(
                "HTTP/1.1 416 Range Not Satisfiable\r\ncontent-range: bytes */{size}\r\ncontent-length: 0\r\n\r\n"
            );
            connection.write_all(head.as_bytes())?;
            return Ok(connection.flush()?);
        }
        Some((first, last)) => {
            let last = last.unwrap_or(u64::MAX).min(size - 1);
            let header = format!("content-range: bytes {first}-{last}/{size}\r\n");
            ("206 Partial Content", header, last + 1 - first)
        }
        None => ("200 OK", String::new(), size),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nx-amz-request-id: 1\r\n{ETAG}last-modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n\
         accept-ranges: bytes\r\ncontent-type: application/octet-stream\r\n{content_range}content-length: {rest}\r\n\r\n"
    );
    connection.write_all(head.as_bytes())?;
    if request.method == "HEAD" {
        rest = 0;
    }
    while rest > 0 {
        let count = rest.min(BUFFER as u64) as usize;
        connection.write_all(&ZEROS[..count])?;
        rest -= count as u64;
    }
    Ok(connection.flush()?)
}
