//! Countries and networks by their numbers and names.

use std::{fmt, str::FromStr};

/// A country or a part of one that has a code of its own (ISO 3166-1 alpha-2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Country([u8; 2]);

/// Two letters are a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a country is two letters, such as FR")]
pub struct InvalidCountry;

impl Country {
    /// The code.
    pub fn as_str(&self) -> &str {
        // Always two letters of ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Country {
    type Err = InvalidCountry;

    fn from_str(text: &str) -> Result<Self, InvalidCountry> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => Err(InvalidCountry),
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The number of an autonomous system (RFC 6793), written `AS3215` (RFC 5396).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkNumber(pub u32);

/// This is no number of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a network is its number, such as AS3215")]
pub struct InvalidNetworkNumber;

impl FromStr for NetworkNumber {
    type Err = InvalidNetworkNumber;

    fn from_str(text: &str) -> Result<Self, InvalidNetworkNumber> {
        let digits = match text.get(..2) {
            Some(prefix) if prefix.eq_ignore_ascii_case("AS") => &text[2..],
            _ => text,
        };
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| is_number).map(Self).ok_or(InvalidNetworkNumber)
    }
}

impl fmt::Display for NetworkNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AS{}", self.0)
    }
}

/// A network: its number, and who runs it. Written `AS3215 Orange S.A.`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// Its number.
    pub number: NetworkNumber,
    /// The organisation, as the database calls it.
    pub name: Option<&'static str>,
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => write!(f, "{} {name}", self.number),
            None => self.number.fmt(f),
        }
    }
}
