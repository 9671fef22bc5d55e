//! Signing with credentials that a provider returns.

use std::time::Duration;

use crate::call::post_form::PostForm;
use crate::call::post_policy::PostPolicy;
use crate::call::presign::{Early, Presigned};
use crate::call::presigned_request::PresignedRequest;
use crate::call::{Call, Operation, OperationSpec, call_context};
use crate::client::Client;
use crate::client::credentials::Credentials;
use crate::error::Error;
use crate::http::current_credentials;
use crate::request::Request;

impl<O: Operation> Call<O> {
    /// Like [`presign`](Call::presign), from now on: by the client's clock, and with the credentials that
    /// [`send`](Call::send) would use, also those of a provider. Nothing is sent to the store.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use std::time::Duration;
    ///
    /// let get = s3.get_object("photos", "cat.jpg");
    /// let link = get.presign_now(Duration::from_secs(900)).await?;
    /// println!("until {:?}: {}", link.expires_at(), link.url());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`presign`](Call::presign). An [`Error::Transport`] if the provider fails.
    pub async fn presign_now(self, expires: Duration) -> Result<PresignedRequest, Error> {
        self.presign_from_now(expires, Early::Refused).await
    }

    /// Like [`presign_now`](Call::presign_now), but shortens the time if the credentials expire earlier.
    /// [`expires_at`](PresignedRequest::expires_at) says when the URL really expires.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use std::time::Duration;
    ///
    /// let day = Duration::from_secs(86_400);
    /// let link = s3.get_object("photos", "cat.jpg").presign_now_up_to(day).await?;
    /// println!("until {:?}: {}", link.expires_at(), link.url());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`presign_now`](Call::presign_now).
    pub async fn presign_now_up_to(self, expires: Duration) -> Result<PresignedRequest, Error> {
        self.presign_from_now(expires, Early::Shortened).await
    }

    async fn presign_from_now(
        self,
        expires: Duration,
        early: Early,
    ) -> Result<PresignedRequest, Error> {
        O::check_request(&self.request)
            .map_err(|error| error.with_context(&call_context(&O::SPEC, &self.request, 0)))?;
        presign_now(&self.client, &O::SPEC, &self.request, expires, early).await
    }
}

impl Client {
    /// The credentials that a call would be signed with now, also those of a provider; `None` for an anonymous client.
    ///
    /// A client that is built with them can [sign](Call::sign) and [explain](Call::explain), which do not wait for a provider.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// if let Some(keys) = s3.credentials().await? {
    ///     println!("{} until {:?}", keys.access_key_id(), keys.expires_at());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// An [`Error::Transport`] if the provider fails.
    pub async fn credentials(&self) -> Result<Option<Credentials>, Error> {
        current_credentials(self).await
    }
}

async fn presign_now(
    client: &Client,
    spec: &OperationSpec,
    request: &Request,
    expires: Duration,
    early: Early,
) -> Result<PresignedRequest, Error> {
    let presigned = match current_credentials(client).await {
        Ok(credentials) => client.presign(
            spec,
            request,
            client.now(),
            expires,
            credentials.as_ref(),
            early,
        ),
        Err(error) => Err(error),
    };
    presigned
        .map(Presigned::into_request)
        .map_err(|error| error.with_context(&call_context(spec, request, 0)))
}

impl PostPolicy {
    /// Like [`presign`](PostPolicy::presign), from now on: by the client's clock, and with the credentials that a call
    /// would use, also those of a provider. Nothing is sent to the store.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use std::time::Duration;
    ///
    /// let policy = s3.post_policy("photos").key("cat.jpg");
    /// let policy = policy.content_length_range(1..=1 << 20);
    /// println!("{}", policy.presign_now(Duration::from_secs(900)).await?.to_html());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`presign`](PostPolicy::presign). An [`Error::Transport`] if the provider fails.
    pub async fn presign_now(self, expires: Duration) -> Result<PostForm, Error> {
        let credentials = current_credentials(&self.client).await;
        self.sign(credentials, self.client.now(), expires, Early::Refused)
    }

    /// Like [`presign_now`](PostPolicy::presign_now), but shortens the time if the credentials expire earlier.
    ///
    /// # Errors
    ///
    /// See [`presign_now`](PostPolicy::presign_now).
    pub async fn presign_now_up_to(self, expires: Duration) -> Result<PostForm, Error> {
        let credentials = current_credentials(&self.client).await;
        self.sign(credentials, self.client.now(), expires, Early::Shortened)
    }
}
