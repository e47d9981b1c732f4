//! What became of a tenant's mails, as its engine tells it.

use axum::{
    Form,
    extract::{Path, Query},
};
use jiff::Timestamp;
use kiavi_pages::{LetterKind, MailSent, MailTab, Notice, Place, SentRow, SentState, TenantPlace};
use serde::Deserialize;
use serde_json::json;

use super::{
    mail::tabs,
    tenant::{Refusal, address, read},
    visit::{Answer, Visit, html},
};
use crate::{Permission, api::engine};

const PAGE: &str = "/mail/sent";
/// Mails on a page.
const SHOWN: &str = "50";

type Named = Path<(String, String)>;

/// What the page is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    notice: Option<String>,
    state: String,
    letter: String,
    email: String,
    before: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    deliveries: Vec<Landed>,
    waiting: Vec<Waiting>,
    waiting_count: i64,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Landed {
    id: String,
    letter: String,
    email: Option<String>,
    state: String,
    attempts: i64,
    fault: Option<String>,
    reply: Option<i64>,
    at: Timestamp,
    is_suppressed: bool,
}

#[derive(Deserialize)]
struct Waiting {
    id: String,
    letter: String,
    email: String,
    attempts: i64,
    fault: Option<String>,
    next_attempt_at: Timestamp,
}

impl Landed {
    fn row(self) -> SentRow {
        SentRow {
            id: self.id,
            letter: LetterKind::known(&self.letter),
            email: self.email,
            // The engine's table leaves no other.
            state: SentState::of(&self.state).unwrap_or(SentState::Refused),
            attempts: self.attempts,
            fault: self.fault,
            reply: self.reply,
            at: self.at,
            is_suppressed: self.is_suppressed,
        }
    }
}

impl Waiting {
    fn row(self) -> SentRow {
        SentRow {
            id: self.id,
            letter: LetterKind::known(&self.letter),
            email: Some(self.email),
            state: SentState::Waiting,
            attempts: self.attempts,
            fault: self.fault,
            reply: None,
            at: self.next_attempt_at,
            is_suppressed: false,
        }
    }
}

/// `GET …/mail/sent` `state`, `letter`, `email`, `before`.
pub(super) async fn page(visit: Visit, Path(named): Named, Query(asked): Query<Asked>) -> Answer {
    let need = engine::need(&axum::http::Method::GET, "mail/deliveries").permission;
    let at = visit.at_tenant(&named.0, &named.1, need).await?;
    let (state, letter) = (SentState::of(&asked.state), LetterKind::known(&asked.letter));
    let email = asked.email.trim();
    let kept: Vec<(&str, &str)> = [
        state.map(|state| ("state", state.key())),
        letter.map(|letter| ("letter", letter.key())),
        Some(("email", email)).filter(|_| !email.is_empty()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut query = kept.clone();
    query.push(("limit", SHOWN));
    query.extend(asked.before.as_deref().map(|before| ("cursor", before)));
    let door = at.door(TenantPlace::Mail).await?;
    let listed: Listed = read(&door, "mail/deliveries", &query).await?;
    let next = listed.next.as_deref().map(|next| ("before", next));
    let older = next.map(|next| address(&at.path(PAGE), kept.iter().copied().chain([next])));
    let rows = listed.waiting.into_iter().map(Waiting::row);
    Ok(html(&MailSent {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Mail),
        tabs: tabs(&at, MailTab::Sent),
        rows: rows.chain(listed.deliveries.into_iter().map(Landed::row)).collect(),
        waiting: listed.waiting_count,
        state,
        letter,
        email: email.to_owned(),
        older,
        is_first: asked.before.is_none(),
        may_act: at.may(Permission::UserManage),
        notice: asked.notice.as_deref().and_then(Notice::of_console),
        now: at.here.visit.control.parts().clock.now(),
    }))
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RetryForm {
    id: String,
}

/// `POST …/mail/retry` `id`: the mail is tried at once.
pub(super) async fn retry(visit: Visit, Path(named): Named, Form(form): Form<RetryForm>) -> Answer {
    let at = visit.at_tenant(&named.0, &named.1, Permission::UserRead).await?;
    let notice = match at.act(TenantPlace::Mail, "mail/retry", json!({ "id": form.id }), PAGE).await {
        Ok(told) if told["retried"] == true => Notice::MailRetried,
        Ok(_) | Err(Refusal::Said(..)) => return Ok(at.refuse(PAGE, Notice::MailNotWaiting)),
        Err(Refusal::Stop(stop)) => return Err(stop),
    };
    Ok(at.tell(PAGE, notice))
}
