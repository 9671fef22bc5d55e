//! The examples of docs/testing.md, which quotes these files.

mod in_process_store;
mod prepared_responses;
mod without_server;
