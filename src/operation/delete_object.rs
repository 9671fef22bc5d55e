//! DeleteObject: deletes one object.

use http::Method;

use super::shared::options::Versioned;
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::etag::ETag;
use crate::request::Request;
use crate::response::Response;

/// Deletes an object: [`Client::delete_object`].
#[derive(Debug)]
#[non_exhaustive]
pub struct DeleteObject;

/// The deleted object.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeleteObjectOutput {
    /// Whether a delete marker was created, or was itself deleted.
    pub delete_marker: bool,
    /// The version ID of the delete marker, or of the deleted version.
    pub version_id: Option<String>,
}

impl Client {
    /// Deletes an object. Deleting a missing key succeeds.
    ///
    /// In a versioned bucket this creates a delete marker, which hides the object. With a
    /// [`version_id`](Call::version_id) it deletes that version permanently.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// s3.delete_object("photos", "cat.jpg").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. The call is idempotent and is retried if a response is lost; in a versioned bucket
    /// this can leave another delete marker.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html>
    pub fn delete_object(&self, bucket: &str, key: &str) -> Call<DeleteObject> {
        Call::new(
            self,
            Request::object(Method::DELETE, bucket, key),
            DeleteObject,
        )
    }
}

/// Options of DeleteObject.
impl Call<DeleteObject> {
    /// Deletes the object only if it has this ETag. Otherwise the call fails with
    /// [`is_precondition_failed`](Error::is_precondition_failed). MinIO ignores the condition and deletes the object.
    #[doc(alias = "IfMatch")]
    pub fn if_match(self, etag: impl Into<ETag>) -> Call<DeleteObject> {
        self.header("if-match", &etag.into().to_condition())
    }
}

impl Operation for DeleteObject {
    type Output = DeleteObjectOutput;
    const SPEC: OperationSpec = OperationSpec::new("DeleteObject", Effect::Deletes);

    fn parse(response: Response) -> Result<DeleteObjectOutput, Error> {
        response.expect_empty()?;
        Ok(DeleteObjectOutput {
            delete_marker: response.header("x-amz-delete-marker") == Some("true"),
            version_id: response.header_string("x-amz-version-id"),
        })
    }
}

impl Versioned for DeleteObject {}
