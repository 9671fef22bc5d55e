//! Which region, endpoint and keys win: the table that was measured with boto3 1.44, and where this crate differs from it.

use slim_s3::credentials::Environment;
use slim_s3::{Client, ClientBuilder, Error};

use super::{access_key_id, environment, with_files};

const CREDENTIALS: &str = "\
[default]
aws_access_key_id = FILE
aws_secret_access_key = SK
[p]
aws_access_key_id = FILE-P
aws_secret_access_key = SK
";

const CONFIG: &str = "\
[default]
region = eu-north-1
[profile p]
region = ap-south-1
endpoint_url = http://p.example
[profile q]
region = us-west-1
services = mine
[services mine]
s3 =
  endpoint_url = http://svc.example
";

const KEYS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "ENV"),
    ("AWS_SECRET_ACCESS_KEY", "SK"),
];

struct Row {
    variables: Vec<(&'static str, &'static str)>,
    profile: Option<&'static str>,
    endpoint: Option<&'static str>,
    /// Region, endpoint and keys; or an error.
    boto3: &'static str,
    /// Where this crate differs on purpose, and why.
    ours: Option<(&'static str, &'static str)>,
}

fn row(variables: &[(&'static str, &'static str)], boto3: &'static str) -> Row {
    Row {
        variables: variables.to_vec(),
        profile: None,
        endpoint: None,
        boto3,
        ours: None,
    }
}

impl Row {
    fn but(mut self, ours: &'static str, why: &'static str) -> Row {
        self.ours = Some((ours, why));
        self
    }

    fn with_keys(mut self) -> Row {
        self.variables.extend(KEYS);
        self
    }

    fn profile(self, name: &'static str) -> Row {
        Row {
            profile: Some(name),
            ..self
        }
    }
}

fn rows() -> Vec<Row> {
    let general = ("AWS_ENDPOINT_URL", "http://g.example");
    let special = ("AWS_ENDPOINT_URL_S3", "http://s.example");
    let order_of_cli = "the order of the AWS CLI and the other SDKs";
    vec![
        row(&[], "eu-north-1 AWS FILE"),
        row(&[("AWS_REGION", "eu-west-3")], "eu-north-1 AWS FILE")
            .but("eu-west-3 AWS FILE", order_of_cli),
        row(&[("AWS_DEFAULT_REGION", "eu-west-3")], "eu-west-3 AWS FILE"),
        row(
            &[
                ("AWS_DEFAULT_REGION", "eu-west-3"),
                ("AWS_REGION", "eu-west-1"),
            ],
            "eu-west-3 AWS FILE",
        )
        .but("eu-west-1 AWS FILE", order_of_cli),
        row(
            &[("AWS_PROFILE", "p")],
            "ap-south-1 http://p.example FILE-P",
        ),
        row(&[("AWS_PROFILE", "p")], "ap-south-1 http://p.example ENV").with_keys(),
        row(&[], "ap-south-1 http://p.example FILE-P")
            .profile("p")
            .with_keys(),
        row(
            &[("AWS_PROFILE", "q")],
            "ap-south-1 http://p.example FILE-P",
        )
        .profile("p"),
        row(
            &[("AWS_DEFAULT_PROFILE", "q"), ("AWS_PROFILE", "p")],
            "us-west-1 http://svc.example none",
        )
        .but("ap-south-1 http://p.example FILE-P", order_of_cli),
        row(
            &[("AWS_DEFAULT_PROFILE", "q")],
            "us-west-1 http://svc.example none",
        ),
        row(&[("AWS_PROFILE", "nope")], "no such profile"),
        row(&[("AWS_PROFILE", "nope")], "no such profile").with_keys(),
        row(&[], "no such profile").profile("nope"),
        row(&[("AWS_PROFILE", "")], "no such profile")
            .but("eu-north-1 AWS FILE", "an empty variable counts as unset"),
        row(&[general], "eu-north-1 http://g.example FILE"),
        row(&[general, special], "eu-north-1 http://s.example FILE"),
        row(
            &[general, ("AWS_PROFILE", "p")],
            "ap-south-1 http://g.example FILE-P",
        ),
        row(
            &[general, ("AWS_PROFILE", "q")],
            "us-west-1 http://g.example none",
        ),
        row(
            &[general, ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")],
            "eu-north-1 AWS FILE",
        ),
        row(
            &[
                ("AWS_PROFILE", "q"),
                ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
            ],
            "us-west-1 AWS none",
        ),
        Row {
            endpoint: Some("http://e.example"),
            ..row(&[general], "eu-north-1 http://e.example FILE")
        },
        row(&[("AWS_ENDPOINT_URL", "")], "eu-north-1 AWS FILE"),
        row(
            &[("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")],
            "eu-north-1 AWS FILE",
        ),
        row(&[("AWS_ACCESS_KEY_ID", "ENV")], "half a pair of keys"),
        row(&[("AWS_SECRET_ACCESS_KEY", "SK")], "eu-north-1 AWS FILE")
            .but("half a pair of keys", "half a pair is a mistake"),
    ]
}

/// Region, endpoint and keys in the words of the table.
async fn outcome(environment: &Environment, row: &Row) -> String {
    let with_endpoint = |builder: ClientBuilder| match row.endpoint {
        Some(url) => builder.endpoint(url),
        None => builder,
    };
    let described = |s3: &Client, keys: &str| {
        let request = s3.head_bucket("bucket").sign(s3.now()).unwrap();
        let uri = request.uri().to_string();
        let aws = format!("https://bucket.s3.{}.amazonaws.com/", s3.region());
        let endpoint = match uri.strip_suffix("/bucket") {
            _ if uri == aws => "AWS",
            Some(endpoint) => endpoint,
            None => panic!("{uri}"),
        };
        format!("{} {endpoint} {keys}", s3.region())
    };
    let text = match ClientBuilder::from_environment(environment, row.profile).await {
        Ok(builder) => {
            let s3 = with_endpoint(builder).build().unwrap();
            return described(&s3, &access_key_id(&s3));
        }
        Err(error) => error.to_string(),
    };
    if text.contains(" is in neither ") {
        return "no such profile".to_owned();
    }
    if text.contains(": not set; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY") {
        return "half a pair of keys".to_owned();
    }
    assert!(text.contains("credentials: found in none"), "{text}");
    let settings = ClientBuilder::from_settings(environment, row.profile).unwrap();
    let s3 = with_endpoint(settings).anonymous().build().unwrap();
    described(&s3, "none")
}

#[tokio::test]
async fn the_order_is_that_of_boto3_except_where_marked() {
    for row in rows() {
        let environment = with_files(&row.variables, CREDENTIALS, CONFIG);
        let expected = row.ours.map_or(row.boto3, |(ours, _)| ours);
        let label = (&row.variables, row.profile, row.endpoint);
        assert_eq!(outcome(&environment, &row).await, expected, "{label:?}");
        if let Some((ours, why)) = row.ours {
            assert_ne!(ours, row.boto3, "not a difference: {why}");
        }
    }
}

/// boto3 signs for us-east-1 too, and fails at the first call.
#[tokio::test]
async fn without_files_and_variables_the_region_is_us_east_1_and_there_are_no_keys() {
    let row = row(&[], "us-east-1 AWS none");
    assert_eq!(outcome(&environment(&[]), &row).await, row.boto3);
}

#[tokio::test]
async fn without_a_region_that_of_a_known_host_is_used() -> Result<(), Error> {
    let keys = |endpoint| environment(&[KEYS[0], KEYS[1], ("AWS_ENDPOINT_URL", endpoint)]);
    for (endpoint, region) in [
        ("http://127.0.0.1:9000", "us-east-1"),
        ("https://s3.eu-central-1.amazonaws.com", "eu-central-1"),
        ("https://s3.amazonaws.com", "us-east-1"),
        ("https://s3.us-west-004.backblazeb2.com", "us-west-004"),
        ("https://s3.eu-central-1.wasabisys.com", "eu-central-1"),
        (
            "https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com",
            "auto",
        ),
    ] {
        let environment = keys(endpoint);
        let builder = ClientBuilder::from_environment(&environment, None).await?;
        assert_eq!(builder.build()?.region(), region, "{endpoint}");
    }
    // A region that the program sets comes first, and so does the one in the host of its own endpoint.
    let no_endpoint = environment(&KEYS);
    let builder = ClientBuilder::from_environment(&no_endpoint, None).await?;
    assert_eq!(builder.region("eu-west-1").build()?.region(), "eu-west-1");
    let builder = ClientBuilder::from_environment(&no_endpoint, None).await?;
    let builder = builder.endpoint("https://s3.eu-central-1.wasabisys.com");
    assert_eq!(builder.build()?.region(), "eu-central-1");
    Ok(())
}

/// Each source of one profile that has all of them, in order: what comes first is removed, and the next one is found.
#[tokio::test]
async fn the_credentials_file_comes_before_the_process_and_the_config_file() {
    let helper = r#"credential_process = echo '{"Version":1,"AccessKeyId":"HELPER","SecretAccessKey":"SK"}'"#;
    let config_keys = "aws_access_key_id = CONFIG\naws_secret_access_key = SK\n";
    let credentials = "[default]\naws_access_key_id = FILE\naws_secret_access_key = SK\n";
    for (credentials, config, expected) in [
        (
            credentials,
            format!("[default]\n{helper}\n{config_keys}"),
            "FILE",
        ),
        ("", format!("[default]\n{helper}\n{config_keys}"), "HELPER"),
        ("", format!("[default]\n{config_keys}"), "CONFIG"),
        // A helper may also be named in the credentials file.
        (
            &format!("[default]\n{helper}\n")[..],
            String::new(),
            "HELPER",
        ),
    ] {
        let environment = with_files(&[], credentials, &config);
        let s3 = super::found(&environment).await.unwrap();
        assert_eq!(access_key_id(&s3), expected);
    }
}
