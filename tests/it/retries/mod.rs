//! Which failures are retried, with which credentials, clock and region, and what the error reports. With scripted
//! servers.

mod aborts;
mod bodies;
mod clock;
mod credentials;
mod failed_completion;
mod jitter;
mod outcome;
mod policy;
mod region;
mod report;
mod transient;

use slim_s3::{Client, Upload};

use crate::support::script::tiny_parts;

/// An upload whose four bytes are sent as one part.
fn upload_in_one_part(s3: &Client) -> Upload {
    s3.upload_reader("bucket", "key", &b"data"[..])
        .threshold(1)
        .part_size(4)
        .part_limits(tiny_parts())
}
