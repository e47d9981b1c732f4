//! Texts that a tenant writes for its mails. A template is words and variables, nothing else: no condition, no loop,
//! no value that the mail is not about.

use std::fmt::Write as _;

use kiavi_pages::RenderedMail;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::outbox::Letter;

/// Characters of a subject.
const SUBJECT_LIMIT: usize = 200;
/// Bytes of a plain text and of an HTML part: with their variables filled in, both fit a packet to outbound.
const TEXT_LIMIT: usize = 16 * 1024;
const HTML_LIMIT: usize = 48 * 1024;
/// Variables in one part.
const VARIABLE_LIMIT: usize = 8;

/// A mail that a tenant may word. Notices keep our words: no setting can make a warning harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TemplateKind {
    /// A code that signs in.
    SignInCode,
    /// A code that proves an address.
    VerificationCode,
    /// A link that signs in.
    SignInLink,
}

impl TemplateKind {
    /// The names of all.
    pub(super) const NAMES: [&str; 3] =
        [Self::SignInCode.name(), Self::VerificationCode.name(), Self::SignInLink.name()];

    /// The stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SignInCode => "sign_in_code",
            Self::VerificationCode => "verification_code",
            Self::SignInLink => "sign_in_link",
        }
    }

    /// What the mail is for; text and HTML must have it.
    const fn essence(self) -> &'static str {
        match self {
            Self::SignInCode | Self::VerificationCode => "code",
            Self::SignInLink => "link",
        }
    }

    fn has(self, variable: &str) -> bool {
        variable == self.essence() || matches!(variable, "app" | "minutes")
    }
}

/// One mail in one language. `{{code}}` or `{{link}}`, `{{app}}` and `{{minutes}}` stand for their values, which are
/// escaped in HTML.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The subject, one line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// Why a part of a template was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// A variable that the mail does not have.
    #[error("names {{{{{name}}}}}; here are {{{{{essence}}}}}, {{{{app}}}}, {{{{minutes}}}}")]
    Unknown {
        /// The variable.
        name: String,
        /// The one that the mail is about.
        essence: &'static str,
    },
    /// The mail would not say what it is for.
    #[error("must contain {{{{{0}}}}}")]
    Missing(&'static str),
    /// A variable that does not end.
    #[error("has {{{{ without }}}}")]
    Unclosed,
    /// Too many variables.
    #[error("has more than {VARIABLE_LIMIT} variables")]
    TooMany,
    /// A subject that would be several lines, or none.
    #[error("must be one line of 1 to {SUBJECT_LIMIT} printable characters")]
    Subject,
    /// A part that is empty, too long, or not text.
    #[error("must be text of 1 to {0} bytes without control characters")]
    Body(usize),
}

/// Why the templates were refused, and which.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A language that nobody is written to in.
    #[error("{0} is in no language of ours")]
    Language(String),
    /// A part that is wrong.
    #[error("{path}: {part} {fault}")]
    Fault {
        /// Where it stands in the settings.
        path: String,
        /// `subject`, `text` or `html`.
        part: &'static str,
        /// What is wrong.
        fault: TemplateFault,
    },
}

/// What the variables stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a> {
    /// The code or the link.
    essence: &'a str,
    app: &'a str,
    minutes: u32,
}

/// The kind and the values of a letter that a tenant may word.
pub(super) fn values<'a>(letter: &'a Letter, app: &'a str) -> Option<(TemplateKind, Values<'a>)> {
    match letter {
        Letter::OneTimeCode { code, minutes, signs_in } => {
            let kind = if *signs_in { TemplateKind::SignInCode } else { TemplateKind::VerificationCode };
            Some((kind, Values { essence: code, app, minutes: *minutes }))
        }
        Letter::SignInLink { url, minutes } => {
            Some((TemplateKind::SignInLink, Values { essence: url, app, minutes: *minutes }))
        }
        _ => None,
    }
}

/// A stretch of a template.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'t> {
    Words(&'t str),
    Variable(&'t str),
}

/// Takes a template apart. `None` stands for a variable that does not end.
fn pieces(source: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = source;
    while let Some((words, after)) = rest.split_once("{{") {
        let (variable, after) = after.split_once("}}")?;
        pieces.extend([Piece::Words(words), Piece::Variable(variable.trim())]);
        rest = after;
    }
    pieces.push(Piece::Words(rest));
    Some(pieces)
}

fn check_variables(source: &str, kind: TemplateKind, is_essential: bool) -> Result<(), TemplateFault> {
    let pieces = pieces(source).ok_or(TemplateFault::Unclosed)?;
    let variables = || {
        pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(name) => Some(*name),
            Piece::Words(_) => None,
        })
    };
    if let Some(name) = variables().find(|name| !kind.has(name)) {
        let name = name.chars().take(40).filter(|c| !c.is_control()).collect();
        return Err(TemplateFault::Unknown { name, essence: kind.essence() });
    }
    if variables().count() > VARIABLE_LIMIT {
        return Err(TemplateFault::TooMany);
    }
    if is_essential && !variables().any(|name| name == kind.essence()) {
        return Err(TemplateFault::Missing(kind.essence()));
    }
    Ok(())
}

fn check_body(source: &str, kind: TemplateKind, limit: usize) -> Result<(), TemplateFault> {
    let is_text = !source.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    if !is_text || !(1..=limit).contains(&source.len()) {
        return Err(TemplateFault::Body(limit));
    }
    check_variables(source, kind, true)
}

impl Template {
    /// Checks every part; the name of the first that is wrong.
    pub(super) fn check(&self, kind: TemplateKind) -> Result<(), (&'static str, TemplateFault)> {
        let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        let length = self.subject.chars().count();
        if !(1..=SUBJECT_LIMIT).contains(&length) || self.subject.chars().any(breaks) {
            return Err(("subject", TemplateFault::Subject));
        }
        check_variables(&self.subject, kind, false).map_err(|fault| ("subject", fault))?;
        check_body(&self.text, kind, TEXT_LIMIT).map_err(|fault| ("text", fault))?;
        check_body(&self.html, kind, HTML_LIMIT).map_err(|fault| ("html", fault))
    }

    /// Fills the variables in.
    pub(super) fn render(&self, values: Values<'_>) -> RenderedMail {
        RenderedMail {
            subject: fill(&self.subject, values, str::to_owned),
            text: fill(&self.text, values, str::to_owned),
            html: fill(&self.html, values, escaped),
        }
    }
}

fn fill(source: &str, values: Values<'_>, shown: fn(&str) -> String) -> String {
    // Settings were checked before they got here; what could not be taken apart would be sent as it stands.
    let Some(pieces) = pieces(source) else { return source.to_owned() };
    let mut out = String::with_capacity(source.len());
    for piece in pieces {
        match piece {
            Piece::Words(words) => out.push_str(words),
            Piece::Variable("app") => out.push_str(&shown(values.app)),
            Piece::Variable("minutes") => {
                // Writing into a String does not fail.
                let _ = write!(out, "{}", values.minutes);
            }
            Piece::Variable(_) => out.push_str(&shown(values.essence)),
        }
    }
    out
}

/// For HTML's text and quoted attributes alike.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn template(text: &str) -> Template {
        Template { subject: "{{code}} for {{app}}".into(), text: text.into(), html: text.into() }
    }

    #[test]
    fn values_are_escaped_in_html_only() {
        let letter = Letter::SignInLink { url: "https://a.example/?a=1&b='\"".into(), minutes: 5 };
        let (kind, values) = values(&letter, "Tom & <b>Jerry</b>").unwrap();
        assert_eq!(kind, TemplateKind::SignInLink);
        let source = "<a href=\"{{ link }}\">{{app}}</a> {{minutes}}";
        let rendered =
            Template { subject: "{{app}}".into(), text: source.into(), html: source.into() }.render(values);
        assert_eq!(rendered.subject, "Tom & <b>Jerry</b>");
        assert!(rendered.text.contains("href=\"https://a.example/?a=1&b='\"\">Tom & <b>Jerry</b></a> 5"));
        assert_eq!(
            rendered.html,
            "<a href=\"https://a.example/?a=1&amp;b=&#39;&quot;\">Tom &amp; &lt;b&gt;Jerry&lt;/b&gt;</a> 5"
        );
    }

    #[test]
    fn a_value_is_no_template() {
        let letter = Letter::OneTimeCode { code: "{{app}}".into(), minutes: 5, signs_in: true };
        let (_, values) = values(&letter, "{{minutes}}").unwrap();
        assert_eq!(template("{{code}} {{app}}").render(values).text, "{{app}} {{minutes}}");
    }

    proptest! {
        #[test]
        fn what_passes_is_filled_and_nothing_panics(text in "(\\PC|\\{\\{|\\}\\}|\\{\\{code\\}\\}){0,40}") {
            let template = template(&text);
            let letter = Letter::OneTimeCode { code: "123456".into(), minutes: 5, signs_in: true };
            let (kind, values) = values(&letter, "Demo").unwrap();
            let rendered = template.render(values);
            if template.check(kind).is_ok() {
                prop_assert!(rendered.text.contains("123456") && rendered.html.contains("123456"));
                prop_assert_eq!(rendered.subject, "123456 for Demo");
            }
        }
    }
}
