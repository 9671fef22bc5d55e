//! Transfers: managed calls, written as straight-line code over operations. They do not know how requests are sent or
//! where a body's bytes come from.
//!
//! Uses `operation`, `send` and all that they may use, except `http`. Start with [`upload::Upload`].

// First, so that rustdoc lists uploads first.
pub(crate) mod upload;

pub(crate) mod delete_many;
mod multipart;
pub(crate) mod pages;
pub(crate) mod part_limits;
mod parts;
mod upload_options;
