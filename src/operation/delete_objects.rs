//! DeleteObjects: removes up to 1,000 objects with one request.

use http::Method;

use super::shared::xml_body::set_xml_body;
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;
use crate::xml::{Element, Writer};

/// The most objects that one request can name.
pub(crate) const LARGEST_BATCH: usize = 1000;

/// Removes up to 1,000 objects with one request: [`Client::delete_objects_batch`].
#[derive(Debug)]
#[non_exhaustive]
pub struct DeleteObjects;

/// An object, or one version of it: made from a key, or from a key and a version.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ObjectIdentifier {
    /// The key.
    pub key: String,
    /// The version, in place of the current one.
    pub version_id: Option<String>,
}

/// What became of each object. A success of the request is none of each object: look at `errors`.
#[must_use = "what could not be removed stands in errors"]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeleteObjectsOutput {
    /// What was removed, or was not there.
    pub deleted: Vec<DeletedObject>,
    /// What was not removed, and why.
    pub errors: Vec<DeleteError>,
}

/// An object that was removed, or was not there.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeletedObject {
    /// The key.
    pub key: String,
    /// The version that was asked for.
    pub version_id: Option<String>,
    /// Whether a delete marker was put in front of the object's versions, or was itself removed.
    pub delete_marker: bool,
    /// The version of that marker.
    pub delete_marker_version_id: Option<String>,
}

/// An object that was not removed.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeleteError {
    /// The key.
    pub key: String,
    /// The version that was asked for.
    pub version_id: Option<String>,
    /// S3's error code, for example `AccessDenied`.
    pub code: String,
    /// S3's message.
    pub message: String,
}

impl Client {
    /// Removes up to 1,000 objects with one request. `delete_objects` takes any number, and looks at each result.
    ///
    /// ```
    /// # let s3 = slim_s3::Client::builder().endpoint("http://127.0.0.1:9000").credentials(slim_s3::Credentials::new("AK", "SK")).build()?;
    /// let call = s3.delete_objects_batch("photos", ["cat.jpg", "dog.jpg"]);
    /// let request = call.sign(s3.now())?;
    /// assert_eq!(request.uri(), "http://127.0.0.1:9000/photos?delete=");
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for more than 1,000 objects, for none, and for a key with a character that XML cannot
    /// express.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
    pub fn delete_objects_batch<K: Into<ObjectIdentifier>>(
        &self,
        bucket: &str,
        objects: impl IntoIterator<Item = K>,
    ) -> Call<DeleteObjects> {
        let mut request = Request::bucket(Method::POST, bucket).with_query("delete", "");
        let mut document = Writer::new("Delete");
        let mut count = 0;
        for object in objects {
            let ObjectIdentifier { key, version_id } = object.into();
            count += 1;
            document.open("Object");
            let mut written = document.text("Key", &key);
            if let Some(version_id) = version_id {
                written = written.and_then(|()| document.text("VersionId", &version_id));
            }
            document.close();
            if let Err(Error::Invalid(refused)) = self.inner.endpoint.check_named_key(&key) {
                let problem = format!("have a {} that {}", refused.field, refused.problem);
                request.defer_error("objects", problem, "leave it out");
            }
            if written.is_err() {
                let problem = format!(
                    "have {key:?}, which has, or whose version has, a character that XML cannot express"
                );
                request.defer_error(
                    "objects",
                    problem,
                    "remove it with delete_object, which has it in the URL",
                );
            }
        }
        if !(1..=LARGEST_BATCH).contains(&count) {
            let problem = format!("are {count}, and one request takes 1 to {LARGEST_BATCH}");
            request.defer_error(
                "objects",
                problem,
                "use delete_objects, which takes any number",
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
        let text = |element: &Element, name: &str| element.optional_text(name).map(str::to_owned);
        // MinIO says `<Deleted>` without a key of a name that it would not have stored.
        let deleted = result.children("Deleted").filter_map(|element| {
            Some(DeletedObject {
                key: text(element, "Key")?,
                version_id: text(element, "VersionId"),
                delete_marker: element.flag("DeleteMarker"),
                delete_marker_version_id: text(element, "DeleteMarkerVersionId"),
            })
        });
        let errors = result.children("Error").map(|element| DeleteError {
            key: text(element, "Key").unwrap_or_default(),
            version_id: text(element, "VersionId"),
            code: text(element, "Code").unwrap_or_default(),
            message: text(element, "Message").unwrap_or_default(),
        });
        Ok(DeleteObjectsOutput {
            deleted: deleted.collect(),
            errors: errors.collect(),
        })
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

/// A key and a version.
impl<K: Into<String>, V: Into<String>> From<(K, V)> for ObjectIdentifier {
    fn from((key, version_id): (K, V)) -> ObjectIdentifier {
        ObjectIdentifier {
            key: key.into(),
            version_id: Some(version_id.into()),
        }
    }
}
