//! Transfers: calls built on several operations.

pub(crate) mod delete_many;
pub(crate) mod pages;
pub(crate) mod part_limits;
pub(crate) mod parts;
pub(crate) mod upload;
