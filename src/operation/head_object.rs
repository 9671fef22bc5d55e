//! HeadObject: tells about an object without its content.

use http::Method;

use super::shared::content_range;
use super::shared::encryption::{self, TakesCustomerKey};
use super::shared::object_info::ObjectInfo;
use super::shared::options::{Conditional, ReadsObject, Versioned};
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

/// Tells about an object: [`Client::head_object`].
#[derive(Debug)]
#[non_exhaustive]
pub struct HeadObject;

impl Client {
    /// Tells about an object without its content: size, ETag, media type, metadata.
    ///
    /// An answer to HEAD has no body, so a refusal comes without a code and without a reason. The code is then what the
    /// status usually means, and the error says so: `NoSuchKey` may also mean that there is no such bucket, and
    /// `AccessDenied` that a clock is wrong.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// match s3.head_object("photos", "cat.jpg").send().await {
    ///     Ok(cat) => println!("{} bytes", cat.content_length),
    ///     Err(error) if error.is_not_found() => println!("no cat"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]; [`is_not_found`](Error::is_not_found) if there is no such object.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>
    pub fn head_object(&self, bucket: &str, key: &str) -> Call<HeadObject> {
        Call::new(self, Request::object(Method::HEAD, bucket, key), HeadObject)
    }
}

impl Operation for HeadObject {
    type Output = ObjectInfo;
    const SPEC: OperationSpec = OperationSpec::new("HeadObject", Effect::Reads);

    fn check_response(request: &Request, response: &Response) -> Result<(), Error> {
        encryption::check_echo(request, response)?;
        content_range::check(request, response)
    }

    fn parse(response: Response) -> Result<ObjectInfo, Error> {
        ObjectInfo::new(&response)
    }
}

impl ReadsObject for HeadObject {}
impl Conditional for HeadObject {}
impl TakesCustomerKey for HeadObject {}
impl Versioned for HeadObject {}
