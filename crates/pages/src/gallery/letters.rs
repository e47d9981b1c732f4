//! The mails.

use super::{FIREFOX, SAFARI, Samples};
use crate::{
    Circumstances, CodeMail, CodePurpose, LinkMail, LinkPurpose, NoticeMail, RenderedMail, Validity, What,
};

impl Samples {
    /// Every mail, a code's first.
    pub fn mails(&self) -> Vec<RenderedMail> {
        let mut mails: Vec<_> = self.code_mails().iter().map(|mail| mail.render(self.accents)).collect();
        let link = |purpose, valid| {
            let url = "http://demo.localhost:8080/api/auth/verify?token=t0k3n&callbackURL=%2F".to_owned();
            LinkMail { locale: self.locale, app: self.words.app.clone(), url, valid, purpose }
                .render(self.accents)
        };
        mails.push(link(LinkPurpose::SignIn, Validity::Minutes(5)));
        mails.push(link(LinkPurpose::Deletion, Validity::Hours(24)));
        let (inviter, workspace) = (self.words.name.clone(), self.words.app.clone());
        mails.push(link(LinkPurpose::Invitation { inviter, workspace }, Validity::Days(7)));
        let by = |user_agent: Option<&str>| Circumstances {
            at: self.now,
            user_agent: user_agent.map(str::to_owned),
        };
        for what in [
            What::EmailChanged { to: "k•••@example.com".into() },
            What::UserDeleted,
            What::Test,
            What::AccountLinked { provider: "GitHub".into(), by: by(Some(FIREFOX)) },
            What::AccountUnlinked { provider: "GitHub".into(), by: by(Some(SAFARI)) },
            What::PasskeyAdded { by: by(Some(FIREFOX)) },
            What::PasskeyRemoved { by: by(Some(SAFARI)) },
            What::PasskeyRemoved { by: by(None) },
            What::Recovery { by: by(Some(SAFARI)), hours: 24 },
        ] {
            let (locale, app) = (self.locale, self.words.app.clone());
            mails.push(NoticeMail { locale, app, what }.render(self.accents));
        }
        mails
    }

    /// The mails with a code.
    pub fn code_mails(&self) -> Vec<CodeMail> {
        [CodePurpose::SignIn, CodePurpose::Verification]
            .map(|purpose| CodeMail {
                locale: self.locale,
                app: self.words.app.clone(),
                code: "493021".into(),
                valid_minutes: 5,
                purpose,
            })
            .into()
    }
}
