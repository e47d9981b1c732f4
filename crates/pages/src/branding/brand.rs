//! What pages need of a branding: a style sheet of a few lines and the logo, under names that say their content, so that a
//! browser may keep them for ever. Nothing of it is inline, so the policy of the pages stays as it is.

use std::{borrow::Cow, fmt::Write as _};

use kiavi_base::Locale;
use kiavi_crypto::sha256;

use super::{Branding, Color, Corners, Logo, Scheme};
use crate::asset::{Asset, short_hash};

/// Where a tenant's style sheet and logo are served, on its own host.
pub const BRAND_PATH: &str = "/_kiavi/brand/";

/// A tenant's accent colour: each can be read in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accents {
    /// On light pages.
    pub light: Color,
    /// On dark pages.
    pub dark: Color,
}

impl Default for Accents {
    /// The ink of our own buttons.
    fn default() -> Self {
        Self { light: Color::INK, dark: Color::INK_ON_DARK }
    }
}

/// A branding as the pages show it. The default is our own look, in all languages.
#[derive(Debug, Clone)]
pub struct Brand {
    files: Vec<File>,
    pub(crate) sheet: Option<String>,
    pub(crate) logo: Option<Picture>,
    pub(crate) logo_on_dark: Option<Picture>,
    pub(crate) terms: Option<String>,
    pub(crate) privacy: Option<String>,
    pub(crate) support: Option<String>,
    languages: Vec<Locale>,
}

/// A file that the pages load.
#[derive(Debug, Clone)]
struct File {
    name: String,
    bytes: Vec<u8>,
    content_type: &'static str,
}

/// A picture on a page.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub(crate) url: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Default for Brand {
    fn default() -> Self {
        Self::new(&Branding::default())
    }
}

impl Brand {
    /// What the pages need of a branding that was checked.
    pub fn new(branding: &Branding) -> Self {
        let mut files = Vec::new();
        let sheet = style_sheet(branding)
            .map(|css| add(&mut files, "brand", "css", "text/css; charset=utf-8", css.into_bytes()));
        let mut picture = |logo: &Logo, name: &str| {
            let (width, height) = logo.size();
            let url = add(&mut files, name, logo.extension(), logo.content_type(), logo.bytes().to_vec());
            Picture { url, width, height }
        };
        let logo = branding.logo.as_ref().map(|logo| picture(logo, "logo"));
        let logo_on_dark = branding.logo_on_dark.as_ref().map(|logo| picture(logo, "logo-on-dark"));
        Self {
            logo: logo.or_else(|| logo_on_dark.clone()),
            logo_on_dark,
            files,
            sheet,
            terms: branding.terms_url.clone(),
            privacy: branding.privacy_url.clone(),
            support: branding.support_url.clone(),
            languages: branding.locales(),
        }
    }

    /// The same in a document by itself: pictures are in it, and what its style sheet says comes from [`Branding::style`].
    pub fn in_preview(branding: &Branding) -> Self {
        let own = Self::new(branding);
        let picture = |logo: &Option<Logo>| {
            let logo = logo.as_ref()?;
            let (width, height) = logo.size();
            Some(Picture {
                url: format!("data:{};base64,{}", logo.content_type(), logo.base64()),
                width,
                height,
            })
        };
        let (logo, logo_on_dark) = (picture(&branding.logo), picture(&branding.logo_on_dark));
        Self { logo: logo.or_else(|| logo_on_dark.clone()), logo_on_dark, sheet: None, ..own }
    }

    /// The file at what follows [`BRAND_PATH`]. A name from before a change answers with the file of now, not to be
    /// kept, so that a page from before still works.
    pub fn file(&self, name: &str) -> Option<Asset> {
        let stem = |name: &str| name.split('.').next().map(str::to_owned);
        let found = self.files.iter().find(|file| file.name == name);
        let file = found.or_else(|| self.files.iter().find(|file| stem(&file.name) == stem(name)))?;
        let bytes = Cow::Owned(file.bytes.clone());
        Some(Asset { bytes, content_type: file.content_type, immutable: found.is_some() })
    }

    /// Every file, by its name.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice()))
    }

    /// The languages that are offered.
    pub fn languages(&self) -> &[Locale] {
        &self.languages
    }

    /// Whether anything is linked below the pages.
    pub(crate) fn has_links(&self) -> bool {
        self.terms.is_some() || self.privacy.is_some() || self.support.is_some()
    }
}

/// Adds a file under a name of its content, and tells where it is.
fn add(files: &mut Vec<File>, stem: &str, end: &str, content_type: &'static str, bytes: Vec<u8>) -> String {
    let name = format!("{stem}.{}.{end}", short_hash(&sha256(&bytes)));
    let url = format!("{BRAND_PATH}{name}");
    files.push(File { name, bytes, content_type });
    url
}

/// The style sheet, which comes behind ours; none where nothing differs.
pub(super) fn style_sheet(branding: &Branding) -> Option<String> {
    let radii = match branding.corners {
        Corners::Square => Some(("0.125rem", "0.25rem")),
        Corners::Soft => None,
        Corners::Round => Some(("1.375rem", "1.5rem")),
    };
    let accents = branding.accents();
    if radii.is_none() && accents.is_none() {
        return None;
    }
    let mut css = String::from(":root {");
    if let Some((small, large)) = radii {
        let _ = write!(css, " --radius: {small}; --radius-large: {large};");
    }
    if let Some(Accents { light, dark }) = accents {
        css.push_str(&tokens(Scheme::Light, light));
        let _ = write!(
            css,
            " }}\n@media (prefers-color-scheme: dark) {{ :root {{{} }}",
            tokens(Scheme::Dark, dark)
        );
    }
    css.push_str(" }\n");
    Some(css)
}

/// The tokens of `app.css` that a colour takes the place of.
fn tokens(scheme: Scheme, color: Color) -> String {
    let (soft, hover) = (scheme.soft(color), scheme.hover(color));
    format!(" --accent: {color}; --accent-soft: {soft}; --ink: {color}; --ink-hover: {hover};")
}
