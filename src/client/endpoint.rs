//! The endpoint: where requests are sent, and how a URL names the bucket.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::Uri;

use crate::client::dialect::Dialect;
use crate::client::known_hosts::{self, KnownHost, region_in_host};
use crate::error::Error;
use crate::request::{Target, has_dot_segment};
use crate::sigv4::{Slash, push_uri_encoded};

/// How a URL names the bucket.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Addressing {
    /// Virtual-hosted style on AWS if the bucket's name allows it; path style everywhere else.
    #[default]
    Auto,
    /// Path style: `https://host/bucket/key`.
    Path,
    /// Virtual-hosted style: `https://bucket.host/key`.
    VirtualHosted,
}

/// The parts of a store's base URL. A signature covers `host` and `prefix` exactly as they are sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Endpoint {
    scheme: Scheme,
    /// In lower case, with the port unless it is the scheme's default.
    host: String,
    /// The URL's path: empty, or with a leading slash and no trailing one. Percent-encoded.
    prefix: String,
    is_aws: bool,
    /// The dialect of the host, if it is well known.
    pub(crate) dialect: &'static Dialect,
    /// The region that requests are signed for.
    pub(crate) region: String,
    /// Whether the store keeps a leading slash of a key. Set by the builder.
    pub(crate) keeps_leading_slashes: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scheme {
    Http,
    Https,
}

/// The parts of a request's URL except the query.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RequestUrl {
    pub(crate) scheme: &'static str,
    pub(crate) host: String,
    /// Percent-encoded once; these bytes are signed and sent.
    pub(crate) path: String,
}

impl Endpoint {
    /// The AWS endpoint of a region.
    pub(crate) fn aws(region: &str) -> Result<Endpoint, Error> {
        Endpoint::aws_at("s3", region)
    }

    /// The AWS endpoint of a region whose host starts with `service`: `s3`, or `s3-fips.dualstack` and the like.
    pub(crate) fn aws_at(service: &str, region: &str) -> Result<Endpoint, Error> {
        let suffix = match region.split('-').next().unwrap_or_default() {
            "cn" => "amazonaws.com.cn",
            "eusc" => "amazonaws.eu",
            _ => "amazonaws.com",
        };
        if !is_dns_label(region) {
            let problem = format!("{region:?} is not an AWS region");
            return Err(Error::invalid(
                "region",
                problem,
                "use a name such as \"eu-central-1\", or set the endpoint of another store",
            ));
        }
        Ok(Endpoint {
            scheme: Scheme::Https,
            host: format!("{service}.{region}.{suffix}"),
            prefix: String::new(),
            is_aws: true,
            dialect: &Dialect::AWS,
            region: region.to_owned(),
            keeps_leading_slashes: false,
        })
    }

    /// Parses the URL of any store, including AWS.
    pub(crate) fn parse(url: &str) -> Result<Endpoint, Error> {
        let invalid = |problem: &str| {
            // A password or a signature in the URL must not appear in a message.
            let shown = if url.contains(['@', '?', '#']) {
                "the URL".to_owned()
            } else {
                format!("{url:?}")
            };
            Error::invalid(
                "endpoint",
                format!("{shown} {problem}"),
                "use a URL such as \"https://s3.example.com\" or \"http://127.0.0.1:9000\"",
            )
        };
        if url.contains('@') {
            return Err(invalid(
                "contains a user name or a password (pass keys as credentials)",
            ));
        }
        if !url.is_ascii() {
            return Err(invalid(
                "contains a non-ASCII character (write an international host name in its xn-- form)",
            ));
        }
        let parts = url.split_once(':');
        let parts = parts.and_then(|(scheme, rest)| Some((scheme, rest.strip_prefix("//")?)));
        let (scheme, rest) = match parts {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Scheme::Http, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Scheme::Https, rest),
            Some(_) => return Err(invalid("does not start with http:// or https://")),
            None => return Err(invalid("has no scheme (http:// or https://)")),
        };
        if rest.contains(['?', '#']) {
            return Err(invalid("contains a query or a fragment"));
        }
        let uri: Uri = url.parse().map_err(|_| invalid("is not a URL"))?;
        let (Some(host), port) = (uri.host().filter(|host| !host.is_empty()), uri.port()) else {
            return Err(invalid("has no host"));
        };
        if host.contains('%') {
            return Err(invalid(
                "has a percent sign in its host (addresses with a zone, such as fe80::1%eth0, are not supported)",
            ));
        }
        let authority = rest.split('/').next().unwrap_or_default();
        // `http` reads "host:" and "host:99999" as a host without a port.
        if port.is_none() && authority.len() != host.len() {
            return Err(invalid("has a port that is not a number from 1 to 65535"));
        }
        let host = host.to_ascii_lowercase();
        if !is_host(&host) {
            return Err(invalid(
                "has a host that is neither a host name nor an IP address in its usual form",
            ));
        }
        let port = match (scheme, uri.port_u16()) {
            (_, None) | (Scheme::Http, Some(80)) | (Scheme::Https, Some(443)) => String::new(),
            (_, Some(0)) => return Err(invalid("has port 0")),
            (_, Some(port)) => format!(":{port}"),
        };
        let prefix = uri.path().trim_end_matches('/');
        if !is_encoded_path(prefix) {
            return Err(invalid(
                "has a path with an empty, \".\" or \"..\" segment, or a character that must be percent-encoded",
            ));
        }
        let known = KnownHost::of(&host);
        if known.as_ref().is_some_and(|known| known.names_a_bucket) {
            return Err(invalid(
                "names a bucket in its host (leave it out: each call names its bucket)",
            ));
        }
        if known.is_some() && !prefix.is_empty() {
            return Err(invalid(
                "has a path, but this service has none (leave it out: each call names its bucket)",
            ));
        }
        let (dialect, is_aws) = known_hosts::dialect(&host);
        let host = host + &port;
        let region = region_in_host(&host).unwrap_or("us-east-1").to_owned();
        Ok(Endpoint {
            scheme,
            host,
            prefix: prefix.to_owned(),
            is_aws,
            dialect,
            region,
            keeps_leading_slashes: false,
        })
    }

    pub(crate) fn with_region(self, region: String) -> Endpoint {
        Endpoint { region, ..self }
    }

    pub(crate) fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    pub(crate) fn is_aws(&self) -> bool {
        self.is_aws
    }

    /// The host and, unless it is the scheme's default, the port.
    #[cfg(feature = "reqwest")]
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The URL of the host's root.
    pub(crate) fn root(&self) -> String {
        let RequestUrl { scheme, host, path } = self.at(self.host.clone(), "/".to_owned());
        format!("{scheme}://{host}{path}")
    }

    /// The region that the host's name contains, if it is a well-known host.
    pub(crate) fn region_in_host(&self) -> Option<&str> {
        region_in_host(&self.host)
    }

    /// The same AWS endpoint in another region; `None` if the host is not AWS's, or belongs to no single region.
    #[cfg(feature = "reqwest")]
    pub(crate) fn in_region(&self, region: &str) -> Option<Endpoint> {
        let own = self.region_in_host().filter(|_| self.is_aws)?;
        if !is_dns_label(region) {
            return None;
        }
        let host = match self.host.strip_prefix("s3.amazonaws.com") {
            Some(port) => format!("s3.{region}.amazonaws.com{port}"),
            None => {
                // The region is the only part of the host that repeats `own` as a whole label.
                let labels = self.host.split('.');
                let labels = labels.map(|label| if label == own { region } else { label });
                labels.collect::<Vec<&str>>().join(".")
            }
        };
        Some(Endpoint {
            host,
            region: region.to_owned(),
            ..self.clone()
        })
    }

    /// The URL of `target`, without the query.
    pub(crate) fn locate(
        &self,
        target: &Target,
        addressing: Addressing,
    ) -> Result<RequestUrl, Error> {
        let (bucket, key) = match target {
            Target::Service => {
                let path = if self.prefix.is_empty() {
                    "/"
                } else {
                    &self.prefix
                };
                return Ok(self.at(self.host.clone(), path.to_owned()));
            }
            Target::Bucket(bucket) => (bucket, None),
            Target::Object { bucket, key } => (bucket, Some(key)),
        };
        check_bucket(bucket)?;
        let key = key.map(|key| self.check_key(key)).transpose()?;
        let can_be_host =
            || is_virtual_hostable(bucket, self.is_https()) && !self.host_is_an_address();
        let in_host = match addressing {
            Addressing::VirtualHosted if !can_be_host() => {
                return Err(Error::invalid(
                    "bucket",
                    format!("{bucket:?} cannot be part of the host name {}", self.host),
                    "use Addressing::Path: virtual-hosted style requires a bucket name that is a DNS label (without dots for https) and a host that is not an IP address",
                ));
            }
            Addressing::VirtualHosted => true,
            Addressing::Auto => self.is_aws && can_be_host(),
            Addressing::Path => false,
        };
        // Room for the slashes, and for a few characters that must be encoded.
        let length = self.prefix.len() + bucket.len() + key.map_or(0, str::len) + 16;
        let mut path = String::with_capacity(length);
        path.push_str(&self.prefix);
        if !in_host {
            path.push('/');
            push_uri_encoded(&mut path, bucket, Slash::Encode);
        }
        if let Some(key) = key {
            path.push('/');
            push_uri_encoded(&mut path, key, Slash::Keep);
        } else if in_host {
            path.push('/');
        }
        let host = if in_host {
            [bucket, ".", &self.host].concat()
        } else {
            self.host.clone()
        };
        Ok(self.at(host, path))
    }

    /// Checks a key that is sent in an XML body or a header. MinIO and versitygw resolve dot segments there as well, and would
    /// act on another object.
    pub(crate) fn check_named_key(&self, key: &str) -> Result<(), Error> {
        if has_dot_segment(key) && !self.is_aws {
            return Err(Error::invalid(
                "key",
                format!(
                    "{key:?} has a \".\" or \"..\" segment, which stores other than AWS resolve to another object"
                ),
                "rename the object with another tool",
            ));
        }
        self.check_key(key).map(drop)
    }

    fn check_key<'a>(&self, key: &'a str) -> Result<&'a str, Error> {
        let (problem, remedy) = match key.len() {
            0 => (
                "empty".to_owned(),
                "pass the object's key; calls about the bucket itself have methods of their own",
            ),
            1..=1024 if key.starts_with('/') && !self.keeps_leading_slashes => (
                format!(
                    "{key:?} begins with a slash, which many stores drop, so the request would act on another object"
                ),
                "remove the slash, or set allow_leading_slash if this store keeps it as AWS does",
            ),
            1..=1024 => return Ok(key),
            length => (
                format!("{length} bytes long"),
                "use a key of at most 1,024 bytes of UTF-8",
            ),
        };
        Err(Error::invalid("key", problem, remedy))
    }

    fn at(&self, host: String, path: String) -> RequestUrl {
        let scheme = if self.is_https() { "https" } else { "http" };
        RequestUrl { scheme, host, path }
    }

    fn host_is_an_address(&self) -> bool {
        let name = self
            .host
            .rsplit_once(':')
            .map_or(self.host.as_str(), |(name, _)| name);
        self.host.starts_with('[')
            || name
                .split('.')
                .all(|label| label.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

/// Rejects names that would change the URL. The rest is left to the store: the rules for new buckets differ between stores,
/// and old buckets have names that new ones cannot have.
fn check_bucket(bucket: &str) -> Result<(), Error> {
    let problem = match bucket {
        "" => "is empty",
        "." | ".." => "is a dot segment, which URLs drop",
        _ if bucket.len() > 255 => "is longer than 255 bytes",
        _ if !bucket.bytes().all(|byte| byte.is_ascii_graphic()) => {
            "contains white space, a control character or a non-ASCII character"
        }
        _ if bucket.contains(['/', '\\', '?', '#', '%']) => "contains one of / \\ ? # %",
        _ => return Ok(()),
    };
    Err(Error::invalid(
        "bucket",
        format!("{bucket:?} {problem}"),
        "use the bucket's name alone: 3 to 63 lower-case letters, digits, hyphens and dots",
    ))
}

/// Whether a bucket's name can be part of a host name and, with https, matches a wildcard certificate.
fn is_virtual_hostable(bucket: &str, https: bool) -> bool {
    let labels = || bucket.split('.');
    let looks_like_an_address = labels().count() == 4
        && labels()
            .all(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()));
    (3..=63).contains(&bucket.len())
        && labels().all(is_dns_label)
        && !looks_like_an_address
        && !(https && bucket.contains('.'))
}

pub(super) fn is_dns_label(label: &str) -> bool {
    let characters = label
        .bytes()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    characters
        && (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Whether a host is a name or an address that no URL parser rewrites: `127.1` would become `127.0.0.1`.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').unwrap_or_default();
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_name = name.split('.').all(|label| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !label.is_empty() && label.bytes().all(is_allowed)
    });
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_number = last.starts_with("0x") || last.bytes().all(|byte| byte.is_ascii_digit());
    is_name && (!is_number || name.parse::<Ipv4Addr>().is_ok())
}

/// Whether a URL's path has the one form that no URL parser rewrites.
fn is_encoded_path(path: &str) -> bool {
    path.split('/').skip(1).all(|segment| {
        let bytes = segment.as_bytes();
        let triplets = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%');
        let well_encoded = triplets.into_iter().all(|(index, _)| {
            bytes.get(index + 1..index + 3).is_some_and(|digits| {
                digits
                    .iter()
                    .all(|digit| matches!(digit, b'0'..=b'9' | b'A'..=b'F'))
            })
        });
        let plain = bytes.iter().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%')
        });
        let has_dot = bytes.windows(3).any(|triplet| triplet == b"%2E");
        !matches!(segment, "" | "." | "..") && !has_dot && well_encoded && plain
    })
}
