//! Reading a query field by field, with the issues told as Better Auth tells them.

use std::{borrow::Cow, collections::BTreeMap};

use crate::ApiError;

/// A query string; a repeated key has several values.
#[derive(Debug)]
pub(crate) struct Parameters<'q> {
    values: BTreeMap<Cow<'q, str>, Vec<String>>,
    issues: Vec<String>,
}

impl<'q> Parameters<'q> {
    pub(crate) fn parse(query: &'q str) -> Self {
        let mut values = BTreeMap::<_, Vec<String>>::new();
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            values.entry(key).or_default().push(value.into_owned());
        }
        Self { values, issues: Vec::new() }
    }

    /// Takes a value that must not be repeated.
    pub(crate) fn one(&mut self, name: &str) -> Option<String> {
        let mut values = self.values.remove(name)?;
        if values.len() > 1 {
            self.issue(name, "Invalid input: expected string, received array");
        }
        values.pop()
    }

    /// Takes a value that must be there.
    pub(crate) fn required(&mut self, name: &str) -> String {
        let is_there = self.values.contains_key(name);
        if !is_there {
            self.issue(name, "Invalid input: expected string, received undefined");
        }
        self.one(name).unwrap_or_default()
    }

    /// Takes a whole number.
    pub(crate) fn whole_number(&mut self, name: &str) -> Option<i64> {
        let text = self.one(name)?;
        let number = text.parse().ok();
        if number.is_none() {
            self.issue(name, "Invalid input: expected int");
        }
        number
    }

    /// Takes all values of a key.
    pub(crate) fn all(&mut self, name: &str) -> Option<Vec<String>> {
        self.values.remove(name)
    }

    /// Takes one of `options`; `default` if there is none.
    pub(crate) fn choice(
        &mut self,
        name: &str,
        options: &[&'static str],
        default: &'static str,
    ) -> &'static str {
        let Some(values) = self.values.remove(name) else { return default };
        match options.iter().find(|option| values.len() == 1 && **option == values[0]) {
            Some(option) => option,
            None => {
                let quoted: Vec<_> = options.iter().map(|option| format!("\"{option}\"")).collect();
                self.issue(name, &format!("Invalid option: expected one of {}", quoted.join("|")));
                default
            }
        }
    }

    /// Notes an issue of one value.
    pub(crate) fn issue(&mut self, name: &str, message: &str) {
        self.issues.push(format!("[query.{name}] {message}"));
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` with every issue.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        if self.issues.is_empty() { Ok(()) } else { Err(ApiError::validation(self.issues.join("; "))) }
    }
}
