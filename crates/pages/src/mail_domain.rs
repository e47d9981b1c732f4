//! What the DNS says about the domain that a tenant's mail comes from.

use askama::Template;

use crate::{ConsoleTop, Frame, Place, TenantTop, text::Text};

/// A record that receivers look up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// Which servers may send (RFC 7208).
    Spf,
    /// A key by which mail is signed (RFC 6376).
    Dkim,
    /// What becomes of forgeries (RFC 7489).
    Dmarc,
}

impl RecordKind {
    /// The name that it has everywhere.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Spf => "SPF",
            Self::Dkim => "DKIM",
            Self::Dmarc => "DMARC",
        }
    }

    pub(crate) fn about(self, text: &Text) -> String {
        match self {
            Self::Spf => text.mail_spf_about(),
            Self::Dkim => text.mail_dkim_about(),
            Self::Dmarc => text.mail_dmarc_about(),
        }
    }

    pub(crate) fn how(self, text: &Text) -> String {
        match self {
            Self::Spf => text.mail_spf_how(),
            Self::Dkim => text.mail_dkim_how(),
            Self::Dmarc => text.mail_dmarc_how(),
        }
    }
}

/// How a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordVerdict {
    /// It says what it should.
    Good,
    /// It keeps out little.
    Weak,
    /// Receivers cannot use it.
    Wrong,
    /// There is none.
    Absent,
    /// The DNS gave no answer.
    Unanswered,
}

impl RecordVerdict {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Good, Self::Weak, Self::Wrong, Self::Absent, Self::Unanswered];

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Good => text.mail_record_good(),
            Self::Weak => text.mail_record_weak(),
            Self::Wrong => text.mail_record_wrong(),
            Self::Absent => text.mail_record_absent(),
            Self::Unanswered => text.mail_record_unanswered(),
        }
    }

    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Weak => "warn",
            Self::Wrong | Self::Absent => "bad",
            Self::Unanswered => "",
        }
    }
}

/// Something that a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordFact {
    /// There are several, and receivers use none.
    Several,
    /// So many servers of its own may send.
    Servers(i64),
    /// So may those that the records of these names let in.
    Includes(Vec<String>),
    /// All other servers may not.
    OthersFail,
    /// All others are suspicious.
    OthersSoftFail,
    /// It does not say what others may.
    OthersNeutral,
    /// Anybody may.
    OthersPass,
    /// The key is of this kind.
    Key(String),
    /// It is too short.
    KeyShort,
    /// It was taken back.
    KeyRevoked,
    /// It is none.
    KeyBroken,
    /// Receivers are to treat what it signed as if nobody had.
    KeyTesting,
    /// Nothing is asked of receivers.
    PolicyNone,
    /// Forgeries are to be put aside.
    PolicyQuarantine,
    /// Forgeries are not to be taken.
    PolicyReject,
    /// It says nothing that counts.
    PolicyUnusable,
    /// It is asked for so many percent of the mail only.
    Percent(i64),
    /// Nobody is told what receivers saw.
    NoReports,
}

impl RecordFact {
    pub(crate) fn words(&self, text: &Text) -> String {
        match self {
            Self::Several => text.mail_fact_several(),
            Self::Servers(count) => text.mail_fact_servers(*count),
            Self::Includes(names) => text.mail_fact_includes(&names.join(", ")),
            Self::OthersFail => text.mail_fact_others_fail(),
            Self::OthersSoftFail => text.mail_fact_others_softfail(),
            Self::OthersNeutral => text.mail_fact_others_neutral(),
            Self::OthersPass => text.mail_fact_others_pass(),
            Self::Key(kind) => text.mail_fact_key(kind),
            Self::KeyShort => text.mail_fact_key_short(),
            Self::KeyRevoked => text.mail_fact_key_revoked(),
            Self::KeyBroken => text.mail_fact_key_broken(),
            Self::KeyTesting => text.mail_fact_key_testing(),
            Self::PolicyNone => text.mail_fact_policy_none(),
            Self::PolicyQuarantine => text.mail_fact_policy_quarantine(),
            Self::PolicyReject => text.mail_fact_policy_reject(),
            Self::PolicyUnusable => text.mail_fact_policy_unusable(),
            Self::Percent(percent) => text.mail_fact_percent(&percent.to_string()),
            Self::NoReports => text.mail_fact_no_reports(),
        }
    }
}

/// A record, as it was found.
#[derive(Debug, Clone)]
pub struct RecordRow {
    /// Which it is.
    pub kind: RecordKind,
    /// The name at which it is, or belongs.
    pub name: String,
    /// How it stands.
    pub verdict: RecordVerdict,
    /// What it says.
    pub facts: Vec<RecordFact>,
    /// What it could say, where there is none.
    pub suggestion: Option<String>,
}

/// The domain that a tenant's mail comes from.
#[derive(Debug, Clone, Template)]
#[template(path = "mail-domain.html")]
pub struct MailDomain {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// The pages about mail that the visitor may see.
    pub tabs: MailTabs,
    /// The address that mail comes from.
    pub address: String,
    /// Its domain.
    pub domain: String,
    /// The records.
    pub records: Vec<RecordRow>,
    /// The selector of the key that was looked up, or what was typed instead of one.
    pub selector: String,
    /// Whether what was typed is no selector.
    pub is_wrong: bool,
}

/// A page about mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTab {
    /// Whom it comes from and what it says.
    Sender,
    /// What became of mails.
    Sent,
    /// The tenant's own words.
    Words,
    /// What the DNS says about its domain.
    Domain,
}

/// The pages about mail, and which this one is.
#[derive(Debug, Clone, Copy)]
pub struct MailTabs {
    /// This one.
    pub here: MailTab,
    /// Whether the visitor may see whom mail was sent to.
    pub sees_sent: bool,
}

impl MailTabs {
    /// Path below the tenant's, and words.
    pub(crate) fn all(self, text: &Text) -> Vec<(MailTab, &'static str, String)> {
        let all = [
            (MailTab::Sender, "/mail", text.mail_sender()),
            (MailTab::Sent, "/mail/sent", text.mail_sent_title()),
            (MailTab::Words, "/mail/words", text.mail_words_title()),
            (MailTab::Domain, "/mail/domain", text.mail_domain_title()),
        ];
        all.into_iter().filter(|(tab, ..)| self.sees_sent || *tab != MailTab::Sent).collect()
    }
}
