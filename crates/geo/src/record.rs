//! What a database says of an address, in the forms that are in use: MaxMind's and DB-IP's (`country.iso_code`,
//! `autonomous_system_number`), and the flat one of IPinfo and of ip-location-db (`country_code`, `asn`).

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};

use crate::{Country, Network, NetworkNumber, Place};

/// The longest name of an organisation, in bytes; more is cut off. It goes into every event.
const LONGEST_NAME: usize = 100;

/// The fields that are read; there may be any others.
#[derive(Deserialize)]
pub(crate) struct Record<'a> {
    #[serde(borrow)]
    country: Option<CountryField<'a>>,
    country_code: Option<&'a str>,
    autonomous_system_number: Option<u32>,
    autonomous_system_organization: Option<&'a str>,
    #[serde(borrow)]
    asn: Option<NumberField<'a>>,
    as_name: Option<&'a str>,
}

impl Record<'static> {
    pub(crate) fn place(&self) -> Place {
        let nested = self.country.as_ref().and_then(|country| country.0);
        let number = match self.asn.as_ref() {
            _ if self.autonomous_system_number.is_some() => self.autonomous_system_number.map(NetworkNumber),
            Some(NumberField::Text(text)) => text.parse().ok(),
            Some(NumberField::Number(number)) => u32::try_from(*number).ok().map(NetworkNumber),
            None => None,
        };
        let name = self.autonomous_system_organization.or(self.as_name).and_then(presentable);
        Place {
            country: nested.or(self.country_code).and_then(|code| code.parse::<Country>().ok()),
            // Zero is nobody's (RFC 7607).
            network: number.filter(|number| number.0 != 0).map(|number| Network { number, name }),
        }
    }
}

/// A name as it can stand in a log and on a page.
fn presentable(name: &str) -> Option<&str> {
    let name = name.trim();
    let end =
        name.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= LONGEST_NAME).last();
    let name = &name[..end.unwrap_or_default()];
    (!name.is_empty() && !name.contains(char::is_control)).then_some(name)
}

/// The code of a country: `iso_code` of a map, or a text.
struct CountryField<'a>(Option<&'a str>);

impl<'de: 'a, 'a> Deserialize<'de> for CountryField<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = CountryField<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a country")
            }

            fn visit_borrowed_str<E: Error>(self, code: &'de str) -> Result<Self::Value, E> {
                Ok(CountryField(Some(code)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut code = None;
                while let Some(key) = map.next_key::<&str>()? {
                    if key == "iso_code" {
                        code = Some(map.next_value()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(CountryField(code))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// The number of a network: `AS3215`, or 3215.
enum NumberField<'a> {
    Text(&'a str),
    Number(u64),
}

impl<'de: 'a, 'a> Deserialize<'de> for NumberField<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = NumberField<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a network's number")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(NumberField::Text(text))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(NumberField::Number(number))
            }
        }

        deserializer.deserialize_any(Either)
    }
}
