//! The client's timeouts.

use std::time::Duration;

/// How long nothing may move.
///
/// There is no limit on the whole: a large object on a slow line takes as long as it takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_structs)]
pub struct Timeouts {
    /// For a connection to come about, with TLS. 10 s by default.
    pub connect: Duration,
    /// Between two pieces of a body, going out or coming in. 60 s by default. Pieces go out as the operating system
    /// takes them, which can be a MiB or two at a time: a limit of a few seconds also ends what is only slow.
    pub stall: Duration,
    /// Between the last byte of the request and the answer's status and headers. 60 s by default. Nobody sees when a byte has
    /// left the operating system's buffers, so what can lie there, up to 8 MiB, is given a second for each 64 KiB. For a
    /// request without a body `connect` is added, as its connection is not seen to come about.
    pub response: Duration,
    /// The same for operations in which a store works in silence, such as CompleteMultipartUpload. 10 min by default.
    pub slow_response: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        let seconds = Duration::from_secs;
        Timeouts {
            connect: seconds(10),
            stall: seconds(60),
            response: seconds(60),
            slow_response: seconds(600),
        }
    }
}
