//! TLS with rustls and ring, and the root certificates to trust. The only file that names rustls.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{
    CryptoProvider, KeyProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature,
    verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::SigningKey;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::build::invalid_pem;
use super::settings::Roots;
use crate::error::Error;

/// Makes a configuration for https that trusts the given roots.
pub(crate) type WithRoots = fn(&Roots) -> Result<ClientConfig, Error>;

/// The configuration for https with the default roots.
pub(crate) fn with_default_roots() -> Result<ClientConfig, Error> {
    #[cfg(feature = "rustls")]
    return platform_config();
    #[cfg(not(feature = "rustls"))]
    with_store(mozilla())
}

/// The configuration for https that trusts `roots`.
pub(crate) fn with_roots(roots: &Roots) -> Result<ClientConfig, Error> {
    let store = match roots {
        #[cfg(feature = "rustls")]
        Roots::Platform => return platform_config(),
        #[cfg(all(feature = "native-tls", not(feature = "rustls")))]
        Roots::Platform => {
            let problem = "the platform's roots are not compiled in for rustls";
            return Err(Error::invalid(
                "roots",
                problem,
                "enable the feature rustls, or choose Tls::Native",
            ));
        }
        #[cfg(feature = "webpki-roots")]
        Roots::Mozilla => mozilla(),
        Roots::Pem(pem) => {
            let mut store = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(pem) {
                store
                    .add(certificate.map_err(|error| invalid_pem(error.into()))?)
                    .map_err(|error| invalid_pem(error.into()))?;
            }
            if store.is_empty() {
                return Err(invalid_pem("no certificate found".into()));
            }
            store
        }
    };
    with_store(store)
}

/// The configuration for http, which needs no trust store.
pub(crate) fn without_roots() -> Result<ClientConfig, Error> {
    with_store(RootCertStore::empty())
}

/// The configuration for https that accepts every certificate.
pub(crate) fn unverified(_: &Roots) -> Result<ClientConfig, Error> {
    let provider = provider();
    let algorithms = provider.signature_verification_algorithms;
    configure(provider, Arc::new(NoVerifier { algorithms }))
}

#[cfg(feature = "webpki-roots")]
fn mozilla() -> RootCertStore {
    RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    }
}

#[cfg(feature = "rustls")]
fn platform_config() -> Result<ClientConfig, Error> {
    let verifier =
        rustls_platform_verifier::Verifier::new(Arc::new(provider())).map_err(no_anchors)?;
    configure(provider(), Arc::new(verifier))
}

fn with_store(store: RootCertStore) -> Result<ClientConfig, Error> {
    let provider = provider();
    let verifier = Verifier {
        roots: store,
        algorithms: provider.signature_verification_algorithms,
    };
    configure(provider, Arc::new(verifier))
}

fn configure(
    provider: CryptoProvider,
    verifier: Arc<dyn ServerCertVerifier>,
) -> Result<ClientConfig, Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .map_err(no_versions)?;
    let mut config = builder
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Verifies a server's certificate as rustls does when it has no revocation lists: chain, time, usage and name, by the same
/// functions. This keeps 9 KiB that parse revocation lists out of the binary.
#[derive(Debug)]
struct Verifier {
    roots: RootCertStore,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.algorithms.all;
        verify_server_cert_signed_by_trust_anchor(
            &certificate,
            &self.roots,
            intermediates,
            now,
            algorithms,
        )?;
        verify_server_name(&certificate, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Accepts every certificate, whoever it names. The server must still have the certificate's private key.
#[derive(Debug)]
struct NoVerifier {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for NoVerifier {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(feature = "rustls")]
#[cold]
fn no_anchors(error: rustls::Error) -> Error {
    let remedy = "install the system's CA certificates, pass your own as Roots::Pem, or compile in Mozilla's with the feature webpki-roots";
    Error::invalid(
        "roots",
        "the platform has no root certificates, which https requires",
        remedy,
    )
    .with_source(error.into())
}

#[cold]
fn no_versions(error: rustls::Error) -> Error {
    Error::invalid(
        "TLS",
        "this build of rustls supports no protocol version",
        "enable TLS 1.2 or 1.3 in rustls",
    )
    .with_source(error.into())
}

/// All of ring except the signing keys for client certificates, which S3 does not use and which weigh 58 KiB.
fn provider() -> CryptoProvider {
    CryptoProvider {
        key_provider: &NoClientCertificates,
        ..ring::default_provider()
    }
}

#[derive(Debug)]
struct NoClientCertificates;

impl KeyProvider for NoClientCertificates {
    fn load_private_key(
        &self,
        _: PrivateKeyDer<'static>,
    ) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        Err(rustls::Error::General(
            "client certificates are not supported".to_owned(),
        ))
    }
}
