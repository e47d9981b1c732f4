//! A plain connection for provisioning, migrations and tests, where the SQL is not a constant.

use std::{pin::Pin, sync::Arc};

use bytes::Bytes;
use futures_util::{SinkExt, Stream, TryStreamExt};
use tokio_postgres::{Client, CopyInSink, Row};

use crate::{
    Connect, DbError, Login, Params,
    connection::{Counted, dial},
};

/// One connection that takes dynamic SQL and has no statement timeout. Requests are never served with it.
pub struct AdminConnection(Client);

impl AdminConnection {
    /// Connects and logs in.
    pub async fn connect(connect: &dyn Connect, login: &Login) -> Result<Self, DbError> {
        dial(connect, login, None, (Counted::new(Arc::default()), None)).await.map(Self)
    }

    /// Runs any number of statements without parameters. Several in one text are one transaction, unless they
    /// contain transaction commands; `CREATE DATABASE` must stand alone.
    pub async fn batch_execute(&self, text: &str) -> Result<(), DbError> {
        self.0.batch_execute(text).await.map_err(failed)
    }

    /// Runs one statement and returns its rows. Quote identifiers in `text` with [`quote_ident`].
    pub async fn query(&self, text: &str, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        self.0.query(text, params).await.map_err(failed)
    }

    /// Runs one statement and returns its first row, if it has any.
    pub async fn query_opt(&self, text: &str, params: Params<'_>) -> Result<Option<Row>, DbError> {
        Ok(self.query(text, params).await?.into_iter().next())
    }

    /// Runs one statement and returns how many rows it changed.
    pub async fn execute(&self, text: &str, params: Params<'_>) -> Result<u64, DbError> {
        self.0.execute(text, params).await.map_err(failed)
    }

    /// Begins a `COPY … FROM STDIN`.
    pub async fn copy_in(&self, text: &str) -> Result<CopyIn, DbError> {
        Ok(CopyIn(Box::pin(self.0.copy_in(text).await.map_err(failed)?)))
    }

    /// Runs a `COPY … TO STDOUT` and gives out its rows as they come.
    pub async fn copy_out(
        &self,
        text: &str,
    ) -> Result<impl Stream<Item = Result<Bytes, DbError>> + Send + use<>, DbError> {
        Ok(self.0.copy_out(text).await.map_err(failed)?.map_err(failed))
    }

    pub(crate) fn client(&mut self) -> &mut Client {
        &mut self.0
    }
}

/// Rows on their way into a table. Dropped unfinished, the statement fails.
pub struct CopyIn(Pin<Box<CopyInSink<Bytes>>>);

impl CopyIn {
    /// Sends a piece, which may end anywhere in a row. Waits while the server is behind.
    pub async fn send(&mut self, piece: Bytes) -> Result<(), DbError> {
        self.0.send(piece).await.map_err(failed)
    }

    /// Ends the statement; how many rows it brought.
    pub async fn finish(mut self) -> Result<u64, DbError> {
        self.0.as_mut().finish().await.map_err(failed)
    }
}

fn failed(error: tokio_postgres::Error) -> DbError {
    DbError::in_statement("an administrative statement", error)
}

/// `name` as an SQL identifier, whatever it contains (PostgreSQL manual §4.1.1). PostgreSQL refuses a NUL by
/// itself.
pub fn quote_ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::quote_ident;
    use proptest::prelude::*;

    #[test]
    fn an_identifier_is_quoted() {
        assert_eq!(quote_ident("tenant"), r#""tenant""#);
        assert_eq!(quote_ident(r#"a"; DROP TABLE b; --"#), r#""a""; DROP TABLE b; --""#);
    }

    proptest! {
        #[test]
        fn quoting_can_be_undone_and_never_ends_early(name in ".{0,60}") {
            let quoted = quote_ident(&name);
            let inner = &quoted[1..quoted.len() - 1];
            prop_assert_eq!(inner.replace("\"\"", "\""), name);
            prop_assert!(!inner.replace("\"\"", "").contains('"'));
        }
    }
}
