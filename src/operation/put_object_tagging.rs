//! PutObjectTagging: gives an object tags, in place of those it has.

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

/// Gives an object tags: [`Client::put_object_tagging`].
#[derive(Debug)]
#[non_exhaustive]
pub struct PutObjectTagging;

/// A successful response, which has no content.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct PutObjectTaggingOutput {}

impl Client {
    /// Gives an object these tags, in place of all that it has.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// s3.put_object_tagging("photos", "cat.jpg", [("kind", "cat"), ("year", "2026")]).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]; `InvalidTag` for tags that the store does not take, `NotImplemented` from stores
    /// without tags.
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
                    "have {key:?}, which is empty or has a character that XML cannot express"
                );
                request.defer_error(
                    "tags",
                    problem,
                    "use letters, digits, blanks and + - = . _ : / @",
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
