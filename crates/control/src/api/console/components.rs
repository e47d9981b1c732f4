//! Every page in every state, with made-up people, for whoever works on them. A development instance has it, and nobody has to
//! sign in: there is nothing in it.

use axum::{
    extract::{Path, Query},
    http::header,
    response::{Html, IntoResponse, Response},
};
use kiavi_pages::{
    ASSET_PATH, BARE_CONTENT_SECURITY_POLICY, Brand,
    gallery::{Components, Samples, Words, brandings},
};
use serde::Deserialize;

use super::{
    PageRoute,
    mail::LETTER_POLICY,
    shows,
    visit::{Answer, Visit, html, set_policy},
};
use crate::api::Problem;

/// What the names of mails begin with.
const MAIL: &str = "mail-";

/// The routes that only a development instance has.
pub(super) fn table() -> [PageRoute; 3] {
    [
        shows("/dev/components", index),
        shows("/dev/components/{name}", sample),
        shows("/_kiavi/brand/{file}", brand),
    ]
}

/// Whose look: a tenant's, from 1, or our own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    look: usize,
}

impl Asked {
    fn samples(&self, visit: &Visit) -> Samples {
        let branding = self.look.checked_sub(1).and_then(|at| brandings().get(at).cloned());
        Samples::branded(visit.locale, Words::friendly(), &branding.unwrap_or_default())
    }
}

/// `GET /dev/components`.
async fn index(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let samples = asked.samples(&visit);
    let names = samples.all().into_iter().map(|sample| sample.name).collect();
    html(&Components::new(visit.locale, names, samples.mails().len(), asked.look))
}

/// `GET /dev/components/{name}`.
async fn sample(visit: Visit, Path(name): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let samples = asked.samples(&visit);
    if let Some(number) = name.strip_prefix(MAIL).and_then(|number| number.parse::<usize>().ok()) {
        let mail = samples.mails().into_iter().nth(number.wrapping_sub(1)).ok_or_else(Problem::not_found)?;
        return Ok(page(mail.html, Some(LETTER_POLICY)));
    }
    let found = samples.all().into_iter().find(|sample| sample.name == name);
    let found = found.ok_or_else(Problem::not_found)?;
    // A page that loads nothing has its style in itself.
    let policy = (!found.html.contains(ASSET_PATH)).then_some(BARE_CONTENT_SECURITY_POLICY);
    Ok(page(found.html, policy))
}

fn page(html: String, policy: Option<&str>) -> Response {
    let mut response = Html(html).into_response();
    if let Some(policy) = policy {
        set_policy(response.headers_mut(), policy);
    }
    response
}

/// `GET /_kiavi/brand/{file}`: what the looks of the samples load.
async fn brand(Path(file): Path<String>) -> Result<Response, Problem> {
    let found = brandings().iter().find_map(|branding| Brand::new(branding).file(&file));
    let found = found.ok_or_else(Problem::not_found)?;
    Ok(([(header::CONTENT_TYPE, found.content_type)], found.bytes.into_owned()).into_response())
}
