//! The S3 operations, with their outputs and options.
//!
//! Each operation is a method of [`Client`](crate::Client) that returns a [`Call`](crate::Call), whose type parameter
//! names the operation. To add your own, implement [`Operation`].
//!
//! Options that several operations share are methods of `Call`, grouped by trait: [`StoresObject`],
//! [`SendsContent`], [`ReadsObject`], [`Conditional`], [`Versioned`], [`ListsKeys`], [`CopiesObject`], [`TakesCustomerKey`]. Listings
//! are [`Paginated`].

// One file per operation, in the order of AWS's API reference. They do not use each other; code that several of them use is
// in `shared`. Uses `call`, `client`, `response`, `body`, `sigv4`, `error` and the files at the top of `src/`. Start with
// `put_object.rs`.

pub(crate) mod shared;

mod abort_multipart_upload;
mod complete_multipart_upload;
mod copy_object;
mod create_bucket;
mod create_multipart_upload;
mod delete_bucket;
mod delete_object;
mod delete_object_tagging;
mod delete_objects;
mod get_bucket_location;
mod get_bucket_versioning;
mod get_object;
mod get_object_tagging;
mod head_bucket;
mod head_object;
mod list_buckets;
mod list_multipart_uploads;
mod list_object_versions;
mod list_objects_v2;
mod list_parts;
mod put_bucket_versioning;
mod put_object;
mod put_object_tagging;
mod upload_part;
mod upload_part_copy;

pub use abort_multipart_upload::*;
pub use complete_multipart_upload::*;
pub use copy_object::*;
pub use create_bucket::*;
pub use create_multipart_upload::*;
pub use delete_bucket::*;
pub use delete_object::*;
pub use delete_object_tagging::*;
pub use delete_objects::*;
pub use get_bucket_location::*;
pub use get_bucket_versioning::*;
pub use get_object::*;
pub use get_object_tagging::*;
pub use head_bucket::*;
pub use head_object::*;
pub use list_buckets::*;
pub use list_multipart_uploads::*;
pub use list_object_versions::*;
pub use list_objects_v2::*;
pub use list_parts::*;
pub use put_bucket_versioning::*;
pub use put_object::*;
pub use put_object_tagging::*;
pub use upload_part::*;
pub use upload_part_copy::*;

pub use crate::call::{BodyRange, Effect, FollowUp, Operation, OperationSpec};
pub use crate::request::Target;

pub use crate::checksum::ChecksumAlgorithm;
#[cfg(feature = "checksums")]
pub use crate::checksum::{Checksum, Verification};
pub use shared::checksum::SendsContent;
pub use shared::content_range::ContentRange;
pub use shared::copy_source::{CopiesObject, CopySource};
pub use shared::encryption::{CustomerKey, Encryption, TakesCustomerKey};
pub use shared::object_headers::HeadObjectOutput;
pub use shared::object_options::StoresObject;
pub use shared::options::*;
pub use shared::owner::Owner;
pub use shared::paginated::{NextPage, Paginated};
pub use shared::tag::Tag;
pub use shared::versioning_status::VersioningStatus;
