//! Which failures are retried, with which credentials, clock and region, and what the error reports. With scripted
//! servers.

mod bodies;
mod clock;
mod credentials;
mod outcome;
mod policy;
mod region;
mod report;
mod transient;

use slim_s3::{Client, PartLimits, Upload};

use crate::support::script::{Script, response};

/// An upload whose four bytes are sent as one part.
fn upload_in_one_part(s3: &Client) -> Upload {
    let limits = PartLimits {
        min_part: 1,
        ..PartLimits::default()
    };
    s3.upload_reader("bucket", "key", &b"data"[..])
        .threshold(1)
        .part_size(4)
        .part_limits(limits)
}

fn upload_created() -> Script {
    response(
        "200 OK",
        "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>",
    )
}

fn upload_completed() -> Script {
    response(
        "200 OK",
        "<CompleteMultipartUploadResult><ETag>e-1</ETag></CompleteMultipartUploadResult>",
    )
}
