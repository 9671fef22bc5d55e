//! What tests share: fixtures, an independent check of signatures, scripted servers, the live store.

#[cfg(feature = "reqwest")]
pub mod exchange;
pub mod fixtures;
#[cfg(feature = "reqwest")]
pub mod live;
#[cfg(feature = "reqwest")]
pub mod server;
#[cfg(feature = "reqwest")]
pub mod verifier;
