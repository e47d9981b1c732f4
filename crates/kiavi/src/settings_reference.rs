//! Reference pages made of JSON Schemas: that of the settings (`docs/settings.md`) and that of the configuration.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Begins the page of the settings.
pub(crate) const SETTINGS: &str = "\
# Settings

<!-- Made by `kiavi settings schema --markdown`. Do not edit: change the doc comments, and make it again. -->

The settings of a tenant are one document. `kiavi settings get TENANT` shows it, `kiavi settings set TENANT \
path.to.key=VALUE` changes it, and what is left out has its default. `kiavi settings schema` prints the JSON Schema \
that this page is made of, for editors and programs; when a document is set, more is checked than types (lengths, \
ranges, that parts fit together), and the first thing that is wrong is named.

`list[]` is each member of a list, `map.NAME` each member of a map. `version`, `base_url` and `hostnames` belong to \
the instance. A secret is write-only: it is kept in the vault and shown as `***`.
";

/// Characters of a default that is shown.
const MAX_DEFAULT: usize = 120;

/// A page with this introduction.
pub(crate) fn page(introduction: &str, schema: &Value) -> String {
    let mut page = introduction.to_owned();
    let empty = Map::new();
    let members = schema["properties"].as_object().unwrap_or(&empty);
    let (parts, plain): (Vec<_>, Vec<_>) =
        members.iter().partition(|(_, member)| !fields(member).is_empty() && !is_nullable(member));
    let plain = plain.into_iter().flat_map(|(name, member)| rows(name, member));
    section(&mut page, "The document itself", "", plain);
    for (name, member) in parts {
        let rows =
            fields(member).into_iter().flat_map(|(field, value)| rows(&format!("{name}.{field}"), value));
        section(&mut page, &format!("`{name}`"), text(member), rows);
    }
    page
}

fn section(page: &mut String, title: &str, about: &str, rows: impl Iterator<Item = Row>) {
    // Writing to a string does not fail.
    let _ = write!(page, "\n## {title}\n\n");
    if !about.is_empty() {
        let _ = write!(page, "{about}\n\n");
    }
    page.push_str("| setting | type | default | meaning |\n|---|---|---|---|\n");
    for Row { path, kind, default, about } in rows {
        let _ = writeln!(page, "| `{path}` | {kind} | {default} | {about} |");
    }
}

/// One line of a table.
struct Row {
    path: String,
    kind: String,
    default: String,
    about: String,
}

/// The line of a member, and those of what is in it.
fn rows(path: &str, member: &Value) -> Vec<Row> {
    let (of, below) = (bare(member), |name: &str| format!("{path}{name}"));
    // That of a whole part is told with its members.
    let default =
        member.get("default").map(ToString::to_string).filter(|default| default.len() <= MAX_DEFAULT);
    let default = default.map(|default| format!("`{default}`")).unwrap_or_default();
    let mut about = text(member).to_owned();
    for (value, meaning) in choices(of).into_iter().filter(|(_, meaning)| !meaning.is_empty()) {
        let _ = write!(about, " `{value}`: {meaning}");
    }
    let about = about.replace('\n', " ").replace('|', "\\|");
    let mut found = vec![Row { path: path.to_owned(), kind: kind(member), default, about }];
    found.extend(fields(of).into_iter().flat_map(|(name, value)| rows(&below(&format!(".{name}")), value)));
    for variant in variants(of) {
        let (tags, others): (Vec<_>, Vec<_>) =
            fields(variant).into_iter().partition(|(_, value)| value.get("const").is_some());
        found.extend(tags.into_iter().map(|(name, value)| Row {
            path: below(&format!(".{name}")),
            kind: kind(value),
            default: String::new(),
            about: text(variant).to_owned(),
        }));
        found.extend(others.into_iter().flat_map(|(name, value)| rows(&below(&format!(".{name}")), value)));
    }
    let items = of.get("items").filter(|items| has_parts(items));
    found.extend(items.into_iter().flat_map(|items| parts(&below("[]"), items)));
    let values = of.get("additionalProperties").filter(|values| values.is_object());
    found.extend(values.into_iter().flat_map(|values| rows(&below(".NAME"), values)));
    found
}

/// The lines of what is in a member, without one of its own.
fn parts(path: &str, member: &Value) -> Vec<Row> {
    rows(path, member).into_iter().skip(1).collect()
}

fn has_parts(member: &Value) -> bool {
    !fields(member).is_empty() || !variants(member).is_empty()
}

/// What a member is, in words.
fn kind(member: &Value) -> String {
    let of = bare(member);
    let choices = choices(of);
    let words = if is_secret(member) {
        "secret".to_owned()
    } else if !choices.is_empty() {
        let choices: Vec<_> = choices.iter().map(|(value, _)| format!("`{value}`")).collect();
        choices.join(", ")
    } else if let Some(value) = of.get("const") {
        format!("{value}").replace('"', "`")
    } else if !variants(of).is_empty() || !fields(of).is_empty() {
        "object".to_owned()
    } else {
        match of["type"].as_str().or_else(|| of["type"][0].as_str()) {
            Some("string") => "text".to_owned(),
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("integer") => "whole number".to_owned(),
            Some("number") => "number".to_owned(),
            Some("array") if has_parts(&of["items"]) => "list of objects".to_owned(),
            Some("array") => format!("list of: {}", kind(&of["items"])),
            Some("object") => {
                let names = of["propertyNames"]["enum"].as_array().into_iter().flatten();
                let names: Vec<_> = names.filter_map(|name| Some(format!("`{}`", name.as_str()?))).collect();
                if names.is_empty() { "map".to_owned() } else { format!("map of {}", names.join(", ")) }
            }
            _ => "any".to_owned(),
        }
    };
    if is_nullable(member) { format!("{words}; or `null`") } else { words }
}

/// A member without "or null".
fn bare(member: &Value) -> &Value {
    let options = member["anyOf"].as_array().into_iter().flatten();
    options.into_iter().find(|option| option["type"] != "null").unwrap_or(member)
}

fn is_nullable(member: &Value) -> bool {
    let is_null = |value: &Value| value == "null" || value["type"] == "null";
    ["type", "anyOf"].iter().any(|name| member[*name].as_array().is_some_and(|list| list.iter().any(is_null)))
}

/// Whether a member is kept in the vault and never shown (JSON Schema validation §9.4).
fn is_secret(member: &Value) -> bool {
    member["writeOnly"] == true || bare(member)["writeOnly"] == true
}

/// The members of an object.
fn fields(member: &Value) -> Vec<(&String, &Value)> {
    member["properties"].as_object().into_iter().flatten().collect()
}

/// The shapes that an object may have.
fn variants(member: &Value) -> Vec<&Value> {
    let shapes = member["oneOf"].as_array().into_iter().flatten();
    shapes.filter(|shape| shape.get("properties").is_some()).collect()
}

/// The values of an enumeration, with their meanings.
fn choices(member: &Value) -> Vec<(&str, &str)> {
    let listed =
        member["enum"].as_array().into_iter().flatten().filter_map(|value| Some((value.as_str()?, "")));
    let told = member["oneOf"].as_array().into_iter().flatten().flat_map(|shape| {
        let named = shape["const"].as_str().map(|value| (value, text(shape)));
        let unnamed =
            shape["enum"].as_array().into_iter().flatten().filter_map(|value| Some((value.as_str()?, "")));
        named.into_iter().chain(unnamed)
    });
    listed.chain(told).collect()
}

fn text(member: &Value) -> &str {
    member["description"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every member with a name, and where it is.
    fn members<'a>(path: &str, schema: &'a Value, found: &mut Vec<(String, &'a Value)>) {
        match schema {
            Value::Object(keywords) => {
                for (name, member) in fields(schema) {
                    let path = format!("{path}.{name}");
                    found.push((path.clone(), member));
                    members(&path, member, found);
                }
                let others = keywords.iter().filter(|(word, _)| *word != "properties" && *word != "default");
                others.for_each(|(_, other)| members(path, other, found));
            }
            Value::Array(list) => list.iter().for_each(|other| members(path, other, found)),
            _ => {}
        }
    }

    #[test]
    fn every_member_says_what_it_is() {
        let (schema, mut found) = (kiavi_engine::settings_schema(), Vec::new());
        members("", &schema, &mut found);
        assert!(found.len() > 150, "{}", found.len());
        for (path, member) in found {
            let is_tag = member.get("const").is_some();
            assert!(is_tag || !text(member).is_empty(), "{path} has no doc comment");
            assert!(!text(member).contains("[`"), "{path} has a link that only rustdoc follows");
        }
    }

    #[test]
    fn control_keeps_every_secret_of_the_engine() {
        let (schema, mut found) = (kiavi_engine::settings_schema(), Vec::new());
        members("", &schema, &mut found);
        assert!(found.iter().any(|(_, member)| is_secret(member)));
        for (path, member) in found {
            let name = path.rsplit('.').next().unwrap();
            assert_eq!(kiavi_control::is_secret(name), is_secret(member), "{path}");
        }
    }

    #[test]
    fn the_page_in_docs_is_the_one_that_is_made() {
        let kept = include_str!("../../../docs/settings.md");
        let made = page(SETTINGS, &kiavi_engine::settings_schema());
        assert!(kept == made, "run: kiavi settings schema --markdown > docs/settings.md");
    }
}
