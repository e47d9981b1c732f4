//! A tenant's e-mail in the console.

use crate::{
    Frame, LetterKind, MailDomain, MailPage, MailSent, MailTab, MailTabs, MailTrial, MailWords, Notice, Page,
    Place, Preview, RecordFact, RecordKind, RecordRow, RecordVerdict, Sender, SentRow, SentState,
    TenantPlace, TenantState, Words,
};

use super::Samples;

impl Samples {
    pub(super) fn mail_page(&self, notice: Option<Notice>) -> MailPage {
        MailPage {
            frame: Frame::ours(self.locale, "/w/acme/t/shop/mail".into()),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Mail, TenantState::Running),
            tabs: MailTabs { here: MailTab::Sender, sees_sent: true },
            sender: Sender {
                name: self.words.name.clone(),
                server: Some("smtp.example.com".into()),
                ..Sender::default()
            },
            usual_name: self.words.app.clone(),
            usual_address: "no-reply@shop.localhost".into(),
            fault: None,
            trial: None,
            email: self.words.email.clone(),
            letter: LetterKind::SignInCode,
            language: "de",
            preview: Some(Preview {
                subject: self.words.name.clone(),
                text: format!("123456\n\n{}", self.words.name),
                is_own: true,
                html: "/w/acme/t/shop/mail/preview?letter=sign_in_code&in=de".into(),
            }),
            suppressed: Some(3),
            may_change: true,
            may_lift: true,
            notice,
        }
    }

    /// Records with everything that one can say.
    fn mail_domain(&self) -> MailDomain {
        let record = |kind, verdict, facts: Vec<RecordFact>| RecordRow {
            kind,
            name: "_dmarc.example.com".into(),
            verdict,
            facts,
            suggestion: (verdict == RecordVerdict::Absent)
                .then(|| "v=DMARC1; p=none; rua=mailto:postmaster@example.com".into()),
        };
        let servers = vec![
            RecordFact::Servers(2),
            RecordFact::Includes(vec!["_spf.example.net".into(), "mail.example.org".into()]),
            RecordFact::OthersSoftFail,
        ];
        let (good, weak) = (RecordVerdict::Good, RecordVerdict::Weak);
        let (wrong, absent) = (RecordVerdict::Wrong, RecordVerdict::Absent);
        let (spf, dkim, dmarc) = (RecordKind::Spf, RecordKind::Dkim, RecordKind::Dmarc);
        let asked = vec![RecordFact::PolicyQuarantine, RecordFact::Percent(50), RecordFact::NoReports];
        MailDomain {
            frame: Frame::ours(self.locale, "/w/acme/t/shop/mail/domain".into()),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Mail, TenantState::Running),
            tabs: MailTabs { here: MailTab::Domain, sees_sent: false },
            address: "no-reply@example.com".into(),
            domain: "example.com".into(),
            records: vec![
                record(spf, good, servers),
                record(spf, good, vec![RecordFact::OthersFail]),
                record(spf, weak, vec![RecordFact::OthersNeutral, RecordFact::OthersPass]),
                record(dkim, good, vec![RecordFact::Key("Ed25519".into())]),
                record(dkim, weak, vec![RecordFact::KeyShort, RecordFact::KeyTesting]),
                record(dkim, wrong, vec![RecordFact::KeyRevoked, RecordFact::KeyBroken]),
                record(dkim, absent, vec![]),
                record(dmarc, good, vec![RecordFact::PolicyReject]),
                record(dmarc, weak, asked),
                record(dmarc, weak, vec![RecordFact::PolicyNone]),
                record(dmarc, wrong, vec![RecordFact::Several, RecordFact::PolicyUnusable]),
                record(dmarc, absent, vec![]),
            ],
            selector: "s1".into(),
            is_wrong: false,
        }
    }

    pub(super) fn mail_pages(&self, add: &mut impl FnMut(&str, String)) {
        add("mail", self.mail_page(None).html());
        let trial = |is_taken: bool| {
            let fault = (!is_taken).then(|| "sender_refused".to_owned());
            Some(MailTrial { email: self.words.email.clone(), is_taken, fault })
        };
        add("mail-taken", MailPage { trial: trial(true), ..self.mail_page(None) }.html());
        add("mail-not-taken", MailPage { trial: trial(false), ..self.mail_page(None) }.html());
        let fault = Some(self.words.name.clone());
        add("mail-fault", MailPage { fault, ..self.mail_page(None) }.html());
        let reader = MailPage { may_change: false, may_lift: false, preview: None, ..self.mail_page(None) };
        add("mail-reader", reader.html());
        let domain = self.mail_domain();
        let down = domain.records.iter().map(|record| RecordRow {
            verdict: RecordVerdict::Unanswered,
            facts: vec![],
            suggestion: None,
            ..record.clone()
        });
        let down = MailDomain { records: down.collect(), is_wrong: true, ..domain.clone() };
        let words = self.mail_words();
        let fault = Some(self.words.name.clone());
        add("mail-words", words.html());
        add("mail-words-fault", MailWords { fault, own: vec![], ..words.clone() }.html());
        let preview = Some((self.words.name.clone(), format!("123456\n\n{}", self.words.name)));
        add("mail-words-preview", MailWords { preview, ..words.clone() }.html());
        add("mail-words-taken", MailWords { trial: trial(true), ..words.clone() }.html());
        let link = MailWords { letter: LetterKind::SignInLink, may_change: false, ..words };
        add("mail-words-reader", link.html());
        add("mail-sent", self.mail_sent(None).html());
        let nothing = MailSent { rows: vec![], waiting: 0, older: None, ..self.mail_sent(None) };
        add("mail-sent-none", MailSent { state: Some(SentState::Expired), ..nothing.clone() }.html());
        add("mail-sent-empty", nothing.html());
        add("mail-domain", domain.html());
        add("mail-domain-unanswered", down.html());
    }

    pub(super) fn mail_sent(&self, notice: Option<Notice>) -> MailSent {
        let row = |state, letter, fault: Option<&str>| SentRow {
            id: "aB3dE5".into(),
            letter: Some(letter),
            email: Some(self.words.email.clone()),
            state,
            attempts: 1 + i64::from(fault.is_some()) * 3,
            fault: fault.map(str::to_owned),
            reply: (state == SentState::Refused).then_some(550),
            at: self.before(if state == SentState::Waiting { -1 } else { 12 }),
            is_suppressed: matches!(state, SentState::Refused | SentState::Suppressed),
        };
        MailSent {
            frame: Frame::ours(self.locale, "/w/acme/t/shop/mail/sent".into()),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Mail, TenantState::Running),
            tabs: MailTabs { here: MailTab::Sent, sees_sent: true },
            rows: vec![
                row(SentState::Waiting, LetterKind::SignInCode, Some("try_later")),
                row(SentState::Waiting, LetterKind::SignInLink, None),
                row(SentState::Accepted, LetterKind::SignInCode, None),
                row(SentState::Refused, LetterKind::PasskeyAdded, Some("recipient_refused")),
                row(SentState::Suppressed, LetterKind::SignInCode, None),
                SentRow { email: None, ..row(SentState::Accepted, LetterKind::UserDeleted, None) },
                SentRow { letter: None, ..row(SentState::Expired, LetterKind::Test, Some("unreachable")) },
            ],
            waiting: 2,
            state: None,
            letter: None,
            email: String::new(),
            older: Some("/w/acme/t/shop/mail/sent?before=7".into()),
            is_first: true,
            may_act: true,
            notice,
            now: self.now,
        }
    }

    fn mail_words(&self) -> MailWords {
        MailWords {
            frame: Frame::ours(self.locale, "/w/acme/t/shop/mail/words".into()),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Mail, TenantState::Running),
            tabs: MailTabs { here: MailTab::Words, sees_sent: true },
            letter: LetterKind::SignInCode,
            language: "de",
            own: vec!["de"],
            words: Words {
                subject: "{{code}} · {{app}}".into(),
                text: format!("{}\n\n{{{{code}}}}", self.words.name),
                html: "<p><strong>{{code}}</strong></p>".into(),
            },
            fault: None,
            preview: None,
            trial: None,
            email: self.words.email.clone(),
            may_change: true,
            notice: None,
        }
    }
}
