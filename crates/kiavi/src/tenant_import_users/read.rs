//! The lines of a file, as CSV (RFC 4180) or as one JSON object a line.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use serde_json::Value;

use super::person::{Account, Written};

/// The largest file, in bytes.
pub(super) const MAX_FILE: u64 = 1024 * 1024 * 1024;
/// The longest line of JSON, in bytes.
const MAX_LINE: u64 = 64 * 1024;
const MARK: &[u8] = "\u{feff}".as_bytes();
const COLUMNS: [&str; 8] =
    ["email", "name", "email_verified", "image", "created_at", "id", "accounts", "metadata"];

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    JsonLines,
}

impl Format {
    /// By the file's name.
    pub(super) fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

/// A line, by its number from 1; or what is wrong with it.
pub(super) type Line = (u64, Result<Written, String>);
/// All lines. What cannot be read at all is an error of its own.
pub(super) type Lines = Box<dyn Iterator<Item = io::Result<Line>>>;

/// Begins to read a file. The outer error is the file's, the inner what is wrong with its head.
pub(super) fn open(path: &Path, format: Format) -> io::Result<Result<Lines, String>> {
    let file = File::open(path)?;
    if file.metadata()?.len() > MAX_FILE {
        return Ok(Err(format!("the file has more than {MAX_FILE} bytes: import it in parts")));
    }
    Ok(lines(file, format))
}

/// The lines of what a reader gives.
pub(super) fn lines(reader: impl Read + 'static, format: Format) -> Result<Lines, String> {
    let mut reader = BufReader::new(reader);
    if reader.fill_buf().is_ok_and(|start| start.starts_with(MARK)) {
        reader.consume(MARK.len());
    }
    match format {
        Format::Csv => csv(reader),
        Format::JsonLines => Ok(json(reader)),
    }
}

fn csv(reader: impl BufRead + 'static) -> Result<Lines, String> {
    // What is before a line feed is trimmed with the last value. Taken as a part of the line's end, it would have the reader
    // count lines from before the feed.
    let mut reader = csv::ReaderBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_reader(reader);
    let head = reader.headers().map_err(|error| told(&error))?.clone();
    let columns: Vec<String> = head.iter().map(|column| column.trim().to_ascii_lowercase()).collect();
    if let Some(unknown) = columns.iter().find(|column| !COLUMNS.contains(&column.as_str())) {
        return Err(format!("there is no column {unknown:?}; there are {}", COLUMNS.join(", ")));
    }
    let is_twice = |(index, column): (usize, &String)| columns[..index].contains(column);
    if columns.iter().enumerate().any(is_twice) || !columns.iter().any(|column| column == "email") {
        return Err("the first line names each column once, and email among them".to_owned());
    }
    Ok(Box::new(reader.into_records().map(move |record| match record {
        Ok(record) => {
            let number = record.position().map_or(0, csv::Position::line);
            Ok((number, written(&columns, &record)))
        }
        Err(error) if matches!(error.kind(), csv::ErrorKind::Io(_)) => Err(error.into()),
        Err(error) => {
            let number = error.position().map_or(0, csv::Position::line);
            Ok((number, Err(told(&error))))
        }
    })))
}

/// What is wrong, without what was there: that is somebody's data.
fn told(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} columns where the first line has {expected_len}")
        }
        _ => "it cannot be read".to_owned(),
    }
}

fn written(columns: &[String], record: &csv::StringRecord) -> Result<Written, String> {
    let mut written = Written::default();
    for (column, value) in columns.iter().zip(record) {
        let value = value.trim();
        if value.is_empty() {
            continue;
        }
        let text = || Some(value.to_owned());
        match column.as_str() {
            "email" => written.email = text(),
            "name" => written.name = text(),
            "image" => written.image = text(),
            "created_at" => written.created_at = text(),
            "id" => written.id = text(),
            "email_verified" => written.email_verified = Some(truth(value)?),
            "accounts" => written.accounts = accounts(value)?,
            _ => written.metadata = Some(Value::from(value)),
        }
    }
    Ok(written)
}

fn truth(value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "1" => Ok(true),
        "false" | "f" | "no" | "0" => Ok(false),
        _ => Err("email_verified is neither true nor false".to_owned()),
    }
}

/// `google:1081…;github:5501`.
fn accounts(value: &str) -> Result<Vec<Account>, String> {
    let pairs = value.split(';').map(str::trim).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (provider, subject) =
                pair.split_once(':').ok_or("accounts are written as provider:subject;provider:subject")?;
            Ok(Account { provider: provider.trim().to_owned(), subject: subject.trim().to_owned() })
        })
        .collect()
}

fn json(mut reader: impl BufRead + 'static) -> Lines {
    let mut number = 0;
    Box::new(std::iter::from_fn(move || {
        loop {
            number += 1;
            let mut line = Vec::new();
            match (&mut reader).take(MAX_LINE + 1).read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(read) if read as u64 > MAX_LINE => {
                    // The rest of it belongs to no line.
                    return match reader.skip_until(b'\n') {
                        Ok(_) => Some(Ok((number, Err(format!("it has more than {MAX_LINE} bytes"))))),
                        Err(error) => Some(Err(error)),
                    };
                }
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
            let Ok(text) = std::str::from_utf8(&line) else {
                return Some(Ok((number, Err("it is not UTF-8".to_owned()))));
            };
            if !text.trim().is_empty() {
                return Some(Ok((number, object(text))));
            }
        }
    }))
}

fn object(text: &str) -> Result<Written, String> {
    // A list would do for serde, whose structs can be read from one.
    if !text.trim_start().starts_with('{') {
        return Err("it is no JSON object".to_owned());
    }
    serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => {
            format!("it has something else than {} as it should be", COLUMNS.join(", "))
        }
        _ => format!("it is no JSON (column {})", error.column()),
    })
}
