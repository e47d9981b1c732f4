//! The page of the console on which a tenant's look is chosen, with a preview of the pages beside the form.

use askama::Template;
use kiavi_base::Locale;

use crate::{
    Branding, ChangeRow, Color, ConsoleTop, Corners, Frame, Notice, Place, Scheme, TenantTop,
    preview::{self, Scene},
};

/// The look of a tenant's pages, as it is or as typed.
#[derive(Debug, Clone, Template)]
#[template(path = "look.html")]
pub struct Look {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// What is in the fields.
    pub fields: LookFields,
    /// The look that holds, whose logos and contrasts are told.
    pub branding: Branding,
    /// The version of the settings that the form was made from.
    pub version: i32,
    /// What is wrong with what was typed.
    pub fault: Option<String>,
    /// What publishing it would change, when that was asked for.
    pub changes: Option<Vec<ChangeRow>>,
    /// Whether the visitor may change it.
    pub is_changeable: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
}

/// The fields of the form.
#[derive(Debug, Clone, Default)]
pub struct LookFields {
    /// The application's name.
    pub app_name: String,
    /// The colour on light pages.
    pub accent: String,
    /// The colour on dark pages.
    pub accent_on_dark: String,
    /// How round corners are.
    pub corners: Corners,
    /// Where the terms are.
    pub terms_url: String,
    /// Where the privacy notice is.
    pub privacy_url: String,
    /// Where help is.
    pub support_url: String,
    /// The tag of the language where nothing else decides.
    pub default_locale: String,
    /// The tags of the languages that are offered.
    pub languages: Vec<String>,
}

/// What a colour is worth in its place.
pub(crate) struct Worth {
    pub(crate) color: Color,
    pub(crate) ratio: String,
    /// The nearest that can be read, if this one cannot.
    pub(crate) instead: Option<Color>,
}

impl Look {
    /// The worth of what is typed for an appearance, if it is a colour.
    fn worth(&self, scheme: Scheme) -> Option<Worth> {
        let typed = |text: &str| text.trim().parse::<Color>().ok();
        let (light, dark) = (typed(&self.fields.accent), typed(&self.fields.accent_on_dark));
        let color = match scheme {
            Scheme::Light => light?,
            Scheme::Dark => dark.or(light.map(|light| scheme.nearest(light)))?,
        };
        let ratio = format!("{:.1}", (scheme.contrast(color) * 10.0).floor() / 10.0);
        Some(Worth { color, ratio, instead: (!scheme.accepts(color)).then(|| scheme.nearest(color)) })
    }

    pub(crate) fn on_light(&self) -> Option<Worth> {
        self.worth(Scheme::Light)
    }

    pub(crate) fn on_dark(&self) -> Option<Worth> {
        self.worth(Scheme::Dark)
    }

    /// What a colour has to stand out from in an appearance, for the script that tells it while it is typed.
    pub(crate) fn grounds_on_light(&self) -> String {
        Scheme::Light.against()
    }

    pub(crate) fn grounds_on_dark(&self) -> String {
        Scheme::Dark.against()
    }

    pub(crate) fn corners(&self) -> [(&'static str, String, bool); 3] {
        let t = self.frame.text();
        [
            ("square", t.look_corners_square(), Corners::Square),
            ("soft", t.look_corners_soft(), Corners::Soft),
            ("round", t.look_corners_round(), Corners::Round),
        ]
        .map(|(key, words, corners)| (key, words, corners == self.fields.corners))
    }

    /// Tag, name, whether it is the default, whether it is offered.
    pub(crate) fn locales(&self) -> Vec<(&'static str, &'static str, bool, bool)> {
        let fields = &self.fields;
        let one = |(locale, name): (Locale, &'static str)| {
            let tag = locale.tag();
            let is_offered = fields.languages.is_empty() || fields.languages.iter().any(|one| one == tag);
            (tag, name, fields.default_locale == tag, is_offered)
        };
        Frame::LANGUAGES.into_iter().map(one).collect()
    }

    pub(crate) fn pages(&self) -> Vec<Scene> {
        preview::pages(self.frame.text())
    }

    pub(crate) fn states(&self) -> Vec<Scene> {
        preview::states(self.frame.text())
    }
}
