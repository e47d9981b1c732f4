//! The page that leads to all others in development.

use std::collections::BTreeMap;

use askama::Template;
use kiavi_base::Locale;

use super::brandings;
use crate::Frame;

/// Where a development instance has the gallery, on the console's host.
pub const COMPONENTS_PATH: &str = "/dev/components";

/// The list of all samples.
#[derive(Debug, Clone, Template)]
#[template(path = "components.html")]
pub struct Components {
    frame: Frame,
    /// The pages, each with the notices that there are samples of.
    pages: Vec<(String, Vec<String>)>,
    /// The numbers of mails.
    mails: Vec<usize>,
    /// The tenant whose look they have, from 1; 0 is our own look.
    look: usize,
}

impl Components {
    /// A list of samples by their names, and of so many mails, which lead to them in this look.
    pub fn new(locale: Locale, names: Vec<String>, mails: usize, look: usize) -> Self {
        let mut pages = BTreeMap::<String, Vec<String>>::new();
        for name in names {
            let (page, notice) = name.split_once('.').unwrap_or((name.as_str(), ""));
            let notices = pages.entry(page.to_owned()).or_default();
            if !notice.is_empty() {
                notices.push(notice.to_owned());
            }
        }
        let frame = Frame::ours(locale, COMPONENTS_PATH.to_owned());
        Self { frame, pages: pages.into_iter().collect(), mails: (1..=mails).collect(), look }
    }

    /// The looks that there are, with their addresses.
    pub(crate) fn looks(&self) -> Vec<(String, String, bool)> {
        let text = self.frame.text();
        let one = |number: usize| {
            let words = match i64::try_from(number) {
                Ok(0) | Err(_) => text.components_look_ours(),
                Ok(number) => text.components_look_of(&number.to_string()),
            };
            (words, format!("{COMPONENTS_PATH}?look={number}"), number == self.look)
        };
        (0..=brandings().len()).map(one).collect()
    }

    /// What is behind the address of a sample.
    pub(crate) fn query(&self) -> String {
        if self.look == 0 { String::new() } else { format!("?look={}", self.look) }
    }
}
