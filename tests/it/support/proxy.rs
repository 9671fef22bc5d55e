//! A proxy in front of the live store that injects the faults of networks and gateways.
//!
//! ```text
//! let proxy = Proxy::new(|request| if request.number == 1 { Fault::DropResponse } else { Fault::None });
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
use super::server::until;

trait Connection: Read + Write {}
impl<T: Read + Write> Connection for T {}

/// The protocol of both sides.
enum Scheme {
    Http,
    #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
    Https {
        server: Arc<rustls::ServerConfig>,
        client: Arc<rustls::ClientConfig>,
    },
}

/// A request to the proxy.
pub struct ProxiedRequest<'a> {
    /// Counts from 1.
    pub number: u32,
    /// The request line and the headers.
    pub head: &'a str,
}

/// What the proxy does to a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Forwards the request and the response.
    None,
    /// Resets the connection. The store does not see the request.
    Reset,
    /// Closes the connection without a response. The store does not see the request.
    Close,
    /// Responds instead of the store, which does not see the request: a status line and headers, and a body, whose length
    /// is added.
    Respond(&'static str, String),
    /// Forwards the head and half of the body, and closes both connections.
    TruncateRequest,
    /// Stalls for this long, and closes the connection. The store does not see the request.
    Stall(Duration),
    /// Forwards the request, and closes the connection without the response.
    DropResponse,
    /// Forwards the request, and replaces the response.
    ReplaceResponse(&'static str, String),
    /// Forwards the response's head and this many bytes of its body, and closes the connection.
    TruncateResponse(usize),
    /// Sets a header of the response.
    SetHeader(&'static str, String),
    /// Forwards the request with another head, as proxies edit it.
    EditHead(fn(&str) -> String),
    /// Forwards the request with another body of the same length.
    EditBody(fn(&mut [u8])),
}

type Plan = dyn Fn(&ProxiedRequest<'_>) -> Fault + Send + Sync;

/// A proxy. Its client signs the proxy's address, because the stores accept any signed host.
pub struct Proxy {
    address: SocketAddr,
    builder: Box<dyn Fn() -> ClientBuilder + Send + Sync>,
    shared: Arc<Shared>,
}

struct Shared {
    scheme: Scheme,
    store: SocketAddr,
    plan: Box<Plan>,
    requests: AtomicU32,
    faults: AtomicU32,
}

impl Proxy {
    /// Injects what `plan` returns for each request, once the whole request has arrived.
    pub fn new(plan: impl Fn(&ProxiedRequest<'_>) -> Fault + Send + Sync + 'static) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (scheme, builder) = scheme(address);
        let shared = Arc::new(Shared {
            scheme,
            store: live::address(),
            plan: Box::new(plan),
            requests: AtomicU32::new(0),
            faults: AtomicU32::new(0),
        });
        let accepting = shared.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let (socket, shared) = (socket.unwrap(), accepting.clone());
                // The client reports connection errors.
                std::thread::spawn(move || shared.forward(socket));
            }
        });
        Proxy {
            address,
            builder,
            shared,
        }
    }

    /// Injects [`Fault::Close`] into each request whose request line contains this text.
    pub fn closing_on(target: String) -> Proxy {
        Proxy::new(move |request| {
            if request.head.lines().next().unwrap().contains(&target) {
                Fault::Close
            } else {
                Fault::None
            }
        })
    }

    /// Injects the fault into the first request only.
    pub fn with_first_fault(fault: Fault) -> Proxy {
        Proxy::new(move |request| {
            if request.number == 1 {
                fault.clone()
            } else {
                Fault::None
            }
        })
    }

    /// A client whose endpoint is the proxy.
    pub fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A builder for such a client.
    pub fn builder(&self) -> ClientBuilder {
        (self.builder)()
    }

    /// The number of requests so far.
    pub fn requests(&self) -> u32 {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// The number of injected faults.
    pub fn faults(&self) -> u32 {
        self.shared.faults.load(Ordering::SeqCst)
    }

    /// Waits until every connection has ended. A request whose client has gone may still reach the store until then.
    pub async fn idle(&self) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        // Connections are accepted in order: when this one has ended, all earlier ones have their thread.
        let mut last = tokio::net::TcpStream::connect(self.address).await.unwrap();
        last.shutdown().await.unwrap();
        let _ = last.read(&mut [0]).await;
        // The proxy and its listener hold one reference each, and every thread has its own.
        until(|| Arc::strong_count(&self.shared) == 2).await;
    }
}

fn scheme(address: SocketAddr) -> (Scheme, Box<dyn Fn() -> ClientBuilder + Send + Sync>) {
    if !live::is_https() {
        let builder = move || live::builder().endpoint(&format!("http://{address}"));
        return (Scheme::Http, Box::new(builder));
    }
    #[cfg(not(any(feature = "rustls", feature = "webpki-roots")))]
    panic!("an https store requires the feature rustls or webpki-roots");
    #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
    {
        use rustls::pki_types::pem::PemObject;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let authority = super::certificates::Authority::new("slim-s3 test proxy CA");
        let identity = authority.issue(&["127.0.0.1"], super::certificates::FAR_FUTURE);
        let key = rustls::pki_types::PrivateKeyDer::Pkcs8(identity.key.serialize_der().into());
        let server = rustls::ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![identity.certificate.der().clone()], key)
            .unwrap();
        let mut roots = rustls::RootCertStore::empty();
        let ca = live::ca().expect("the proxy requires S3_TEST_CA to verify an https store");
        for certificate in rustls::pki_types::CertificateDer::pem_slice_iter(&ca) {
            roots.add(certificate.unwrap()).unwrap();
        }
        let client = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let scheme = Scheme::Https {
            server: Arc::new(server),
            client: Arc::new(client),
        };
        let builder = move || {
            live::builder()
                .endpoint(&format!("https://{address}"))
                .roots(slim_s3::Roots::Pem(authority.pem.clone()))
        };
        (scheme, Box::new(builder))
    }
}

impl Shared {
    fn forward(&self, socket: TcpStream) -> std::io::Result<()> {
        socket.set_nodelay(true)?;
        let raw = socket.try_clone()?;
        let mut client: Box<dyn Connection> = match &self.scheme {
            Scheme::Http => Box::new(socket),
            #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
            Scheme::Https { server, .. } => {
                let connection = rustls::ServerConnection::new(server.clone()).unwrap();
                Box::new(rustls::StreamOwned::new(connection, socket))
            }
        };
        let (mut head, mut body) = read_request(&mut client)?;
        let number = self.requests.fetch_add(1, Ordering::SeqCst) + 1;
        let fault = (self.plan)(&ProxiedRequest {
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
            Fault::Respond(head, body) => return write_response(&mut client, head, body),
            _ => {}
        }
        if matches!(fault, Fault::TruncateRequest) {
            let (half, _) = body.split_at(body.len() / 2);
            let _ = self.connect()?.write_all(&[head.as_bytes(), half].concat());
            return Ok(());
        }
        match &fault {
            Fault::EditHead(edit) => head = edit(&head),
            Fault::EditBody(edit) => edit(&mut body),
            _ => {}
        }
        let mut response = self.exchange(&head, &body)?;
        let end = end_of_head(&response).ok_or(std::io::ErrorKind::UnexpectedEof)?;
        match &fault {
            Fault::DropResponse => return Ok(()),
            Fault::ReplaceResponse(head, body) => return write_response(&mut client, head, body),
            Fault::TruncateResponse(count) => response.truncate(end + count),
            Fault::SetHeader(name, value) => set_header(&mut response, end, name, value),
            _ => {}
        }
        client.write_all(&response)?;
        client.flush()
    }

    /// Connects to the store.
    fn connect(&self) -> std::io::Result<Box<dyn Connection>> {
        let upstream = TcpStream::connect(self.store)?;
        upstream.set_nodelay(true)?;
        Ok(match &self.scheme {
            Scheme::Http => Box::new(upstream),
            #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
            Scheme::Https { client, .. } => {
                let name = rustls::pki_types::ServerName::from(self.store.ip());
                let connection = rustls::ClientConnection::new(client.clone(), name).unwrap();
                Box::new(rustls::StreamOwned::new(connection, upstream))
            }
        })
    }

    /// Sends a request to the store and returns the whole response, head and body.
    fn exchange(&self, head: &str, body: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut upstream = self.connect()?;
        upstream.write_all(
            head.replacen("\r\n", "\r\nconnection: close\r\n", 1)
                .as_bytes(),
        )?;
        // A store may reject the request and close the connection before it has read the whole body.
        let written = upstream.write_all(body).and_then(|()| upstream.flush());
        let mut response = Vec::new();
        match (upstream.read_to_end(&mut response), written) {
            (Err(error), _) if response.is_empty() => Err(error),
            (_, Err(error)) if response.is_empty() => Err(error),
            _ => Ok(response),
        }
    }
}

fn write_response(client: &mut dyn Connection, head: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    let response =
        format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    client.write_all(response.as_bytes())?;
    client.flush()
}

/// The offset of the body.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some(end + 4)
}

fn set_header(response: &mut Vec<u8>, end: usize, name: &str, value: &str) {
    let head = String::from_utf8(response[..end].to_vec()).unwrap();
    let is_named = |line: &str| {
        line.split_once(':')
            .is_some_and(|(known, _)| known.eq_ignore_ascii_case(name))
    };
    let mut lines: Vec<&str> = head.trim_end().split("\r\n").collect();
    lines.retain(|line| !is_named(line));
    let head = format!("{}\r\n{name}: {value}\r\n\r\n", lines.join("\r\n"));
    response.splice(..end, head.into_bytes());
}

/// Reads a whole request: the head, including the empty line, and the body.
fn read_request(client: &mut dyn Connection) -> std::io::Result<(String, Vec<u8>)> {
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    let (mut head, mut expected) = (String::new(), usize::MAX);
    while bytes.len() < expected {
        let count = client.read(&mut buffer)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&buffer[..count]);
        // The head is searched only until it is found, because the body may be large.
        if head.is_empty()
            && let Some(end) = end_of_head(&bytes)
        {
            head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_length = name.eq_ignore_ascii_case("content-length");
                is_length.then(|| value.trim().parse::<usize>().unwrap())
            });
            expected = end + length.unwrap_or(0);
        }
    }
    Ok((head.clone(), bytes.split_off(head.len())))
}
