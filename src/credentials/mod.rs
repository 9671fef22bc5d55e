//! Credentials from wherever they are: shared files, processes, containers, instances, roles. The feature `credentials`.
//!
//! [`Client::from_default_chain`] looks in the places that boto3 looks in, in the same order.
//! `docs/credentials.md` in the repository has a chapter about each.
//! [`AssumeRole`] requests temporary credentials directly, also from MinIO.
//!
//! Credentials that expire are renewed five minutes before, by one renewal however many calls wait for it:
//! [`ClientBuilder::cached_credentials_provider`] has the details, and does the same for a source of your own.

// One file for each source; `chain.rs` has their order. They are functions of an `Environment`, so tests need no process of
// their own. The cache is in `client`, beside the other sources of a client's credentials. Uses `client`, `http`, `send` (for
// telemetry), `response`, `request`, `sigv4`, `xml`, `timestamp` and `error`. Start with `from_environment`.

mod assume_role;
mod chain;
mod choice;
mod container;
mod environment;
mod exchange;
mod instance_metadata;
mod json;
mod options;
mod process;
mod profile_file;
mod profiles;
mod role;
mod settings;
mod shared_file;
mod sts;
mod web_identity;

use std::sync::Arc;

pub use self::assume_role::AssumeRole;
use self::chain::{Chain, Source};
use self::choice::Choice;
pub use self::environment::Environment;
use self::profiles::Profiles;
use crate::client::Client;
use crate::client::builder::ClientBuilder;
use crate::client::credentials::{CredentialsSource, Provided};
use crate::error::Error;
use crate::http::HttpSettings;

impl Client {
    /// A client configured as boto3 and the AWS CLI are: by the environment, the shared files, and the place where the program
    /// runs.
    ///
    /// Credentials are looked for in this order:
    ///
    /// 1. `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`
    /// 2. a role of the profile: `role_arn` with `source_profile` or `credential_source`
    /// 3. web identity: `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`, or the same in the profile
    /// 4. the profile's keys in `~/.aws/credentials`
    /// 5. the profile's `credential_process`
    /// 6. the profile's keys in `~/.aws/config`
    /// 7. the container: `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `AWS_CONTAINER_CREDENTIALS_FULL_URI`
    /// 8. the metadata service of an EC2 instance, unless `AWS_EC2_METADATA_DISABLED` is `true`
    ///
    /// `AWS_PROFILE` selects the profile, which is otherwise `default`. Region and endpoint come from `AWS_REGION`,
    /// `AWS_DEFAULT_REGION`, `AWS_ENDPOINT_URL_S3` and `AWS_ENDPOINT_URL`, else from the profile. Without a region, it is the one
    /// in the endpoint's host name, or `us-east-1`.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), slim_s3::Error> {
    /// let s3 = slim_s3::Client::from_default_chain().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] names the setting that is wrong; if there are no credentials, each place and what was found there.
    /// [`Error::Transport`] or [`Error::Service`] if a place that is configured does not return any.
    pub async fn from_default_chain() -> Result<Client, Error> {
        ClientBuilder::from_default_chain(None).await?.build()
    }
}

impl ClientBuilder {
    /// A builder with the settings and the credentials of [`Client::from_default_chain`], to which you can add others.
    ///
    /// A profile that is given here comes before everything: its keys are used even if others are in the environment. Region
    /// and endpoint of the environment still come before those of the profile.
    ///
    /// ```no_run
    /// use slim_s3::ClientBuilder;
    ///
    /// # async fn example() -> Result<(), slim_s3::Error> {
    /// let s3 = ClientBuilder::from_default_chain(Some("backup")).await?.build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Client::from_default_chain`]. If the profile does not exist, the error lists those that do.
    pub async fn from_default_chain(profile: Option<&str>) -> Result<ClientBuilder, Error> {
        ClientBuilder::from_environment(&Environment::of_process(), profile).await
    }

    /// Like [`from_default_chain`](ClientBuilder::from_default_chain), with other variables and files than those of the
    /// process.
    ///
    /// # Errors
    ///
    /// See [`from_default_chain`](ClientBuilder::from_default_chain).
    pub async fn from_environment(
        environment: &Environment,
        profile: Option<&str>,
    ) -> Result<ClientBuilder, Error> {
        Client::builder()
            .with_environment(environment, profile)
            .await
    }

    /// Like [`from_environment`](ClientBuilder::from_environment), for a builder that has settings already. They come first, and
    /// timeouts, root certificates and proxy also apply when credentials are looked for.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use slim_s3::credentials::Environment;
    /// use slim_s3::{Client, Timeouts};
    ///
    /// # async fn example() -> Result<(), slim_s3::Error> {
    /// let quick = Timeouts {
    ///     response: Duration::from_secs(5),
    ///     ..Timeouts::default()
    /// };
    /// let builder = Client::builder().timeouts(quick);
    /// let s3 = builder.with_environment(&Environment::of_process(), None).await?.build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`from_default_chain`](ClientBuilder::from_default_chain).
    pub async fn with_environment(
        self,
        environment: &Environment,
        profile: Option<&str>,
    ) -> Result<ClientBuilder, Error> {
        let choice = Choice::new(environment, profile)?;
        let profiles = Profiles::read(environment)?;
        let profile = profiles.chosen(&choice)?;
        let mut builder = settings::apply(self, environment, &profile)?;
        let chain = Chain {
            environment: environment.clone(),
            choice,
            http: Arc::new(builder.http.for_exchanges()),
        };
        // Boxed, because it contains those of all sources.
        let (source, credentials) = Box::pin(chain.find(&profiles, &profile)).await?;
        let is_fixed = credentials.session_token().is_none() && credentials.expires_at().is_none();
        if is_fixed || source == Source::Variables {
            return Ok(builder.credentials(credentials));
        }
        let provide = move |http: &Arc<HttpSettings>| -> Provided {
            let http = http.clone();
            let chain = Chain {
                http,
                ..chain.clone()
            };
            Box::pin(async move { chain.renew(source).await.map_err(Into::into) })
        };
        builder.credentials = Some(CredentialsSource::cached(provide, Some(credentials)));
        Ok(builder)
    }

    /// All settings of [`from_environment`](ClientBuilder::from_environment) but credentials: for anonymous requests, or for
    /// credentials from elsewhere.
    ///
    /// ```
    /// use slim_s3::ClientBuilder;
    /// use slim_s3::credentials::Environment;
    ///
    /// let environment = Environment::new([("AWS_ENDPOINT_URL", "http://127.0.0.1:9000")]);
    /// let s3 = ClientBuilder::from_settings(&environment, None)?.anonymous().build()?;
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] names the setting that is wrong.
    pub fn from_settings(
        environment: &Environment,
        profile: Option<&str>,
    ) -> Result<ClientBuilder, Error> {
        let choice = Choice::new(environment, profile)?;
        let profiles = Profiles::read(environment)?;
        let profile = profiles.chosen(&choice)?;
        settings::apply(Client::builder(), environment, &profile)
    }
}
