//! The doctor: what a store is, what it does, and the settings to use with it.
//!
//! Each check is a few requests and a row of the report. There is a file for each subject of checks; [`examination`] sends the
//! requests and notes what they leave at the store, [`clean_up`] deletes that, and [`report`] holds the result. The operations
//! would reject what the doctor must see, so every request has the same one: [`probe`].
//!
//! Uses `transfer` for cancellation, `call`, `client`, `http` for its timeouts, `response` and `error`. Start with
//! [`Doctor::send`].

mod checksums;
mod chunked;
mod clean_up;
mod conditions;
mod connection;
mod encryption;
mod examination;
mod json;
mod keys;
mod objects;
mod probe;
mod reading;
mod region;
pub(crate) mod report;
mod settings;
mod table;
mod uploads;
mod verdict;

use std::fmt;
use std::future::Future;

use crate::client::Client;
use crate::doctor::examination::Examination;
use crate::doctor::report::{DoctorReport, Verdict};
use crate::error::Error;
use crate::http::check_runtime;
use crate::transfer::upload_control::Cancel;

/// An examination of a store: [`Client::doctor`].
#[must_use = "nothing is examined until it is sent"]
pub struct Doctor {
    pub(crate) client: Client,
    bucket: String,
    writes: bool,
    cancel: Cancel,
}

impl Client {
    /// Examines the store with a few requests: what it supports, ignores and rejects, and which settings suit it.
    ///
    /// Without [`write`](Doctor::write), up to 15 requests read from the bucket, and nothing is changed. With it, about 75 more
    /// store and delete objects of the doctor's own, which amounts to 5.1 MiB. There are more if the bucket has versions. A request
    /// that fails for the moment is sent once more.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) {
    /// let report = s3.doctor("photos").write(true).send().await;
    /// println!("{report}");
    /// if report.is_supported("put_if_none_match") {
    ///     println!("objects can be created without overwriting others");
    /// }
    /// # }
    /// ```
    ///
    /// The repository's `docs/doctor.md` lists the checks, and shows the report of two stores.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>
    pub fn doctor(&self, bucket: &str) -> Doctor {
        Doctor {
            client: self.clone(),
            bucket: bucket.to_owned(),
            writes: false,
            cancel: Cancel::default(),
        }
    }
}

impl Doctor {
    /// Whether to store objects too, for the checks of everything that writes. Off by default.
    ///
    /// All keys begin with a random prefix, `slim-s3-doctor-` and 16 hexadecimal digits, except the one that tests a leading
    /// slash. The doctor deletes what it has stored, also if a check fails or the examination is
    /// [cancelled](Doctor::cancel_on), and [reports](DoctorReport::left) what it could not delete. In a bucket with versions it
    /// deletes its versions.
    ///
    /// If the future is dropped, its objects and multipart uploads stay at the store. List those that begin with `slim-s3-doctor-`,
    /// and delete them with [`delete_many`](Client::delete_many) and
    /// [`abort_multipart_upload`](Client::abort_multipart_upload).
    pub fn write(mut self, writes: bool) -> Doctor {
        self.writes = writes;
        self
    }

    /// Cancels the examination when `future` completes: on Ctrl-C, or by a token.
    ///
    /// What was stored is then deleted, which takes at most 20 seconds, and the report has the rows so far and an
    /// [error](DoctorReport::error) of the kind [`Cancelled`](crate::error::TransportKind::Cancelled).
    pub fn cancel_on<F>(mut self, future: F) -> Doctor
    where
        F: Future + Send + 'static,
    {
        self.cancel = Cancel::on(future);
        self
    }

    /// Examines the store.
    ///
    /// A check that fails is a row of the report. The report [has an error](DoctorReport::error), and fewer rows, only if the
    /// store cannot be reached, rejects the keys or has no such bucket, and after a cancellation. A request may take 15 seconds,
    /// that of a part 60, all checks together 3 minutes, and the deletion of what they have stored one more.
    pub async fn send(self) -> DoctorReport {
        let Doctor {
            client,
            bucket,
            writes,
            mut cancel,
        } = self;
        let mut exam = Examination::new(client, bucket, writes);
        if let Err(error) = check_runtime() {
            return exam.into_report(Some(error), Vec::new());
        }
        let examined = cancel.or(Box::pin(examine(&mut exam, writes))).await;
        let left = clean_up::clean_up(&mut exam, examined.is_err()).await;
        exam.into_report(examined.err(), left)
    }
}

impl fmt::Debug for Doctor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doctor")
            .field("client", &self.client)
            .field("bucket", &self.bucket)
            .field("write", &self.writes)
            .finish_non_exhaustive()
    }
}

/// The checks that [`Doctor::write`] adds, in the order of the report.
const WRITING: [&str; 27] = [
    "put_object",
    "get_object",
    "metadata",
    "etag",
    "range",
    "range_if_match",
    "content_md5",
    "checksum_crc32",
    "checksum_sha256",
    "aws_chunked",
    "sse_s3",
    "sse_kms",
    "sse_c",
    "copy_object",
    "put_if_none_match",
    "put_if_match",
    "copy_if_none_match",
    "delete_if_match",
    "multipart",
    "multipart_etag",
    "complete_if_none_match",
    "odd_characters",
    "leading_slash",
    "double_slash",
    "trailing_slash",
    "delete_object",
    "delete_objects",
];

async fn examine(exam: &mut Examination, writes: bool) -> Result<(), Error> {
    connection::check(exam).await?;
    region::check(exam).await;
    reading::check(exam).await;
    if !writes {
        return Ok(());
    }
    if !objects::check(exam).await {
        for name in WRITING.into_iter().skip(1) {
            exam.row(name, Verdict::Skipped, "put_object was not supported");
        }
        return Ok(());
    }
    checksums::check(exam).await;
    chunked::check(exam).await;
    encryption::check(exam).await;
    conditions::check(exam).await;
    uploads::check(exam).await;
    keys::check(exam).await;
    objects::check_deletes(exam).await;
    Ok(())
}

// `tokio::spawn` requires futures that are `Send`.
const _: fn(Doctor) = |doctor| {
    fn is_send<T: Send + 'static>(_: T) {}
    is_send(doctor.send());
};
