//! GetObject: reads an object, or a part of it.

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
use crate::response::body::ResponseBody;

/// Reads an object: [`Client::get_object`].
#[derive(Debug)]
#[non_exhaustive]
pub struct GetObject;

/// An object whose content is still to be read.
#[derive(Debug)]
#[non_exhaustive]
pub struct GetObjectOutput {
    /// What the headers say.
    pub info: ObjectInfo,
    /// The content. Unlike everything before, reading it can take long, and can fail half-way.
    pub body: ResponseBody,
}

impl Client {
    /// Reads an object: the answer holds what is known about it, and a body to read from.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// // All of it, in memory:
    /// let bytes = s3.get_object("photos", "cat.jpg").send().await?.body.bytes().await?;
    ///
    /// // Piece by piece, and only the first MiB:
    /// let mut cat = s3.get_object("photos", "cat.jpg").range(..1 << 20).send().await?;
    /// println!("{} bytes of {:?}", cat.info.content_length, cat.info.content_type);
    /// while let Some(piece) = cat.body.chunk().await? {
    ///     println!("{} more", piece.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]; [`is_not_found`](Error::is_not_found) if there is no such object.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
    pub fn get_object(&self, bucket: &str, key: &str) -> Call<GetObject> {
        Call::new(self, Request::object(Method::GET, bucket, key), GetObject)
    }
}

impl Operation for GetObject {
    type Output = GetObjectOutput;
    const SPEC: OperationSpec = OperationSpec::new("GetObject", Effect::Reads).streams_body();

    fn check_response(request: &Request, response: &Response) -> Result<(), Error> {
        encryption::check_echo(request, response)?;
        content_range::check(request, response)
    }

    fn parse(response: Response) -> Result<GetObjectOutput, Error> {
        Ok(GetObjectOutput {
            info: ObjectInfo::new(&response)?,
            body: response.into_body(),
        })
    }
}

impl ReadsObject for GetObject {}
impl Conditional for GetObject {}
impl TakesCustomerKey for GetObject {}
impl Versioned for GetObject {}
