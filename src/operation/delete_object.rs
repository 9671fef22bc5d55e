//! DeleteObject: removes one object.

use http::Method;

use super::shared::options::Versioned;
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::etag::ETag;
use crate::request::Request;
use crate::response::Response;

/// Removes an object: [`Client::delete_object`].
#[derive(Debug)]
#[non_exhaustive]
pub struct DeleteObject;

/// What was removed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeleteObjectOutput {
    /// Whether a delete marker was put in front of the object's versions, or was itself removed.
    pub delete_marker: bool,
    /// The version that was removed, or that of the marker.
    pub version_id: Option<String>,
}

impl Client {
    /// Removes an object. That there is none is no error.
    ///
    /// In a bucket that keeps versions this hides the object behind a delete marker; with a version's name it removes
    /// that version for good.
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
    /// Every kind of [`Error`]. That there is no such object is none. Deleting twice is as good as once, so the call is
    /// tried again if an answer was lost; in a bucket that keeps versions this can leave one more delete marker.
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

impl Call<DeleteObject> {
    /// Only if the object has this ETag; else the call fails with
    /// [`is_precondition_failed`](Error::is_precondition_failed). MinIO does not know it, and removes the object
    /// whatever its ETag is.
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
