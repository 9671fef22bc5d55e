//! One file per S3 operation, in the order of AWS's API reference. Nothing here knows another operation.

mod abort_multipart_upload;
mod complete_multipart_upload;
mod create_bucket;
mod create_multipart_upload;
mod delete_bucket;
mod delete_object;
mod get_object;
mod head_bucket;
mod head_object;
mod list_objects_v2;
mod list_parts;
mod put_object;
mod upload_part;

// What several of them share.
mod content_range;
mod object_info;
mod options;
mod url_encoding;

pub use abort_multipart_upload::*;
pub use complete_multipart_upload::*;
pub use content_range::ContentRange;
pub use create_bucket::*;
pub use create_multipart_upload::*;
pub use delete_bucket::*;
pub use delete_object::*;
pub use get_object::*;
pub use head_bucket::*;
pub use head_object::*;
pub use list_objects_v2::*;
pub use list_parts::*;
pub use object_info::*;
pub use options::*;
pub use put_object::*;
pub use upload_part::*;
