//! HeadObject: returns an object's headers without its content.

use http::{Method, StatusCode};

use super::shared::content_range;
use super::shared::encryption::{self, TakesCustomerKey};
use super::shared::object_headers::HeadObjectOutput;
use super::shared::options::{Conditional, ReadsObject, Versioned};
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

/// Returns an object's headers: [`Client::head_object`].
#[derive(Debug)]
#[non_exhaustive]
pub struct HeadObject;

impl Client {
    /// Returns an object's size, ETag, media type and metadata, without its content.
    ///
    /// Error responses to HEAD have no body, so their
    /// [code is inferred](crate::error::ServiceError::code_is_inferred) from the status: `NoSuchKey` may also
    /// mean that the bucket does not exist, and `AccessDenied` that the clock is wrong.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// match s3.head_object("photos", "cat.jpg").send().await {
    ///     Ok(cat) => println!("{:?} bytes", cat.content_length),
    ///     Err(error) if error.is_not_found() => println!("missing"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. [`is_not_found`](Error::is_not_found) is true if the object does not exist.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>
    pub fn head_object(&self, bucket: &str, key: &str) -> Call<HeadObject> {
        Call::new(self, Request::object(Method::HEAD, bucket, key), HeadObject)
    }
}

impl Operation for HeadObject {
    type Output = HeadObjectOutput;
    const SPEC: OperationSpec = OperationSpec::new("HeadObject", Effect::Reads);

    fn check_response(request: &Request, response: &Response) -> Result<(), Error> {
        encryption::check_echo(request, response)?;
        // Some stores ignore the range of a HEAD. No content is mistaken for another then.
        if response.status() == StatusCode::OK && request.header("range").is_some() {
            return Ok(());
        }
        content_range::check(request, response)
    }

    fn parse(response: Response) -> Result<HeadObjectOutput, Error> {
        HeadObjectOutput::new(&response)
    }
}

impl ReadsObject for HeadObject {}
impl Conditional for HeadObject {}
impl TakesCustomerKey for HeadObject {}
impl Versioned for HeadObject {}
