//! Events as people and their tools read them: a line of JSON each, or a table.

mod csv;
mod line;

pub use csv::{CsvTable, csv_row};
pub use line::{EventLine, PersonalLine};
