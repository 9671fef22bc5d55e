//! Between a client and the live store: passes every request on but those that it is to kill.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use slim_s3::Client;

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

/// A proxy under its own address, which is the one that its client signs: stores take any host that is signed.
pub struct Proxy {
    /// A client that speaks to the proxy and takes it for the store.
    pub client: Client,
    killed: Arc<AtomicU32>,
}

impl Proxy {
    /// Closes the connection, without an answer, on which the whole request has come for a target with this text.
    pub fn killing(target: String) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sides, client) = sides(address);
        let (sides, store) = (Arc::new(sides), live::address());
        let killed = Arc::new(AtomicU32::new(0));
        let count = killed.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let (socket, sides) = (socket.unwrap(), sides.clone());
                let (target, count) = (target.clone(), count.clone());
                // A connection that breaks shows at the client.
                std::thread::spawn(move || pass_on(socket, &sides, store, &target, &count));
            }
        });
        Proxy { client, killed }
    }

    /// How many requests were killed.
    pub fn killed(&self) -> u32 {
        self.killed.load(Ordering::SeqCst)
    }
}

fn sides(address: SocketAddr) -> (Sides, Client) {
    if !live::is_https() {
        let client = live::builder().endpoint(&format!("http://{address}"));
        return (Sides::Http, client.build().unwrap());
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
        let client = live::builder()
            .endpoint(&format!("https://{address}"))
            .roots(slim_s3::Roots::Pem(authority.pem));
        (sides, client.build().unwrap())
    }
}

fn pass_on(
    socket: TcpStream,
    sides: &Sides,
    store: SocketAddr,
    target: &str,
    killed: &AtomicU32,
) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut client: Box<dyn Connection> = match sides {
        Sides::Http => Box::new(socket),
        #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
        Sides::Https { server, .. } => {
            let connection = rustls::ServerConnection::new(server.clone()).unwrap();
            Box::new(rustls::StreamOwned::new(connection, socket))
        }
    };
    let (head, body) = request(&mut client)?;
    if head.lines().next().unwrap().contains(target) {
        killed.fetch_add(1, Ordering::SeqCst);
        return Ok(());
    }
    let upstream = TcpStream::connect(store)?;
    upstream.set_nodelay(true)?;
    let mut upstream: Box<dyn Connection> = match sides {
        Sides::Http => Box::new(upstream),
        #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
        Sides::Https { client, .. } => {
            let name = rustls::pki_types::ServerName::from(store.ip());
            let connection = rustls::ClientConnection::new(client.clone(), name).unwrap();
            Box::new(rustls::StreamOwned::new(connection, upstream))
        }
    };
    upstream.write_all(
        head.replacen("\r\n", "\r\nconnection: close\r\n", 1)
            .as_bytes(),
    )?;
    upstream.write_all(&body)?;
    upstream.flush()?;
    let copied = std::io::copy(&mut upstream, &mut client);
    client.flush()?;
    copied.map(drop)
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
            && let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n")
        {
            head = String::from_utf8(bytes[..end + 4].to_vec()).unwrap();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_it = name.eq_ignore_ascii_case("content-length");
                is_it.then(|| value.trim().parse::<usize>().unwrap())
            });
            whole = end + 4 + length.unwrap_or(0);
        }
    }
    Ok((head.clone(), bytes.split_off(head.len())))
}
