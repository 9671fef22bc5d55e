//! CreateBucket: creates a bucket.

use http::Method;

use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;
use crate::xml::Writer;

/// Creates a bucket: [`Client::create_bucket`].
#[derive(Debug)]
#[non_exhaustive]
pub struct CreateBucket;

/// The new bucket.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct CreateBucketOutput {
    /// The bucket's path or URL, if the store returns it.
    pub location: Option<String>,
}

impl Client {
    /// Creates a bucket, on AWS in the client's region.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// match s3.create_bucket("photos").send().await {
    ///     Err(error) if error.code() == Some("BucketAlreadyOwnedByYou") => {}
    ///     result => drop(result?),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. The code is `BucketAlreadyOwnedByYou` if the bucket is yours,
    /// `BucketAlreadyExists` if it belongs to another account, and `InvalidBucketName` if the store rejects the
    /// name. If a response was lost, the [outcome is unknown](Error::is_outcome_unknown): repeat the call to find
    /// out.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>
    pub fn create_bucket(&self, bucket: &str) -> Call<CreateBucket> {
        let call = Call::new(self, Request::bucket(Method::PUT, bucket), CreateBucket);
        // AWS requires the region, except for us-east-1. Other stores have one region, and some reject the element.
        if self.is_aws() && self.region() != "us-east-1" {
            call.location_constraint(self.region())
        } else {
            call
        }
    }
}

/// Options of CreateBucket.
impl Call<CreateBucket> {
    /// The location of the bucket, for stores that require one.
    #[doc(alias = "CreateBucketConfiguration")]
    pub fn location_constraint(mut self, location: &str) -> Call<CreateBucket> {
        let mut document = Writer::new("CreateBucketConfiguration");
        match document.text("LocationConstraint", location) {
            Ok(()) => self.request.body = document.finish().into(),
            Err(_) => self.request.defer_error(
                "LocationConstraint",
                "contains a control character",
                "use the name of a region",
            ),
        }
        self.header("content-type", "application/xml")
    }
}

impl Operation for CreateBucket {
    type Output = CreateBucketOutput;
    const SPEC: OperationSpec =
        OperationSpec::new("CreateBucket", Effect::Writes).bucket_lifecycle();

    fn parse(response: Response) -> Result<CreateBucketOutput, Error> {
        response.expect_empty()?;
        Ok(CreateBucketOutput {
            location: response.header_string("location"),
        })
    }
}
