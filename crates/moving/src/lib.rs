//! Moving a Better Auth server's data in: what is read, what is refused, and how it travels.
//!
//! [`Source`] is the other server's database, seen in one read-only snapshot. [`Plan`] decides from its tables and
//! columns what to select for each column of ours; [`Source::survey`] looks at the rows and finds everything that
//! would go wrong, before anything is written. The rows then travel as PostgreSQL's own COPY text in the frames of
//! [`stream`], and go as they are into the tables that [`TABLES`] describes.
//!
//! Who reads the source can reach it and its password; who writes the tenant's database can reach neither.

mod catalogue;
mod keys;
mod plan;
mod source;
pub mod stream;
mod survey;
mod tables;

pub use catalogue::{Catalogue, Relation, SourceColumn};
pub use plan::{Plan, Selection};
pub use source::{Source, SourceError};
pub use survey::{Skipped, Survey, SurveyQuestions};
pub use tables::{Column, Kind, Need, TABLES, Table, table};
