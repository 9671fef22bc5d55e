//! Options, outputs and helpers that several operations share. Uses what `operation` may use. Start with [`object_options`].

// These first, so that rustdoc lists the options of `Call` in this order.
pub(crate) mod object_options;

pub(crate) mod checksum;

pub(crate) mod encryption;

pub(crate) mod options;

pub(crate) mod base64;
pub(crate) mod content_range;
pub(crate) mod copy_source;
pub(crate) mod follow_up;
pub(crate) mod object_headers;
pub(crate) mod owner;
pub(crate) mod paginated;
pub(crate) mod tag;
pub(crate) mod url_encoding;
pub(crate) mod versioning_status;
pub(crate) mod xml_body;
