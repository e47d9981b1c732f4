//! PostgreSQL for everything above: the only crate that names `tokio-postgres`.
//!
//! A [`Database`] has two ways in. Single statements share one connection, the lane, on which concurrent
//! statements are pipelined. Transactions take one of at most [`MAX_TRANSACTIONS`] connections. Both open on
//! first use through a [`Connect`], which hands over a connected stream, so this crate opens no socket of its
//! own, reads no file, resolves no name and starts no thread: it works in a process that may do none of these.
//!
//! Round trips to the server, once a statement is prepared on its connection: a statement on the lane 1; a
//! transaction of n statements n + 1, because `BEGIN` travels with the first one, less those that
//! were put off ([`Transaction::defer`]), which travel with what follows. A statement's first use on a
//! connection costs one more to prepare it.
//!
//! No error carries a row's data ([`DbError`]). The driver itself writes parameters to the `log` facade at level
//! debug, so its records must not be turned into ours.

mod admin;
mod binding;
mod claim;
mod connect;
mod connection;
mod database;
mod error;
mod flight;
mod foreign;
mod group;
mod lane;
mod migrate;
mod remote;
mod scram;
mod secured;
mod sql;
mod stream;
mod tls;
mod transaction;
mod writer;

pub use admin::{AdminConnection, CopyIn, quote_ident};
pub use claim::{Claim, ClaimError, Holder};
pub use connect::{Connect, Login, UnixSocket};
pub use database::{Database, MAX_TRANSACTIONS, TRANSACTION_WAIT, prepare_all, prepare_for_sandbox};
pub use error::{DbError, ServerReport};
pub use flight::OwnedParams;
pub use foreign::{ForeignConnection, ForeignUrl, ForeignUrlError};
pub use futures_util::future::BoxFuture;
pub use migrate::{MigrateError, Migration, migrate};
pub use remote::{RemoteServer, RemoteUrl, RemoteUrlError};
pub use secured::{Refused, RefusedReason, Secured, SecuredError};
pub use sql::Sql;
pub use stream::Stream;
pub use tokio_postgres::{
    Row,
    error::SqlState,
    types::{self, FromSql, Json, ToSql},
};
pub use transaction::Transaction;
pub use writer::{CHANNEL, SETTING, Stamp};

/// The values of a statement's `$1`, `$2`, … in order.
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];
