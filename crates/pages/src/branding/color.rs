//! A tenant's colour, and whether words in it can be read on our pages.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What text has to have (WCAG 2.2, success criterion 1.4.3).
const ENOUGH: f64 = 4.5;
/// How much of a colour is in the softest of its backgrounds at most, in 255ths.
const SOFT: u8 = 28;
/// How far a button moves when it is pointed at, in 255ths.
const HOVER: u8 = 36;

/// A colour of the sRGB space, `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Color([u8; 3]);

/// What is not a colour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a colour is # and six hexadecimal digits, like #0a6b57")]
pub struct InvalidColor;

impl FromStr for Color {
    type Err = InvalidColor;

    fn from_str(text: &str) -> Result<Self, InvalidColor> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or(InvalidColor)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidColor);
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| InvalidColor)?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

impl TryFrom<String> for Color {
    type Error = InvalidColor;

    fn try_from(text: String) -> Result<Self, InvalidColor> {
        text.parse()
    }
}

impl From<Color> for String {
    fn from(color: Color) -> Self {
        color.to_string()
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Color {
    const BLACK: Self = Self([0; 3]);
    const WHITE: Self = Self([255; 3]);
    /// `--ink` of light and of dark pages.
    pub(super) const INK: Self = Self([0x1b, 0x1b, 0x1f]);
    pub(super) const INK_ON_DARK: Self = Self([0xf2, 0xf2, 0xf3]);

    /// Relative luminance, 0 to 1 (WCAG 2.2 §6).
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The contrast ratio of two colours, 1 to 21 (WCAG 2.2 §6).
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// This colour with so many 255ths of another in it.
    fn with(self, other: Self, parts: u8) -> Self {
        let mix = |own: u8, other: u8| {
            let sum = u32::from(own) * u32::from(255 - parts) + u32::from(other) * u32::from(parts);
            u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
        };
        Self([0, 1, 2].map(|at: usize| mix(self.0[at], other.0[at])))
    }
}

/// Which of the two appearances of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark words on a light page.
    Light,
    /// Light words on a dark page.
    Dark,
}

impl Scheme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// What words stand on: `--canvas`, `--surface` and `--sunken` of `app.css`.
    const fn grounds(self) -> [Color; 3] {
        match self {
            Self::Light => [Color([0xf7, 0xf7, 0xf5]), Color([0xff, 0xff, 0xff]), Color([0xf3, 0xf3, 0xf0])],
            Self::Dark => [Color([0x10, 0x11, 0x13]), Color([0x18, 0x19, 0x1c]), Color([0x20, 0x22, 0x26])],
        }
    }

    /// The words on a button in the accent colour: `--on-ink`.
    const fn on_accent(self) -> Color {
        match self {
            Self::Light => Color::WHITE,
            Self::Dark => Color([0x17, 0x18, 0x1a]),
        }
    }

    /// The end that a colour moves towards to stand out.
    const fn far_end(self) -> Color {
        match self {
            Self::Light => Color::BLACK,
            Self::Dark => Color::WHITE,
        }
    }

    /// All that [`Scheme::contrast`] compares a colour with.
    pub(crate) fn against(self) -> String {
        let all = self.grounds().into_iter().chain([self.on_accent()]);
        all.map(|color| color.to_string()).collect::<Vec<_>>().join(" ")
    }

    /// The least contrast that a colour has here: as words on any part of a page, and under the words of a button.
    pub fn contrast(self, color: Color) -> f64 {
        let on_page = self.grounds().map(|ground| color.contrast(ground));
        on_page.into_iter().fold(color.contrast(self.on_accent()), f64::min)
    }

    /// Whether a colour can be read here.
    pub fn accepts(self, color: Color) -> bool {
        self.contrast(color) >= ENOUGH
    }

    /// The colour that is nearest to this one, on the way to black or to white, and can be read here: itself, if it can.
    pub fn nearest(self, color: Color) -> Color {
        // Towards its end the contrast only grows, and the end itself is enough.
        let mut steps = (0..=u8::MAX).map(|parts| color.with(self.far_end(), parts));
        steps.find(|candidate| self.accepts(*candidate)).unwrap_or(self.far_end())
    }

    /// A background for words in this colour: the strongest tint on which they can still be read.
    pub(super) fn soft(self, color: Color) -> Color {
        let [_, surface, _] = self.grounds();
        let mut tints = (0..=SOFT).rev().map(|parts| surface.with(color, parts));
        tints.find(|tint| color.contrast(*tint) >= ENOUGH).unwrap_or(surface)
    }

    /// The colour of a button that is pointed at.
    pub(super) fn hover(self, color: Color) -> Color {
        color.with(self.far_end(), HOVER)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn color(text: &str) -> Color {
        text.parse().unwrap()
    }

    /// What must hold of every colour.
    fn check(color: Color) {
        for scheme in Scheme::ALL {
            let near = scheme.nearest(color);
            assert!(scheme.accepts(near), "{color} became {near}, which cannot be read");
            assert_eq!(scheme.nearest(near), near, "what is accepted stays");
            assert!(near.contrast(scheme.soft(near)) >= ENOUGH, "{near} on its tint");
            assert!(scheme.hover(near).contrast(scheme.on_accent()) >= ENOUGH, "{near} pointed at");
        }
    }

    #[test]
    fn every_colour_has_a_neighbour_that_can_be_read() {
        let channel = || (0..=255u8).step_by(15);
        for red in channel() {
            for green in channel() {
                for blue in channel() {
                    check(Color([red, green, blue]));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_colour_has_a_neighbour_that_can_be_read(channels in any::<[u8; 3]>()) {
            check(Color(channels));
        }

        #[test]
        fn a_colour_reads_itself(channels in any::<[u8; 3]>()) {
            prop_assert_eq!(color(&Color(channels).to_string()), Color(channels));
        }

        #[test]
        fn nothing_else_is_a_colour(text in "\\PC{0,9}") {
            let is_one = text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|b| b.is_ascii_hexdigit());
            prop_assert_eq!(text.parse::<Color>().is_ok(), is_one);
        }
    }

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        assert!((Color::BLACK.contrast(Color::WHITE) - 21.0).abs() < 1e-9);
        // The grey that is famous for being just enough on white, and the one before it.
        assert!(color("#767676").contrast(Color::WHITE) >= ENOUGH);
        assert!(color("#777777").contrast(Color::WHITE) < ENOUGH);
        assert!(!Scheme::Light.accepts(color("#ffd600")) && Scheme::Dark.accepts(color("#ffd600")));
    }

    #[test]
    fn the_grounds_are_those_of_the_style_sheet() {
        let sheet = include_str!("../../assets/app.css");
        let (light, dark) = sheet.split_once("@media (prefers-color-scheme: dark)").unwrap();
        for (scheme, tokens) in [(Scheme::Light, light), (Scheme::Dark, dark)] {
            let token = |name: &str| {
                let (_, rest) = tokens.split_once(&format!("{name}: ")).unwrap();
                color(rest.split(';').next().unwrap())
            };
            assert_eq!(scheme.grounds(), ["--canvas", "--surface", "--sunken"].map(token));
            assert_eq!(scheme.on_accent(), token("--on-ink"));
            let ink = if scheme == Scheme::Light { Color::INK } else { Color::INK_ON_DARK };
            assert_eq!(ink, token("--ink"));
        }
    }
}
