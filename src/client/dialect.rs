//! Dialects: where stores differ from AWS, as plain data that the client acts on.

use crate::client::endpoint::Addressing;
use crate::client::part_limits::PartLimits;
use crate::error::Error;
use crate::request::Request;

/// What a store does differently: [`ClientBuilder::dialect`](crate::ClientBuilder::dialect).
///
/// The constants describe the versions in the repository's `docs/compatibility.md`. The default is what the client does for
/// a store that it does not recognise. For a store that is not listed, change the fields of a similar one:
///
/// ```
/// use slim_s3::Dialect;
///
/// let mut dialect = Dialect::default();
/// dialect.name = "Scaleway";
/// dialect.part_limits.max_parts = 1_000;
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Dialect {
    /// The store's name, for messages.
    pub name: &'static str,
    /// How URLs name the bucket.
    pub addressing: Addressing,
    /// The region to sign for if neither the client's builder nor the endpoint's host name gives one; `None` for `us-east-1`.
    pub region: Option<&'static str>,
    /// The limits for the parts of an upload.
    pub part_limits: PartLimits,
    /// The conditions on writes that the store ignores: each is an operation, such as `PutObject`, and how a header begins:
    /// its name, such as `if-`, or its name and value, such as `if-none-match: "` for any condition on an ETag.
    ///
    /// A call with such a condition fails before anything is sent, because the store would overwrite or delete the object
    /// whether or not the condition is met. `upload_file` and `upload_reader` fail if CompleteMultipartUpload ignores it, also
    /// for small objects: an upload must not start to fail when the object grows.
    pub ignored_conditions: &'static [(&'static str, &'static str)],
    /// Whether the store keeps slashes at the beginning of a key. Otherwise such keys are rejected.
    pub keeps_leading_slashes: bool,
    /// Whether the store accepts streams in signed chunks. Otherwise they are sent unsigned, over http as well.
    pub signed_chunks: bool,
    /// Whether the store accepts a signed checksum after the chunks. Otherwise neither is signed, over http as well.
    pub signed_trailers: bool,
    /// Whether listings request URL-encoded keys. Without it, a listing cannot contain keys that XML cannot express.
    pub encodes_listings: bool,
}

/// Ignored on the target of a copy.
const COPY_TARGET: (&str, &str) = ("CopyObject", "if-");
/// Ignored on the source of a copy.
const COPY_SOURCE: (&str, &str) = ("CopyObject", "x-amz-copy-source-if-");
const PUT: (&str, &str) = ("PutObject", "if-");
const COMPLETE: (&str, &str) = ("CompleteMultipartUpload", "if-");
const DELETE: (&str, &str) = ("DeleteObject", "if-");
const DELETE_AMZ: (&str, &str) = ("DeleteObject", "x-amz-if-match-");
/// `*` is honoured.
const PUT_NO_ETAG: (&str, &str) = ("PutObject", "if-none-match: \"");
const COMPLETE_NO_ETAG: (&str, &str) = ("CompleteMultipartUpload", "if-none-match: \"");
const PART_COPY_SOURCE: (&str, &str) = ("UploadPartCopy", "x-amz-copy-source-if-");

/// Services, recognised by their hosts.
impl Dialect {
    /// Amazon S3. Without an endpoint, or with one of AWS's, the region is still required.
    pub const AWS: Dialect = Dialect {
        name: "AWS",
        keeps_leading_slashes: true,
        ..Dialect::DEFAULT
    };

    /// Backblaze B2: parts of 5 MB to 5 GB.
    pub const B2: Dialect = Dialect {
        name: "B2",
        part_limits: PartLimits {
            min_part: 5_000_000,
            max_part: 5_000_000_000,
            max_parts: 10_000,
        },
        ..Dialect::DEFAULT
    };

    /// Google Cloud Storage: no signed chunks, and no conditions on an ETag when an object is written or deleted.
    pub const GCS: Dialect = Dialect {
        name: "Google Cloud Storage",
        ignored_conditions: &[PUT, COMPLETE, COPY_TARGET, DELETE, DELETE_AMZ],
        signed_chunks: false,
        ..Dialect::DEFAULT
    };

    /// Cloudflare R2: the region is `auto`; conditions on the target of a copy and those of DeleteObject are not supported.
    pub const R2: Dialect = Dialect {
        name: "R2",
        region: Some("auto"),
        ignored_conditions: &[COPY_TARGET, DELETE, DELETE_AMZ],
        ..Dialect::DEFAULT
    };

    /// Wasabi.
    pub const WASABI: Dialect = Dialect {
        name: "Wasabi",
        ..Dialect::DEFAULT
    };
}

/// Stores to run yourself.
impl Dialect {
    /// Ceph's RADOS Gateway: ignores conditions of CompleteMultipartUpload, copies and DeleteObject; keeps leading slashes. It
    /// honours `if_none_match("*")` of PutObject, but not conditions on an ETag in quotes.
    pub const CEPH: Dialect = Dialect {
        name: "Ceph",
        addressing: Addressing::Path,
        ignored_conditions: &[
            PUT_NO_ETAG,
            COMPLETE,
            COPY_TARGET,
            COPY_SOURCE,
            PART_COPY_SOURCE,
            DELETE,
            DELETE_AMZ,
        ],
        keeps_leading_slashes: true,
        ..Dialect::DEFAULT
    };

    /// Garage: the region is `garage`, parts may be of any size, and all conditions on writes are ignored, except those on
    /// the source of a copy.
    pub const GARAGE: Dialect = Dialect {
        name: "Garage",
        // It signs them with the prefix of a chunk.
        signed_trailers: false,
        addressing: Addressing::Path,
        region: Some("garage"),
        part_limits: PartLimits {
            min_part: 1,
            ..PartLimits::AWS
        },
        ignored_conditions: &[PUT, COMPLETE, COPY_TARGET, DELETE, DELETE_AMZ],
        ..Dialect::DEFAULT
    };

    /// MinIO: ignores conditions on the target of a copy, and those of DeleteObject.
    pub const MINIO: Dialect = Dialect {
        name: "MinIO",
        ignored_conditions: &[COPY_TARGET, DELETE, DELETE_AMZ],
        ..Dialect::DEFAULT
    };

    /// `rclone serve s3`: ignores conditions on the target of a copy.
    pub const RCLONE: Dialect = Dialect {
        name: "rclone",
        addressing: Addressing::Path,
        ignored_conditions: &[COPY_TARGET],
        ..Dialect::DEFAULT
    };

    /// S3Proxy: ignores conditions on the target of a copy.
    pub const S3PROXY: Dialect = Dialect {
        name: "S3Proxy",
        addressing: Addressing::Path,
        ignored_conditions: &[COPY_TARGET],
        ..Dialect::DEFAULT
    };

    /// SeaweedFS: ignores conditions on size and time of DeleteObject.
    pub const SEAWEEDFS: Dialect = Dialect {
        name: "SeaweedFS",
        addressing: Addressing::Path,
        ignored_conditions: &[DELETE_AMZ],
        ..Dialect::DEFAULT
    };

    /// OpenStack Swift with s3api: no signed chunks, 1,000 parts; ignores conditions on size and time of DeleteObject; keeps
    /// leading slashes.
    pub const SWIFT: Dialect = Dialect {
        name: "Swift",
        addressing: Addressing::Path,
        part_limits: PartLimits {
            max_parts: 1_000,
            ..PartLimits::AWS
        },
        ignored_conditions: &[DELETE_AMZ],
        keeps_leading_slashes: true,
        signed_chunks: false,
        ..Dialect::DEFAULT
    };

    /// versitygw: ignores conditions on the target of a copy.
    pub const VERSITYGW: Dialect = Dialect {
        name: "versitygw",
        ignored_conditions: &[COPY_TARGET],
        ..Dialect::DEFAULT
    };
}

/// Stores for tests.
impl Dialect {
    /// gofakes3: ignores all conditions on writes except `if_match` and `if_none_match("*")` of PutObject; stores the chunk signatures of a part that is sent
    /// in signed chunks; keeps leading slashes.
    pub const GOFAKES3: Dialect = Dialect {
        name: "gofakes3",
        addressing: Addressing::Path,
        ignored_conditions: &[
            PUT_NO_ETAG,
            COMPLETE,
            COPY_TARGET,
            COPY_SOURCE,
            DELETE,
            DELETE_AMZ,
        ],
        keeps_leading_slashes: true,
        signed_chunks: false,
        ..Dialect::DEFAULT
    };

    /// moto: ignores conditions on the target of a copy, most on its source, and those of PutObject and
    /// CompleteMultipartUpload except `if_none_match("*")` and, for PutObject, `if_match`; keeps leading slashes.
    pub const MOTO: Dialect = Dialect {
        name: "moto",
        addressing: Addressing::Path,
        ignored_conditions: &[
            PUT_NO_ETAG,
            ("CompleteMultipartUpload", "if-match"),
            COMPLETE_NO_ETAG,
            COPY_TARGET,
            ("CopyObject", "x-amz-copy-source-if-match"),
            ("CopyObject", "x-amz-copy-source-if-modified-since"),
            ("CopyObject", "x-amz-copy-source-if-unmodified-since"),
            PART_COPY_SOURCE,
            DELETE_AMZ,
        ],
        keeps_leading_slashes: true,
        ..Dialect::DEFAULT
    };

    /// s3s-fs: ignores conditions on the target of a copy, on the source of a part, those of DeleteObject, and `if_none_match`
    /// with an ETag; confirms the encoding of listings, but does not apply it.
    pub const S3S_FS: Dialect = Dialect {
        name: "s3s-fs",
        addressing: Addressing::Path,
        ignored_conditions: &[
            PUT_NO_ETAG,
            COMPLETE_NO_ETAG,
            COPY_TARGET,
            PART_COPY_SOURCE,
            DELETE,
            DELETE_AMZ,
        ],
        encodes_listings: false,
        ..Dialect::DEFAULT
    };
}

/// What the client does for a store that it does not recognise.
impl Default for Dialect {
    fn default() -> Dialect {
        Dialect::DEFAULT
    }
}

impl Dialect {
    pub(crate) const DEFAULT: Dialect = Dialect {
        name: "the store",
        addressing: Addressing::Auto,
        region: None,
        part_limits: PartLimits::AWS,
        ignored_conditions: &[],
        keeps_leading_slashes: false,
        signed_chunks: true,
        signed_trailers: true,
        encodes_listings: true,
    };

    /// Rejects a condition that the store would ignore: it would protect nothing.
    pub(crate) fn check_conditions(&self, operation: &str, request: &Request) -> Result<(), Error> {
        let is_ignored = |(name, value): &&(String, String)| {
            let begins = |text: &str, start: &str| {
                let text = text.get(..start.len());
                text.is_some_and(|text| text.eq_ignore_ascii_case(start))
            };
            let mut ignored = self.ignored_conditions.iter();
            ignored.any(|(known, start)| {
                *known == operation
                    && match start.split_once(": ") {
                        Some((header, start)) => {
                            name.eq_ignore_ascii_case(header) && begins(value.trim_start(), start)
                        }
                        None => begins(name, start),
                    }
            })
        };
        match request.headers.iter().find(is_ignored) {
            Some((name, _)) => Err(self.ignores(operation, name)),
            None => Ok(()),
        }
    }

    #[cold]
    fn ignores(&self, operation: &str, header: &str) -> Error {
        Error::invalid(
            &format!("header {header}"),
            format!(
                "{} ignores it with {operation}, which would succeed whether or not the condition is met",
                self.name
            ),
            "leave it out, or set allow_ignored_conditions if nothing depends on it",
        )
    }
}
