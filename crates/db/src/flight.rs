//! Messages that travel together: each is written before the answer to the one ahead of it is there.

use std::{future::poll_fn, pin::Pin, task::Poll};

use futures_util::future::{BoxFuture, MaybeDone, maybe_done};

use crate::{DbError, Params, Sql, ToSql, connection::Connection};

/// The values of a statement's `$1`, `$2`, … for a statement that outlives its caller.
pub type OwnedParams = Vec<Box<dyn ToSql + Sync + Send>>;

/// A statement with its values.
pub(crate) struct Owned {
    pub(crate) sql: Sql,
    pub(crate) params: OwnedParams,
}

impl Owned {
    /// Runs `work` with the values as the driver takes them.
    pub(crate) fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.params.iter().map(|value| &**value as _).collect()
    }
}

/// Polls once, which writes the message: the driver queues it, and its task writes all that is queued at once.
pub(crate) async fn queue<F: Future>(mut message: Pin<&mut MaybeDone<F>>) {
    poll_fn(|cx| {
        let _ = message.as_mut().poll(cx);
        Poll::Ready(())
    })
    .await;
}

type Message<'f> = Pin<Box<MaybeDone<BoxFuture<'f, Result<(), DbError>>>>>;

/// Messages whose answers nobody needs but to know that they succeeded.
pub(crate) struct Flight<'f>(Vec<Message<'f>>);

impl<'f> Flight<'f> {
    /// A command, if there is one, and then statements that are prepared.
    pub(crate) fn new(
        connection: &'f Connection,
        command: Option<&'static str>,
        statements: &'f [Owned],
    ) -> Self {
        let command = command.map(|text| -> BoxFuture<'f, _> {
            Box::pin(async move {
                connection.command(text).await.map_err(|error| DbError::in_statement(text, error))
            })
        });
        let statements = statements.iter().map(|statement| -> BoxFuture<'f, _> {
            Box::pin(async move {
                let params: Params<'_> = &statement.values();
                let outcome = connection.execute(&statement.sql, params).await;
                outcome.map(drop).map_err(|error| DbError::in_statement(statement.sql.name(), error))
            })
        });
        Self(command.into_iter().chain(statements).map(|message| Box::pin(maybe_done(message))).collect())
    }

    /// Writes the messages.
    ///
    /// # Errors
    /// When one could not be written, because its values do not fit or the connection is gone.
    pub(crate) async fn queue(&mut self) -> Result<(), DbError> {
        for message in &mut self.0 {
            queue(message.as_mut()).await;
            if let Some(Err(error)) = message.as_mut().output_mut() {
                return Err(error.clone());
            }
        }
        Ok(())
    }

    /// Waits for the answers.
    ///
    /// # Errors
    /// The first one's that failed.
    pub(crate) async fn land(self) -> Result<(), DbError> {
        let mut outcome = Ok(());
        for mut message in self.0 {
            message.as_mut().await;
            outcome = outcome.and(message.as_mut().take_output().unwrap_or(Ok(())));
        }
        outcome
    }
}
