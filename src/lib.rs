//! A small, hand-written S3 client: Signature Version 4, single and multipart uploads over reqwest, without the AWS
//! SDK.
//!
//! ```no_run
//! # #[cfg(feature = "reqwest")]
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use slim_s3::{Client, Credentials};
//!
//! let s3 = Client::builder()
//!     .endpoint("http://127.0.0.1:9000")
//!     .credentials(Credentials::new("minioadmin", "minioadmin"))
//!     .build()?;
//!
//! // Bytes or text, an open file, and a file of any size in parts:
//! s3.put_object("photos", "note.txt", "Hello").send().await?;
//! s3.put_object("photos", "cat.jpg", std::fs::File::open("cat.jpg")?).send().await?;
//! s3.upload_file("photos", "film.mp4", "film.mp4").send().await?;
//!
//! // And back, in ranges:
//! s3.download_file("photos", "film.mp4", "copy.mp4").send().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Where to go
//!
//! * [`Client`]: every operation and transfer is a method. [`Client::from_env`] reads the usual AWS variables.
//! * [`Call`]: one operation with its options, to be sent, [signed](Call::sign) for another HTTP client, or
//!   [explained](Call::explain).
//! * [`Call::presign`]: URLs that others use without keys; [`Client::post_policy`]: upload forms for browsers.
//! * [`Dialect`]: where a store differs from AWS, for [`ClientBuilder::dialect`].
//! * [`operation`]: the operations, their outputs and options, and how to add your own.
//! * [`explain`]: how a request is signed, with every intermediate, as text, JSON or a page.
//! * [`error`]: what failed, what was attempted, and whether the [outcome is unknown](Error::is_outcome_unknown).
//! * [`mismatch`]: why a signature was rejected; `Client::diagnose` finds it out where the store does not say.
//! * [`sigv4`]: how a request is signed, with one type for each term of AWS's signing page; [`guide`]: the same step by step,
//!   in seven chapters.
//! * `docs/testing.md` in the repository: how to test a program that uses this crate.
//!
//! # Runtime
//!
//! Sending requires a [tokio](https://docs.rs/tokio) runtime with time and I/O enabled; one thread is enough.
//! `#[tokio::main]` enables both, and a runtime that you build yourself needs `enable_all`. Without the feature `reqwest`
//! the crate sends nothing, and requires no runtime. A program without a runtime uses the feature `blocking`: `send_blocking()`
//! instead of `send().await`, and `Client::block_on` for everything else.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `reqwest` (default) | sending, transfers, bodies from files and streams; without it the crate signs requests and parses responses |
//! | `rustls` (default) | https with rustls and ring, and the operating system's root certificates |
//! | `webpki-roots` | https with rustls and ring, and Mozilla's root certificates compiled in |
//! | `native-tls` | https with the operating system's TLS library |
//! | `blocking` | the same calls and transfers for programs without a runtime: `send_blocking` |
//! | `checksums` | checksums that the client computes for uploads, and verifies on downloads, where a call asks for it |
//! | `credentials` | `Client::from_default_chain`: credentials from shared files, processes, containers, instances and roles |
//! | `tracing` | a span for each call and an event for each attempt |
//! | `cli` | the command-line tool `slim-s3`; it adds nothing to the library |

#![warn(unreachable_pub)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod sigv4;

mod checksum;
mod crypto;
mod etag;
mod redact;
mod timestamp;
pub mod xml;

pub mod error;
pub mod mismatch;
mod retry;

mod body;
mod request;

#[cfg(feature = "blocking")]
mod driver;

mod client;
#[cfg(feature = "reqwest")]
mod http;
mod response;

// In the order in which rustdoc lists the methods of `Call`: `send`, then `sign` and `explain`, the options of every call,
// `pages`, and the options by group.
#[cfg(feature = "reqwest")]
mod send;

mod call;
pub mod explain;

#[cfg(feature = "reqwest")]
pub mod diagnosis;

#[cfg(feature = "reqwest")]
mod transfer;

#[cfg(feature = "reqwest")]
mod doctor;

#[cfg(feature = "blocking")]
mod blocking;

#[cfg(feature = "credentials")]
pub mod credentials;

pub mod operation;

#[cfg(doc)]
pub mod guide;

pub use body::Body;
pub use call::post_form::PostForm;
pub use call::post_policy::PostPolicy;
pub use call::presigned_request::PresignedRequest;
pub use call::{Call, Operation};
pub use client::Client;
pub use client::builder::ClientBuilder;
pub use client::credentials::Credentials;
pub use client::dialect::Dialect;
pub use client::endpoint::Addressing;
pub use client::part_limits::PartLimits;
#[cfg(feature = "reqwest")]
#[doc(inline)]
pub use diagnosis::Diagnosis;
#[cfg(feature = "reqwest")]
pub use doctor::Doctor;
#[cfg(feature = "reqwest")]
pub use doctor::report::{DoctorCheck, DoctorReport, Verdict};
#[doc(inline)]
pub use error::Error;
pub use etag::ETag;
#[doc(inline)]
pub use explain::Explanation;
#[cfg(feature = "reqwest")]
pub use http::Roots;
#[cfg(feature = "reqwest")]
pub use http::Timeouts;
#[cfg(all(
    feature = "native-tls",
    any(feature = "rustls", feature = "webpki-roots")
))]
pub use http::Tls;
#[doc(inline)]
pub use mismatch::SignatureMismatch;
pub use operation::shared::copy_source::CopySource;
pub use operation::shared::encryption::{CustomerKey, Encryption};
pub use request::Request;
pub use response::Response;
pub use response::body::ResponseBody;
pub use retry::RetryPolicy;
#[cfg(feature = "reqwest")]
pub use send::WithMetadata;
#[doc(inline)]
pub use sigv4::{AmzDate, PayloadHash};
#[cfg(feature = "reqwest")]
pub use transfer::abort::OnFailure;
#[cfg(feature = "reqwest")]
pub use transfer::abort_incomplete::{AbortIncomplete, AbortIncompleteOutput};
#[cfg(feature = "reqwest")]
pub use transfer::copy::{ManagedCopy, ManagedCopyOutput};
#[cfg(feature = "reqwest")]
pub use transfer::delete_many::{DeleteMany, DeleteManyOutput};
#[cfg(feature = "reqwest")]
pub use transfer::download::{Download, DownloadOutput, ToFile};
#[cfg(feature = "reqwest")]
pub use transfer::download_writer::ToWriter;
#[cfg(feature = "reqwest")]
pub use transfer::event::TransferEvent;
#[cfg(feature = "reqwest")]
pub use transfer::pages::Pages;
#[cfg(feature = "reqwest")]
pub use transfer::part_plan::PartPlan;
#[cfg(feature = "reqwest")]
pub use transfer::upload::{Upload, UploadOutput};

/// Compiles the README's example.
#[cfg(all(doctest, feature = "reqwest"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// Compiles the examples of docs/credentials.md.
#[cfg(all(doctest, feature = "credentials"))]
#[doc = include_str!("../docs/credentials.md")]
struct CredentialsDocument;

// These types can be sent between threads.
const _: fn() = || {
    fn is_send<T: Send>() {}
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Client>();
    is_send_and_sync::<Error>();
    is_send::<Body>();
    is_send::<ResponseBody>();
};
