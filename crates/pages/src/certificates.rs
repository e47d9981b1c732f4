//! The certificate of a name, on the page of a tenant's domains.

use jiff::Timestamp;

use crate::{text::Text, when};

/// How the certificate of a name stands.
#[derive(Debug, Clone)]
pub struct CertificateLine {
    /// Who signed the one that browsers are shown, and when it ends.
    pub present: Option<(String, Timestamp)>,
    /// Why there is no new one, if one was to be made.
    pub cause: Option<CertificateCause>,
    /// The authority's own words.
    pub detail: Option<String>,
    /// When it is renewed, or tried again, by itself.
    pub next: Timestamp,
}

/// Why a certificate could not be made, as far as somebody can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateCause {
    /// The authority did not find this instance at the name.
    Unverified,
    /// The authority wants to be asked later.
    Limited,
    /// A CAA record names other authorities.
    Forbidden,
    /// The authority refuses the name.
    Refused,
    /// The authority's server does not answer.
    Unreachable,
    /// Something here.
    Other,
}

impl CertificateCause {
    /// Every cause.
    pub const ALL: [Self; 6] =
        [Self::Unverified, Self::Limited, Self::Forbidden, Self::Refused, Self::Unreachable, Self::Other];

    fn words(self, text: &Text) -> String {
        match self {
            Self::Unverified => text.certificate_unverified(),
            Self::Limited => text.certificate_limited(),
            Self::Forbidden => text.certificate_forbidden(),
            Self::Refused => text.certificate_refused(),
            Self::Unreachable => text.certificate_unreachable(),
            Self::Other => text.certificate_other(),
        }
    }
}

impl CertificateLine {
    /// Whether somebody may have it asked for again.
    pub(crate) fn has_failed(&self) -> bool {
        self.cause.is_some()
    }

    /// What is told of it, a sentence each.
    pub(crate) fn sentences(&self, text: &Text, now: &Timestamp) -> Vec<String> {
        let mut told = Vec::new();
        match &self.present {
            Some((_, end)) if end <= now => told.push(text.certificate_ended(&when::utc(text, *end).0)),
            Some((issuer, end)) => told.push(text.certificate_good(&when::utc(text, *end).0, issuer)),
            None if self.cause.is_some() => told.push(text.certificate_none()),
            None => told.push(text.certificate_pending()),
        }
        if let Some(cause) = self.cause {
            told.push(cause.words(text));
            let (date, time) = when::utc(text, self.next);
            told.push(text.certificate_again(&date, &time));
        }
        told
    }

    /// The authority's own words, with who says them.
    pub(crate) fn says(&self, text: &Text) -> Option<String> {
        self.detail.as_ref().map(|detail| text.certificate_says(detail))
    }
}
