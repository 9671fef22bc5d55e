//! The hosts of well-known services: which region they are in, and what an endpoint must not contain.

use super::dialect::Dialect;
use super::endpoint::is_dns_label;

/// The end of a host name, and the service that it belongs to.
const SERVICES: [(&str, Service); 9] = [
    (".amazonaws.com", Service::Aws),
    (".amazonaws.com.cn", Service::Aws),
    (".amazonaws.eu", Service::Aws),
    (".backblazeb2.com", Service::B2),
    (".wasabisys.com", Service::Wasabi),
    (".scw.cloud", Service::Scaleway),
    (".r2.cloudflarestorage.com", Service::R2),
    (".digitaloceanspaces.com", Service::Spaces),
    ("storage.googleapis.com", Service::Gcs),
];

/// A service, and how its host names begin.
#[derive(Clone, Copy)]
enum Service {
    /// `s3.eu-west-1`, `s3.dualstack.eu-west-1`, `s3-fips.us-east-1` or `s3`.
    Aws,
    /// `s3.us-west-004`.
    B2,
    /// Nothing.
    Gcs,
    /// The account's ID, and possibly a jurisdiction: `0123456789abcdef0123456789abcdef.eu`.
    R2,
    /// `s3.fr-par`.
    Scaleway,
    /// DigitalOcean Spaces: `fra1`.
    Spaces,
    /// `s3.eu-central-1`.
    Wasabi,
}

/// What the host of a well-known service contains. Such a service serves S3 at the root of its URL.
pub(super) struct KnownHost {
    /// Whether it starts with the name of a bucket.
    pub(super) names_a_bucket: bool,
}

impl KnownHost {
    pub(super) fn of(host: &str) -> Option<KnownHost> {
        let (name, service) = service(host)?;
        let labels = || name.split('.').enumerate();
        let names_a_bucket = match service {
            Service::Aws | Service::B2 | Service::Scaleway | Service::Wasabi => {
                // Other hosts of AWS, such as those of API gateways and VPC endpoints, are not known.
                // The last one: a bucket can be called `s3` too.
                let (position, _) = labels().filter(|(_, label)| is_s3(label)).last()?;
                if name.split('.').any(|label| label.starts_with("vpce")) {
                    return None;
                }
                position > 0
            }
            Service::R2 => labels().nth(1).is_some_and(|(_, label)| label.len() == 32),
            Service::Spaces => labels().nth(1).is_some(),
            Service::Gcs => !name.is_empty(),
        };
        Some(KnownHost { names_a_bucket })
    }
}

/// Whether a label of AWS's host names S3: `s3`, `s3-fips`, `s3-accelerate`, or `s3-us-west-2` as in former times. Access points
/// have hosts of their own.
fn is_s3(label: &str) -> bool {
    let others = [
        "s3-accesspoint",
        "s3-object-lambda",
        "s3-outposts",
        "s3-website",
    ];
    let is_other = || others.iter().any(|other| label.starts_with(other));
    label == "s3" || (label.starts_with("s3-") && !is_other())
}

/// What precedes the suffix of a host, and its service. Without the dot that ends a fully qualified name.
fn service(host: &str) -> Option<(&str, Service)> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let (name, service) = SERVICES
        .iter()
        .find_map(|(suffix, service)| Some((host.strip_suffix(suffix)?, *service)))?;
    // The only suffix without a dot at its beginning.
    let is_another_host =
        matches!(service, Service::Gcs) && !name.is_empty() && !name.ends_with('.');
    (!is_another_host).then_some((name, service))
}

/// The dialect of a host, and whether it is AWS's.
pub(super) fn dialect(host: &str) -> (&'static Dialect, bool) {
    let dialect = match service(host) {
        Some((_, Service::Aws)) => return (&Dialect::AWS, true),
        Some((_, Service::B2)) => &Dialect::B2,
        Some((_, Service::Gcs)) => &Dialect::GCS,
        Some((_, Service::R2)) => &Dialect::R2,
        Some((_, Service::Wasabi)) => &Dialect::WASABI,
        Some((_, Service::Scaleway | Service::Spaces)) | None => &Dialect::DEFAULT,
    };
    (dialect, false)
}

/// The region that a well-known host's name contains.
pub(super) fn region_in_host(host: &str) -> Option<&str> {
    let host = host.split(':').next()?;
    let (name, service) = service(host)?;
    let region = match service {
        Service::Aws if name == "s3" => "us-east-1",
        Service::Aws | Service::B2 | Service::Scaleway | Service::Wasabi => {
            let name = name
                .strip_prefix("s3-fips.")
                .or_else(|| name.strip_prefix("s3."))?;
            name.strip_prefix("dualstack.").unwrap_or(name)
        }
        Service::R2 => "auto",
        Service::Spaces | Service::Gcs => return None,
    };
    is_dns_label(region).then_some(region)
}
