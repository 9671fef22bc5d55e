//! How a request is signed, as a value with every intermediate, and as text, JSON or a page.
//!
//! [`Call::explain`](crate::Call::explain) explains a signed request,
//! [`Call::explain_presigned`](crate::Call::explain_presigned) a presigned URL,
//! [`Call::explain_chunked`](crate::Call::explain_chunked) a body in signed chunks, and
//! [`PostPolicy::explain`](crate::PostPolicy::explain) an upload form. Nothing is sent.
//!
//! Each explanation prints as numbered text to compare with AWS's signing page, as JSON with [stable names](View#json), and
//! as one HTML page that needs no network. All three mask the session token, customer keys and the signature, until
//! [`unmasked`](Explanation::unmasked) or [`with_signature`](Explanation::with_signature) asks for them.
//!
//! ```
//! use slim_s3::{AmzDate, Client, Credentials};
//!
//! let s3 = Client::builder()
//!     .endpoint("http://127.0.0.1:9000")
//!     .credentials(Credentials::new("AK", "SK"))
//!     .build()?;
//! let at = AmzDate::parse("20260102T030405Z").unwrap();
//! let explanation = s3.put_object("photos", "a b.txt", "hello").explain(at)?;
//! assert_eq!(explanation.canonical_request().uri, "/photos/a%20b.txt");
//! for header in explanation.headers() {
//!     println!("{}: {}", header.name(), header.rule());
//! }
//! println!("{explanation}");
//! std::fs::write(std::env::temp_dir().join("explained.html"), explanation.to_html())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// One file for each subject. Uses `call`, `client`, `request`, `sigv4`, `redact`, `crypto` and `error`. Start with
// `explanation.rs`; `text.rs`, `json.rs` and `html.rs` print it.

mod calls;
mod chunks;
mod explanation;
mod headers;
mod html;
mod json;
mod policy;
mod spans;
mod text;
mod view;

pub use chunks::{ChunkTrailer, ChunkedBody, ExplainedChunk};
pub use explanation::{Explanation, Kind};
pub use headers::{HeaderRule, SentHeader};
pub use policy::{Condition, ConditionSource, PolicyExplanation};
pub use spans::{Origin, Span, spans};
pub use view::View;
