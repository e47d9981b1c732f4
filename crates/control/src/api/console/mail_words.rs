//! A tenant's own words for its mails: they are a setting (`mail.templates`), and the engine says what ours would be.

use axum::{
    Form,
    extract::{Path, Query},
    response::Response,
};
use kiavi_base::{EmailAddress, Locale};
use kiavi_pages::{LetterKind, MailTab, MailTrial, MailWords, Notice, Place, TenantPlace, Words};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    mail::{letter_page, tabs},
    saving::{self, Refused, document},
    tenant::{AtTenant, Refusal, address},
    visit::{Answer, Visit, html, refusal},
};
use crate::{
    ControlError, Permission, SettingsPath,
    api::{Problem, code::Code},
};

const PAGE: &str = "/mail/words";
/// Bytes of a form: a text and an HTML part at their longest, as forms encode them.
pub(super) const FORM_LIMIT: usize = 256 * 1024;

type Named = Path<(String, String)>;

/// Which mail in which language.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    notice: Option<String>,
    letter: String,
    r#in: String,
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WordsForm {
    r#do: String,
    letter: String,
    r#in: String,
    subject: String,
    text: String,
    html: String,
    email: String,
}

/// The mail that is worded.
struct Chosen {
    letter: LetterKind,
    language: &'static str,
}

impl Chosen {
    fn new(at: &AtTenant, letter: &str, language: &str) -> Self {
        let letter = LetterKind::of(letter);
        let is_worded = LetterKind::WORDED.contains(&letter);
        Self {
            letter: if is_worded { letter } else { LetterKind::SignInCode },
            language: Locale::from_tag(language).unwrap_or(at.here.visit.locale).tag(),
        }
    }

    /// Where its words are in the settings.
    fn place(&self) -> SettingsPath {
        let names = ["mail", "templates", self.letter.key(), self.language];
        names.into_iter().fold(SettingsPath::default(), |path, name| path.member(name))
    }

    /// The page where it is worded.
    fn below(&self) -> String {
        address(PAGE, [("letter", self.letter.key()), ("in", self.language)])
    }
}

/// What a page shows beside what is stored.
#[derive(Default)]
struct Shown {
    typed: Option<Words>,
    fault: Option<String>,
    preview: Option<(String, String)>,
    trial: Option<MailTrial>,
    notice: Option<Notice>,
}

impl WordsForm {
    /// Browsers send line breaks as CRLF (HTML Standard, form submission).
    fn words(&self) -> Words {
        let lines = |text: &str| text.replace("\r\n", "\n");
        Words { subject: self.subject.trim().to_owned(), text: lines(&self.text), html: lines(&self.html) }
    }
}

fn template(words: &Words) -> Value {
    json!({ "subject": words.subject, "text": words.text, "html": words.html })
}

fn words(told: &Value) -> Words {
    let part = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
    Words { subject: part("subject"), text: part("text"), html: part("html") }
}

/// `GET …/mail/words` `letter`, `in`.
pub(super) async fn page(visit: Visit, Path(named): Named, Query(asked): Query<Asked>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsRead).await?;
    let chosen = Chosen::new(&at, &asked.letter, &asked.r#in);
    let notice = asked.notice.as_deref().and_then(Notice::of_console);
    show(&at, &chosen, Shown { notice, ..Shown::default() }).await
}

async fn show(at: &AtTenant, chosen: &Chosen, shown: Shown) -> Answer {
    let templates = &at.tenant.settings["mail"]["templates"][chosen.letter.key()];
    let stored = &templates[chosen.language];
    let current = match shown.typed {
        Some(typed) => typed,
        None if stored.is_object() => words(stored),
        None => {
            let body = json!({ "letter": chosen.letter.key(), "locale": chosen.language });
            words(&at.act(TenantPlace::Mail, "mail/template", body, PAGE).await?)
        }
    };
    let own = Locale::ALL.into_iter().map(Locale::tag).filter(|tag| templates.get(tag).is_some());
    let email = shown.trial.as_ref().map(|trial| trial.email.clone());
    Ok(html(&MailWords {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Mail),
        tabs: tabs(at, MailTab::Words),
        letter: chosen.letter,
        language: chosen.language,
        own: own.collect(),
        words: current,
        fault: shown.fault,
        preview: shown.preview,
        trial: shown.trial,
        email: email.unwrap_or_else(|| at.here.person.email.clone()),
        may_change: at.may(Permission::SettingsWrite),
        notice: shown.notice,
    }))
}

/// `POST …/mail/words`: saves what was typed, shows it with made-up values, or sends it so.
pub(super) async fn act(visit: Visit, Path(named): Named, Form(form): Form<WordsForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsRead).await?;
    let chosen = Chosen::new(&at, &form.letter, &form.r#in);
    match form.r#do.as_str() {
        "preview" => preview(&at, &chosen, &form).await,
        "test" => test(&at, &chosen, &form).await,
        _ => save(&at, &chosen, form.words()).await,
    }
}

fn need_to_change(at: &AtTenant) -> Result<(), Problem> {
    match at.may(Permission::SettingsWrite) {
        true => Ok(()),
        false => Err(Problem::forbidden(Permission::SettingsWrite)),
    }
}

/// Changes the words of a mail in a language; none is ours.
async fn change(at: &AtTenant, chosen: &Chosen, value: Option<Value>) -> Result<(), Refused> {
    let mut document = document(at);
    let place = chosen.place();
    place.set(&mut document, value).map_err(|error| Refused::Fault(format!("{error}.")))?;
    // Without a language a mail has no words of its own.
    let of_letter = SettingsPath::default().member("mail").member("templates").member(chosen.letter.key());
    if of_letter.get(&document).is_some_and(|all| all.as_object().is_some_and(|all| all.is_empty())) {
        let emptied = of_letter.set(&mut document, None);
        emptied.map_err(|error| Refused::Fault(format!("{error}.")))?;
    }
    saving::change(at, document, &format!("mail {} {}", chosen.letter.key(), chosen.language)).await
}

async fn save(at: &AtTenant, chosen: &Chosen, typed: Words) -> Answer {
    need_to_change(at)?;
    match change(at, chosen, Some(template(&typed))).await {
        Ok(()) => Ok(at.tell(&chosen.below(), Notice::SettingsSaved)),
        Err(Refused::Fault(fault)) => {
            let shown = Shown { typed: Some(typed), fault: Some(fault), ..Shown::default() };
            Ok(refusal(show(at, chosen, shown).await?, Code::InvalidSettings.as_str()))
        }
        Err(Refused::Told(notice)) => {
            let notice = Some(notice);
            let shown = Shown { typed: Some(typed), notice, ..Shown::default() };
            Ok(refusal(show(at, chosen, shown).await?, Code::SettingsChanged.as_str()))
        }
        Err(Refused::Stop(stop)) => Err(stop),
    }
}

/// What was typed, as the engine renders it.
async fn rendered(at: &AtTenant, chosen: &Chosen, typed: &Words) -> Result<Value, Refusal> {
    let body = json!({
        "letter": chosen.letter.key(), "locale": chosen.language, "template": template(typed),
    });
    at.act(TenantPlace::Mail, "mail/preview", body, PAGE).await
}

async fn faulty(at: &AtTenant, chosen: &Chosen, typed: Words, fault: String) -> Answer {
    let shown = Shown { typed: Some(typed), fault: Some(fault), ..Shown::default() };
    Ok(refusal(show(at, chosen, shown).await?, Code::InvalidSettings.as_str()))
}

async fn preview(at: &AtTenant, chosen: &Chosen, form: &WordsForm) -> Answer {
    let typed = form.words();
    match rendered(at, chosen, &typed).await {
        Ok(told) => {
            let Words { subject, text, .. } = words(&told);
            let shown = Shown { typed: Some(typed), preview: Some((subject, text)), ..Shown::default() };
            show(at, chosen, shown).await
        }
        Err(Refusal::Said(_, fault)) => faulty(at, chosen, typed, sentence(&fault.message)).await,
        Err(Refusal::Stop(stop)) => Err(stop),
    }
}

/// What an engine says of a part of the words, without where it stood in the request.
fn sentence(fault: &str) -> String {
    let (place, rest) = fault.split_once("] ").unwrap_or(("", fault));
    match place.strip_prefix("[body.template.") {
        Some(part) => format!("{part} {rest}"),
        None => rest.to_owned(),
    }
}

async fn test(at: &AtTenant, chosen: &Chosen, form: &WordsForm) -> Answer {
    need_to_change(at)?;
    let typed = form.words();
    let Ok(email) = form.email.trim().parse::<EmailAddress>() else {
        let notice = Some(Notice::EmailInvalid);
        let page = show(at, chosen, Shown { typed: Some(typed), notice, ..Shown::default() }).await?;
        return Ok(refusal(page, Notice::EmailInvalid.key()));
    };
    let body = json!({
        "email": email.as_str(), "locale": chosen.language, "letter": chosen.letter.key(),
        "template": template(&typed),
    });
    match at.act(TenantPlace::Mail, "mail/test", body, PAGE).await {
        Ok(told) => {
            let trial = MailTrial {
                email: email.as_str().to_owned(),
                is_taken: told["delivery"] == "delivered",
                fault: told["fault"].as_str().map(str::to_owned),
            };
            show(at, chosen, Shown { typed: Some(typed), trial: Some(trial), ..Shown::default() }).await
        }
        Err(Refusal::Said(_, fault)) => faulty(at, chosen, typed, sentence(&fault.message)).await,
        Err(Refusal::Stop(stop)) => Err(stop),
    }
}

/// `POST …/mail/words/layout`: the HTML part of what was typed, by itself.
pub(super) async fn layout(visit: Visit, Path(named): Named, Form(form): Form<WordsForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsRead).await?;
    let chosen = Chosen::new(&at, &form.letter, &form.r#in);
    let typed = form.words();
    let answer: Response = match rendered(&at, &chosen, &typed).await {
        Ok(told) => letter_page(words(&told).html),
        Err(Refusal::Said(_, fault)) => return faulty(&at, &chosen, typed, sentence(&fault.message)).await,
        Err(Refusal::Stop(stop)) => return Err(stop),
    };
    Ok(answer)
}

/// `POST …/mail/words/reset`: our words again.
pub(super) async fn reset(visit: Visit, Path(named): Named, Form(form): Form<WordsForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::SettingsWrite).await?;
    let chosen = Chosen::new(&at, &form.letter, &form.r#in);
    match change(&at, &chosen, None).await {
        Ok(()) => Ok(at.tell(&chosen.below(), Notice::SettingsSaved)),
        Err(Refused::Told(notice)) => Ok(at.refuse(&chosen.below(), notice)),
        Err(Refused::Fault(fault)) => Err(ControlError::InvalidSettings(fault).into()),
        Err(Refused::Stop(stop)) => Err(stop),
    }
}
