//! HTTP with reqwest: the only folder that names it.
//!
//! reqwest makes exactly one exchange per attempt. Redirects are off (they would carry a session token to another
//! host), and so are its retries (each attempt is signed anew) and decompression (an object is its bytes). HTTP/1.1 only:
//! with HTTP/2 all parts of an upload would share one connection.
//!
//! Uses `body`, `call`, `client`, `request`, `response`, `sigv4`, `xml` and `error`. `client` and `response` also use this
//! folder: the builder's setters are here, beside the settings that they change, and a response body is received here.
//! Start with [`attempt()`].

mod attempt;
mod body_guard;
mod build;
#[cfg(feature = "credentials")]
mod ca_bundle;
mod failure;
#[cfg(feature = "credentials")]
mod fetch;
mod progress;
mod request_body;
mod response_body;
mod settings;
mod timeouts;
#[cfg(any(feature = "rustls", feature = "webpki-roots"))]
mod tls;

pub(crate) use self::attempt::{attempt, current_credentials};
#[cfg(feature = "credentials")]
pub(crate) use self::fetch::Fetcher;
pub(crate) use self::response_body::Incoming;
pub use self::settings::Roots;
#[cfg(all(
    feature = "native-tls",
    any(feature = "rustls", feature = "webpki-roots")
))]
pub use self::settings::Tls;
pub(crate) use self::settings::{Http, HttpSettings};
pub use self::timeouts::Timeouts;
pub(crate) use self::timeouts::{check_runtime, within};
