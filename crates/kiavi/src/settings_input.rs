//! What a person types or pipes in for settings.

use std::{
    io::{Read, stdin},
    path::Path,
};

use kiavi_control::SettingsPath;
use serde_json::Value;

use crate::client::ClientError;

/// Longest document that is read, in bytes; the instance takes less.
const MAX_INPUT: u64 = 1024 * 1024;

/// One change of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    path: SettingsPath,
    /// `None` takes away what is there, so that the default holds again.
    value: Option<Value>,
}

impl Edit {
    /// Reads `path.to.key=VALUE`. The value is JSON; what is no JSON is the text itself.
    pub(crate) fn assignment(text: &str) -> Result<Self, ClientError> {
        let Some((path, value)) = text.split_once('=') else {
            let example = "session.expires_in_seconds=86400";
            return Err(ClientError::Input(format!("{text:?} sets nothing; write it as {example}.")));
        };
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        Ok(Self { path: path_of(path)?, value: Some(value) })
    }

    /// Takes away what is at a path.
    pub(crate) fn removal(path: &str) -> Result<Self, ClientError> {
        Ok(Self { path: path_of(path)?, value: None })
    }

    /// Makes the change.
    pub(crate) fn apply(&self, document: &mut Value) -> Result<(), ClientError> {
        let done = self.path.set(document, self.value.clone());
        done.map_err(|error| ClientError::Input(format!("{error}.")))
    }
}

/// A path, or what is wrong with it.
pub(crate) fn path_of(text: &str) -> Result<SettingsPath, ClientError> {
    text.parse().map_err(|error| ClientError::Input(format!("{error}.")))
}

/// Standard input as text.
pub(crate) fn read_input() -> Result<String, ClientError> {
    let mut text = String::new();
    let read = stdin().lock().take(MAX_INPUT).read_to_string(&mut text);
    read.map_err(|error| ClientError::Input(format!("Standard input cannot be read: {error}.")))?;
    Ok(text)
}

/// A JSON document from a file, or from standard input for `-`.
pub(crate) fn read_document(file: &Path) -> Result<Value, ClientError> {
    json(&read_text(file)?)
}

/// The text of a file, or of standard input for `-`.
pub(crate) fn read_text(file: &Path) -> Result<String, ClientError> {
    if file.as_os_str() == "-" {
        return read_input();
    }
    let read = std::fs::read_to_string(file);
    read.map_err(|error| ClientError::Input(format!("{} cannot be read: {error}.", file.display())))
}

/// A JSON object.
pub(crate) fn json(text: &str) -> Result<Value, ClientError> {
    match serde_json::from_str(text) {
        Ok(document @ Value::Object(_)) => Ok(document),
        Ok(_) => Err(ClientError::Input("The input is no JSON object.".to_owned())),
        Err(error) => Err(ClientError::Input(format!("The input is no JSON: {error}."))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn edited(edits: &[Result<Edit, ClientError>]) -> Value {
        let mut document = json!({ "a": { "b": 1 }, "list": [{ "id": "x" }] });
        for edit in edits {
            edit.as_ref().unwrap().apply(&mut document).unwrap();
        }
        document
    }

    #[test]
    fn a_value_is_json_or_the_text_itself() {
        let edits = ["a.b=2", "a.c=null", "a.d=Shop & Co", "list[x].n=[1]", "e={\"f\":true}"];
        assert_eq!(
            edited(&edits.map(Edit::assignment)),
            json!({
                "a": { "b": 2, "c": null, "d": "Shop & Co" }, "list": [{ "id": "x", "n": [1] }], "e": { "f": true }
            })
        );
        assert_eq!(edited(&[Edit::removal("a.b")]), json!({ "a": {}, "list": [{ "id": "x" }] }));
        assert!(Edit::assignment("a.b").is_err() && Edit::assignment("=1").is_err());
        assert!(Edit::assignment("list.b=1").unwrap().apply(&mut json!({ "list": [] })).is_err());
    }

    proptest! {
        #[test]
        fn no_assignment_panics(text in ".{0,40}") {
            let _ = Edit::assignment(&text).map(|edit| edit.apply(&mut json!({})));
        }
    }
}
