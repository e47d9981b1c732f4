//! What an archive says of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{AuditHead, TableShape};

/// The number of this format. Members may be added under it; what an older reader would get wrong gets another number.
pub const FORMAT: u32 = 1;

/// A part of an archive, a file of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Everything else.
    Data,
    /// The keys that personal fields of the log are encrypted under. Destroying them is how somebody is forgotten there.
    PersonKeys,
}

impl Part {
    /// The stable text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::PersonKeys => "person_keys",
        }
    }
}

/// The tenant that an archive is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantFacts {
    /// Its id.
    pub id: String,
    /// Its name.
    pub slug: String,
    /// Where it was.
    pub url: String,
    /// Further names that it had.
    #[serde(default)]
    pub hostnames: Vec<String>,
}

/// The first frame.
#[derive(Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// The archive's id, the same in all of its parts.
    pub archive: String,
    /// Which part this is.
    pub part: Part,
    /// When the snapshot was taken, by the database's clock (RFC 3339).
    pub taken_at: String,
    /// The version of the program.
    pub program: String,
    /// Whose data it is.
    pub tenant: TenantFacts,
    /// The newest migration that the tables have had.
    pub schema_version: i32,
    /// The tables that follow, in this order.
    pub tables: Vec<TableShape>,
    /// The settings, their secrets in clear. Not in [`Part::PersonKeys`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Value>,
    /// The tenant's secret, as Better Auth's environment has it. Not in [`Part::PersonKeys`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl std::fmt::Debug for Manifest {
    /// Without settings and secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut told = f.debug_struct("Manifest");
        told.field("archive", &self.archive).field("part", &self.part).field("tenant", &self.tenant);
        told.finish_non_exhaustive()
    }
}

/// What a table has in an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Rows.
    pub rows: u64,
    /// Bytes of COPY text.
    pub bytes: u64,
    /// SHA-256 of that text, in hexadecimal digits.
    pub sha256: String,
}

/// The last frame but one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// By table.
    pub tables: BTreeMap<String, Content>,
    /// The newest event of the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_head: Option<AuditHead>,
}

impl Summary {
    /// Rows in all.
    pub fn rows(&self) -> u64 {
        self.tables.values().map(|content| content.rows).sum()
    }
}
