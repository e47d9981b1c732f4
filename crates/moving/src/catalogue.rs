//! What tables and columns the source has.

use kiavi_db::{DbError, ForeignConnection};

/// The relations of the source's schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Tables and views by name.
    pub relations: Vec<Relation>,
}

/// A table or a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// Its name.
    pub name: String,
    /// Its columns in their order.
    pub columns: Vec<SourceColumn>,
}

/// A column of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceColumn {
    /// Its name.
    pub name: String,
    /// The internal name of its type, such as `int4`; of a domain, of the type below; `enum` for any enumeration.
    pub type_name: String,
    /// Whether a row cannot be without it: it is NOT NULL and has neither a default nor an identity.
    pub is_demanding: bool,
}

const COLUMNS: &str = "
    SELECT c.relname::text, a.attname::text,
      CASE WHEN t.typtype = 'e' THEN 'enum' ELSE coalesce(b.typname, t.typname)::text END,
      a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
    WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    ORDER BY c.relname, a.attnum";

impl Catalogue {
    pub(crate) async fn read(source: &ForeignConnection) -> Result<Self, DbError> {
        let mut relations: Vec<Relation> = Vec::new();
        for row in source.query(COLUMNS, &[]).await? {
            let name: String = row.try_get(0)?;
            if relations.last().is_none_or(|last| last.name != name) {
                relations.push(Relation { name, columns: Vec::new() });
            }
            let column = SourceColumn {
                name: row.try_get(1)?,
                type_name: row.try_get(2)?,
                is_demanding: row.try_get(3)?,
            };
            if let Some(relation) = relations.last_mut() {
                relation.columns.push(column);
            }
        }
        Ok(Self { relations })
    }

    /// The relation that holds a table of Better Auth: the one of its name, else one whose name differs from it in
    /// case, underscores and a plural only.
    pub(crate) fn relation(&self, name: &str) -> Option<&Relation> {
        let plural = format!("{name}s");
        let exact = self.relations.iter().find(|relation| relation.name == name);
        exact.or_else(|| {
            self.relations.iter().find(|relation| {
                let name_there = plain(&relation.name);
                name_there == name || name_there == plural
            })
        })
    }
}

impl Relation {
    /// The column of this name, else one whose name differs in case and underscores only.
    pub(crate) fn column(&self, name: &str) -> Option<&SourceColumn> {
        let exact = self.columns.iter().find(|column| column.name == name);
        exact.or_else(|| self.columns.iter().find(|column| plain(&column.name) == plain(name)))
    }
}

/// `user_id` and `userId` are one name: Drizzle writes the one, Better Auth's own migration the other.
fn plain(name: &str) -> String {
    name.chars().filter(|symbol| *symbol != '_').flat_map(char::to_lowercase).collect()
}
