//! PutObjectTagging: replaces the tags of an object.

use http::Method;

use super::shared::options::Versioned;
use super::shared::tag::Tag;
use super::shared::xml_body::set_xml_body;
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;
use crate::xml::Writer;

/// Replaces the tags of an object: [`Client::put_object_tagging`].
#[derive(Debug)]
#[non_exhaustive]
pub struct PutObjectTagging;

/// A successful response, which has no content.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct PutObjectTaggingOutput {}

impl Client {
    /// Replaces all tags of an object with `tags`.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let tags = [("kind", "cat"), ("year", "2026")];
    /// s3.put_object_tagging("photos", "cat.jpg", tags).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. It is [`Error::Invalid`] for an empty tag key and for a character that XML cannot
    /// express. The code is `InvalidTag` for tags that the store rejects, and `NotImplemented` if it does not
    /// support tags.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html>
    pub fn put_object_tagging<T: Into<Tag>>(
        &self,
        bucket: &str,
        key: &str,
        tags: impl IntoIterator<Item = T>,
    ) -> Call<PutObjectTagging> {
        let mut request = Request::object(Method::PUT, bucket, key).with_query("tagging", "");
        let mut document = Writer::new("Tagging");
        document.open("TagSet");
        for tag in tags {
            let Tag { key, value } = tag.into();
            document.open("Tag");
            let written = document
                .text("Key", &key)
                .and_then(|()| document.text("Value", &value));
            document.close();
            if written.is_err() || key.is_empty() {
                let problem = format!(
                    "the key {key:?} is empty, or XML cannot express a character in it or its value"
                );
                request.defer_error(
                    "tags",
                    problem,
                    "use letters, digits, spaces and + - = . _ : / @",
                );
            }
        }
        set_xml_body(&mut request, document);
        Call::new(self, request, PutObjectTagging)
    }
}

impl Operation for PutObjectTagging {
    type Output = PutObjectTaggingOutput;
    const SPEC: OperationSpec = OperationSpec::new("PutObjectTagging", Effect::Writes);

    fn parse(response: Response) -> Result<PutObjectTaggingOutput, Error> {
        response.expect_empty()?;
        Ok(PutObjectTaggingOutput {})
    }
}

impl Versioned for PutObjectTagging {}
