//! Server-side encryption: what is asked of a store, and whether the store says that it has done so.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::options::StoresObject;
use crate::call::Call;
use crate::crypto::md5;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

const ALGORITHM: &str = "x-amz-server-side-encryption";
const CUSTOMER_ALGORITHM: &str = "x-amz-server-side-encryption-customer-algorithm";
const CUSTOMER_KEY_MD5: &str = "x-amz-server-side-encryption-customer-key-md5";

/// How the store encrypts an object.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html>
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Encryption {
    /// SSE-S3: with keys that the store keeps.
    S3,
    /// SSE-KMS: with a key of the store's key management; without an ID, the bucket's or the account's own.
    Kms {
        /// The key's ID or ARN.
        key_id: Option<String>,
    },
    /// SSE-C: with a key of yours, which every request about the object must bring. The store does not keep it; without
    /// it the object is lost.
    Customer(CustomerKey),
}

/// A key of your own for [`Encryption::Customer`]: 32 random bytes. `Debug` does not show it, and it is wiped
/// from memory when dropped.
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

impl<O: StoresObject> Call<O> {
    /// Has the store encrypt the object. The call fails if the answer does not say that it has: some stores take the
    /// request and keep the object as it is, which is there then, in the clear. The answers to copies and to
    /// CreateMultipartUpload need not say it, as MinIO does not; `upload_file` and `upload_reader` look at the object
    /// when it is complete.
    ///
    /// A customer key is refused for an `http` endpoint: everybody on the way could read it.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use slim_s3::{CustomerKey, Encryption};
    ///
    /// s3.put_object("photos", "cat.jpg", "meow").encryption(Encryption::S3).send().await?;
    ///
    /// let key = CustomerKey::from([7; 32]);
    /// s3.put_object("photos", "cat.jpg", "meow").encryption(Encryption::Customer(key.clone())).send().await?;
    /// s3.get_object("photos", "cat.jpg").customer_key(&key).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "ServerSideEncryption")]
    #[doc(alias = "SSEKMSKeyId")]
    pub fn encryption(mut self, encryption: Encryption) -> Call<O> {
        // In place of what was chosen before, of which nothing may stay.
        self.request
            .headers
            .retain(|(name, _)| !name.starts_with(ALGORITHM));
        match encryption {
            Encryption::S3 => self.header(ALGORITHM, "AES256"),
            Encryption::Kms { key_id } => {
                let call = self.header(ALGORITHM, "aws:kms");
                match key_id {
                    Some(id) => call.header("x-amz-server-side-encryption-aws-kms-key-id", &id),
                    None => call,
                }
            }
            Encryption::Customer(key) => with_customer_key(self, "x-amz-", &key),
        }
    }
}

/// Operations on an object that may be encrypted with a key of the caller's: GetObject, HeadObject, and those on parts.
pub trait TakesCustomerKey {}

impl<O: TakesCustomerKey> Call<O> {
    /// The key that the object, or its upload, was stored with. InvalidArgument for an `http` endpoint.
    #[doc(alias = "SSECustomerKey")]
    pub fn customer_key(self, key: &CustomerKey) -> Call<O> {
        with_customer_key(self, "x-amz-", key)
    }
}

/// Sets the three headers of a customer key.
pub(crate) fn with_customer_key<O>(call: Call<O>, prefix: &str, key: &CustomerKey) -> Call<O> {
    let name = |part: &str| format!("{prefix}server-side-encryption-customer-{part}");
    let text = Zeroizing::new(STANDARD.encode(*key.0));
    call.header(&name("algorithm"), "AES256")
        .header(&name("key"), &text)
        .header(&name("key-md5"), &STANDARD.encode(md5(&*key.0)))
}

/// Refuses a success that does not say that it has the encryption that was asked for.
pub(crate) fn check_echo(request: &Request, response: &Response) -> Result<(), Error> {
    check(request, response.headers(), true).map_err(|problem| response.malformed(problem))
}

/// Refuses a success that says another encryption. For copies and begun uploads, where MinIO says none at all, and
/// encrypts.
pub(crate) fn check_contradiction(request: &Request, response: &Response) -> Result<(), Error> {
    check(request, response.headers(), false).map_err(|problem| response.malformed(problem))
}

/// What is wrong with the headers of an answer, or of an object, for one who has asked for encryption.
pub(crate) fn check(request: &Request, headers: &HeaderMap, must_say: bool) -> Result<(), String> {
    for name in [ALGORITHM, CUSTOMER_ALGORITHM, CUSTOMER_KEY_MD5] {
        let Some(asked) = request.header(name) else {
            continue;
        };
        let said = headers
            .get(name)
            .map(|said| String::from_utf8_lossy(said.as_bytes()));
        let is_right = match &said {
            Some(said) => said == asked,
            None => !must_say || name == CUSTOMER_KEY_MD5,
        };
        if !is_right {
            let said = said.as_deref().unwrap_or("nothing");
            return Err(format!(
                "encryption was asked for, and the store does not say that it has encrypted: {name} says {said}"
            ));
        }
    }
    Ok(())
}

/// Whether encryption was asked for.
#[cfg(feature = "reqwest")]
pub(crate) fn is_asked(request: &Request) -> bool {
    request.header(ALGORITHM).is_some() || request.header(CUSTOMER_ALGORITHM).is_some()
}
