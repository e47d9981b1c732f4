//! People with browsers, and a stand-in for the tenant that they sign in to: what it does is tested in the engine.

use std::{collections::BTreeMap, sync::Mutex};

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, State},
    http::{Request, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};

use super::{
    api::{Answer, send},
    *,
};
use crate::CallerKind;

pub(super) const ORIGIN: &str = "http://console.localhost:8080";
pub(super) const SIGN_IN: &str = "http://console.localhost:8080/sign-in/console";

/// What the tenant knows: codes with their challenge and session, sessions, letters.
#[derive(Default)]
pub(super) struct SignIn {
    codes: Mutex<BTreeMap<String, (String, String)>>,
    pub(super) sessions: Mutex<BTreeMap<String, Value>>,
    pub(super) letters: Mutex<Vec<Value>>,
}

pub(super) fn routes(sign_in: Arc<SignIn>) -> Router<Arc<Mutex<Vec<Asked>>>> {
    let answers = Router::new().route("/management/console/{verb}", post(answer)).with_state(sign_in);
    Router::new().merge(answers)
}

async fn answer(
    State(known): State<Arc<SignIn>>,
    Path(verb): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let mut sessions = known.sessions.lock().unwrap();
    match verb.as_str() {
        "redeem" => {
            let taken = known.codes.lock().unwrap().remove(&text("code"));
            let challenge = URL_SAFE_NO_PAD.encode(kiavi_crypto::sha256(text("verifier").as_bytes()));
            let session = taken.filter(|(wanted, _)| *wanted == challenge).map(|(_, session)| session);
            match session.and_then(|session| sessions.get(&session).cloned()) {
                Some(told) => Json(told).into_response(),
                None => StatusCode::BAD_REQUEST.into_response(),
            }
        }
        "session" => Json(sessions.get(&text("session")).cloned()).into_response(),
        "sign-out" => {
            sessions.remove(&text("session"));
            Json(json!({})).into_response()
        }
        "invite" => {
            known.letters.lock().unwrap().push(body);
            Json(json!({})).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A control plane with the console's tenant, and the tenant's side of it.
pub(super) struct World {
    pub(super) instance: Instance,
    pub(super) control: Control,
    pub(super) router: Router,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::of(Instance::new().await).await
    }

    /// The same over this instance.
    pub(super) async fn of(instance: Instance) -> Self {
        let control = instance.start().await;
        let made = tokio::select! {
            made = control.ensure_console() => made.unwrap(),
            () = control.run_reconciler() => unreachable!("it runs for ever"),
        };
        assert!(made.is_console());
        let router = control.router(CallerKind::ConsoleHost);
        Self { instance, control, router }
    }

    pub(super) fn sign_in(&self) -> &SignIn {
        &self.instance.privileged.sign_in
    }

    pub(super) fn browser(&self) -> Browser {
        let (router, sign_in) = (self.router.clone(), Arc::clone(&self.instance.privileged.sign_in));
        Browser { router, sign_in, cookies: BTreeMap::new(), origin: Some(ORIGIN.to_owned()) }
    }

    /// Somebody who is signed in by a code.
    pub(super) async fn person(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        browser.come_in(name, "email_otp").await;
        browser
    }

    /// The first owner, who used a passkey just now.
    pub(super) async fn owner(&self) -> Browser {
        let link = self.control.renew_owner_link().await.unwrap().unwrap();
        let token = link.expose_secret().split_once("token=").unwrap().1.to_owned();
        let mut browser = self.browser();
        browser.come_in("owner", "passkey").await;
        let answer = browser.post("/first-owner", &format!("token={token}")).await;
        assert_eq!(answer.headers[header::LOCATION], "/w/default", "{}", answer.text);
        browser
    }

    /// Somebody of this name who joined by invitation.
    pub(super) async fn member(&self, owner: &mut Browser, name: &str, role: &str) -> Browser {
        let form = format!("email={name}%40example.com&role={role}");
        let invited = owner.post("/w/default/team/invite", &form).await;
        assert_eq!(invited.headers[header::LOCATION], "/w/default/team?notice=member-invited");
        let token = self.newest_token();
        let mut browser = self.person(name).await;
        let page = browser.get(&format!("/invitation?token={token}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let id = page.text.split_once("name=\"invitation\" value=\"").unwrap().1;
        let id = id.split_once('"').unwrap().0;
        let joined = browser.post("/invitation", &format!("invitation={id}")).await;
        assert_eq!(joined.status, StatusCode::SEE_OTHER, "{}", joined.text);
        browser
    }

    pub(super) fn newest_token(&self) -> String {
        let letters = self.sign_in().letters.lock().unwrap();
        letters.last().unwrap()["token"].as_str().unwrap().to_owned()
    }

    pub(super) async fn execute(&self, statement: &str) {
        self.instance.database.admin().await.batch_execute(statement).await.unwrap();
    }
}

/// A browser with its cookies.
#[derive(Clone)]
pub(super) struct Browser {
    router: Router,
    sign_in: Arc<SignIn>,
    pub(super) cookies: BTreeMap<String, String>,
    pub(super) origin: Option<String>,
}

impl Browser {
    pub(super) async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), String::new()).await
    }

    /// Sends a form.
    pub(super) async fn post(&mut self, path: &str, form: &str) -> Answer {
        let kind = "application/x-www-form-urlencoded";
        self.send(Request::post(path).header(header::CONTENT_TYPE, kind), form.to_owned()).await
    }

    /// Sends JSON, as a page's script does.
    pub(super) async fn json(&mut self, method: &str, path: &str, body: Value) -> Answer {
        let request = Request::builder().method(method).uri(path);
        self.send(request.header(header::CONTENT_TYPE, "application/json"), body.to_string()).await
    }

    pub(super) async fn send(&mut self, mut request: axum::http::request::Builder, body: String) -> Answer {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let request = request.body(Body::from(body)).unwrap();
        let mut request = request;
        if let Some(origin) = self.origin.as_ref().filter(|_| request.method() != "GET") {
            request.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
        }
        let answer = send(&self.router, request).await;
        for line in answer.headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            match value.is_empty() {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }

    pub(super) fn session(&self) -> Option<&String> {
        self.cookies.get("kiavi_console")
    }

    /// Begins a sign-in: where it leads, as state and challenge.
    pub(super) async fn set_out(&mut self, path: &str) -> (String, String) {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        parts_of(&answer)
    }

    /// What the tenant's page does with somebody who has just signed in: the way back.
    pub(super) fn arrive(&self, name: &str, method: &str, age: SignedDuration, way: (&str, &str)) -> String {
        let now: Timestamp = kiavi_base::Clock::now(&SystemClock);
        let id = kiavi_base::random_text(&SystemRng, kiavi_base::Alphabet::AlphaNumeric, 16);
        let told = json!({
            "session": id,
            "method": method,
            "signed_in_at": (now - age).to_string(),
            "user": name,
            "email": format!("{name}@example.com"),
            "name": "",
            "is_verified": name != "unverified",
        });
        self.sign_in.sessions.lock().unwrap().insert(id.clone(), told);
        let (state, challenge) = way;
        self.sign_in.codes.lock().unwrap().insert(format!("code-{id}"), (challenge.to_owned(), id.clone()));
        format!("/signed-in?code=code-{id}&state={state}")
    }

    /// Signs in, or in again.
    pub(super) async fn come_in(&mut self, name: &str, method: &str) {
        let path = if method == "passkey" { "/step-up" } else { "/" };
        // Whoever is signed in is not sent away from the start.
        let path = if self.session().is_some() { "/step-up" } else { path };
        let (state, challenge) = self.set_out(path).await;
        let back = self.arrive(name, method, SignedDuration::ZERO, (&state, &challenge));
        let answer = self.get(&back).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        assert!(self.session().is_some());
    }
}

/// State and challenge of the redirect to the tenant.
pub(super) fn parts_of(answer: &Answer) -> (String, String) {
    let location = answer.headers[header::LOCATION].to_str().unwrap();
    assert!(location.starts_with(SIGN_IN), "{location}");
    let url = url::Url::parse(location).unwrap();
    let value = |wanted: &str| url.query_pairs().find(|(name, _)| name == wanted).unwrap().1.into_owned();
    (value("state"), value("challenge"))
}
