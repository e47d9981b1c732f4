//! Events as people and their tools read them: a line of JSON each, or a table.

mod csv;
mod line;
mod proven;

pub use csv::{CsvTable, csv_row};
pub use line::{EventLine, PersonalLine};
pub use proven::{LineFault, MAX_PROVEN_LINE, MOST_EXPORTED, Place, ProvenLine, ProvenLines};
