//! How a request to S3 is signed, in seven chapters and a workbook.
//!
//! Each chapter is one idea, the types of [`sigv4`](crate::sigv4) that implement it, AWS's published example in Rust and in a
//! shell, and what goes wrong. Start with [the overview](_0_overview).

// The chapters are the files in docs/signing. This module exists only for rustdoc (`cfg(doc)`): it renders them on docs.rs
// and compiles their examples. A program could not use it, since it has no items, and it would add the text of all
// chapters to the metadata of every build.
//
// The links in the chapters are relative, for readers of the repository. Of two definitions of a link, the first one counts:
// those below come before the ones in the file, and lead to the pages of rustdoc instead. tests/it/guide.rs checks that
// none is missing, and rustdoc that each leads somewhere.

/// [`sigv4`]: crate::sigv4
/// [`sign()`]: crate::sigv4::sign()
/// [`Call::sign`]: crate::Call::sign
/// [`Call::explain`]: crate::Call::explain
/// [chapter 1]: crate::guide::_1_canonical_request
/// [chapter 2]: crate::guide::_2_string_to_sign
/// [chapter 3]: crate::guide::_3_signing_key
/// [chapter 4]: crate::guide::_4_authorization
/// [chapter 5]: crate::guide::_5_presigned_urls
/// [chapter 6]: crate::guide::_6_streaming
/// [workbook]: crate::guide::workbook
/// [picture]: https://docs.rs/crate/slim-s3/latest/source/docs/signing/signature.svg
#[doc = include_str!("../docs/signing/0-overview.md")]
pub mod _0_overview {}

/// [`CanonicalRequest`]: crate::sigv4::CanonicalRequest
/// [`uri_encode()`]: crate::sigv4::uri_encode()
/// [`CanonicalQuery`]: crate::sigv4::CanonicalQuery
/// [`CanonicalHeaders`]: crate::sigv4::CanonicalHeaders
/// [`SignedHeaders`]: crate::sigv4::SignedHeaders
/// [`PayloadHash`]: crate::sigv4::PayloadHash
/// [chapter 2]: crate::guide::_2_string_to_sign
/// [chapter 4]: crate::guide::_4_authorization
#[doc = include_str!("../docs/signing/1-canonical-request.md")]
pub mod _1_canonical_request {}

/// [`StringToSign`]: crate::sigv4::StringToSign
/// [`CredentialScope`]: crate::sigv4::CredentialScope
/// [`AmzDate`]: crate::sigv4::AmzDate
/// [chapter 3]: crate::guide::_3_signing_key
#[doc = include_str!("../docs/signing/2-string-to-sign.md")]
pub mod _2_string_to_sign {}

/// [`SigningKey`]: crate::sigv4::SigningKey
/// [`SecretAccessKey`]: crate::sigv4::SecretAccessKey
/// [`KeyCache`]: crate::sigv4::KeyCache
/// [chapter 4]: crate::guide::_4_authorization
#[doc = include_str!("../docs/signing/3-signing-key.md")]
pub mod _3_signing_key {}

/// [`Signature`]: crate::sigv4::Signature
/// [`Authorization`]: crate::sigv4::Authorization
/// [`PayloadHash`]: crate::sigv4::PayloadHash
/// [chapter 0]: crate::guide::_0_overview
/// [chapter 1]: crate::guide::_1_canonical_request
/// [chapter 3]: crate::guide::_3_signing_key
/// [chapter 5]: crate::guide::_5_presigned_urls
/// [chapter 6]: crate::guide::_6_streaming
#[doc = include_str!("../docs/signing/4-authorization.md")]
pub mod _4_authorization {}

/// [`presign()`]: crate::sigv4::presign()
/// [`sign()`]: crate::sigv4::sign()
/// [`Signing`]: crate::sigv4::Signing
/// [`Call::presign`]: crate::Call::presign
/// [presigned]: https://docs.rs/crate/slim-s3/latest/source/docs/presigned.md
/// [chapter 3]: crate::guide::_3_signing_key
/// [chapter 6]: crate::guide::_6_streaming
#[doc = include_str!("../docs/signing/5-presigned-urls.md")]
pub mod _5_presigned_urls {}

/// [`ChunkSigner`]: crate::sigv4::ChunkSigner
/// [`ChunkEncoder`]: crate::sigv4::ChunkEncoder
/// [`encoded_length()`]: crate::sigv4::PayloadHash::encoded_length()
/// [`post_policy.rs`]: crate::sigv4::PolicyDocument
/// [compatibility]: https://docs.rs/crate/slim-s3/latest/source/docs/compatibility.md
/// [presigned]: https://docs.rs/crate/slim-s3/latest/source/docs/presigned.md
/// [workbook]: crate::guide::workbook
#[doc = include_str!("../docs/signing/6-streaming.md")]
pub mod _6_streaming {}

/// [chapter 0]: crate::guide::_0_overview
/// [chapter 1]: crate::guide::_1_canonical_request
/// [chapter 3]: crate::guide::_3_signing_key
/// [chapter 4]: crate::guide::_4_authorization
/// [chapter 5]: crate::guide::_5_presigned_urls
#[doc = include_str!("../docs/signing/workbook.md")]
pub mod workbook {}
