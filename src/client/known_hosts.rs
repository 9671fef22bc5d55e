//! The hosts of well-known services: which region they are in, and what an endpoint must not contain.

use super::dialect::Dialect;
use super::endpoint::is_dns_label;

/// How the suffixes of AWS's hosts begin.
const AWS: &str = ".amazonaws.";
const B2: &str = ".backblazeb2.com";
const GCS: &str = "storage.googleapis.com";
const R2: &str = ".r2.cloudflarestorage.com";
const WASABI: &str = ".wasabisys.com";

/// The end of a host name, and how the rest is built.
const SERVICES: [(&str, Rest); 9] = [
    (".amazonaws.com", Rest::S3AndRegion),
    (".amazonaws.com.cn", Rest::S3AndRegion),
    (".amazonaws.eu", Rest::S3AndRegion),
    (B2, Rest::S3AndRegion),
    (WASABI, Rest::S3AndRegion),
    (".scw.cloud", Rest::S3AndRegion),
    (R2, Rest::R2Account),
    (".digitaloceanspaces.com", Rest::OneLabel),
    (GCS, Rest::Nothing),
];

#[derive(Clone, Copy)]
enum Rest {
    /// `s3.eu-west-1`, `s3.dualstack.eu-west-1`, `s3-fips.us-east-1` or `s3`.
    S3AndRegion,
    /// The account's ID, and possibly a jurisdiction: `0123456789abcdef0123456789abcdef.eu`.
    R2Account,
    /// `fra1`.
    OneLabel,
    /// Nothing.
    Nothing,
}

/// What the host of a well-known service contains. Such a service serves S3 at the root of its URL.
pub(super) struct KnownHost {
    /// Whether it starts with the name of a bucket.
    pub(super) names_a_bucket: bool,
}

impl KnownHost {
    pub(super) fn of(host: &str) -> Option<KnownHost> {
        let (name, _, rest) = service(host)?;
        let mut labels = name.split('.');
        let names_a_bucket = match rest {
            Rest::S3AndRegion => {
                // Other hosts of AWS, such as those of API gateways and VPC endpoints, are not known.
                let position = labels.position(is_s3)?;
                if name.split('.').any(|label| label.starts_with("vpce")) {
                    return None;
                }
                position > 0
            }
            Rest::R2Account => labels.nth(1).is_some_and(|label| label.len() == 32),
            Rest::OneLabel => labels.nth(1).is_some(),
            Rest::Nothing if name.is_empty() => false,
            Rest::Nothing if name.ends_with('.') => true,
            Rest::Nothing => return None,
        };
        Some(KnownHost { names_a_bucket })
    }
}

/// Whether a label of AWS's host names S3: `s3`, `s3-fips`, `s3-accelerate`, or `s3-us-west-2` as in former times. Access points
/// have hosts of their own.
fn is_s3(label: &str) -> bool {
    let others = ["s3-accesspoint", "s3-object-lambda", "s3-outposts"];
    let is_other = || others.iter().any(|other| label.starts_with(other));
    label == "s3" || (label.starts_with("s3-") && !is_other())
}

/// The service of a host: what precedes its suffix, and the suffix. Without the dot that ends a fully qualified name.
fn service(host: &str) -> Option<(&str, &'static str, Rest)> {
    let host = host.strip_suffix('.').unwrap_or(host);
    SERVICES
        .iter()
        .find_map(|(suffix, rest)| Some((host.strip_suffix(suffix)?, *suffix, *rest)))
}

pub(super) fn is_aws(host: &str) -> bool {
    service(host).is_some_and(|(_, suffix, _)| suffix.starts_with(AWS))
}

/// The dialect of a well-known host, with or without a port.
pub(super) fn dialect(host: &str) -> Option<&'static Dialect> {
    let name = host.split(':').next()?;
    match service(name)? {
        (_, B2, _) => Some(&Dialect::B2),
        (_, GCS, _) => Some(&Dialect::GCS),
        (_, R2, _) => Some(&Dialect::R2),
        (_, WASABI, _) => Some(&Dialect::WASABI),
        (_, suffix, _) if suffix.starts_with(AWS) => Some(&Dialect::AWS),
        _ => None,
    }
}

/// The region that a well-known host's name contains.
pub(super) fn region_in_host(host: &str) -> Option<&str> {
    let host = host.split(':').next()?;
    let (name, suffix, rest) = service(host)?;
    let region = match rest {
        Rest::S3AndRegion if name == "s3" && suffix.starts_with(AWS) => "us-east-1",
        Rest::S3AndRegion => {
            let name = name
                .strip_prefix("s3-fips.")
                .or_else(|| name.strip_prefix("s3."))?;
            name.strip_prefix("dualstack.").unwrap_or(name)
        }
        Rest::R2Account => "auto",
        Rest::OneLabel | Rest::Nothing => return None,
    };
    is_dns_label(region).then_some(region)
}
