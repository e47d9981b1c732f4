//! Checks the translations and writes `texts.rs`, one method per message with one argument per variable.
//!
//! A message that a language lacks, has too much, or gives other variables fails the build; so does a template
//! that names a message or a variable that does not exist.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt::Write as _,
    fs,
    path::Path,
};

use fluent_bundle::FluentResource;
use kiavi_base::Locale;

/// Variables that carry a number, for plural rules; all others carry text.
const NUMBERS: [&str; 8] = ["attempts", "count", "day", "days", "hours", "minutes", "month", "seconds"];

/// The variables of each message, by the message's key.
type Messages = BTreeMap<String, BTreeSet<String>>;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=locales");
    let english = read(Locale::En)?;
    for locale in Locale::ALL {
        compare(locale, &english, &read(locale)?)?;
    }
    let target = Path::new(&std::env::var("OUT_DIR")?).join("texts.rs");
    fs::write(target, methods(&english)?)?;
    Ok(())
}

fn read(locale: Locale) -> Result<Messages, Box<dyn Error>> {
    let path = format!("locales/{}.ftl", locale.tag());
    let source = fs::read_to_string(&path)?;
    FluentResource::try_new(source.clone()).map_err(|(_, errors)| format!("{path}: {errors:?}"))?;
    let mut messages = Messages::new();
    let mut current = None;
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if let Some((key, _)) =
            line.split_once(" =").filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase()))
        {
            if messages.insert(key.to_owned(), BTreeSet::new()).is_some() {
                return Err(format!("{path}: {key} is there twice").into());
            }
            current = Some(key.to_owned());
        }
        let Some(variables) = current.as_ref().and_then(|key| messages.get_mut(key)) else { continue };
        for rest in line.split('$').skip(1) {
            variables.insert(rest.chars().take_while(char::is_ascii_alphanumeric).collect());
        }
    }
    Ok(messages)
}

fn compare(locale: Locale, english: &Messages, other: &Messages) -> Result<(), String> {
    let mut faults = String::new();
    for key in english.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
        let fault = match (english.get(key), other.get(key)) {
            (Some(_), None) => "is missing",
            (None, Some(_)) => "is not in English",
            (Some(a), Some(b)) if a != b => "has other variables than in English",
            _ => continue,
        };
        let _ = writeln!(faults, "locales/{}.ftl: {key} {fault}", locale.tag());
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn snake_case(camel: &str) -> String {
    let mut out = String::new();
    for c in camel.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn methods(messages: &Messages) -> Result<String, std::fmt::Error> {
    let mut out = String::from("impl Text {\n");
    for (key, variables) in messages {
        let name = key.replace('-', "_");
        let mut parameters = String::new();
        let mut arguments = String::new();
        for variable in variables {
            let kind = if NUMBERS.contains(&variable.as_str()) { "i64" } else { "&str" };
            let parameter = snake_case(variable);
            write!(parameters, ", {parameter}: {kind}")?;
            write!(arguments, "(\"{variable}\", FluentValue::from({parameter})), ")?;
        }
        writeln!(out, "pub(crate) fn {name}(&self{parameters}) -> String {{")?;
        writeln!(out, "    self.format(\"{key}\", [{}])\n}}", arguments.trim_end_matches(", "))?;
    }
    out.push_str("}\n");
    Ok(out)
}
