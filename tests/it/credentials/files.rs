//! The shared files: their format, their settings, and errors that name the line, the profile or the key, but no secret.

use slim_s3::credentials::Environment;
use slim_s3::{Addressing, ClientBuilder};

use super::{access_key_id, environment, error_of, found, with_files};

const KEYS: &str = "aws_access_key_id = FILE\naws_secret_access_key = SK\n";

#[tokio::test]
async fn profiles_are_found_in_both_files_whatever_their_spelling() {
    for (credentials, config, profile) in [
        (format!("[x]\n{KEYS}"), String::new(), "x"),
        (String::new(), format!("[profile x]\n{KEYS}"), "x"),
        (String::new(), format!("[ profile  x ] # mine\n{KEYS}"), "x"),
        (
            String::new(),
            format!("[profile \"two words\"]\n{KEYS}"),
            "two words",
        ),
        (String::new(), format!("[default]\n{KEYS}"), "default"),
        (
            String::new(),
            format!("[profile default]\n{KEYS}"),
            "default",
        ),
    ] {
        let environment = with_files(&[], &credentials, &config);
        let builder = ClientBuilder::from_environment(&environment, Some(profile));
        let s3 = builder.await.unwrap().region("us-east-1").build().unwrap();
        assert_eq!(access_key_id(&s3), "FILE", "{credentials}{config}");
    }
}

#[tokio::test]
async fn paths_come_from_variables_and_may_begin_with_the_home_folder() {
    let variables = [
        ("AWS_SHARED_CREDENTIALS_FILE", "/etc/keys"),
        ("AWS_CONFIG_FILE", "~/settings"),
    ];
    let files = [
        ("/etc/keys", format!("[default]\n{KEYS}")),
        (
            "/home/kim/settings",
            "[default]\nregion = eu-west-3\n".to_owned(),
        ),
    ];
    let s3 = found(&environment(&variables).with_files(files))
        .await
        .unwrap();
    assert_eq!(
        (access_key_id(&s3).as_str(), s3.region()),
        ("FILE", "eu-west-3")
    );
}

#[tokio::test]
async fn the_block_s3_sets_the_addressing_style() {
    for (style, expected) in [
        ("path", "http://s3.test/bucket"),
        ("virtual", "http://bucket.s3.test/"),
        ("auto", "http://s3.test/bucket"),
    ] {
        let config = format!(
            "[default]\n{KEYS}endpoint_url = http://s3.test\ns3 =\n  max_queue_size = 9\n  addressing_style = {style}\n"
        );
        let s3 = found(&with_files(&[], "", &config)).await.unwrap();
        let request = s3.head_bucket("bucket").sign(s3.now()).unwrap();
        assert_eq!(request.uri().to_string(), expected);
    }
    let config = "[default]\ns3 =\n  addressing_style = pathy\n";
    let error = error_of(&with_files(&[], "", config)).await;
    assert!(
        error.contains("addressing_style of profile default: \"pathy\" is not an addressing style"),
        "{error}"
    );
    // A setting of the program comes first.
    let config = format!("[default]\n{KEYS}endpoint_url = http://s3.test\n");
    let environment = with_files(&[], "", &config);
    let builder = ClientBuilder::from_environment(&environment, None)
        .await
        .unwrap();
    let s3 = builder
        .addressing(Addressing::VirtualHosted)
        .build()
        .unwrap();
    let request = s3.head_bucket("bucket").sign(s3.now()).unwrap();
    assert_eq!(request.uri().to_string(), "http://bucket.s3.test/");
}

#[tokio::test]
async fn an_error_names_the_file_and_the_setting_but_no_secret() {
    let keys = |id: &str, secret: &str| {
        format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n")
    };
    for (credentials, config, expected) in [
        (
            "[default]\nhunter2\n".to_owned(),
            "",
            "client: ~/.aws/credentials: line 2: neither a section nor a property",
        ),
        (
            String::new(),
            "[default\n",
            "client: ~/.aws/config: line 1: a section without a closing bracket",
        ),
        (
            "[default]\naws_access_key_id = AK\n".to_owned(),
            "",
            "client: aws_secret_access_key of profile default in ~/.aws/credentials: not set, although aws_access_key_id is",
        ),
        (
            String::new(),
            "[default]\naws_secret_access_key = hunter2\n",
            "client: aws_access_key_id of profile default in ~/.aws/config: not set, although aws_secret_access_key is",
        ),
        (
            keys("AK", "hunter2\n  hunter3"),
            "",
            "client: aws_secret_access_key of profile default in ~/.aws/credentials: contains a line end",
        ),
        (
            keys("AK ID", "hunter2"),
            "",
            "client: aws_access_key_id of profile default in ~/.aws/credentials: empty, or contains white space",
        ),
        (
            keys("AK", "hunter2") + "aws_session_token = a hunter3\n",
            "",
            "client: aws_session_token of profile default in ~/.aws/credentials: empty, or contains white space",
        ),
        (
            keys("AK", "hunter2"),
            "[default]\nregion = a/b\n",
            "client: region of profile default: \"a/b\" is not an AWS region",
        ),
        (
            keys("AK", "hunter2"),
            "[default]\nendpoint_url = minio:9000\n",
            "client: endpoint_url of profile default: \"minio:9000\" has no scheme",
        ),
        (
            keys("AK", "hunter2"),
            "[default]\nservices = x\n[services x]\ns3 =\n  endpoint_url = minio:9000\n",
            "client: endpoint_url of s3 in services x: \"minio:9000\" has no scheme",
        ),
    ] {
        let error = error_of(&with_files(&[], &credentials, config)).await;
        assert!(error.starts_with(expected), "{error}\n{expected}");
        assert!(!error.contains("hunter"), "{error}");
    }
}

#[tokio::test]
async fn a_missing_profile_lists_those_that_exist() {
    let credentials = format!("[default]\n{KEYS}[backup]\n{KEYS}");
    let config = "[profile backup]\nregion = x\n[profile films]\n[services y]\n[photos]\n";
    let environment = with_files(&[("AWS_PROFILE", "nope")], &credentials, config);
    assert_eq!(
        error_of(&environment).await,
        "client: AWS_PROFILE: \"nope\" is in neither ~/.aws/credentials nor ~/.aws/config; these exist: default, backup, \
         films; use one of those, or add the profile"
    );
    let chosen = ClientBuilder::from_environment(&environment, Some("photos")).await;
    let error = chosen.map(drop).unwrap_err().to_string();
    assert!(
        error.starts_with("client: profile: \"photos\" is in neither")
            && error.ends_with("write [profile photos] instead of [photos] in ~/.aws/config"),
        "{error}"
    );
    let none = super::environment(&[("AWS_PROFILE", "nope")]);
    let error = error_of(&none).await;
    assert!(error.contains("no profile exists there"), "{error}");
}

/// Real files, with real permissions.
#[cfg(unix)]
#[tokio::test]
async fn a_file_of_keys_that_others_can_read_is_reported() {
    use std::os::unix::fs::PermissionsExt;

    let file = crate::live::TempFile::new(
        "exposed",
        b"[default]\naws_access_key_id = A B\naws_secret_access_key = hunter2\n",
    );
    let path = file.0.to_str().unwrap();
    let variables = [
        ("AWS_SHARED_CREDENTIALS_FILE", path),
        ("AWS_CONFIG_FILE", "/nonexistent"),
        super::NO_INSTANCE,
    ];
    let environment = Environment::new(variables);
    // The same file as the other of the two.
    let as_config = Environment::new([
        ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
        ("AWS_CONFIG_FILE", path),
        super::NO_INSTANCE,
    ]);
    for (mode, is_reported) in [(0o600, false), (0o640, true), (0o604, true)] {
        for environment in [&environment, &as_config] {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&file.0, permissions).unwrap();
            let error = error_of(environment).await;
            assert_eq!(
                error.contains("which other users can read: chmod 600"),
                is_reported,
                "{error}"
            );
            #[cfg(feature = "tracing")]
            {
                use crate::support::log_capture::LogCapture;
                let (_, lines) = LogCapture::run(found(environment)).await;
                let warnings = lines
                    .iter()
                    .filter(|line| line.contains("chmod 600"))
                    .count();
                assert_eq!(warnings, usize::from(is_reported), "{lines:#?}");
                assert!(!lines.concat().contains("hunter2"));
            }
        }
    }
}

/// A config file usually has no keys, and may be read by all.
#[cfg(all(unix, feature = "tracing"))]
#[tokio::test]
async fn a_file_without_keys_may_be_read_by_others() {
    use std::os::unix::fs::PermissionsExt;

    use crate::support::log_capture::LogCapture;

    let file = crate::live::TempFile::new("readable", b"[default]\nregion = eu-west-1\n");
    std::fs::set_permissions(&file.0, std::fs::Permissions::from_mode(0o644)).unwrap();
    let path = file.0.to_str().unwrap();
    let environment = Environment::new([
        ("AWS_SHARED_CREDENTIALS_FILE", path),
        ("AWS_CONFIG_FILE", path),
        super::NO_INSTANCE,
    ]);
    let (_, lines) = LogCapture::run(found(&environment)).await;
    assert!(!lines.concat().contains("chmod"), "{lines:#?}");
}
