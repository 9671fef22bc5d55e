//! Temporary credentials from AssumeRole: of AWS, of MinIO, and of other stores with an STS.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::sts::Sts;
use crate::client::builder::ClientBuilder;
use crate::client::credentials::{Credentials, CredentialsSource, Provided};
use crate::error::Error;
use crate::http::{HttpSettings, Roots};

/// Temporary credentials for a role, or for a part of what one's own keys may do.
///
/// ```no_run
/// use slim_s3::credentials::AssumeRole;
/// use slim_s3::{Client, Credentials};
///
/// # fn main() -> Result<(), slim_s3::Error> {
/// let role = AssumeRole {
///     role_arn: Some("arn:aws:iam::123456789012:role/backup".to_owned()),
///     region: "eu-central-1".to_owned(),
///     ..AssumeRole::new(Credentials::new("AK", "SK"))
/// };
/// let s3 = Client::builder().region("eu-central-1").assume_role(role).build()?;
/// # Ok(())
/// # }
/// ```
///
/// MinIO needs no role: the credentials may do what the keys may, within the `policy`. Its STS has the same endpoint as the
/// store.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_structs)]
pub struct AssumeRole {
    /// The keys that sign the request.
    pub credentials: Credentials,
    /// The role. Required by AWS.
    pub role_arn: Option<String>,
    /// The name of the session, which AWS shows in its logs. By default `slim-s3-` and the time.
    pub session_name: Option<String>,
    /// The external ID that the role's owner expects.
    pub external_id: Option<String>,
    /// How long the credentials hold: by default what the service chooses, which is an hour. At least 15 minutes.
    pub duration: Option<Duration>,
    /// A policy in JSON: the credentials may do only what the role and this policy allow.
    pub policy: Option<String>,
    /// The URL of the service. By default that of AWS in the region.
    pub endpoint: Option<String>,
    /// The region to sign for: by default `us-east-1`.
    pub region: String,
    /// The root certificates to trust, if not those of the client, or the default ones.
    pub roots: Option<Roots>,
}

impl AssumeRole {
    /// A request that these keys sign, with the defaults.
    pub fn new(credentials: Credentials) -> AssumeRole {
        AssumeRole {
            credentials,
            role_arn: None,
            session_name: None,
            external_id: None,
            duration: None,
            policy: None,
            endpoint: None,
            region: "us-east-1".to_owned(),
            roots: None,
        }
    }

    /// Requests credentials once. [`ClientBuilder::assume_role`] renews them.
    ///
    /// # Errors
    ///
    /// [`Error::Service`] if the service rejects the request, such as `403 AccessDenied`.
    pub async fn send(&self) -> Result<Credentials, Error> {
        self.send_with(&HttpSettings::default()).await
    }

    async fn send_with(&self, http: &HttpSettings) -> Result<Credentials, Error> {
        let sts = Sts::new(self.endpoint.as_deref(), &self.region, http);
        let sts =
            sts.map_err(|error| error.with_field(|field| format!("{field} of AssumeRole")))?;
        self.send_to(sts.with_roots(self.roots.clone())).await
    }

    pub(super) async fn send_to(&self, sts: Sts) -> Result<Credentials, Error> {
        let session_name = self.session_name.clone().unwrap_or_else(session_name);
        let duration = self.duration.map(|duration| duration.as_secs().to_string());
        let mut parameters = vec![("RoleSessionName", session_name.as_str())];
        for (name, value) in [
            ("RoleArn", &self.role_arn),
            ("ExternalId", &self.external_id),
            ("DurationSeconds", &duration),
            ("Policy", &self.policy),
        ] {
            parameters.extend(value.as_deref().map(|value| (name, value)));
        }
        let signer = Some(&self.credentials);
        sts.call("AssumeRole", &parameters, signer).await
    }
}

/// A name that AWS's logs show.
pub(super) fn session_name() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    format!("slim-s3-{}", now.unwrap_or_default().as_secs())
}

impl ClientBuilder {
    /// Signs with temporary credentials from AssumeRole. They are requested by the first call, and renewed as
    /// [`cached_credentials_provider`](ClientBuilder::cached_credentials_provider) says.
    ///
    /// The client's [`timeouts`](ClientBuilder::timeouts), [`roots`](ClientBuilder::roots) and
    /// [`proxy`](ClientBuilder::proxy) apply to the service, too, unless the role has `roots` of its own.
    pub fn assume_role(mut self, role: AssumeRole) -> ClientBuilder {
        let role = Arc::new(role);
        let provide = move |http: &Arc<HttpSettings>| -> Provided {
            let (role, http) = (role.clone(), http.clone());
            Box::pin(async move { role.send_with(&http).await.map_err(Into::into) })
        };
        self.credentials = Some(CredentialsSource::cached(provide, None));
        self
    }
}
