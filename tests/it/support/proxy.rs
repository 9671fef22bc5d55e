//! Between a client and the live store: passes every request on, and does to some what networks and gateways do.
//!
//! ```text
//! let proxy = Proxy::new(|request| if request.number == 1 { Fault::Swallow } else { Fault::None });
//! proxy.client().put_object(&bucket, "key", "data").send().await.unwrap();
//! assert_eq!(proxy.faults(), 1);
//! ```

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use slim_s3::{Client, ClientBuilder};

use super::live;

trait Connection: Read + Write {}
impl<T: Read + Write> Connection for T {}

/// How both sides are spoken to: in the clear, or with TLS on each.
enum Sides {
    Http,
    #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
    Https {
        server: Arc<rustls::ServerConfig>,
        client: Arc<rustls::ClientConfig>,
    },
}

/// A request that has come to the proxy.
pub struct Asked<'a> {
    /// The how manieth it is, from 1 on.
    pub number: u32,
    /// Its head, from method and target on.
    pub head: &'a str,
}

/// What the proxy does to a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Passes it on, and the answer back.
    None,
    /// Breaks the connection off; the store does not see the request.
    Reset,
    /// Closes the connection without an answer; the store does not see the request.
    Close,
    /// Answers in the store's place: a status line, headers, and a body, whose length is added.
    Answer(&'static str, String),
    /// Passes the head and half of the body on, and breaks off on both sides.
    Halve,
    /// Says nothing for so long, and then closes the connection. The store does not see the request.
    Stall(Duration),
    /// Lets the store act, and closes the connection without its answer.
    Swallow,
    /// Lets the store act, and answers in its place.
    Instead(&'static str, String),
    /// Passes the answer's head and so many bytes of its body back, and closes the connection.
    Cut(usize),
    /// Sets a header of the answer.
    Header(&'static str, String),
}

type Plan = dyn Fn(&Asked<'_>) -> Fault + Send + Sync;

/// A proxy under its own address, which is the one that its client signs: stores take any host that is signed.
pub struct Proxy {
    builder: Box<dyn Fn() -> ClientBuilder + Send + Sync>,
    shared: Arc<Shared>,
}

struct Shared {
    sides: Sides,
    store: SocketAddr,
    plan: Box<Plan>,
    asked: AtomicU32,
    faults: AtomicU32,
}

impl Proxy {
    /// Asks `plan` about each request, once the whole of it has come.
    pub fn new(plan: impl Fn(&Asked<'_>) -> Fault + Send + Sync + 'static) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (sides, builder) = sides(listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            sides,
            store: live::address(),
            plan: Box::new(plan),
            asked: AtomicU32::new(0),
            faults: AtomicU32::new(0),
        });
        let accepting = shared.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let (socket, shared) = (socket.unwrap(), accepting.clone());
                // A connection that breaks shows at the client.
                std::thread::spawn(move || shared.pass_on(socket));
            }
        });
        Proxy { builder, shared }
    }

    /// Closes the connection, without an answer, on which a request for a target with this text has come.
    pub fn killing(target: String) -> Proxy {
        Proxy::new(move |asked| {
            if asked.head.lines().next().unwrap().contains(&target) {
                Fault::Close
            } else {
                Fault::None
            }
        })
    }

    /// Does this to the first request, and nothing to the others.
    pub fn at_first(fault: Fault) -> Proxy {
        Proxy::new(move |asked| {
            if asked.number == 1 {
                fault.clone()
            } else {
                Fault::None
            }
        })
    }

    /// A client that speaks to the proxy and takes it for the store.
    pub fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    /// Settings for such a client.
    pub fn builder(&self) -> ClientBuilder {
        (self.builder)()
    }

    /// How many requests have come.
    pub fn asked(&self) -> u32 {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// To how many something was done.
    pub fn faults(&self) -> u32 {
        self.shared.faults.load(Ordering::SeqCst)
    }
}

fn sides(address: SocketAddr) -> (Sides, Box<dyn Fn() -> ClientBuilder + Send + Sync>) {
    if !live::is_https() {
        let builder = move || live::builder().endpoint(&format!("http://{address}"));
        return (Sides::Http, Box::new(builder));
    }
    #[cfg(not(any(feature = "rustls", feature = "webpki-roots")))]
    panic!("the proxy speaks https with rustls, which is not compiled in");
    #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
    {
        use rustls::pki_types::pem::PemObject;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let authority = super::certificates::Authority::new("slim-s3 test proxy CA");
        let own = authority.certify(&["127.0.0.1"], super::certificates::FAR);
        let key = rustls::pki_types::PrivateKeyDer::Pkcs8(own.key.serialize_der().into());
        let server = rustls::ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.certificate.der().clone()], key)
            .unwrap();
        let mut roots = rustls::RootCertStore::empty();
        let ca = live::ca().expect("S3_TEST_CA, to reach the store through the proxy");
        for certificate in rustls::pki_types::CertificateDer::pem_slice_iter(&ca) {
            roots.add(certificate.unwrap()).unwrap();
        }
        let client = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let sides = Sides::Https {
            server: Arc::new(server),
            client: Arc::new(client),
        };
        let builder = move || {
            live::builder()
                .endpoint(&format!("https://{address}"))
                .roots(slim_s3::Roots::Pem(authority.pem.clone()))
        };
        (sides, Box::new(builder))
    }
}

impl Shared {
    fn pass_on(&self, socket: TcpStream) -> std::io::Result<()> {
        socket.set_nodelay(true)?;
        let raw = socket.try_clone()?;
        let mut client: Box<dyn Connection> = match &self.sides {
            Sides::Http => Box::new(socket),
            #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
            Sides::Https { server, .. } => {
                let connection = rustls::ServerConnection::new(server.clone()).unwrap();
                Box::new(rustls::StreamOwned::new(connection, socket))
            }
        };
        let (head, body) = request(&mut client)?;
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let fault = (self.plan)(&Asked {
            number,
            head: &head,
        });
        if !matches!(fault, Fault::None) {
            self.faults.fetch_add(1, Ordering::SeqCst);
        }
        match &fault {
            Fault::Close => return Ok(()),
            Fault::Reset => {
                return tokio::net::TcpSocket::from_std_stream(raw).set_zero_linger();
            }
            Fault::Stall(pause) => {
                std::thread::sleep(*pause);
                return Ok(());
            }
            Fault::Answer(head, body) => return write_answer(&mut client, head, body),
            _ => {}
        }
        if matches!(fault, Fault::Halve) {
            let (half, _) = body.split_at(body.len() / 2);
            let _ = self.store()?.write_all(&[head.as_bytes(), half].concat());
            return Ok(());
        }
        let mut answer = self.ask(&head, &body)?;
        let end = end_of_head(&answer).ok_or(std::io::ErrorKind::UnexpectedEof)?;
        match &fault {
            Fault::Swallow => return Ok(()),
            Fault::Instead(head, body) => return write_answer(&mut client, head, body),
            Fault::Cut(count) => answer.truncate(end + count),
            Fault::Header(name, value) => set_header(&mut answer, end, name, value),
            _ => {}
        }
        client.write_all(&answer)?;
        client.flush()
    }

    /// A connection to the store.
    fn store(&self) -> std::io::Result<Box<dyn Connection>> {
        let upstream = TcpStream::connect(self.store)?;
        upstream.set_nodelay(true)?;
        Ok(match &self.sides {
            Sides::Http => Box::new(upstream),
            #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
            Sides::Https { client, .. } => {
                let name = rustls::pki_types::ServerName::from(self.store.ip());
                let connection = rustls::ClientConnection::new(client.clone(), name).unwrap();
                Box::new(rustls::StreamOwned::new(connection, upstream))
            }
        })
    }

    /// The store's whole answer, head and body.
    fn ask(&self, head: &str, body: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut upstream = self.store()?;
        upstream.write_all(
            head.replacen("\r\n", "\r\nconnection: close\r\n", 1)
                .as_bytes(),
        )?;
        // A store may refuse, and close the connection, before it has the whole body.
        let written = upstream.write_all(body).and_then(|()| upstream.flush());
        let mut answer = Vec::new();
        match (upstream.read_to_end(&mut answer), written) {
            (Err(error), _) if answer.is_empty() => Err(error),
            (_, Err(error)) if answer.is_empty() => Err(error),
            _ => Ok(answer),
        }
    }
}

fn write_answer(client: &mut dyn Connection, head: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    let answer =
        format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    client.write_all(answer.as_bytes())?;
    client.flush()
}

/// Where the body begins.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some(end + 4)
}

fn set_header(answer: &mut Vec<u8>, end: usize, name: &str, value: &str) {
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let is_it = |line: &str| {
        line.split_once(':')
            .is_some_and(|(known, _)| known.eq_ignore_ascii_case(name))
    };
    let mut lines: Vec<&str> = head.trim_end().split("\r\n").collect();
    lines.retain(|line| !is_it(line));
    let head = format!("{}\r\n{name}: {value}\r\n\r\n", lines.join("\r\n"));
    answer.splice(..end, head.into_bytes());
}

/// A whole request: its head, up to and with the empty line, and its body.
fn request(client: &mut dyn Connection) -> std::io::Result<(String, Vec<u8>)> {
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    let (mut head, mut whole) = (String::new(), usize::MAX);
    while bytes.len() < whole {
        let count = client.read(&mut buffer)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&buffer[..count]);
        // Not looked for again, as the body would be searched with it.
        if head.is_empty()
            && let Some(end) = end_of_head(&bytes)
        {
            head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_it = name.eq_ignore_ascii_case("content-length");
                is_it.then(|| value.trim().parse::<usize>().unwrap())
            });
            whole = end + length.unwrap_or(0);
        }
    }
    Ok((head.clone(), bytes.split_off(head.len())))
}
