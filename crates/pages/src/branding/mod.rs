//! What a tenant decides about the look of its pages: as its settings say it, and as the pages use it ([`Brand`]).

mod brand;
mod color;
mod logo;

use std::collections::BTreeSet;

use kiavi_base::Locale;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use brand::{Accents, BRAND_PATH, Brand};
pub use color::{Color, InvalidColor, Scheme};
pub use logo::{LOGO_LIMIT, Logo, LogoFault};

/// Characters of a link.
const LINK_LIMIT: usize = 500;

/// The look of the hosted pages and mails. Their name is `app_name`, their language where nothing else decides
/// `default_locale`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Branding {
    /// The logo: a PNG, JPEG or WebP file as base64, of at most 8 KiB, with 16 to 1,024 pixels on each side.
    #[schemars(with = "Option<String>")]
    pub logo: Option<Logo>,
    /// The logo on dark pages. Without it the other one stands on a white plate there.
    #[schemars(with = "Option<String>")]
    pub logo_on_dark: Option<Logo>,
    /// The colour of links and of the main button, `#rrggbb`. Refused where it has a contrast below 4.5:1 with the page
    /// (WCAG 2.2, 1.4.3); the refusal names the nearest that has not.
    #[schemars(with = "Option<String>")]
    pub accent: Option<Color>,
    /// The same on dark pages; without it, `accent` as far lightened as it needs to be.
    #[schemars(with = "Option<String>")]
    pub accent_on_dark: Option<Color>,
    /// How round corners are.
    pub corners: Corners,
    /// Where the terms of use are, an `https:` address.
    pub terms_url: Option<String>,
    /// Where the privacy notice is, an `https:` address.
    pub privacy_url: Option<String>,
    /// Where help is, an `https:` or a `mailto:` address.
    pub support_url: Option<String>,
    /// The languages that people may choose and that their browser may ask for, by BCP 47 tags; all if there are none.
    /// `default_locale` is one of them.
    pub languages: BTreeSet<String>,
}

/// How round corners are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Corners {
    /// Hardly.
    Square,
    /// A little.
    #[default]
    Soft,
    /// As round as a button can be.
    Round,
}

/// What is wrong with a branding.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BrandingFault {
    /// Words in this colour could not be read.
    #[error(
        "{path} {color} has a contrast of {:.1}:1 with the page, and 4.5:1 is needed; the nearest colour that has it is {nearest}",
        floor(*.contrast)
    )]
    Contrast {
        /// Where it stands in the settings.
        path: &'static str,
        /// The colour.
        color: Color,
        /// What it has.
        contrast: f64,
        /// The nearest that has enough.
        nearest: Color,
    },
    /// Not an address that people can be sent to.
    #[error("{0} must be an https address")]
    Link(&'static str),
    /// Not an address where somebody helps.
    #[error("branding.support_url must be an https or mailto address")]
    Support,
    /// Not a language of ours.
    #[error("branding.languages: {0} is not a language of ours")]
    Language(String),
    /// The language of everybody else is not offered.
    #[error("branding.languages must contain default_locale")]
    Default,
}

/// A ratio never rounded up to the one that is needed.
fn floor(contrast: f64) -> f64 {
    (contrast * 10.0).floor() / 10.0
}

impl Branding {
    /// Checks everything that types cannot, for a tenant with this default language.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate(&self, default: Locale) -> Result<(), BrandingFault> {
        let accents = [
            ("branding.accent", Scheme::Light, self.accent),
            ("branding.accent_on_dark", Scheme::Dark, self.accent_on_dark),
        ];
        for (path, scheme, color) in accents {
            if let Some(color) = color.filter(|color| !scheme.accepts(*color)) {
                let (contrast, nearest) = (scheme.contrast(color), scheme.nearest(color));
                return Err(BrandingFault::Contrast { path, color, contrast, nearest });
            }
        }
        let links = [("branding.terms_url", &self.terms_url), ("branding.privacy_url", &self.privacy_url)];
        for (path, link) in links {
            if link.as_deref().is_some_and(|link| !is_link(link, "https")) {
                return Err(BrandingFault::Link(path));
            }
        }
        let is_support = |link: &str| is_link(link, "https") || is_link(link, "mailto");
        if self.support_url.as_deref().is_some_and(|link| !is_support(link)) {
            return Err(BrandingFault::Support);
        }
        for tag in &self.languages {
            if Locale::from_tag(tag).is_none_or(|locale| locale.tag() != tag) {
                return Err(BrandingFault::Language(tag.clone()));
            }
        }
        if !self.languages.is_empty() && !self.languages.contains(default.tag()) {
            return Err(BrandingFault::Default);
        }
        Ok(())
    }

    /// The lines that come behind our own style sheet, if anything differs.
    pub fn style(&self) -> Option<String> {
        brand::style_sheet(self)
    }

    /// The languages that are offered.
    pub fn locales(&self) -> Vec<Locale> {
        let is_offered = |locale: &Locale| self.languages.is_empty() || self.languages.contains(locale.tag());
        Locale::ALL.into_iter().filter(is_offered).collect()
    }

    /// The colours in light and dark, if the tenant has chosen any.
    pub fn accents(&self) -> Option<Accents> {
        let light = self.accent.or(self.accent_on_dark)?;
        let dark = self.accent_on_dark.unwrap_or(light);
        Some(Accents { light: Scheme::Light.nearest(light), dark: Scheme::Dark.nearest(dark) })
    }
}

fn is_link(text: &str, scheme: &str) -> bool {
    let is_whole = |url: &url::Url| match scheme {
        "mailto" => url.path().contains('@'),
        _ => url.host_str().is_some() && url.username().is_empty() && url.password().is_none(),
    };
    text.len() <= LINK_LIMIT
        && url::Url::parse(text).is_ok_and(|url| url.scheme() == scheme && is_whole(&url))
        && !text.contains(|c: char| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests;
