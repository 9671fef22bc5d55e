//! Certificates for the tests: a CA, and server certificates that it signs.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};

/// A CA made for one test.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// The CA's own certificate.
    pub pem: Vec<u8>,
}

/// A server's certificate and its key.
pub struct Identity {
    pub certificate: rcgen::Certificate,
    pub key: KeyPair,
}

impl Authority {
    pub fn new(name: &str) -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key).unwrap().pem().into_bytes();
        Authority {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    /// A certificate for these names and addresses that expires at the start of the year `until`.
    pub fn issue(&self, names: &[&str], until: i32) -> Identity {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params
            .distinguished_name
            .push(DnType::CommonName, "slim-s3 test server");
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity { certificate, key }
    }
}

/// A year in which no certificate of the tests has expired.
pub const FAR_FUTURE: i32 = 2090;

/// Called by `tests/run`, which sets the folder for an https store's certificate; does nothing otherwise.
#[test]
fn write_for_the_store() {
    let Some(folder) = std::env::var_os("S3_TEST_MAKE_CERTIFICATES") else {
        return;
    };
    let folder = std::path::Path::new(&folder);
    let authority = Authority::new("slim-s3 test CA");
    let names = ["127.0.0.1", "localhost", "s3.test", "*.s3.test"];
    let server = authority.issue(&names, FAR_FUTURE);
    std::fs::write(folder.join("ca.pem"), &authority.pem).unwrap();
    // The file names that MinIO expects.
    std::fs::write(folder.join("public.crt"), server.certificate.pem()).unwrap();
    std::fs::write(folder.join("private.key"), server.key.serialize_pem()).unwrap();
    println!("certificates written to {}", folder.display());
}
