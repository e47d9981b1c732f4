//! What to select from the source. No I/O.

use std::collections::BTreeSet;

use kiavi_db::quote_ident;

use crate::{
    catalogue::{Catalogue, Relation, SourceColumn},
    tables::{Column, Kind, Need, TABLES, Table, table},
};

/// Columns that Better Auth has made for a time, must be filled there and mean nothing now.
const GONE: &[(&str, &str)] = &[("account", "issuer"), ("passkey", "webauthnUserID")];

/// The codes and links that were sent: they live minutes, so nobody misses them.
const SHORT_LIVED: &str = "verification";

/// What is read from a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The tables that it has, in the order of [`TABLES`].
    pub selections: Vec<Selection>,
    /// The relation of the codes and links that are not copied, if there is one.
    pub short_lived: Option<String>,
    /// What whoever moves should know.
    pub warnings: Vec<String>,
}

/// What is read for one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The table that is filled.
    pub table: &'static str,
    /// Every row there is, its columns named as ours.
    pub everything: String,
    /// The rows that are copied.
    pub copied: String,
}

impl Plan {
    /// The plan for a source.
    ///
    /// # Errors
    /// Everything that stands in the way, in sentences that say what to do.
    pub fn new(catalogue: &Catalogue) -> Result<Self, Vec<String>> {
        let mut planner = Planner { catalogue, problems: Vec::new(), warnings: Vec::new() };
        let mut selections = Vec::new();
        for table in TABLES {
            match catalogue.relation(table.name) {
                Some(relation) => selections.push(planner.select(table, relation)),
                None if table.is_core => planner.problems.push(format!(
                    "There is no table \"{}\". Is this the database of a Better Auth server, and is the schema right \
                     (?schema=NAME)?",
                    table.name
                )),
                None => {}
            }
        }
        planner.name_other_tables();
        if !planner.problems.is_empty() {
            return Err(planner.problems);
        }
        let ids = planner.user_ids();
        for selection in &mut selections {
            selection.settle(&ids);
        }
        let short_lived = catalogue.relation(SHORT_LIVED).map(|relation| quote_ident(&relation.name));
        Ok(Self { selections, short_lived, warnings: planner.warnings })
    }

    /// What is read for a table, if the source has it.
    pub fn selection(&self, table: &str) -> Option<&Selection> {
        self.selections.iter().find(|selection| selection.table == table)
    }
}

impl Selection {
    /// Leaves out rows of users who do not exist, and writes addresses as they are looked up. `ids` selects the ids
    /// of all users.
    fn settle(&mut self, ids: &str) {
        let Some(table) = table(self.table) else { return };
        let columns: Vec<_> = table.columns.iter().map(|column| copied(table, column)).collect();
        self.copied = format!("SELECT {} FROM ({}) AS r", columns.join(", "), self.everything);
        if let Some(owner) = table.owner {
            let owner = quote_ident(owner);
            self.copied.push_str(&format!(" WHERE r.{owner} IN ({ids})"));
        }
    }

    /// The rows that are copied, those of `jwks` with these ids as keys that end now, unless they have ended.
    pub(crate) fn copied_with_ended(&self, ids: &[String]) -> String {
        let Some(table) = table(self.table).filter(|table| table.name == "jwks" && !ids.is_empty()) else {
            return self.copied.clone();
        };
        let ids: Vec<_> = ids.iter().map(|id| quote_literal(id)).collect();
        let columns = table.columns.iter().map(|column| match column.name {
            "expiresAt" => format!(
                r#"CASE WHEN c.id IN ({}) THEN least(c."expiresAt", date_trunc('milliseconds', now()))
                   ELSE c."expiresAt" END"#,
                ids.join(", ")
            ),
            name => format!("c.{}", quote_ident(name)),
        });
        format!("SELECT {} FROM ({}) AS c", columns.collect::<Vec<_>>().join(", "), self.copied)
    }
}

/// A text as an SQL constant (PostgreSQL manual §4.1.2.1, with `standard_conforming_strings`).
fn quote_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn copied(table: &Table, column: &Column) -> String {
    match (table.name, column.name) {
        // Addresses are looked up in lower case; the collation keeps letters beyond ASCII as they are everywhere.
        ("user", "email") => r#"lower(r.email COLLATE "C")"#.to_owned(),
        (_, name) => format!("r.{}", quote_ident(name)),
    }
}

struct Planner<'a> {
    catalogue: &'a Catalogue,
    problems: Vec<String>,
    warnings: Vec<String>,
}

impl Planner<'_> {
    fn select(&mut self, table: &'static Table, relation: &Relation) -> Selection {
        let mut used = BTreeSet::new();
        let mut expressions = Vec::new();
        for column in table.columns {
            let found = relation
                .column(column.name)
                .or_else(|| column.earlier.and_then(|earlier| relation.column(earlier)));
            if let Some(found) = found {
                used.insert(found.name.as_str());
            }
            let expression = self.expression(relation, column, found);
            expressions.push(format!("{expression} AS {}", quote_ident(column.name)));
        }
        self.name_other_columns(table, relation, &used);
        let everything =
            format!("SELECT {} FROM {} AS t", expressions.join(", "), quote_ident(&relation.name));
        Selection { table: table.name, copied: everything.clone(), everything }
    }

    /// The SQL of one column of ours.
    fn expression(&mut self, relation: &Relation, column: &Column, found: Option<&SourceColumn>) -> String {
        let place = format!("{}.{}", relation.name, column.name);
        let Some(found) = found else {
            return match column.need {
                Need::Required => {
                    self.problems.push(format!(
                        "The column {place} is missing. Bring the source to the schema of Better Auth 1.4 or later \
                         (npx auth migrate, or your ORM's migration)."
                    ));
                    "NULL".to_owned()
                }
                Need::Optional => format!("NULL::{}", column.kind.sql()),
                Need::Else(sql) => sql.to_owned(),
            };
        };
        let Some(value) = converted(found, column.kind) else {
            self.problems.push(format!(
                "The column {}.{} has the type {}, which cannot be read as {}. Change its type in the source.",
                relation.name,
                found.name,
                found.type_name,
                column.kind.word()
            ));
            return "NULL".to_owned();
        };
        if column.kind == Kind::Time && found.type_name == "timestamp" {
            self.tell_once(
                "The source has times without a time zone. They are read as UTC, which is right unless its Node.js ran \
                 in another zone.",
            );
        }
        match column.need {
            Need::Else(sql) => format!("coalesce({value}, {sql})"),
            Need::Required | Need::Optional => value,
        }
    }

    fn name_other_columns(&mut self, table: &Table, relation: &Relation, used: &BTreeSet<&str>) {
        let mut left = Vec::new();
        for column in relation.columns.iter().filter(|column| !used.contains(column.name.as_str())) {
            let is_gone = GONE.contains(&(table.name, column.name.as_str()));
            if column.is_demanding && !is_gone {
                let (relation, name) = (&relation.name, &column.name);
                self.problems.push(format!(
                    "The column {relation}.{name} must have a value in the source and has no place here. If it can \
                     stay behind, let it be empty in the source: ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL.",
                    quote_ident(relation),
                    quote_ident(name)
                ));
            } else {
                left.push(column.name.as_str());
            }
        }
        if !left.is_empty() {
            self.warnings.push(format!(
                "Columns of \"{}\" that have no place here stay behind: {}.",
                relation.name,
                left.join(", ")
            ));
        }
    }

    fn name_other_tables(&mut self) {
        let known = TABLES.iter().map(|table| table.name).chain([SHORT_LIVED]);
        let known: Vec<_> = known.filter_map(|name| self.catalogue.relation(name)).collect();
        let others = self.catalogue.relations.iter().filter(|relation| !known.contains(relation));
        let others: Vec<_> = others.map(|relation| relation.name.as_str()).collect();
        if !others.is_empty() {
            self.warnings.push(format!(
                "Tables that are the application's own, or of plugins that Kiavi does not have, stay behind: {}.",
                others.join(", ")
            ));
        }
    }

    /// Selects the ids of all users.
    fn user_ids(&self) -> String {
        let users = self.catalogue.relation("user");
        let id = users.and_then(|users| Some((users, users.column("id")?)));
        id.map_or_else(String::new, |(users, id)| {
            format!("SELECT u.{}::text FROM {} AS u", quote_ident(&id.name), quote_ident(&users.name))
        })
    }

    fn tell_once(&mut self, warning: &str) {
        if !self.warnings.iter().any(|told| told == warning) {
            self.warnings.push(warning.to_owned());
        }
    }
}

impl Kind {
    fn sql(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Time => "timestamptz",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Boolean => "a yes or no",
            Self::Integer => "a number",
            Self::Time => "a time",
        }
    }
}

/// The column's value as a value of `kind`; `None` for a type that no adapter of Better Auth writes there.
fn converted(column: &SourceColumn, kind: Kind) -> Option<String> {
    let name = format!("t.{}", quote_ident(&column.name));
    let is_text =
        matches!(column.type_name.as_str(), "text" | "varchar" | "bpchar" | "citext" | "enum" | "name");
    let is_number = matches!(column.type_name.as_str(), "int2" | "int4" | "int8" | "numeric");
    let type_name = column.type_name.as_str();
    Some(match kind {
        Kind::Text if type_name == "text" => name,
        // Lists are written comma-separated, as Better Auth itself does.
        Kind::Text if matches!(type_name, "_text" | "_varchar") => format!("array_to_string({name}, ',')"),
        Kind::Text if is_text || is_number || matches!(type_name, "uuid" | "json" | "jsonb") => {
            format!("{name}::text")
        }
        Kind::Text if type_name == "inet" => format!("host({name})"),
        Kind::Boolean if type_name == "bool" => name,
        Kind::Boolean if is_number => format!("({name} <> 0)"),
        Kind::Boolean if is_text => format!("{name}::text::boolean"),
        // Counters of authenticators have 32 bits without a sign; ours stop at 2^31 - 1.
        Kind::Integer if is_number => format!("least({name}, 2147483647)::integer"),
        Kind::Integer if is_text => format!("least({name}::text::numeric, 2147483647)::integer"),
        Kind::Time => format!("date_trunc('milliseconds', {})", time(&name, type_name, is_text)?),
        _ => return None,
    })
}

fn time(name: &str, type_name: &str, is_text: bool) -> Option<String> {
    Some(match type_name {
        "timestamptz" => name.to_owned(),
        "timestamp" => format!("({name} AT TIME ZONE 'UTC')"),
        // Milliseconds since 1970, as JavaScript counts.
        "int8" | "numeric" => format!("to_timestamp({name} / 1000.0)"),
        _ if is_text => format!("{name}::text::timestamptz"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
