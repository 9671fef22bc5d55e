//! The same GET and PUT, signed by each implementation. Each function goes from what a program has (a client or credentials, a
//! bucket's and a key's name or the encoded URL, a body) to a request that is ready to be sent.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as AwsCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningParams,
    SigningSettings, UriPathNormalizationMode,
};
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request};
use reqsign_aws_v4::{Credential, RequestSigner};
use reqsign_core::SignRequest;
use rusty_s3::S3Action;
use slim_s3::sigv4::AmzDate;
use slim_s3::{Client, Credentials, PresignedRequest};

const ENDPOINT: &str = "http://127.0.0.1:9000";
const REGION: &str = "eu-central-1";
const BUCKET: &str = "photos";
const KEY: &str = "2026/summer/cat.jpg";
/// `BUCKET` and `KEY` in the form that the signers of any HTTP request take.
const URL: &str = "http://127.0.0.1:9000/photos/2026/summer/cat.jpg";
const CONTENT_TYPE: &str = "image/jpeg";
const BODY: &[u8] = b"meow";
const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const HOUR: Duration = Duration::from_secs(3600);

pub struct SlimS3 {
    client: Client,
    pub at: AmzDate,
}

impl SlimS3 {
    pub fn new() -> SlimS3 {
        let client = Client::builder()
            .endpoint(ENDPOINT)
            .region(REGION)
            .credentials(Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY))
            .build()
            .unwrap();
        let at = client.now();
        SlimS3 { client, at }
    }

    pub fn get(&self) -> Request<Bytes> {
        self.client.get_object(BUCKET, KEY).sign(self.at).unwrap()
    }

    pub fn put(&self) -> Request<Bytes> {
        let call = self
            .client
            .put_object(BUCKET, KEY, Bytes::from_static(BODY));
        call.content_type(CONTENT_TYPE).sign(self.at).unwrap()
    }

    pub fn presigned_get(&self) -> PresignedRequest {
        self.client
            .get_object(BUCKET, KEY)
            .presign(self.at, HOUR)
            .unwrap()
    }

    pub fn presigned_put(&self) -> PresignedRequest {
        let call = self.client.put_object(BUCKET, KEY, ());
        call.content_type(CONTENT_TYPE)
            .presign(self.at, HOUR)
            .unwrap()
    }
}

pub struct AwsSigv4 {
    identity: Identity,
    at: SystemTime,
}

impl AwsSigv4 {
    pub fn new() -> AwsSigv4 {
        let credentials =
            AwsCredentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "peers");
        AwsSigv4 {
            identity: credentials.into(),
            at: SystemTime::now(),
        }
    }

    fn sign(&self, mut request: Request<Bytes>) -> Request<Bytes> {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let params: SigningParams<'_> = aws_sigv4::sign::v4::SigningParams::builder()
            .identity(&self.identity)
            .region(REGION)
            .name("s3")
            .time(self.at)
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
        let body = SignableBody::Bytes(request.body());
        let signable = SignableRequest::new(request.method().as_str(), URL, headers, body).unwrap();
        let (instructions, _) = aws_sigv4::http_request::sign(signable, &params)
            .unwrap()
            .into_parts();
        instructions.apply_to_request_http1x(&mut request);
        request
    }

    pub fn get(&self) -> Request<Bytes> {
        self.sign(get())
    }

    pub fn put(&self) -> Request<Bytes> {
        self.sign(put())
    }
}

pub struct Reqsign {
    signer: RequestSigner,
    context: reqsign_core::Context,
    credential: Credential,
}

impl Reqsign {
    pub fn new() -> Reqsign {
        let credential = Credential {
            access_key_id: ACCESS_KEY_ID.to_owned(),
            secret_access_key: SECRET_ACCESS_KEY.to_owned(),
            ..Credential::default()
        };
        Reqsign {
            signer: RequestSigner::new("s3", REGION),
            context: reqsign_core::Context::new(),
            credential,
        }
    }

    /// It does not hash the body itself; without the header the payload would be unsigned.
    fn sign(&self, request: Request<Bytes>) -> Parts {
        let (mut parts, body) = request.into_parts();
        let hash = reqsign_core::hash::hex_sha256(&body);
        parts
            .headers
            .insert("x-amz-content-sha256", hash.try_into().unwrap());
        let future =
            self.signer
                .sign_request(&self.context, &mut parts, Some(&self.credential), None);
        // It never waits.
        let Poll::Ready(signed) = pin!(future).poll(&mut Context::from_waker(Waker::noop())) else {
            unreachable!()
        };
        signed.unwrap();
        parts
    }

    pub fn get(&self) -> Parts {
        self.sign(get())
    }

    pub fn put(&self) -> Parts {
        self.sign(put())
    }
}

/// It only presigns.
pub struct RustyS3 {
    bucket: rusty_s3::Bucket,
    credentials: rusty_s3::Credentials,
}

impl RustyS3 {
    pub fn new() -> RustyS3 {
        let style = rusty_s3::UrlStyle::Path;
        RustyS3 {
            bucket: rusty_s3::Bucket::new(ENDPOINT.parse().unwrap(), style, BUCKET, REGION)
                .unwrap(),
            credentials: rusty_s3::Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY),
        }
    }

    pub fn presigned_get(&self) -> String {
        self.bucket
            .get_object(Some(&self.credentials), KEY)
            .sign(HOUR)
            .into()
    }

    pub fn presigned_put(&self) -> String {
        let mut put = self.bucket.put_object(Some(&self.credentials), KEY);
        put.headers_mut().insert("content-type", CONTENT_TYPE);
        put.sign(HOUR).into()
    }
}

fn get() -> Request<Bytes> {
    Request::builder().uri(URL).body(Bytes::new()).unwrap()
}

fn put() -> Request<Bytes> {
    let request = Request::builder().method(Method::PUT).uri(URL);
    request
        .header("content-type", CONTENT_TYPE)
        .body(Bytes::from_static(BODY))
        .unwrap()
}
