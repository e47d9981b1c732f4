//! The source, seen in one snapshot.

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use kiavi_db::{DbError, ForeignConnection, ForeignUrl};

use crate::{Catalogue, Plan, Selection, Survey};

/// Texts look the same whatever the source is set to: times are UTC, characters UTF-8, booleans `t` and `f`. Nobody
/// may wait for a lock of ours, a snapshot that lasts is not ended for it, and a policy that hides rows from us is an error.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL client_encoding = 'UTF8'; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD';
    SET LOCAL standard_conforming_strings = on; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL row_security = off";
/// Bytes of one piece of rows.
const PIECE: usize = 64 * 1024;

/// Why the source cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It cannot be reached, or broke off.
    #[error("the source failed")]
    Database(#[from] DbError),
    /// It was read, and cannot be moved as it is.
    #[error("the source cannot be moved as it is")]
    Refused(Vec<String>),
}

/// A Better Auth server's database. Everything is read in one transaction that can write nothing.
pub struct Source {
    pub(crate) connection: ForeignConnection,
    plan: Plan,
}

impl Source {
    /// Connects and looks at the tables.
    ///
    /// # Errors
    /// [`SourceError::Refused`] when they are not those of a Better Auth server that can be moved.
    pub async fn open(url: &ForeignUrl) -> Result<Self, SourceError> {
        let connection = ForeignConnection::connect(url).await?;
        connection.batch_execute(BEGIN).await?;
        let plan = Plan::new(&Catalogue::read(&connection).await?).map_err(SourceError::Refused)?;
        Ok(Self { connection, plan })
    }

    /// What is read.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The rows of one table as COPY text, in pieces of tens of kilobytes that may end anywhere in a row.
    ///
    /// # Errors
    /// When the source refuses.
    pub async fn rows(
        &self,
        selection: &Selection,
        survey: &Survey,
    ) -> Result<impl Stream<Item = Result<Bytes, DbError>> + Send + use<>, DbError> {
        let copied = selection.copied_with_ended(&survey.sealed_keys);
        let rows = self.connection.copy_out(&format!("COPY ({copied}) TO STDOUT")).await?;
        Ok(pieces(rows))
    }
}

/// Puts small rows together and lets large ones pass.
pub(crate) fn pieces<E>(
    rows: impl Stream<Item = Result<Bytes, E>> + Send,
) -> impl Stream<Item = Result<Bytes, E>> + Send {
    // It is asked once more after its end.
    let state = (Box::pin(rows.fuse()), BytesMut::with_capacity(PIECE));
    futures_util::stream::unfold(state, |(mut rows, mut piece)| async move {
        while piece.len() < PIECE {
            match rows.next().await {
                Some(Ok(row)) => piece.extend_from_slice(&row),
                Some(Err(error)) => return Some((Err(error), (rows, BytesMut::new()))),
                None if piece.is_empty() => return None,
                None => break,
            }
        }
        let size = piece.len().min(PIECE);
        let full = piece.split_to(size).freeze();
        Some((Ok(full), (rows, piece)))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_are_small_and_lose_nothing(sizes in proptest::collection::vec(0usize..200_000, 0..6)) {
            let rows: Vec<_> = sizes.iter().zip(0u8..).map(|(size, byte)| Bytes::from(vec![byte; *size])).collect();
            let given = futures_util::stream::iter(rows.clone()).map(Ok::<_, ()>);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let pieces: Vec<_> = runtime.block_on(pieces(given).map(Result::unwrap).collect());
            prop_assert!(pieces.iter().all(|piece| piece.len() <= PIECE));
            prop_assert_eq!(pieces.concat(), rows.concat());
        }
    }
}
