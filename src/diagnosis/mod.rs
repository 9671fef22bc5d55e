//! Finds out why a store rejects a signature, by further requests. For stores that do not quote what they have signed.
//!
//! Uses `mismatch`, `http`, `call`, `client`, `request`, `response` and `error`. `ladder.rs` decides which probe to send next,
//! `probe.rs` sends one, `guess.rs` has what the store may have received. Start with [`Client::diagnose`].

mod display;
mod guess;
mod ladder;
mod probe;

use std::time::SystemTime;

use http::StatusCode;

use self::ladder::Ladder;
use crate::call::{Call, Operation, call_context};
use crate::client::Client;
use crate::error::Error;
use crate::http::{check_runtime, current_credentials};
use crate::mismatch::{Cause, SignatureMismatch};

/// Why a store rejects the signature of a call: [`Client::diagnose`].
///
/// `Display` prints the cause, the remedy, and what was found, without secrets.
#[derive(Debug)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The cause; `None` if the store accepts the signature of the request, sent as a GET without a body. The signature of a
    /// chunk of a body may still be rejected.
    pub cause: Option<Cause>,
    /// Whether the cause is proved, by the store's own words or by a probe that it has accepted. Otherwise, it is what remains.
    /// Without a cause, this is false if the response was not that of a store, but a web page, for example.
    pub is_certain: bool,
    /// The probes in the order in which they were sent. The first is the request of the call itself.
    pub probes: Vec<Probe>,
    /// The explanation of the first response, if it rejects the signature.
    pub mismatch: Option<SignatureMismatch>,
    /// By how many seconds the signing time was ahead of the store's `Date`; negative if it was behind. `None` if the store
    /// sent no `Date`.
    pub clock_offset: Option<i64>,
    /// The region that the call is signed for.
    pub region: String,
    /// The host that the call is signed for; empty for an anonymous client.
    pub host: String,
    /// What is unusual about the key pair.
    pub key_pair: Option<&'static str>,
}

/// One request of a diagnosis, and how the store responded.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Probe {
    /// What was sent.
    pub kind: ProbeKind,
    /// The status of the response.
    pub status: StatusCode,
    /// The error code, if the response had one.
    pub code: Option<String>,
}

/// What a probe sends.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ProbeKind {
    /// The request of the call, as a GET.
    Call,
    /// `GET /`, signed like the call.
    Bare,
    /// `GET /` without a signature.
    Anonymous,
    /// The request without these headers, which a proxy may change.
    WithoutHeaders(Vec<String>),
    /// The request without its query.
    WithoutQuery,
    /// The request, signed for this path in place of the one that is sent.
    SignedPath(String),
    /// `GET /`, signed for this host in place of the one that is sent.
    SignedHost(String),
}

impl Client {
    /// Finds out why the store rejects the signature of a call. It sends up to five requests: the one of the call, and up to
    /// four probes.
    ///
    /// It never writes to the store: all requests are GETs without a body. A call that writes is diagnosed with a GET of the
    /// same bucket, key, query and headers, so a body that is changed on the way is not found here;
    /// [`Error::signature_mismatch`] reports it. Requests are not retried, and the clock is not corrected.
    ///
    /// Where the store quotes what it has signed, the first response is enough. Elsewhere, a probe that the store accepts
    /// proves the cause: `GET /` that the key pair is right; the request without optional headers that one of them is changed on
    /// the way; the request signed for another path or host that the store receives that one. If `GET /` is rejected too,
    /// whatever host it is signed for, the secret access key is probably wrong.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// if let Err(error) = s3.put_object("photos", "cat.jpg", "meow").send().await {
    ///     eprintln!("{error}");
    ///     if error.signature_mismatch().is_some() {
    ///         let call = s3.put_object("photos", "cat.jpg", "meow");
    ///         eprintln!("{}", s3.diagnose(call).await?);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A program without a runtime waits for it with `Client::block_on`, of the feature `blocking`:
    ///
    /// ```no_run
    /// # #[cfg(feature = "blocking")]
    /// # fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let call = s3.put_object("photos", "cat.jpg", "meow");
    /// println!("{}", s3.block_on(s3.diagnose(call))?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if the call is not valid, [`Error::Transport`] if there is no response, [`Error::Service`] if the
    /// store fails with a status of 5xx.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html>
    pub async fn diagnose<O: Operation>(&self, call: Call<O>) -> Result<Diagnosis, Error> {
        let context = call_context(&O::SPEC, &call.request, 0);
        let diagnosis = async {
            check_runtime()?;
            O::check_request(&call.request)?;
            call.request.check()?;
            let keys = current_credentials(self).await?;
            let ladder = Ladder::new(self, &call.request);
            ladder.climb(keys.as_ref()).await
        };
        // Boxed: a future of several exchanges is large.
        Box::pin(diagnosis)
            .await
            .map_err(|error| error.with_context(&context))
    }
}

/// By how many seconds `time` is ahead of `other`.
fn seconds_ahead(time: SystemTime, other: SystemTime) -> i64 {
    let seconds =
        |duration: std::time::Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    match time.duration_since(other) {
        Ok(ahead) => seconds(ahead),
        Err(behind) => -seconds(behind.duration()),
    }
}
