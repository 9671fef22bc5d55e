//! Credentials as JSON, as processes and metadata services return them.

use serde_json::{Map, Value};

use crate::client::credentials::Credentials;
use crate::error::shortened;
use crate::timestamp::parse_iso;

/// Parses a document. The error contains nothing of it, because it may hold keys.
pub(super) fn parse(document: &[u8]) -> Result<Map<String, Value>, String> {
    match serde_json::from_slice(document) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("expected a JSON object, got another JSON value".to_owned()),
        Err(_) if document.trim_ascii().is_empty() => {
            Err("expected a JSON object, got nothing".to_owned())
        }
        Err(error) => Err(format!(
            "expected a JSON object, got something else from line {}, column {}",
            error.line(),
            error.column()
        )),
    }
}

/// The credentials in a document, in which `token` names the session token.
pub(super) fn credentials(
    mut document: Map<String, Value>,
    token: &str,
) -> Result<Credentials, String> {
    // Taken out, not copied: credentials wipe their memory.
    let mut text = |name: &str| match document.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
        Some(_) => Err(format!("{name} is not a string")),
    };
    let missing = |name: &str| format!("{name} is missing");
    let id = text("AccessKeyId")?.ok_or_else(|| missing("AccessKeyId"))?;
    let secret = text("SecretAccessKey")?.ok_or_else(|| missing("SecretAccessKey"))?;
    let mut credentials = Credentials::new(id, secret);
    if let Some(token) = text(token)? {
        credentials = credentials.with_session_token(token);
    }
    if let Some(expiration) = text("Expiration")? {
        let expires_at = parse_iso(&expiration).ok_or_else(|| {
            let shown = shortened(&expiration, 40);
            format!("Expiration is not a time such as 2026-01-02T03:04:05Z: {shown:?}")
        })?;
        credentials = credentials.with_expiry(expires_at);
    }
    credentials.check().map_err(|error| error.cause())?;
    Ok(credentials)
}

/// The code of an error document.
pub(super) fn error_code(document: &[u8]) -> Option<String> {
    error_text(&parse(document).ok()?, ["code", "Code"])
}

/// The code and message of an error document, as a suffix for another message; empty if the document has none.
pub(super) fn error_message(document: &[u8]) -> String {
    let document = parse(document).unwrap_or_default();
    let code = error_text(&document, ["code", "Code"]);
    let message = error_text(&document, ["message", "Message"]);
    let separator = if code.is_some() && message.is_some() {
        ": "
    } else {
        ""
    };
    match (code, message) {
        (None, None) => String::new(),
        (code, message) => format!(
            " ({}{separator}{})",
            code.unwrap_or_default(),
            message.unwrap_or_default()
        ),
    }
}

fn error_text(document: &Map<String, Value>, names: [&str; 2]) -> Option<String> {
    let value = names.into_iter().find_map(|name| document.get(name))?;
    Some(shortened(value.as_str()?, 300))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(document: &str) -> Result<Credentials, String> {
        credentials(parse(document.as_bytes())?, "Token")
    }

    #[test]
    fn credentials_with_and_without_expiry_are_read() {
        let read_ok = |document| read(document).unwrap();
        let fixed =
            read_ok(r#"{"AccessKeyId":"AK","SecretAccessKey":"SK","Token":"","Expiration":null}"#);
        assert_eq!(fixed.access_key_id(), "AK");
        assert_eq!((fixed.session_token(), fixed.expires_at()), (None, None));
        let temporary = read_ok(
            r#"{"AccessKeyId":"AK","SecretAccessKey":"SK","Token":"T","Expiration":"2025-01-02T03:04:05Z"}"#,
        );
        assert_eq!(temporary.session_token(), Some("T"));
        assert!(temporary.expires_at().is_some());
    }

    #[test]
    fn a_problem_is_named_without_the_document() {
        for (document, problem) in [
            ("", "got nothing"),
            ("hunter2", "line 1, column 1"),
            ("[\"hunter2\"]", "another JSON value"),
            (r#"{"SecretAccessKey":"hunter2"}"#, "AccessKeyId is missing"),
            (
                r#"{"AccessKeyId":"AK","SecretAccessKey":""}"#,
                "SecretAccessKey is missing",
            ),
            (
                r#"{"AccessKeyId":"AK","SecretAccessKey":7}"#,
                "SecretAccessKey is not a string",
            ),
            (
                r#"{"AccessKeyId":"AK","SecretAccessKey":"hunter2\nx"}"#,
                "secret access key: contains a line end",
            ),
            (
                r#"{"AccessKeyId":"AK","SecretAccessKey":"hunter2","Expiration":"soon"}"#,
                "Expiration is not a time",
            ),
        ] {
            let error = read(document).unwrap_err();
            assert!(error.contains(problem), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
