//! GetObjectTagging: returns the tags of an object.

use http::Method;

use super::shared::options::Versioned;
use super::shared::tag::Tag;
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;
use crate::xml::Element;

/// Returns the tags of an object: [`Client::get_object_tagging`].
#[derive(Debug)]
#[non_exhaustive]
pub struct GetObjectTagging;

/// The tags of an object.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct GetObjectTaggingOutput {
    /// The tags; empty for an object without tags.
    pub tag_set: Vec<Tag>,
}

impl Client {
    /// Returns the tags of an object.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// for tag in s3.get_object_tagging("photos", "cat.jpg").send().await?.tag_set {
    ///     println!("{} = {}", tag.key, tag.value);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. Stores that do not support tags return `NotImplemented`.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html>
    pub fn get_object_tagging(&self, bucket: &str, key: &str) -> Call<GetObjectTagging> {
        let request = Request::object(Method::GET, bucket, key).with_query("tagging", "");
        Call::new(self, request, GetObjectTagging)
    }
}

impl Operation for GetObjectTagging {
    type Output = GetObjectTaggingOutput;
    const SPEC: OperationSpec = OperationSpec::new("GetObjectTagging", Effect::Reads);

    fn parse(response: Response) -> Result<GetObjectTaggingOutput, Error> {
        // For an object without tags, S3Mock and Ceph send an empty body and declare its length.
        if response.content_length()? == Some(0) {
            return Ok(GetObjectTaggingOutput::default());
        }
        let tagging = response.xml("Tagging")?;
        let Some(tags) = tagging.child("TagSet")? else {
            return Err(response.malformed("no <TagSet>".to_owned()));
        };
        let tag = |element: &Element| {
            let value = element.optional_text("Value")?.unwrap_or_default();
            Ok(Tag::from((element.text("Key")?, value)))
        };
        Ok(GetObjectTaggingOutput {
            tag_set: tags
                .children("Tag")
                .map(tag)
                .collect::<Result<_, Error>>()?,
        })
    }
}

impl Versioned for GetObjectTagging {}
