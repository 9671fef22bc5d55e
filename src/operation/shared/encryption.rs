//! Server-side encryption: how it is requested, and the check that the store confirms it.

use std::fmt;

use http::HeaderMap;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::base64::{base64, base64_md5};
use super::object_options::StoresObject;
use crate::call::Call;
use crate::call::post_policy::PostPolicy;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

const ALGORITHM: &str = "x-amz-server-side-encryption";
const KMS_KEY_ID: &str = "x-amz-server-side-encryption-aws-kms-key-id";
const CUSTOMER_ALGORITHM: &str = "x-amz-server-side-encryption-customer-algorithm";
const CUSTOMER_KEY_MD5: &str = "x-amz-server-side-encryption-customer-key-md5";

/// How the store encrypts an object.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html>
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Encryption {
    /// SSE-S3: with keys that the store manages.
    S3,
    /// SSE-KMS: with a key from a key management service. Without an ID, the default key of the bucket or account.
    Kms {
        /// The key's ID or ARN.
        key_id: Option<String>,
    },
    /// SSE-C: with your own key, which every request for the object must contain. The store does not keep it: without
    /// the key, the object is lost.
    Customer(CustomerKey),
}

/// Your own key for [`Encryption::Customer`]: 32 random bytes. `Debug` does not show it, and it is wiped from memory
/// when dropped.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html>
#[derive(Clone)]
pub struct CustomerKey(Zeroizing<[u8; 32]>);

impl From<[u8; 32]> for CustomerKey {
    fn from(key: [u8; 32]) -> CustomerKey {
        CustomerKey(Zeroizing::new(key))
    }
}

impl ZeroizeOnDrop for CustomerKey {}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerKey(***)")
    }
}

/// Encryption of an object that is stored.
impl<O: StoresObject> Call<O> {
    /// Requests server-side encryption. The call fails if the response does not confirm it.
    ///
    /// Some stores accept the request but store the object in the clear: after such an error, it exists unencrypted.
    /// The responses to copies and to CreateMultipartUpload need not confirm the encryption, because MinIO's do not; a copy is
    /// then checked with HeadObject, and so is the completed object of `upload_file` and `upload_reader`. A customer key is rejected for an
    /// `http` endpoint, where it could be read in transit.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use slim_s3::{CustomerKey, Encryption};
    ///
    /// s3.put_object("photos", "cat.jpg", "meow").encryption(Encryption::S3).send().await?;
    ///
    /// let key = CustomerKey::from([7; 32]);
    /// let encryption = Encryption::Customer(key.clone());
    /// s3.put_object("photos", "cat.jpg", "meow").encryption(encryption).send().await?;
    /// s3.get_object("photos", "cat.jpg").customer_key(&key).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "ServerSideEncryption")]
    #[doc(alias = "SSEKMSKeyId")]
    pub fn encryption(mut self, encryption: Encryption) -> Call<O> {
        // No header of an earlier choice may remain.
        self.request
            .headers
            .retain(|(name, _)| !name.starts_with(ALGORITHM));
        match encryption {
            Encryption::Customer(key) => with_customer_key(self, "x-amz-", &key),
            managed => managed
                .headers()
                .fold(self, |call, (name, value)| call.header(name, value)),
        }
    }
}

impl Encryption {
    /// The headers, or the fields of a form, of encryption whose key the store has. None for a customer key.
    fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let (algorithm, key_id) = match self {
            Encryption::S3 => (Some("AES256"), None),
            Encryption::Kms { key_id } => (Some("aws:kms"), key_id.as_deref()),
            Encryption::Customer(_) => (None, None),
        };
        let headers = [(ALGORITHM, algorithm), (KMS_KEY_ID, key_id)];
        headers
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
    }
}

/// Encryption of an object that a form uploads.
impl PostPolicy {
    /// Requests server-side encryption. A customer key is rejected, because everyone who gets the form could read it.
    #[doc(alias = "ServerSideEncryption")]
    pub fn encryption(mut self, encryption: Encryption) -> PostPolicy {
        if matches!(encryption, Encryption::Customer(_)) {
            self.request.defer_error(
                "encryption",
                "a form would expose the customer key",
                "use Encryption::S3 or Encryption::Kms",
            );
        }
        let fields = encryption.headers();
        fields.fold(self, |policy, (name, value)| policy.field(name, value))
    }
}

/// Operations that take the customer key of an existing object or upload: GetObject, HeadObject, UploadPart,
/// UploadPartCopy and CompleteMultipartUpload.
pub trait TakesCustomerKey {}

/// The key of an object that is encrypted with SSE-C.
impl<O: TakesCustomerKey> Call<O> {
    /// The key that the object or its upload was encrypted with. Rejected for an `http` endpoint.
    #[doc(alias = "SSECustomerKey")]
    pub fn customer_key(self, key: &CustomerKey) -> Call<O> {
        with_customer_key(self, "x-amz-", key)
    }
}

/// Sets the three headers of a customer key.
pub(crate) fn with_customer_key<O>(call: Call<O>, prefix: &str, key: &CustomerKey) -> Call<O> {
    let name = |part: &str| format!("{prefix}server-side-encryption-customer-{part}");
    let text = Zeroizing::new(base64(&*key.0));
    call.header(&name("algorithm"), "AES256")
        .header(&name("key"), &text)
        .header(&name("key-md5"), &base64_md5(&*key.0))
}

/// Rejects a success response that does not confirm the requested encryption.
pub(crate) fn check_echo(request: &Request, response: &Response) -> Result<(), Error> {
    check(request, response.headers(), true).map_err(|problem| response.malformed(problem))
}

/// Rejects a success response with an encryption other than the requested one. For copies and new uploads, which MinIO
/// encrypts without confirming it.
pub(crate) fn check_contradiction(request: &Request, response: &Response) -> Result<(), Error> {
    check(request, response.headers(), false).map_err(|problem| response.malformed(problem))
}

/// Checks the headers of a response or an object against the requested encryption. Returns the problem as the error.
pub(crate) fn check(
    request: &Request,
    headers: &HeaderMap,
    must_confirm: bool,
) -> Result<(), String> {
    for name in [ALGORITHM, CUSTOMER_ALGORITHM, CUSTOMER_KEY_MD5] {
        let Some(requested) = request.header(name) else {
            continue;
        };
        let value = headers
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()));
        let is_right = match &value {
            Some(value) => value == requested,
            None => !must_confirm || name == CUSTOMER_KEY_MD5,
        };
        if !is_right {
            let value = value.as_deref().unwrap_or("missing");
            return Err(format!(
                "the response does not confirm the requested encryption: {name} is {value}"
            ));
        }
    }
    Ok(())
}

/// Whether encryption was requested.
#[cfg(feature = "reqwest")]
pub(crate) fn is_requested(request: &Request) -> bool {
    request.header(ALGORITHM).is_some() || request.header(CUSTOMER_ALGORITHM).is_some()
}
