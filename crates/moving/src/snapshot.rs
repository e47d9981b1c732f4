//! A tenant's own database, seen in one snapshot, whatever tables its schema has.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures_util::Stream;
use kiavi_db::{AdminConnection, DbError, Row, quote_ident};
use serde::{Deserialize, Serialize};

use crate::source::pieces;

/// As for a source that is somebody else's, see `source`.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL client_encoding = 'UTF8'; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD';
    SET LOCAL standard_conforming_strings = on; SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL row_security = off";
const TABLES: &str = "
    SELECT n.nspname || '.' || c.relname, array_agg(a.attname::text ORDER BY a.attnum)
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname IN ('public', 'kiavi')
      AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    GROUP BY 1 ORDER BY 1";
const REFERENCES: &str = "
    SELECT rn.nspname || '.' || r.relname, fn.nspname || '.' || f.relname
    FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_class r ON r.oid = k.conrelid JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
    JOIN pg_catalog.pg_class f ON f.oid = k.confrelid JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
    WHERE k.contype = 'f' AND k.conrelid <> k.confrelid";
const SCHEMA_VERSION: &str = "SELECT max(version) FROM kiavi.schema_history";
const AUDIT_HEAD: &str =
    "SELECT id::text, (at AT TIME ZONE 'UTC')::text FROM kiavi.audit_event ORDER BY at DESC, id DESC LIMIT 1";
const NOW: &str = "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";

/// Why a database cannot be read as a whole.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The server refused, or is gone.
    #[error("the database failed")]
    Database(#[from] DbError),
    /// Tables refer to each other in a circle, so that there is no order to fill them in.
    #[error("the tables refer to each other in a circle")]
    Circle,
}

/// A table: what it is called, schema and name, and its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableShape {
    /// Such as `public.user`.
    pub name: String,
    /// In the order of the rows' values. Those that the server computes are not among them.
    pub columns: Vec<String>,
}

impl TableShape {
    /// Schema and name as SQL has them, and the columns.
    fn target(&self) -> String {
        let columns: Vec<_> = self.columns.iter().map(|column| quote_ident(column)).collect();
        format!("{} ({})", self.quoted(), columns.join(", "))
    }

    /// Schema and name as SQL has them.
    pub fn quoted(&self) -> String {
        let (schema, name) = self.name.split_once('.').unwrap_or(("public", &self.name));
        format!("{}.{}", quote_ident(schema), quote_ident(name))
    }

    /// The statement that takes its rows.
    pub fn copy_in(&self) -> String {
        format!("COPY {} FROM STDIN", self.target())
    }
}

/// The newest event of a tenant's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// Its id.
    pub id: String,
    /// When, in UTC.
    pub at: String,
}

/// A database in one transaction that can write nothing.
pub struct Snapshot {
    connection: AdminConnection,
}

impl Snapshot {
    /// Begins. `connection` is the database's, of a member of `owner`, whose tables are read as their owner.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn begin(connection: AdminConnection, owner: &str) -> Result<Self, DbError> {
        let role = quote_ident(owner);
        connection.batch_execute(&format!("{BEGIN}; SET LOCAL ROLE {role}")).await?;
        Ok(Self { connection })
    }

    /// The tables, each after those that it refers to.
    ///
    /// # Errors
    /// When the server refuses, or there is no such order.
    pub async fn tables(&self) -> Result<Vec<TableShape>, SnapshotError> {
        let shape = |row: Row| Ok(TableShape { name: row.try_get(0)?, columns: row.try_get(1)? });
        let rows = self.connection.query(TABLES, &[]).await?.into_iter();
        let tables = rows.map(shape).collect::<Result<Vec<_>, DbError>>()?;
        let mut references: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in self.connection.query(REFERENCES, &[]).await? {
            let (from, to) = (row.try_get(0).map_err(DbError::from)?, row.try_get(1).map_err(DbError::from)?);
            references.entry(from).or_default().insert(to);
        }
        ordered(tables, &references).ok_or(SnapshotError::Circle)
    }

    /// A table's rows as COPY text, in pieces of tens of kilobytes that may end anywhere in a row.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn rows(
        &self,
        table: &TableShape,
    ) -> Result<impl Stream<Item = Result<Bytes, DbError>> + Send + use<>, DbError> {
        Ok(pieces(self.connection.copy_out(&format!("COPY {} TO STDOUT", table.target())).await?))
    }

    /// The newest migration that the tables have had.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn schema_version(&self) -> Result<i32, DbError> {
        let row = self.connection.query_opt(SCHEMA_VERSION, &[]).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.flatten().unwrap_or_default())
    }

    /// The newest event of the tenant's log, if there is one.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn audit_head(&self) -> Result<Option<AuditHead>, DbError> {
        audit_head(&self.connection).await
    }

    /// When the snapshot was taken, by the server's clock, as RFC 3339 has it.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn taken_at(&self) -> Result<String, DbError> {
        let row = self.connection.query_opt(NOW, &[]).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or_default())
    }
}

/// The newest event of the log in the database of `connection`.
pub(crate) async fn audit_head(connection: &AdminConnection) -> Result<Option<AuditHead>, DbError> {
    let row = connection.query_opt(AUDIT_HEAD, &[]).await?;
    row.map(|row| Ok(AuditHead { id: row.try_get(0)?, at: row.try_get(1)? })).transpose()
}

impl AuditHead {
    /// The newest event of the log in the database of `connection`, if there is one.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn of(connection: &AdminConnection) -> Result<Option<Self>, DbError> {
        audit_head(connection).await
    }
}

/// Each table after those that it refers to; `None` when there is a circle.
fn ordered(
    tables: Vec<TableShape>,
    references: &BTreeMap<String, BTreeSet<String>>,
) -> Option<Vec<TableShape>> {
    let (mut waiting, mut done, mut placed) = (tables, Vec::new(), BTreeSet::new());
    while !waiting.is_empty() {
        let is_ready = |table: &TableShape| {
            references.get(&table.name).is_none_or(|others| others.iter().all(|other| placed.contains(other)))
        };
        let (ready, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(is_ready);
        if ready.is_empty() {
            return None;
        }
        placed.extend(ready.iter().map(|table| table.name.clone()));
        done.extend(ready);
        waiting = rest;
    }
    Some(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(references: &[(&str, &str)]) -> Option<String> {
        let tables =
            ["a", "b", "c", "d"].map(|name| TableShape { name: name.to_owned(), columns: Vec::new() });
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in references {
            all.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        let names = ordered(tables.to_vec(), &all)?.into_iter().map(|table| table.name);
        Some(names.collect())
    }

    #[test]
    fn tables_come_after_those_that_they_refer_to() {
        assert_eq!(order(&[]).as_deref(), Some("abcd"));
        assert_eq!(order(&[("a", "b"), ("b", "d")]).as_deref(), Some("cdba"));
        assert_eq!(order(&[("a", "b"), ("b", "a")]), None);
    }

    #[test]
    fn names_are_quoted_part_by_part() {
        let table = TableShape { name: "public.user".to_owned(), columns: vec!["a\"b".to_owned()] };
        assert_eq!(table.copy_in(), r#"COPY "public"."user" ("a""b") FROM STDIN"#);
    }
}
