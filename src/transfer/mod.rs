//! Transfers: calls that send several requests, written as straight-line code over operations.
//!
//! Uses `operation`, `send` and all that they may use, except `http`. Start with [`upload::Upload`].

// First, so that rustdoc lists uploads first.
pub(crate) mod upload;

pub(crate) mod abort;
pub(crate) mod abort_incomplete;
pub(crate) mod copy;
mod copy_options;
mod copy_parts;
pub(crate) mod delete_many;
pub(crate) mod download;
#[cfg(feature = "checksums")]
mod download_checksum;
mod download_options;
mod download_resume;
pub(crate) mod download_writer;
pub(crate) mod event;
mod final_name;
mod multipart;
pub(crate) mod pages;
mod part_file;
pub(crate) mod part_plan;
mod parts;
mod ranges;
mod request_options;
mod settle;
mod source_object;
mod stored_object;
#[cfg(feature = "checksums")]
mod upload_checksum;
pub(crate) mod upload_control;
mod upload_options;
mod upload_resume;
mod upload_sources;
