//! API keys: what programs show in place of a person's sign-in.

pub mod store;

use kiavi_db::Sql;

pub(crate) const STATEMENTS: &[&Sql] = store::STATEMENTS;
