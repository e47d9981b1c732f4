//! A tenant's secret as text, in the forms that Better Auth takes it from the environment.
//!
//! * the secret alone, as in `BETTER_AUTH_SECRET`;
//! * `2:new,1:old`, the current version first, as in `BETTER_AUTH_SECRETS`;
//! * lines `BETTER_AUTH_SECRETS=…` and `BETTER_AUTH_SECRET=…`: a secret with versions, and the text from before there
//!   were any. A file of environment variables with other lines beside them will do.

use kiavi_base::{ExposeSecret, SecretString};
use secrecy::zeroize::Zeroizing;

use crate::{InvalidSecret, SecretVersion, TenantSecret};

/// The variable of a secret without versions.
const PLAIN: &str = "BETTER_AUTH_SECRET";
/// The variable of a secret with versions.
const VERSIONS: &str = "BETTER_AUTH_SECRETS";
/// What Better Auth takes for "no secret was set".
const PLACEHOLDER: &str = "better-auth-secret-12345678901234567890";

/// Why a text is no secret. Tells nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecretText {
    /// Nothing but white space.
    #[error("it is empty")]
    Empty,
    /// Several lines, none of which sets a variable of Better Auth.
    #[error("it has several lines, and none of them sets {PLAIN} or {VERSIONS}")]
    Lines,
    /// A list of versions with an entry that is none.
    #[error("an entry of its versions is not of the form VERSION:SECRET")]
    Version,
    /// Two versions with one number.
    #[error(transparent)]
    Versions(#[from] InvalidSecret),
    /// The secret that Better Auth has when none is set.
    #[error("it is Better Auth's placeholder, which everybody knows")]
    Placeholder,
}

impl TenantSecret {
    /// Reads a secret. White space around it does not count.
    ///
    /// # Errors
    /// When the text is none of the forms.
    pub fn from_text(text: &str) -> Result<Self, InvalidSecretText> {
        let text = text.trim();
        let (plain, versions) = (variable(text, PLAIN), variable(text, VERSIONS));
        let plain = plain.filter(|text| !text.is_empty() && *text != PLACEHOLDER);
        match (plain, versions.filter(|text| !text.is_empty())) {
            (unversioned, Some(versions)) => with_versions(versions, unversioned),
            (Some(plain), None) => alone(plain),
            (None, None) if text.lines().count() > 1 => Err(InvalidSecretText::Lines),
            (None, None) if is_versions(text) => with_versions(text, None),
            (None, None) => alone(text),
        }
    }

    /// The text that [`TenantSecret::from_text`] reads as this secret. For who is to have the secret itself.
    pub fn to_text(&self) -> Zeroizing<String> {
        let entries: Vec<_> =
            self.expose_versions().map(|(version, text)| format!("{version}:{text}")).collect();
        let entries = Zeroizing::new(entries.join(","));
        match self.expose_unversioned() {
            None => entries,
            Some(text) if entries.is_empty() => Zeroizing::new(text.to_owned()),
            Some(text) => Zeroizing::new(format!("{VERSIONS}={}\n{PLAIN}={}\n", &*entries, quoted(text))),
        }
    }

    /// Whether the current text has the length that Better Auth asks for, 32 bytes.
    pub fn is_long(&self) -> bool {
        self.expose_secret().len() >= 32
    }
}

fn alone(text: &str) -> Result<TenantSecret, InvalidSecretText> {
    match text {
        "" => Err(InvalidSecretText::Empty),
        PLACEHOLDER => Err(InvalidSecretText::Placeholder),
        text => Ok(TenantSecret::new(SecretString::from(text))),
    }
}

fn with_versions(entries: &str, unversioned: Option<&str>) -> Result<TenantSecret, InvalidSecretText> {
    let versions = entries.split(',').map(entry).collect::<Option<Vec<_>>>();
    let versions = versions.ok_or(InvalidSecretText::Version)?;
    Ok(TenantSecret::versioned(versions, unversioned.map(SecretString::from))?)
}

/// Whether each entry of a list has a number before it. A secret of random text does not start with one and a colon.
fn is_versions(text: &str) -> bool {
    text.split(',').all(|text| entry(text).is_some())
}

fn entry(text: &str) -> Option<SecretVersion> {
    let (version, text) = text.split_once(':')?;
    let (version, text) = (version.trim(), text.trim());
    // Rust's parser takes a sign, which a version never has.
    let is_number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    let version = version.parse().ok().filter(|_| is_number && !text.is_empty())?;
    Some(SecretVersion { version, text: SecretString::from(text) })
}

/// The value of a variable that a line of `text` sets, without quotes around it.
fn variable<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("export ").map_or(line, str::trim_start);
        let value = line.strip_prefix(name)?.trim_start().strip_prefix('=')?.trim();
        let inner = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
        Some(inner('"').or_else(|| inner('\'')).unwrap_or(value))
    })
}

fn quoted(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Versions = Vec<(u32, String)>;

    /// Versions and unversioned text, or the error.
    fn read(text: &str) -> Result<(Versions, Option<String>), InvalidSecretText> {
        let secret = TenantSecret::from_text(text)?;
        let versions = secret.expose_versions().map(|(version, text)| (version, text.to_owned())).collect();
        Ok((versions, secret.expose_unversioned().map(str::to_owned)))
    }

    fn versions(list: &[(u32, &str)]) -> Versions {
        list.iter().map(|(version, text)| (*version, (*text).to_owned())).collect()
    }

    #[test]
    fn a_secret_comes_alone_with_versions_or_in_variables() {
        let plain = |text: &str| Ok((Vec::new(), Some(text.to_owned())));
        assert_eq!(read("kYv3xPq9\n"), plain("kYv3xPq9"));
        assert_eq!(read("a:b,c"), plain("a:b,c"));
        assert_eq!(read("# mine\nexport BETTER_AUTH_SECRET=\"x y\"\nPORT=1\n"), plain("x y"));
        let two = versions(&[(2, "new"), (1, "o:ld")]);
        assert_eq!(read("2:new, 1:o:ld"), Ok((two.clone(), None)));
        assert_eq!(
            read("BETTER_AUTH_SECRET=first\nBETTER_AUTH_SECRETS=2:new,1:o:ld"),
            Ok((two.clone(), Some("first".into())))
        );
        let placeholder = format!("{VERSIONS}=2:new,1:o:ld\n{PLAIN}={PLACEHOLDER}");
        assert_eq!(read(&placeholder), Ok((two, None)));
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        assert_eq!(read(" \n"), Err(InvalidSecretText::Empty));
        assert_eq!(read("a\nb"), Err(InvalidSecretText::Lines));
        assert_eq!(read(PLACEHOLDER), Err(InvalidSecretText::Placeholder));
        assert_eq!(read("BETTER_AUTH_SECRETS=2:new,old"), Err(InvalidSecretText::Version));
        assert_eq!(read("1:a,1:b"), Err(InvalidSecretText::Versions(InvalidSecret)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            current in "[!-+\\--~]{1,40}", old in "[!-+\\--~]{1,40}", first in proptest::option::of("[!-&(-~]{1,40}"),
        ) {
            for text in [current.clone(), format!("7:{current},3:{old}")] {
                let Ok(read) = TenantSecret::from_text(&text) else { continue };
                let again = TenantSecret::from_text(&read.to_text()).unwrap();
                prop_assert_eq!(again.expose_secret(), read.expose_secret());
                prop_assert_eq!(again.to_text(), read.to_text());
            }
            let entry = SecretVersion { version: 4, text: current.clone().into() };
            let secret = TenantSecret::versioned([entry], first.clone().map(SecretString::from)).unwrap();
            let again = TenantSecret::from_text(&secret.to_text()).unwrap();
            prop_assert_eq!(again.expose_unversioned(), first.as_deref().filter(|text| *text != PLACEHOLDER));
            prop_assert_eq!(again.expose_secret(), current.as_str());
        }

        #[test]
        fn no_text_panics(text in "(BETTER_AUTH_SECRETS?=)?[ -~\n]{0,60}") {
            let _ = TenantSecret::from_text(&text);
        }
    }
}
