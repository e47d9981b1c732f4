//! What tests share: databases, and later other parts that are real but belong to one test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this crate is used by tests only, and a test's helper fails by panicking"
)]

mod database;
mod mmdb;
mod server;
mod soft_authenticator;

pub use database::TestDatabase;
pub use mmdb::mmdb;
pub use soft_authenticator::{Behaviour, SoftAuthenticator};
