//! Removing any number of objects: in requests of up to 1,000, and a result for each.

use std::collections::HashSet;

use crate::call::{Call, Operation, context};
use crate::client::Client;
use crate::error::Error;
use crate::operation::{
    DeleteError, DeleteObjects, DeleteObjectsOutput, DeletedObject, LARGEST_BATCH, ObjectIdentifier,
};
use crate::request::Request;
use crate::xml::can_express;

/// The code of what nobody has said to be removed.
const UNCONFIRMED: &str = "Unconfirmed";

/// Removes any number of objects: [`Client::delete_objects`].
#[derive(Debug)]
#[non_exhaustive]
pub struct BulkDelete {
    objects: Vec<ObjectIdentifier>,
}

impl Client {
    /// Removes any number of objects, 1,000 with one request. That one is not there is no error.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let outcome = s3.delete_objects("photos", ["cat.jpg", "dog.jpg"]).send().await?;
    /// for error in &outcome.errors {
    ///     println!("{} is still there: {} {}", error.key, error.code, error.message);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Keys with a character that XML cannot express are removed with a request of their own.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a key that the store would take for another. Every kind of [`Error`] if the first request
    /// fails; after a [`Transport`](Error::Transport) error nobody knows what it has done. What a later one could not
    /// remove is in [`errors`](DeleteObjectsOutput::errors), with the code of its failure. So is, with the code
    /// `Unconfirmed`, what the store's answers do not mention.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
    pub fn delete_objects<K: Into<ObjectIdentifier>>(
        &self,
        bucket: &str,
        objects: impl IntoIterator<Item = K>,
    ) -> Call<BulkDelete> {
        let objects = objects.into_iter().map(Into::into).collect();
        let request = Request::bucket(http::Method::POST, bucket);
        Call::new(self, request, BulkDelete { objects })
    }
}

impl Call<BulkDelete> {
    /// Removes them.
    ///
    /// # Errors
    ///
    /// See [`Client::delete_objects`].
    pub async fn send(self) -> Result<DeleteObjectsOutput, Error> {
        let bucket = match self.request.target.names() {
            (Some(bucket), None) => bucket,
            _ => String::new(),
        };
        // All of them before anything is sent.
        for object in &self.operation.objects {
            let checked = self.client.inner.endpoint.check_named_key(&object.key);
            checked.map_err(|error| {
                error.with_context(&context(&DeleteObjects::SPEC, &self.request, 0))
            })?;
        }
        let mut all = DeleteObjectsOutput::default();
        let (plain, odd): (Vec<_>, Vec<_>) =
            self.operation.objects.into_iter().partition(|object| {
                can_express(&object.key) && object.version_id.as_deref().is_none_or(can_express)
            });
        for batch in plain.chunks(LARGEST_BATCH) {
            let call = self
                .client
                .delete_objects_batch(&bucket, batch.iter().cloned());
            match with_options(call, &self.request).send().await {
                Ok(output) => all.extend(batch, output),
                Err(error) if all.is_empty() => return Err(error),
                Err(error) => all.fail(batch, &error),
            }
        }
        for object in odd {
            let mut call = self.client.delete_object(&bucket, &object.key);
            if let Some(version_id) = &object.version_id {
                call = call.version_id(version_id);
            }
            match with_options(call, &self.request).send().await {
                Ok(output) => all.deleted.push(DeletedObject {
                    delete_marker: output.delete_marker,
                    delete_marker_version_id: output.version_id.filter(|_| output.delete_marker),
                    key: object.key,
                    version_id: object.version_id,
                }),
                Err(error) if all.is_empty() && error.service().is_none() => return Err(error),
                Err(error) => all.fail(&[object], &error),
            }
        }
        Ok(all)
    }
}

/// The headers and parameters that the caller has set go with each request.
fn with_options<O>(mut call: Call<O>, options: &Request) -> Call<O> {
    for (name, value) in &options.headers {
        call = call.header(name, value);
    }
    for (name, value) in &options.query {
        call = call.query(name, value);
    }
    call.request.payload_hash = options.payload_hash;
    call.request.retry = options.retry;
    call
}

impl DeleteObjectsOutput {
    fn is_empty(&self) -> bool {
        self.deleted.is_empty() && self.errors.is_empty()
    }

    /// Adds what an answer says of a batch; what it does not mention is not taken for removed.
    fn extend(&mut self, batch: &[ObjectIdentifier], output: DeleteObjectsOutput) {
        // Without a version, or with the one that objects have where none are kept.
        fn name<'a>(key: &'a str, version_id: &'a Option<String>) -> (&'a str, &'a str) {
            let version_id = version_id.as_deref().filter(|id| *id != "null");
            (key, version_id.unwrap_or_default())
        }
        let deleted = output
            .deleted
            .iter()
            .map(|object| name(&object.key, &object.version_id));
        let errors = output
            .errors
            .iter()
            .map(|error| name(&error.key, &error.version_id));
        let mentioned: HashSet<(&str, &str)> = deleted.chain(errors).collect();
        let unconfirmed: Vec<DeleteError> = batch
            .iter()
            .filter(|object| !mentioned.contains(&name(&object.key, &object.version_id)))
            .map(|object| {
                not_removed(
                    object,
                    UNCONFIRMED,
                    "the store's answer does not mention it",
                )
            })
            .collect();
        self.deleted.extend(output.deleted);
        self.errors.extend(output.errors);
        self.errors.extend(unconfirmed);
    }

    /// Adds a batch whose request has failed.
    fn fail(&mut self, batch: &[ObjectIdentifier], error: &Error) {
        let (code, message) = (error.code().unwrap_or(UNCONFIRMED), error.to_string());
        let errors = batch
            .iter()
            .map(|object| not_removed(object, code, &message));
        self.errors.extend(errors);
    }
}

fn not_removed(object: &ObjectIdentifier, code: &str, message: &str) -> DeleteError {
    DeleteError {
        key: object.key.clone(),
        version_id: object.version_id.clone(),
        code: code.to_owned(),
        message: message.to_owned(),
    }
}
