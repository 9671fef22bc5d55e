//! HeadBucket: checks whether a bucket exists.

use http::{HeaderName, Method};

use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

/// Checks whether a bucket exists: [`Client::head_bucket`].
#[derive(Debug)]
#[non_exhaustive]
pub struct HeadBucket;

/// An existing bucket.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct HeadBucketOutput {
    /// The bucket's region, if the store returns it.
    pub region: Option<String>,
}

impl Client {
    /// Checks whether a bucket exists and may be accessed.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// match s3.head_bucket("photos").send().await {
    ///     Ok(bucket) => println!("exists, in {:?}", bucket.region),
    ///     Err(error) if error.is_not_found() => println!("missing"),
    ///     // If the bucket is in another region, the error names it.
    ///     Err(error) => println!("{error}; its region: {:?}", error.region()),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. [`is_not_found`](Error::is_not_found) is true if the bucket does not exist. Error
    /// responses to HEAD have no body, so their
    /// [code is inferred](crate::error::ServiceError::code_is_inferred) from the status.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>
    pub fn head_bucket(&self, bucket: &str) -> Call<HeadBucket> {
        Call::new(self, Request::bucket(Method::HEAD, bucket), HeadBucket)
    }
}

impl Operation for HeadBucket {
    type Output = HeadBucketOutput;
    const SPEC: OperationSpec = OperationSpec::new("HeadBucket", Effect::Reads);

    fn parse(response: Response) -> Result<HeadBucketOutput, Error> {
        // The page of a proxy or a login portal. Without a body, the headers are all that shows it.
        let media_type = response.header("content-type").unwrap_or_default();
        let is_page = media_type.to_ascii_lowercase().contains("html");
        let is_amz = |name: &HeaderName| name.as_str().starts_with("x-amz-");
        if is_page && !response.headers().keys().any(is_amz) {
            let problem = format!("expected a bucket, got an HTML page ({media_type})");
            return Err(response.malformed(problem));
        }
        Ok(HeadBucketOutput {
            region: response.header_string("x-amz-bucket-region"),
        })
    }
}
