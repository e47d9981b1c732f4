//! A tenant's log: the list, one event with its proof, and the live view.

use std::convert::Infallible;

use axum::{
    extract::{Path, Query},
    http::{Method, StatusCode},
    response::{
        Sse,
        sse::{Event as Message, KeepAlive},
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{Stream, StreamExt, stream};
use http_body_util::BodyDataStream;
use jiff::{SignedDuration, Timestamp};
use kiavi_audit::{Distrust, EventProof, MOST_EXPORTED, ProofError, TrustedKeys, VerifierKey};
use kiavi_base::DeviceTrait;
use kiavi_pages::{
    ChangeRow, EventFiles, EventPage, EventRow, EventSearch, Events, Notice, Period, Place, ProofFile, Seal,
    TenantPlace, WrongFilter,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    event_files,
    security_lists::as_counted,
    tenant::{AtTenant, People, Refusal, address, read},
    views,
    visit::{Answer, Stop, Visit, html},
};
use crate::{
    Permission,
    api::{Problem, code::Code, events::Format, progress},
    log,
    management::Door,
    view::List,
};

/// Events on a page.
const SHOWN: &str = "50";
/// All but that somebody looked: otherwise, a page that shows the latest events is itself the latest.
pub(super) const UNREAD: &str = "-management.requested,-user.viewed,-users.listed,-sessions.listed";
const EVENTS: &str = "audit/events";

/// A part of the log, as engines tell it.
#[derive(Deserialize)]
pub(super) struct Told {
    pub(super) events: Vec<Event>,
    next: Option<String>,
    #[serde(default)]
    has_places: bool,
    /// Whether what happens from now on is none of it.
    #[serde(default)]
    is_over: bool,
    time_zone: Option<String>,
}

/// An event, as engines tell it.
#[derive(Deserialize)]
pub(super) struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    outcome: String,
    at: Timestamp,
    actor: Option<Named>,
    subject: Option<Named>,
    ip: Option<String>,
    country: Option<String>,
    network: Option<String>,
    user_agent: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    r#ref: String,
    user_id: Option<String>,
    email: Option<String>,
}

impl Named {
    /// By what people know them best.
    fn label(&self) -> String {
        self.email.as_ref().or(self.user_id.as_ref()).unwrap_or(&self.r#ref).clone()
    }
}

impl Event {
    /// As lists show it.
    pub(super) fn row(&self, at: &AtTenant, people: &People) -> EventRow {
        let label = |named: &Option<Named>| named.as_ref().map(|named| people.label(named.label()));
        EventRow {
            path: at.path(&format!("/events/{}", self.id)),
            kind: self.kind.clone(),
            is_success: self.outcome == "success",
            at: self.at,
            actor: label(&self.actor).unwrap_or_default(),
            subject: label(&self.subject).unwrap_or_default(),
            ip: self.ip.clone(),
            country: self.country.clone(),
            network: self.network.clone(),
            user_agent: self.user_agent.clone(),
        }
    }
}

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    r#type: String,
    outcome: String,
    email: String,
    ip: String,
    country: String,
    network: String,
    device: String,
    actor: String,
    request_id: String,
    period: String,
    from: String,
    to: String,
    /// The cursor of this page.
    before: Option<String>,
    /// Whether to offer the files, as after a proof of being there.
    export: Option<String>,
    notice: Option<String>,
}

impl Asked {
    pub(super) fn search(&self) -> EventSearch {
        let trimmed = |text: &String| text.trim().to_owned();
        EventSearch {
            kind: trimmed(&self.r#type),
            outcome: self.outcome.clone(),
            email: trimmed(&self.email),
            ip: trimmed(&self.ip),
            country: trimmed(&self.country),
            network: trimmed(&self.network),
            device: trimmed(&self.device),
            actor: trimmed(&self.actor),
            request: trimmed(&self.request_id),
            period: self.period(),
            from: trimmed(&self.from),
            to: trimmed(&self.to),
        }
    }

    /// Days that are named count where no period is that has a name.
    fn period(&self) -> Period {
        let has_days = [&self.from, &self.to].into_iter().any(|day| !day.is_empty());
        match Period::of(&self.period) {
            // Without days it is the usual one.
            Period::Own if !has_days => Period::default(),
            _ if self.period.is_empty() && has_days => Period::Own,
            period => period,
        }
    }

    /// The filters by the names that they have in the address.
    fn fields(&self) -> [(&'static str, &String); 12] {
        [
            ("type", &self.r#type),
            ("outcome", &self.outcome),
            ("email", &self.email),
            ("ip", &self.ip),
            ("country", &self.country),
            ("network", &self.network),
            ("device", &self.device),
            ("actor", &self.actor),
            ("request_id", &self.request_id),
            ("period", &self.period),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }

    /// Those of them that something is asked for by.
    fn asked_for(&self) -> Vec<(&'static str, &String)> {
        let is_own = self.period() == Period::Own;
        let counts =
            |(name, value): &(&str, &String)| !value.is_empty() && (is_own || !["from", "to"].contains(name));
        self.fields().into_iter().filter(counts).collect()
    }

    /// The address of a page below this tenant with the same filters.
    fn address(&self, at: &AtTenant, below: &str, before: Option<&String>) -> String {
        let fields = self.asked_for().into_iter();
        address(&at.path(below), fields.chain(before.map(|before| ("before", before))))
    }

    /// That of the list with its files on offer.
    pub(super) fn offer(&self, at: &AtTenant) -> String {
        let fields = self.asked_for().into_iter().map(|(name, value)| (name, value.as_str()));
        address(&at.path("/events"), fields.chain([("export", "1")]))
    }
}

/// What was asked for, as files, and how they are verified elsewhere.
async fn files(
    at: &AtTenant,
    asked: &Asked,
    search: &EventSearch,
    now: Timestamp,
) -> Result<EventFiles, Stop> {
    let control = &at.here.visit.control;
    let found = log::store::find(&control.parts().database, &at.tenant.id).await.map_err(Problem::from)?;
    let name = event_files::name(&at.tenant.slug, search, now, Format::Ndjson);
    let verify = |key: VerifierKey| format!("kiavi audit proof verify {name} --key {key}");
    let slug = &at.tenant.slug;
    Ok(EventFiles {
        csv: asked.address(at, "/events.csv", None),
        ndjson: asked.address(at, "/events.ndjson", None),
        most: MOST_EXPORTED,
        verify: found.and_then(|log| log.verifier()).map(verify),
        whole: format!("kiavi audit export {slug} --bundle {slug}-log"),
        is_open: asked.export.is_some(),
    })
}

/// The filters of a search in the query of the engine's route; Nothing is everything but that somebody looked.
pub(super) fn filters(search: &EventSearch, people: &People) -> Vec<(&'static str, String)> {
    let kind = match search.kind.as_str() {
        "" => UNREAD.to_owned(),
        kind => kind.replace(' ', ""),
    };
    let fields = [
        ("type", kind),
        ("outcome", search.outcome.clone()),
        ("email", search.email.clone()),
        ("ip", search.ip.clone()),
        ("country", search.country.clone()),
        ("network", search.network.clone()),
        (trait_of(&search.device).name(), search.device.clone()),
        ("request_id", search.request.clone()),
    ];
    let actors = people.names_of(&search.actor).into_iter().map(|name| ("actor", name));
    fields.into_iter().chain(actors).filter(|(_, value)| !value.is_empty()).collect()
}

/// The span of a search, likewise.
pub(super) fn span(search: &EventSearch, now: Timestamp) -> Vec<(&'static str, String)> {
    let ago = |hours| now.checked_sub(SignedDuration::from_hours(hours)).ok();
    let days = match search.period {
        Period::Own => [("from", search.from.clone()), ("to", search.to.clone())],
        period => [
            ("from", period.hours().and_then(ago).map(|from| from.to_string()).unwrap_or_default()),
            ("to", String::new()),
        ],
    };
    days.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// The filters that an engine has an issue with, of what it says of them.
fn wrong(said: &str) -> Vec<WrongFilter> {
    let issues: Vec<_> =
        said.split("; ").filter_map(|issue| issue.strip_prefix("[query.")?.split_once(']')).collect();
    let is_told = |wrong: &WrongFilter| issues.iter().any(|(name, _)| *name == wrong.name());
    WrongFilter::ALL.into_iter().filter(is_told).collect()
}

/// All words for devices, in alphabetical order.
fn devices() -> Vec<&'static str> {
    let mut words: Vec<_> = DeviceTrait::ALL.into_iter().flat_map(DeviceTrait::words).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// What a word for a device tells of it. One that there is not is refused by the engine.
fn trait_of(word: &str) -> DeviceTrait {
    let is_known = |of: &DeviceTrait| of.words().any(|known| known.eq_ignore_ascii_case(word));
    DeviceTrait::ALL.into_iter().find(is_known).unwrap_or(DeviceTrait::Device)
}

/// `GET …/events`.
pub(super) async fn list(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::AuditRead).await?;
    let door = at.door(TenantPlace::Events).await?;
    let (search, now) = (asked.search(), at.here.visit.control.parts().clock.now());
    let people = at.people().await?;
    let mut query = filters(&search, &people);
    query.push(("limit", SHOWN.to_owned()));
    query.extend(span(&search, now));
    query.extend(asked.before.clone().map(|before| ("cursor", before)));
    let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (told, refused) = match read::<Told>(&door, EVENTS, &query).await {
        Err(Refusal::Said(StatusCode::BAD_REQUEST, why)) => {
            let has_places = !search.country.is_empty() || !search.network.is_empty();
            let none = Told { events: vec![], next: None, has_places, is_over: true, time_zone: None };
            (none, Some(wrong(&why.message)))
        }
        told => (told?, None),
    };
    let is_newest = asked.before.is_none();
    Ok(html(&Events {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Events),
        kinds: at.here.visit.control.parts().schema.event_types(),
        devices: devices(),
        has_places: told.has_places,
        events: told.events.iter().map(|event| event.row(&at, &people)).collect(),
        older: told.next.as_ref().map(|next| asked.address(&at, "/events", Some(next))),
        newest: (!is_newest).then(|| asked.address(&at, "/events", None)),
        live: (is_newest && !told.is_over).then(|| asked.address(&at, "/events/live", None)),
        views: views::of(&at, List::Events, &asked.asked_for()).await?,
        files: files(&at, &asked, &search, now).await?,
        notice: asked.notice.as_deref().and_then(Notice::of_console),
        search,
        is_refused: refused.is_some(),
        wrong: refused.unwrap_or_default(),
        time_zone: told.time_zone,
        now,
    }))
}

/// `GET …/events/{event}`.
pub(super) async fn page(
    visit: Visit,
    Path((workspace, tenant, id)): Path<(String, String, String)>,
) -> Answer {
    let at = visit.at_tenant(&workspace, &tenant, Permission::AuditRead).await?;
    let door = at.door(TenantPlace::Events).await?;
    let id: kiavi_base::EventId = id.parse().map_err(|_| Problem::not_found())?;
    let id = id.to_string();
    #[derive(Deserialize)]
    struct Raw {
        events: Vec<Value>,
    }
    let found: Raw = read(&door, EVENTS, &[("id", &id), ("limit", "1")]).await?;
    let raw = found.events.into_iter().next().ok_or_else(Problem::not_found)?;
    let event = Event::deserialize(&raw).map_err(|_| Problem::from(Code::EngineAnswer))?;
    let people = at.people().await?;
    let (seal, proof) = seal(&at, &door, &id).await?;
    let (changes, facts) = told(&raw);
    let origin = at.here.visit.control.origins().own_origin();
    let text = |name: &str| raw[name].as_str().map(str::to_owned);
    let network = raw["ip"].as_str().filter(|_| at.may(Permission::SettingsWrite)).map(as_counted);
    Ok(html(&EventPage {
        frame: at.here.visit.frame(),
        top: at.here.top(Place::Tenants).await?,
        tenant: at.top(TenantPlace::Events),
        row: event.row(&at, &people),
        method: text("method"),
        request_id: text("request_id"),
        network,
        is_erased: raw["is_erased"] == true,
        changes,
        facts,
        json: serde_json::to_string_pretty(&raw).unwrap_or_default(),
        link: format!("{origin}{}", at.path(&format!("/events/{id}"))),
        curl: curl(&format!("{origin}/v1/tenants/{}/{EVENTS}?id={id}", at.tenant.slug)),
        seal,
        proof,
        id,
        now: at.here.visit.control.parts().clock.now(),
    }))
}

/// The command that asks the API for an address, by a management key in `KEY`.
fn curl(address: &str) -> String {
    format!("curl -H \"Authorization: Bearer $KEY\" '{address}'")
}

/// What an event changed, and what else it says: of the change itself and of the person. What is more than a word or a
/// number is JSON.
fn told(event: &Value) -> (Vec<ChangeRow>, Vec<(String, String)>) {
    let words = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let members = |group: &str| event[group].as_object().into_iter().flatten();
    let (changes, facts): (Vec<_>, Vec<_>) =
        ["facts", "personal"].into_iter().flat_map(members).partition(|(name, _)| *name == "changes");
    let changes = changes.into_iter().filter_map(|(_, changes)| changes.as_object()).flatten();
    let change = |(path, change): (&String, &Value)| ChangeRow {
        path: path.clone(),
        from: change.get("from").map(words),
        to: change.get("to").map(words),
    };
    // What is personal of a change stands in the group that goes with the person, and nothing in the other.
    let changes = changes.map(change).filter(|change| change.from.is_some() || change.to.is_some());
    (changes.collect(), facts.into_iter().map(|(name, value)| (name.clone(), words(value))).collect())
}

/// Verifies here, with the keys that this instance has, what the engine says of an event's place in the log; and says how
/// anybody else does.
async fn seal(at: &AtTenant, door: &Door<'_>, id: &str) -> Result<(Option<Seal>, Option<ProofFile>), Stop> {
    let control = &at.here.visit.control;
    let Some((_, log, witness)) = log::verifiers(control, &at.tenant.id).await? else {
        return Ok((Some(Seal::Waiting), None));
    };
    let answer = door.ask(Method::GET, &format!("/management/log/proof/{id}"), None).await;
    let Ok(answer) = answer else { return Ok((None, None)) };
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Ok((Some(Seal::Waiting), None)),
        // An engine that cannot answer says nothing of the log.
        _ => return Ok((None, None)),
    }
    let name = format!("{id}.tlog-proof");
    let file = ProofFile {
        path: format!("/v1/tenants/{}/audit/proof/{id}", at.tenant.slug),
        command: format!("kiavi audit proof verify {name} --key {log}"),
        name,
    };
    let text = std::str::from_utf8(answer.body()).unwrap_or_default();
    let seal = text.parse::<EventProof>().map_or(Seal::Broken, |proof| judge(&proof, log, witness));
    if !matches!(seal, Seal::Uncosigned) {
        return Ok((Some(seal), Some(file)));
    }
    // A log that the witness has refused waits for a cosignature that never comes.
    if log::store::is_contradicted(&control.parts().database, &at.tenant.id).await.map_err(Problem::from)? {
        return Ok((Some(Seal::Broken), Some(file)));
    }
    // Its file would not be complete.
    Ok((Some(seal), None))
}

/// What a proof is worth by the keys of the log and of its witness, who cosigns a checkpoint after it is stored.
fn judge(proof: &EventProof, log: VerifierKey, witness: VerifierKey) -> Seal {
    let verify = |keys: TrustedKeys| proof.verify(&keys);
    match verify([log.clone(), witness].into_iter().collect()) {
        Ok(_) => {
            let checkpoint = proof.checkpoint.checkpoint();
            Seal::Holds {
                index: proof.index,
                size: checkpoint.size,
                root: STANDARD.encode(checkpoint.root),
                hashes: proof.hashes.len(),
            }
        }
        Err(ProofError::Distrust(Distrust::Witness)) if verify([log].into_iter().collect()).is_ok() => {
            Seal::Uncosigned
        }
        Err(_) => Seal::Broken,
    }
}

/// `GET …/events/live`: one message for what happened and fits; the page then loads itself again.
pub(super) async fn live(
    visit: Visit,
    Path((workspace, tenant)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Sse<impl Stream<Item = Result<Message, Infallible>>>, Stop> {
    let at = visit.at_tenant(&workspace, &tenant, Permission::AuditRead).await?;
    let door = at.door(TenantPlace::Events).await?;
    let permit = progress::permit(&at.here.visit.control, &at.here.actor)?;
    let search = asked.search();
    let mut kinds = filters(&search, &at.people().await?);
    // Whatever is asked for, loading the page is none of it.
    if let Some((_, kind)) = kinds.iter_mut().find(|(name, kind)| *name == "type" && !kind.contains(UNREAD)) {
        *kind = format!("{kind},{UNREAD}");
    }
    let target = address(&format!("/api/auth/{EVENTS}/live"), kinds);
    let answer = door.open(&target).await.map_err(Problem::from)?;
    if answer.status() != StatusCode::OK {
        return Err(Problem::from(Code::EngineAnswer).into());
    }
    let frames = BodyDataStream::new(answer.into_body());
    let told = stream::unfold((frames, permit), |(mut frames, permit)| async {
        // A comment that keeps the connection, and the opening, are no news.
        loop {
            let frame = frames.next().await?.ok()?;
            if frame.windows(EVENT_FIELD.len()).any(|window| window == EVENT_FIELD) {
                return Some((Ok(Message::default().data("changed")), (frames, permit)));
            }
        }
    });
    Ok(Sse::new(told).keep_alive(KeepAlive::default()))
}

/// What a message with an event says of itself.
const EVENT_FIELD: &[u8] = b"event: event";
