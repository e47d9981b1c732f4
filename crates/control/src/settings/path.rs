//! Where something is in a settings document: `session.expires_in_seconds`, `social.providers[google].scopes`.

use std::{fmt, str::FromStr};

use serde_json::{Map, Value};

/// The member by which elements of a list are told apart.
const ID: &str = "id";

/// One step into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// A member of an object.
    Member(String),
    /// An element of a list: the one with this `id` or, failing that, with this index.
    Element(String),
}

/// A path into a settings document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SettingsPath(Vec<Segment>);

/// The text is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no path into the settings; one looks like session.expires_in_seconds or social.providers[google]"
)]
pub struct InvalidPath(String);

/// Nothing can be put at a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the settings have no {0}")]
pub struct NoSuchPlace(SettingsPath);

impl SettingsPath {
    pub(crate) fn member(&self, name: &str) -> Self {
        self.with(Segment::Member(name.to_owned()))
    }

    pub(crate) fn element(&self, key: &str) -> Self {
        self.with(Segment::Element(key.to_owned()))
    }

    fn with(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }

    /// The names on the way, outermost first.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|segment| match segment {
            Segment::Member(name) | Segment::Element(name) => name.as_str(),
        })
    }

    /// What is there.
    pub fn get<'d>(&self, document: &'d Value) -> Option<&'d Value> {
        self.0.iter().try_fold(document, |value, segment| match segment {
            Segment::Member(name) => value.get(name),
            Segment::Element(key) => value.as_array().and_then(|list| list.get(position(list, key)?)),
        })
    }

    /// Puts `value` there, making objects on the way; `None` removes what is there. An element that a list does not
    /// have is added at its end.
    ///
    /// # Errors
    /// When the way leads through something that is neither object nor list.
    pub fn set(&self, document: &mut Value, value: Option<Value>) -> Result<(), NoSuchPlace> {
        let no_such_place = || NoSuchPlace(self.clone());
        let Some((last, way)) = self.0.split_last() else { return Err(no_such_place()) };
        let mut place = document;
        for segment in way {
            place = match segment {
                Segment::Member(name) => {
                    if place.is_null() {
                        *place = Value::Object(Map::new());
                    }
                    place
                        .as_object_mut()
                        .ok_or_else(no_such_place)?
                        .entry(name.as_str())
                        .or_insert(Value::Null)
                }
                Segment::Element(key) => {
                    let list = place.as_array_mut().ok_or_else(no_such_place)?;
                    let index = position(list, key).ok_or_else(no_such_place)?;
                    list.get_mut(index).ok_or_else(no_such_place)?
                }
            };
        }
        put(place, last, value).ok_or_else(no_such_place)
    }
}

fn put(place: &mut Value, segment: &Segment, value: Option<Value>) -> Option<()> {
    match (segment, value) {
        (Segment::Member(name), Some(value)) => {
            if place.is_null() {
                *place = Value::Object(Map::new());
            }
            place.as_object_mut()?.insert(name.clone(), value);
        }
        (Segment::Member(name), None) => {
            place.as_object_mut()?.remove(name);
        }
        (Segment::Element(key), value) => {
            if place.is_null() {
                *place = Value::Array(Vec::new());
            }
            let list = place.as_array_mut()?;
            match (position(list, key), value) {
                (Some(index), Some(value)) => list[index] = value,
                (Some(index), None) => drop(list.remove(index)),
                (None, Some(value)) => list.push(value),
                (None, None) => {}
            }
        }
    }
    Some(())
}

/// The key of each element, when every element is an object with an `id` of its own.
pub(super) fn keys(list: &[Value]) -> Option<Vec<&str>> {
    let keys: Vec<&str> = list.iter().map(|element| element.get(ID)?.as_str()).collect::<Option<_>>()?;
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    sorted.dedup();
    (sorted.len() == keys.len()).then_some(keys)
}

fn position(list: &[Value], key: &str) -> Option<usize> {
    let by_id = list.iter().position(|element| element.get(ID).and_then(Value::as_str) == Some(key));
    by_id.or_else(|| key.parse().ok().filter(|index| *index < list.len()))
}

impl fmt::Display for SettingsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Member(name) if index == 0 => f.write_str(name)?,
                Segment::Member(name) => write!(f, ".{name}")?,
                Segment::Element(key) => write!(f, "[{key}]")?,
            }
        }
        Ok(())
    }
}

impl FromStr for SettingsPath {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, InvalidPath> {
        let invalid = || InvalidPath(text.chars().take(100).collect());
        let is_name = |name: &str| !name.is_empty() && !name.contains(['[', ']']);
        let mut segments = Vec::new();
        for part in text.split('.') {
            let (name, mut rest) = part.split_at(part.find('[').unwrap_or(part.len()));
            if !is_name(name) {
                return Err(invalid());
            }
            segments.push(Segment::Member(name.to_owned()));
            while !rest.is_empty() {
                let (key, after) =
                    rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(invalid)?;
                if !is_name(key) {
                    return Err(invalid());
                }
                segments.push(Segment::Element(key.to_owned()));
                rest = after;
            }
        }
        Ok(Self(segments))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> SettingsPath {
        text.parse().unwrap()
    }

    #[test]
    fn a_path_leads_to_its_place() {
        let mut document = json!({ "a": { "b": 1 }, "list": [{ "id": "x", "n": 1 }, { "id": "y" }] });
        assert_eq!(path("a.b").get(&document), Some(&json!(1)));
        assert_eq!(path("list[x].n").get(&document), Some(&json!(1)));
        assert_eq!(path("list[1].id").get(&document), Some(&json!("y")));
        assert_eq!(path("list[z]").get(&document), None);
        path("a.c.d").set(&mut document, Some(json!(null))).unwrap();
        path("list[y].n").set(&mut document, Some(json!(2))).unwrap();
        path("list[z]").set(&mut document, Some(json!({ "id": "z" }))).unwrap();
        path("list[x]").set(&mut document, None).unwrap();
        path("a.b").set(&mut document, None).unwrap();
        let expected = json!({ "a": { "c": { "d": null } }, "list": [{ "id": "y", "n": 2 }, { "id": "z" }] });
        assert_eq!(document, expected);
        assert!(path("list[y].n.m").set(&mut document, Some(json!(1))).is_err());
        assert!(path("list[q].n").set(&mut document, Some(json!(1))).is_err());
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", ".", "a..b", "a.", "a[", "a[]", "a]b", "[x]", "a[x]b"] {
            assert!(text.parse::<SettingsPath>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_path_reads_as_it_is_written(text in "[a-z_]{1,5}(\\[[a-z0-9]{1,3}\\])?(\\.[a-z]{1,4}){0,3}", other in ".{0,20}") {
            prop_assert_eq!(path(&text).to_string(), text);
            let _ = other.parse::<SettingsPath>();
        }
    }
}
