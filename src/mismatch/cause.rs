//! The causes of a rejected signature, and their remedies.

use std::fmt;

use crate::error::Escaped;

/// Why a signature was rejected. `Display` says it in one sentence, and [`remedy`](Cause::remedy) what to do.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// Both sides have signed the same text, but with different secret access keys.
    WrongSecret,
    /// The store has no such access key ID.
    UnknownAccessKey,
    /// The session token is not valid, or not any more.
    RejectedToken,
    /// The clocks differ by more than the store allows, usually 15 minutes.
    ClockSkew {
        /// By how much the signing time was ahead of the store's clock, in seconds; negative if it was behind. `None` if the
        /// store did not state its time.
        seconds: Option<i64>,
    },
    /// The time of a presigned URL is over.
    Expired,
    /// The request was signed for another region.
    WrongRegion {
        /// The region that it was signed for.
        signed: String,
        /// The region that the store expects, if it reported one.
        expected: Option<String>,
    },
    /// The method was changed on the way.
    Method,
    /// The path was changed on the way.
    Path {
        /// How it was changed.
        change: PathChange,
    },
    /// The query was changed on the way.
    Query {
        /// The first parameter that was changed, added or removed, percent-encoded; `None` if only their order or their form
        /// differs, or if it is not known. A diagnosis may name several, separated by commas.
        parameter: Option<String>,
    },
    /// The `Host` header was changed on the way.
    Host {
        /// The host that the store has received, if it is known.
        received: Option<String>,
    },
    /// A signed header was changed or removed on the way.
    Header {
        /// Its name in lower case. A diagnosis may name several, separated by commas.
        name: String,
    },
    /// A header was sent, or added on the way, that must be signed and is not; or a signed one was removed.
    UnsignedHeaders {
        /// Their names, if the store reported them.
        names: Vec<String>,
    },
    /// The `Authorization` header was changed or removed on the way.
    Authorization,
    /// The store uses another payload hash than the one that was signed.
    PayloadHash,
    /// The body was changed on the way, or after it was hashed.
    Body,
    /// `x-amz-content-sha256` did not reach the store.
    MissingPayloadHash,
    /// The store denies the request, and not because of its signature. Only a diagnosis finds it.
    NotPermitted,
    /// The store does not say what differs.
    Unknown,
}

/// How a path was changed on the way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PathChange {
    /// It was percent-decoded: `%2520` became `%20`.
    Decoded,
    /// It was percent-encoded again: `%20` became `%2520`.
    EncodedTwice,
    /// It was encoded in another way, such as `%2B` as `+`, and means the same.
    EncodedDifferently,
    /// Empty segments, `.`, `..`, or the slash at its end were removed.
    Normalized,
    /// Its start was added or removed.
    Prefix,
    /// Anything else.
    Other,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cause::WrongSecret => "the secret access key is not the one of this access key ID",
            Cause::UnknownAccessKey => "the store has no such access key ID",
            Cause::RejectedToken => "the session token is not valid, or not any more",
            Cause::ClockSkew { seconds: None } => "the clocks of the client and the store differ",
            Cause::ClockSkew {
                seconds: Some(seconds),
            } => {
                let direction = if *seconds < 0 { "behind" } else { "ahead of" };
                let seconds = seconds.unsigned_abs();
                return write!(f, "the request is dated {seconds} s {direction} the store's clock");
            }
            Cause::Expired => "the presigned URL has expired",
            Cause::WrongRegion {
                signed,
                expected: Some(expected),
            } => {
                let (signed, expected) = (Escaped(signed), Escaped(expected));
                return write!(f, "the request is signed for the region {signed}, and the store expects {expected}");
            }
            Cause::WrongRegion { signed, .. } => {
                let signed = Escaped(signed);
                return write!(f, "the request is signed for the region {signed}, and the store expects another one");
            }
            Cause::Method => "the method was changed on the way",
            Cause::Path { change } => change.sentence(),
            Cause::Query { parameter: None } => "the query was changed on the way",
            Cause::Query {
                parameter: Some(name),
            } => {
                let what = if name.contains(',') { "one or more of" } else { "the parameter" };
                let name = Escaped(name);
                return write!(f, "the query was changed on the way: {what} {name}");
            }
            Cause::Host { received: None } => "the Host header was changed on the way",
            Cause::Host {
                received: Some(host),
            } => {
                return write!(f, "the Host header was changed on the way to {}", Escaped(host));
            }
            Cause::Header { name } => {
                let what = if name.contains(',') { "one or more of " } else { "" };
                let name = Escaped(name);
                return write!(f, "a signed header was changed or removed on the way: {what}{name}");
            }
            Cause::UnsignedHeaders { names } if names.is_empty() => {
                "a signed header was removed on the way, or a header was added that must be signed"
            }
            Cause::UnsignedHeaders { names } => {
                let names = names.join(", ");
                return write!(f, "a header was sent that must be signed and is not: {}", Escaped(&names));
            }
            Cause::Authorization => "the Authorization header was changed or removed on the way",
            Cause::PayloadHash => "the store uses another payload hash than the signed one",
            Cause::Body => "the body was changed on the way, or after it was hashed",
            Cause::MissingPayloadHash => "the header x-amz-content-sha256 did not reach the store",
            Cause::NotPermitted => {
                "the store denies the request, and not because of its signature"
            }
            Cause::Unknown => "the store does not say what differs",
        })
    }
}

impl PathChange {
    fn sentence(self) -> &'static str {
        match self {
            PathChange::Decoded => "the path was percent-decoded on the way",
            PathChange::EncodedTwice => {
                "the path was percent-encoded a second time, on the way or by the store"
            }
            PathChange::EncodedDifferently => {
                "the path was encoded in another way, on the way or by the store"
            }
            PathChange::Normalized => {
                "the path was normalised on the way: empty segments, dots or the slash at its end were removed"
            }
            PathChange::Prefix => "the start of the path was added or removed on the way",
            PathChange::Other => "the path was changed on the way",
        }
    }
}

impl Cause {
    /// What to do about it, in one sentence.
    pub fn remedy(&self) -> &'static str {
        match self {
            Cause::WrongSecret => {
                "pass the secret access key exactly as the store issued it: it may be truncated, quoted, or the one of another user"
            }
            Cause::UnknownAccessKey => {
                "check the access key ID, and whether the endpoint is the store that issued it"
            }
            Cause::RejectedToken => {
                "get new temporary credentials; long-term ones have no session token"
            }
            Cause::ClockSkew { .. } => {
                "set the clock; a call that may be retried corrects it by itself, once"
            }
            Cause::Expired => "presign a new URL, for up to seven days",
            Cause::WrongRegion { .. } => "build the client with the region that the store expects",
            Cause::Method => "look for a redirect, or a proxy that rewrites the method",
            Cause::Path {
                change: PathChange::Prefix,
            } => {
                "set ClientBuilder::signed_endpoint to the URL that the store sees, or make the proxy pass the path on unchanged"
            }
            Cause::Path { .. } => {
                "make the proxy pass the path on unchanged: in nginx, proxy_pass without a path"
            }
            Cause::Query { .. } => "make the proxy pass the query on unchanged",
            Cause::Host { .. } => {
                "make the proxy pass Host on with its port (in nginx, proxy_set_header Host $http_host), or set ClientBuilder::signed_endpoint to the URL that the store sees"
            }
            Cause::Header { .. } => {
                "make the proxy pass the header on unchanged, or leave it out of the call"
            }
            Cause::UnsignedHeaders { .. } => {
                "make the proxy pass x-amz headers on and add none; set the headers of a presigned URL before it is presigned"
            }
            Cause::Authorization => "make the proxy pass the Authorization header on unchanged",
            Cause::PayloadHash => {
                "sign the payload hash that the store supports, such as UNSIGNED-PAYLOAD for a presigned URL"
            }
            Cause::Body => {
                "send the bytes that were hashed, and look for a proxy that compresses or rewrites bodies"
            }
            Cause::MissingPayloadHash => "make the proxy pass x-amz headers on",
            Cause::NotPermitted => {
                "check the policies of the bucket and of the keys, and whether there are keys at all"
            }
            Cause::Unknown => {
                "check the secret access key first; Client::diagnose finds out more by further requests"
            }
        }
    }
}
