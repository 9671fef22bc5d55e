//! GetObjectTagging: reads an object's tags.

use http::Method;

use super::shared::options::Versioned;
use super::shared::tag::Tag;
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;
use crate::xml::Element;

/// Reads an object's tags: [`Client::get_object_tagging`].
#[derive(Debug)]
#[non_exhaustive]
pub struct GetObjectTagging;

impl Client {
    /// Reads an object's tags.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// for tag in s3.get_object_tagging("photos", "cat.jpg").send().await? {
    ///     println!("{} = {}", tag.key, tag.value);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]; `NotImplemented` from stores without tags.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html>
    pub fn get_object_tagging(&self, bucket: &str, key: &str) -> Call<GetObjectTagging> {
        let request = Request::object(Method::GET, bucket, key).with_query("tagging", "");
        Call::new(self, request, GetObjectTagging)
    }
}

impl Operation for GetObjectTagging {
    type Output = Vec<Tag>;
    const SPEC: OperationSpec = OperationSpec::new("GetObjectTagging", Effect::Reads);

    fn parse(response: Response) -> Result<Vec<Tag>, Error> {
        let tagging = response.xml("Tagging")?;
        let Some(tags) = tagging.child("TagSet") else {
            return Err(response.malformed("no <TagSet>".to_owned()));
        };
        let tag = |element: &Element| {
            let value = element.optional_text("Value").unwrap_or_default();
            Ok(Tag::from((element.text("Key")?, value)))
        };
        tags.children("Tag").map(tag).collect()
    }
}

impl Versioned for GetObjectTagging {}
