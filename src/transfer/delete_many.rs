//! Deletes any number of objects, up to 1,000 per request, and reports a result for each.

use std::collections::HashSet;

use crate::call::{Call, Operation, call_context};
use crate::client::Client;
use crate::error::Error;
use crate::operation::{
    DeleteError, DeleteObjects, DeleteObjectsOutput, DeletedObject, MAX_OBJECTS, ObjectIdentifier,
};
use crate::request::{Request, Target};
use crate::retry::RetryPolicy;
use crate::send::WithMetadata;
use crate::xml::can_express;

/// The code for an object whose deletion no response confirmed.
const UNCONFIRMED: &str = "Unconfirmed";

/// Deletes any number of objects: [`Client::delete_many`].
#[must_use = "nothing is deleted until this is sent"]
#[derive(Debug)]
pub struct DeleteMany {
    pub(crate) client: Client,
    objects: Vec<ObjectIdentifier>,
    /// The bucket, and the options of every request.
    options: Request,
}

/// A result for each object.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeleteManyOutput {
    /// The deleted objects.
    pub deleted: Vec<DeletedObject>,
    /// The objects that were not deleted, or not confirmed as deleted.
    pub errors: Vec<DeleteError>,
}

impl Client {
    /// Deletes any number of objects, up to 1,000 per request. Deleting a missing key succeeds.
    ///
    /// The requests are sent one after the other. A key with a character that XML cannot express is deleted
    /// with a request of its own.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let output = s3.delete_many("photos", ["cat.jpg", "dog.jpg"]).send().await?;
    /// for error in &output.errors {
    ///     println!("{} was not deleted: {} {}", error.key, error.code, error.message);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`], before anything is sent, for a key that the store would resolve to another one. Any
    /// kind of [`Error`] if the first request fails; its [outcome may be unknown](Error::is_outcome_unknown). If a
    /// later request fails, or a request for a single key is rejected, its objects are listed in [`errors`](DeleteManyOutput::errors) with the code of the
    /// failure. The code is `Unconfirmed` if the failure has none, and for objects that a response does not mention.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
    pub fn delete_many<K: Into<ObjectIdentifier>>(
        &self,
        bucket: &str,
        objects: impl IntoIterator<Item = K>,
    ) -> DeleteMany {
        DeleteMany {
            client: self.clone(),
            objects: objects.into_iter().map(Into::into).collect(),
            options: Request::bucket(http::Method::POST, bucket),
        }
    }
}

impl DeleteMany {
    /// Sets a header of every request, as [`Call::header`] does.
    pub fn header(mut self, name: &str, value: &str) -> DeleteMany {
        self.options.set_header(name, value);
        self
    }

    /// Sets a query parameter of every request, as [`Call::query`] does.
    pub fn query(mut self, name: &str, value: &str) -> DeleteMany {
        self.options.set_query(name, value);
        self
    }

    /// Replaces the client's retry policy for every request.
    pub fn retry(mut self, policy: RetryPolicy) -> DeleteMany {
        self.options.retry = Some(policy);
        self
    }

    /// Sends the requests.
    ///
    /// # Errors
    ///
    /// See [`Client::delete_many`].
    pub async fn send(self) -> Result<DeleteManyOutput, Error> {
        Ok(self.send_with_metadata().await?.output)
    }

    /// Like [`send`](DeleteMany::send), but also returns the metadata of the last successful response. If there
    /// was none, because the list is empty or every object failed, `attempts` is 0 and `status` has no meaning.
    ///
    /// # Errors
    ///
    /// See [`Client::delete_many`].
    pub async fn send_with_metadata(self) -> Result<WithMetadata<DeleteManyOutput>, Error> {
        // Every key is checked before anything is sent.
        for object in &self.objects {
            let checked = object.check(&self.client.inner.endpoint);
            checked.map_err(|error| {
                error.with_context(&call_context(&DeleteObjects::SPEC, &self.options, 0))
            })?;
        }
        let bucket = match &self.options.target {
            Target::Bucket(bucket) => bucket.as_str(),
            _ => "",
        };
        let mut all = DeleteManyOutput::default();
        let mut metadata = WithMetadata::none();
        let (plain, others): (Vec<_>, Vec<_>) = self.objects.into_iter().partition(|object| {
            can_express(&object.key) && object.version_id.as_deref().is_none_or(can_express)
        });
        for batch in plain.chunks(MAX_OBJECTS) {
            let call = self.client.delete_objects(bucket, batch.iter().cloned());
            match with_options(call, &self.options).send_with_metadata().await {
                Ok(response) => metadata = response.map(|output| all.extend(batch, output)),
                Err(error) if all.is_empty() => return Err(error),
                Err(error) => all.fail(batch, &error),
            }
        }
        for object in others {
            let mut call = self.client.delete_object(bucket, &object.key);
            if let Some(version_id) = &object.version_id {
                call = call.version_id(version_id);
            }
            match with_options(call, &self.options).send_with_metadata().await {
                Ok(response) => {
                    metadata = response.map(|output| {
                        all.deleted.push(DeletedObject {
                            delete_marker: output.delete_marker,
                            delete_marker_version_id: output
                                .version_id
                                .filter(|_| output.delete_marker),
                            key: object.key,
                            version_id: object.version_id,
                        });
                    });
                }
                Err(error) if all.is_empty() && error.service().is_none() => return Err(error),
                Err(error) => all.fail(&[object], &error),
            }
        }
        Ok(metadata.with_output(all))
    }
}

fn with_options<O>(mut call: Call<O>, options: &Request) -> Call<O> {
    for (name, value) in &options.headers {
        call = call.header(name, value);
    }
    for (name, value) in &options.query {
        call = call.query(name, value);
    }
    call.request.retry = options.retry;
    call
}

impl DeleteManyOutput {
    fn is_empty(&self) -> bool {
        self.deleted.is_empty() && self.errors.is_empty()
    }

    /// Adds the results for a batch. An object that the response does not mention does not count as deleted.
    fn extend(&mut self, batch: &[ObjectIdentifier], output: DeleteObjectsOutput) {
        // `null` is the version ID of objects that were stored without versioning.
        fn name<'a>(key: &'a str, version_id: &'a Option<String>) -> (&'a str, Option<&'a str>) {
            (key, version_id.as_deref().filter(|id| *id != "null"))
        }
        let deleted = output
            .deleted
            .iter()
            .map(|object| name(&object.key, &object.version_id));
        let errors = output
            .errors
            .iter()
            .map(|error| name(&error.key, &error.version_id));
        let requested: HashSet<(&str, Option<&str>)> = batch
            .iter()
            .map(|object| name(&object.key, &object.version_id))
            .collect();
        let mut mentioned = HashSet::new();
        for (key, version_id) in deleted.chain(errors) {
            // Garage returns the version that it deleted, although none was requested.
            let is_requested = requested.contains(&(key, version_id));
            mentioned.insert((key, version_id.filter(|_| is_requested)));
        }
        let unconfirmed: Vec<DeleteError> = batch
            .iter()
            .filter(|object| !mentioned.contains(&name(&object.key, &object.version_id)))
            .map(|object| not_deleted(object, UNCONFIRMED, "the response does not mention it"))
            .collect();
        self.deleted.extend(output.deleted);
        self.errors.extend(output.errors);
        self.errors.extend(unconfirmed);
    }

    /// Adds the objects of a batch whose request failed.
    fn fail(&mut self, batch: &[ObjectIdentifier], error: &Error) {
        let (code, message) = (error.code().unwrap_or(UNCONFIRMED), error.to_string());
        let errors = batch
            .iter()
            .map(|object| not_deleted(object, code, &message));
        self.errors.extend(errors);
    }
}

fn not_deleted(object: &ObjectIdentifier, code: &str, message: &str) -> DeleteError {
    DeleteError {
        key: object.key.clone(),
        version_id: object.version_id.clone(),
        code: code.to_owned(),
        message: message.to_owned(),
    }
}
