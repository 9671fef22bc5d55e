//! Web identity: a token in a file, as Kubernetes and CI services write it, for temporary credentials of a role.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>

use super::assume_role::session_name;
use super::chain::{Chain, Looked};
use super::profiles::Profile;
use crate::error::Error;

const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";

/// The variables come before the profile, unless the program chose the profile.
pub(super) async fn look(chain: &Chain, profile: &Profile<'_>) -> Result<Looked, Error> {
    let setting = |variable: &str, name: &str| -> Result<Option<(String, String)>, Error> {
        if !chain.choice.is_explicit()
            && let Some(value) = chain.environment.variable(variable)?
        {
            return Ok(Some((variable.to_owned(), value)));
        }
        let value = profile.get(name);
        let field = || format!("{name} of profile {}", profile.name);
        Ok(value.map(|value| (field(), value.to_owned())))
    };
    let Some((file_setting, file)) = setting(TOKEN_FILE, "web_identity_token_file")? else {
        return Ok(Looked::nothing(format!("{TOKEN_FILE} is not set")));
    };
    let Some((_, role_arn)) = setting("AWS_ROLE_ARN", "role_arn")? else {
        return Err(Error::invalid(
            "AWS_ROLE_ARN",
            format!("not set, although {file_setting} is"),
            "set it to the ARN of the role, or unset both",
        ));
    };
    let session = setting("AWS_ROLE_SESSION_NAME", "role_session_name")?;
    let session = session.map_or_else(session_name, |(_, name)| name);
    // Read anew for each renewal: the token is replaced before it expires.
    let token = chain.environment.read_value(&file_setting, &file)?;
    let parameters = [
        ("RoleArn", role_arn.as_str()),
        ("RoleSessionName", session.as_str()),
        ("WebIdentityToken", token.as_str()),
    ];
    let sts = chain.sts(profile)?;
    let action = "AssumeRoleWithWebIdentity";
    let credentials = sts.call(action, &parameters, None).await?;
    Ok(Looked::Found(credentials))
}
