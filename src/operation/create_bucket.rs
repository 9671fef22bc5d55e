//! CreateBucket: makes a bucket.

use http::Method;

use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;
use crate::xml::Writer;

/// Makes a bucket: [`Client::create_bucket`].
#[derive(Debug)]
#[non_exhaustive]
pub struct CreateBucket;

/// What a store says about the bucket it has made.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct CreateBucketOutput {
    /// The bucket's path or URL, as the store sees it.
    pub location: Option<String>,
}

impl Client {
    /// Makes a bucket, on AWS in the client's region.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// match s3.create_bucket("photos").send().await {
    ///     Err(error) if error.code() == Some("BucketAlreadyOwnedByYou") => println!("it is there"),
    ///     answer => drop(answer?),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]. The code is `BucketAlreadyOwnedByYou` if you have it, `BucketAlreadyExists` if
    /// somebody else does, and `InvalidBucketName` for a name that the store does not take. If an answer was lost, the
    /// [outcome is unknown](Error::is_outcome_unknown): make the call again to see.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>
    pub fn create_bucket(&self, bucket: &str) -> Call<CreateBucket> {
        let call = Call::new(self, Request::bucket(Method::PUT, bucket), CreateBucket);
        // AWS wants every region named but its first one. Other stores have one region, and some refuse to hear it.
        if self.is_aws() && self.region() != "us-east-1" {
            call.location_constraint(self.region())
        } else {
            call
        }
    }
}

impl Call<CreateBucket> {
    /// Where to make the bucket, for stores that want to be told.
    #[doc(alias = "CreateBucketConfiguration")]
    pub fn location_constraint(mut self, location: &str) -> Call<CreateBucket> {
        let mut document = Writer::new("CreateBucketConfiguration");
        match document.text("LocationConstraint", location) {
            Ok(()) => self.request.body = document.finish().into(),
            Err(_) => self.request.defer_error(
                "LocationConstraint",
                "holds a control character",
                "use a region's name",
            ),
        }
        self.header("content-type", "application/xml")
    }
}

impl Operation for CreateBucket {
    type Output = CreateBucketOutput;
    const SPEC: OperationSpec = OperationSpec::new("CreateBucket", Effect::Writes);

    fn parse(response: Response) -> Result<CreateBucketOutput, Error> {
        response.expect_empty()?;
        Ok(CreateBucketOutput {
            location: response.header_string("location"),
        })
    }
}
