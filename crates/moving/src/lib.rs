//! Moving data: a Better Auth server's in, and a tenant's into an archive and out of it again.
//!
//! [`Source`] is the other server's database, seen in one read-only snapshot. [`Plan`] decides from its tables and
//! columns what to select for each column of ours; [`Source::survey`] looks at the rows and finds everything that
//! would go wrong, before anything is written. The rows then travel as PostgreSQL's own COPY text in the frames of
//! [`stream`], and go as they are into the tables that [`TABLES`] describes.
//!
//! A tenant of our own is read in a [`Snapshot`], whatever its tables are, and travels in the same frames; [`archive`] is the
//! file that they are kept in.
//!
//! Who reads the source can reach it and its password; who writes the tenant's database can reach neither.

pub mod archive;
mod catalogue;
mod keys;
mod plan;
mod snapshot;
mod source;
pub mod stream;
mod survey;
mod tables;

pub use catalogue::{Catalogue, Relation, SourceColumn};
pub use plan::{Plan, Selection};
pub use snapshot::{AuditHead, Snapshot, SnapshotError, TableShape};
pub use source::{Source, SourceError};
pub use survey::{Skipped, Survey, SurveyQuestions};
pub use tables::{Column, Kind, Need, TABLES, Table, table};
