//! DeleteObjects: deletes up to 1,000 objects with one request.

use http::Method;

use super::shared::xml_body::set_xml_body;
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::client::endpoint::Endpoint;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;
use crate::xml::{Element, Writer};

/// The maximum number of objects per request.
pub(crate) const MAX_OBJECTS: usize = 1000;

/// Deletes up to 1,000 objects with one request: [`Client::delete_objects`].
#[derive(Debug)]
#[non_exhaustive]
pub struct DeleteObjects;

/// An object, or one version of it. Converts from a key, or from a key and a version ID.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ObjectIdentifier {
    /// The key.
    pub key: String,
    /// The version to delete; the current one by default.
    pub version_id: Option<String>,
}

/// The result for each object. A successful response does not mean that every object was deleted:
/// check `errors`.
#[must_use = "objects that could not be deleted are listed in `errors`"]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeleteObjectsOutput {
    /// The objects that were deleted or did not exist.
    pub deleted: Vec<DeletedObject>,
    /// The objects that were not deleted, and why.
    pub errors: Vec<DeleteError>,
}

/// An object that was deleted or did not exist.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeletedObject {
    /// The key.
    pub key: String,
    /// The version ID from the request.
    pub version_id: Option<String>,
    /// Whether a delete marker was created, or was itself deleted.
    pub delete_marker: bool,
    /// The version ID of that delete marker.
    pub delete_marker_version_id: Option<String>,
}

/// An object that was not deleted.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeleteError {
    /// The key.
    pub key: String,
    /// The version ID from the request.
    pub version_id: Option<String>,
    /// S3's error code, such as `AccessDenied`.
    pub code: String,
    /// The server's message.
    pub message: String,
}

impl Client {
    /// Deletes 1 to 1,000 objects with one request.
    ///
    /// Deleting a missing key succeeds. `delete_many` takes any number of objects and also checks that the
    /// response mentions each of them.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let output = s3.delete_objects("photos", ["cat.jpg", "dog.jpg"]).send().await?;
    /// for error in &output.errors {
    ///     println!("{} was not deleted: {} {}", error.key, error.code, error.message);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. It is [`Error::Invalid`] for an empty list, for more than 1,000 objects, and for
    /// a key or version ID with a character that XML cannot express. An object that could not be deleted is not
    /// an error of the call: it is listed in [`errors`](DeleteObjectsOutput::errors).
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
    pub fn delete_objects<K: Into<ObjectIdentifier>>(
        &self,
        bucket: &str,
        objects: impl IntoIterator<Item = K>,
    ) -> Call<DeleteObjects> {
        let mut request = Request::bucket(Method::POST, bucket).with_query("delete", "");
        let mut document = Writer::new("Delete");
        let mut count = 0;
        for object in objects {
            let object = object.into();
            let ObjectIdentifier { key, version_id } = &object;
            count += 1;
            document.open("Object");
            let mut written = document.text("Key", key);
            if let Some(version_id) = version_id {
                written = written.and_then(|()| document.text("VersionId", version_id));
            }
            document.close();
            if let Err(Error::Invalid(error)) = object.check(&self.inner.endpoint) {
                let problem = format!("{}: {}", error.field, error.problem);
                request.defer_error("objects", problem, "leave this object out");
            }
            if written.is_err() {
                let problem = format!(
                    "XML cannot express a character in the key {key:?} or in its version ID"
                );
                let remedy = "use delete_object, which puts both in the URL";
                request.defer_error("objects", problem, remedy);
            }
        }
        if !(1..=MAX_OBJECTS).contains(&count) {
            let problem = format!("{count} given, but one request takes 1 to 1,000");
            request.defer_error(
                "objects",
                problem,
                "use delete_many, which takes any number",
            );
        }
        set_xml_body(&mut request, document);
        Call::new(self, request, DeleteObjects)
    }
}

impl Operation for DeleteObjects {
    type Output = DeleteObjectsOutput;
    const SPEC: OperationSpec = OperationSpec::new("DeleteObjects", Effect::Deletes);

    fn parse(response: Response) -> Result<DeleteObjectsOutput, Error> {
        let result = response.xml("DeleteResult")?;
        let text = |element: &Element, name: &str| -> Result<Option<String>, Error> {
            Ok(element.optional_text(name)?.map(str::to_owned))
        };
        let mut output = DeleteObjectsOutput::default();
        for element in result.children("Deleted") {
            // MinIO sends `<Deleted>` without a key for a key that it would not have stored.
            let Some(key) = text(element, "Key")? else {
                continue;
            };
            output.deleted.push(DeletedObject {
                key,
                version_id: text(element, "VersionId")?,
                delete_marker: element.flag("DeleteMarker")?,
                delete_marker_version_id: text(element, "DeleteMarkerVersionId")?,
            });
        }
        for element in result.children("Error") {
            output.errors.push(DeleteError {
                key: text(element, "Key")?.unwrap_or_default(),
                version_id: text(element, "VersionId")?,
                code: text(element, "Code")?.unwrap_or_default(),
                message: text(element, "Message")?.unwrap_or_default(),
            });
        }
        Ok(output)
    }
}

impl ObjectIdentifier {
    /// Rejects a name that stores would take for another object, or for another version of it.
    pub(crate) fn check(&self, endpoint: &Endpoint) -> Result<(), Error> {
        if self.version_id.as_deref() == Some("") {
            return Err(Error::invalid(
                "version ID",
                format!(
                    "that of {:?} is empty, so the current version would be deleted",
                    self.key
                ),
                "pass the key alone to delete the current version",
            ));
        }
        endpoint.check_named_key(&self.key)
    }
}

impl From<String> for ObjectIdentifier {
    fn from(key: String) -> ObjectIdentifier {
        ObjectIdentifier {
            key,
            version_id: None,
        }
    }
}

impl From<&str> for ObjectIdentifier {
    fn from(key: &str) -> ObjectIdentifier {
        ObjectIdentifier::from(key.to_owned())
    }
}

impl From<&String> for ObjectIdentifier {
    fn from(key: &String) -> ObjectIdentifier {
        ObjectIdentifier::from(key.as_str())
    }
}

/// A key and a version ID.
impl<K: Into<String>, V: Into<String>> From<(K, V)> for ObjectIdentifier {
    fn from((key, version_id): (K, V)) -> ObjectIdentifier {
        ObjectIdentifier {
            key: key.into(),
            version_id: Some(version_id.into()),
        }
    }
}
