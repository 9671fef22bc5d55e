//! DeleteObjectTagging: deletes all tags of an object.

use http::Method;

use super::shared::options::Versioned;
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

/// Deletes all tags of an object: [`Client::delete_object_tagging`].
#[derive(Debug)]
#[non_exhaustive]
pub struct DeleteObjectTagging;

/// A successful response, which has no content.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeleteObjectTaggingOutput {}

impl Client {
    /// Deletes all tags of an object.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// s3.delete_object_tagging("photos", "cat.jpg").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. Stores that do not support tags return `NotImplemented`.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html>
    pub fn delete_object_tagging(&self, bucket: &str, key: &str) -> Call<DeleteObjectTagging> {
        let request = Request::object(Method::DELETE, bucket, key).with_query("tagging", "");
        Call::new(self, request, DeleteObjectTagging)
    }
}

impl Operation for DeleteObjectTagging {
    type Output = DeleteObjectTaggingOutput;
    const SPEC: OperationSpec = OperationSpec::new("DeleteObjectTagging", Effect::Deletes);

    fn parse(response: Response) -> Result<DeleteObjectTaggingOutput, Error> {
        response.expect_empty()?;
        Ok(DeleteObjectTaggingOutput {})
    }
}

impl Versioned for DeleteObjectTagging {}
