//! Server-side encryption: what is asked of a store, and whether the store says that it has done so.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::options::StoresObject;
use crate::call::Call;
use crate::crypto::md5;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

const ALGORITHM: &str = "x-amz-server-side-encryption";
const CUSTOMER_ALGORITHM: &str = "x-amz-server-side-encryption-customer-algorithm";

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

/// A key of your own for [`Encryption::Customer`]: 32 random bytes. `Debug` does not show it.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html>
#[derive(Clone)]
pub struct CustomerKey(Zeroizing<[u8; 32]>);

impl From<[u8; 32]> for CustomerKey {
    fn from(key: [u8; 32]) -> CustomerKey {
        CustomerKey(Zeroizing::new(key))
    }
}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerKey(***)")
    }
}

impl<O: StoresObject> Call<O> {
    /// Has the store encrypt the object. The call fails if the answer does not say that it has: some stores take the
    /// request and keep the object as it is.
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
    pub fn encryption(self, encryption: Encryption) -> Call<O> {
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
    /// The key that the object, or its upload, was stored with. Refused for an `http` endpoint.
    #[doc(alias = "SSECustomerKey")]
    pub fn customer_key(self, key: &CustomerKey) -> Call<O> {
        with_customer_key(self, "x-amz-", key)
    }
}

/// Sets the three headers of a customer key.
pub(super) fn with_customer_key<O>(mut call: Call<O>, prefix: &str, key: &CustomerKey) -> Call<O> {
    if !call.client.is_https() {
        call.request.refuse(
            "customer key",
            "would go over http, where everybody on the way can read it",
            "use an https endpoint",
        );
    }
    let name = |part: &str| format!("{prefix}server-side-encryption-customer-{part}");
    let text = Zeroizing::new(STANDARD.encode(*key.0));
    call.header(&name("algorithm"), "AES256")
        .header(&name("key"), &text)
        .header(&name("key-md5"), &STANDARD.encode(md5(&*key.0)))
}

/// Refuses a success without the encryption that was asked for.
pub(super) fn check_echo(request: &Request, response: &Response) -> Result<(), Error> {
    for name in [ALGORITHM, CUSTOMER_ALGORITHM] {
        let asked = request.header(name);
        if asked.is_some() && response.optional_header(name) != asked {
            return Err(response.malformed(format!(
                "encryption was asked for, and the store does not say that it has encrypted: no {name}"
            )));
        }
    }
    Ok(())
}
