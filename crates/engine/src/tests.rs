//! What the slices' tests share: a tenant on a database of its own, with a mailbox, a clock that stands still, and
//! a browser.

mod api;
mod isolation;
mod statements;

use std::net::IpAddr;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use kiavi_base::{ManualClock, Rng};
use kiavi_crypto::{SystemRng, TenantSecret};
use kiavi_db::{AdminConnection, BoxFuture, Database, Login, MigrateError, ToSql};
use kiavi_geo::Places;
use kiavi_http::{AccessLog, ConnectionInfo};
use kiavi_testkit::TestDatabase;
use serde_json::Value;
use tower::ServiceExt;

use crate::{
    Attempt, Delivery, Engine, EngineParts, MailDoor, Operator, OutgoingMail, Settings, State,
    audit::EventView,
    egress::{HttpClient, Shut},
};

pub(crate) const ORIGIN: &str = "http://demo.localhost:8080";
/// The role that engines of tests run as.
pub(crate) const RUNTIME_ROLE: &str = "kiavi_test_runtime";

/// Takes mail as its `answer` says.
#[derive(Debug)]
pub(crate) struct Mailbox {
    pub(crate) answer: Mutex<Delivery>,
    pub(crate) mails: Mutex<Vec<OutgoingMail>>,
}

impl MailDoor for Mailbox {
    fn send(&self, mail: OutgoingMail) -> BoxFuture<'_, Attempt> {
        self.mails.lock().unwrap().push(mail);
        let delivery = *self.answer.lock().unwrap();
        Box::pin(async move { Attempt { delivery, fault: None, reply: None } })
    }
}

/// One tenant and what belongs to it.
pub(crate) struct TestTenant {
    pub(crate) engine: Engine,
    pub(crate) router: Router,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) admin: AdminConnection,
    // Dropped last.
    pub(crate) database: TestDatabase,
}

async fn migrate(admin: &mut AdminConnection) -> Result<(), MigrateError> {
    // The template may be made by the first test of the server; the role is shared by all of them.
    let role =
        format!("DO $$ BEGIN CREATE ROLE {RUNTIME_ROLE} LOGIN; EXCEPTION WHEN OTHERS THEN NULL; END $$");
    admin.batch_execute(&role).await?;
    crate::migrate(admin, None, Some(RUNTIME_ROLE)).await?;
    Ok(admin.batch_execute(EXPLAINED).await?)
}

/// Holds the engine to explain, by an event, whatever it changes in the tables that the second line watches: what it does not
/// explain fails, unless a test changes something by hand and says so.
const EXPLAINED: &str = "
    CREATE FUNCTION kiavi.refuse_unexplained() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF session_user = 'kiavi_test_runtime' AND current_setting('kiavi.by_hand', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'no event explains %', NEW.method;
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER refuse_unexplained AFTER INSERT ON kiavi.audit_event FOR EACH ROW
      WHEN (NEW.type = 'database.changed') EXECUTE FUNCTION kiavi.refuse_unexplained()";

fn writer(database: &TestDatabase) -> Database {
    Database::as_writer(database.connector(), Login::new(RUNTIME_ROLE, database.name()))
}

static SECRETS: AtomicU64 = AtomicU64::new(0);

impl TestTenant {
    /// A tenant with default settings.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A tenant whose settings `change` has changed.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::reaching(Arc::new(Shut), change).await
    }

    /// A tenant whose way out is `egress`.
    pub(crate) async fn reaching(egress: Arc<dyn HttpClient>, change: impl FnOnce(&mut Settings)) -> Self {
        Self::build(egress, Places::default(), change, |database| database.database_as(RUNTIME_ROLE)).await
    }

    /// A tenant whose engine knows where some addresses are.
    pub(crate) async fn with_places(places: Places) -> Self {
        Self::build(Arc::new(Shut), places, |_| {}, |database| database.database_as(RUNTIME_ROLE)).await
    }

    /// A tenant whose engine is the database's one writer, so that it keeps sessions in memory.
    pub(crate) async fn new_writer() -> Self {
        Self::build(Arc::new(Shut), Places::default(), |_| {}, writer).await
    }

    async fn build(
        egress: Arc<dyn HttpClient>,
        places: Places,
        change: impl FnOnce(&mut Settings),
        open: impl FnOnce(&TestDatabase) -> Database,
    ) -> Self {
        let database = TestDatabase::new("engine", migrate).await;
        database.ensure_role(RUNTIME_ROLE, "LOGIN").await;
        let mut settings = Settings::for_slug(&"demo".parse().unwrap(), ORIGIN).unwrap();
        change(&mut settings);
        let mailbox = Arc::new(Mailbox { answer: Mutex::new(Delivery::Delivered), mails: Mutex::default() });
        let clock = Arc::new(ManualClock::new("2026-11-24T12:00:00Z".parse().unwrap()));
        let number = SECRETS.fetch_add(1, Ordering::Relaxed);
        let secret = format!("secret-of-a-test-tenant-{number:08}");
        let engine = Engine::new(EngineParts {
            settings,
            secret: TenantSecret::new(secret.into()),
            database: open(&database),
            mail: mailbox.clone(),
            egress,
            places,
            clock: clock.clone(),
            rng: Arc::new(SystemRng) as Arc<dyn Rng>,
            access: Arc::new(AccessLog::silent()),
        })
        .unwrap();
        Self { router: engine.router(), admin: database.admin().await, engine, mailbox, clock, database }
    }

    /// Another engine on the same database, as after a restart or as a second replica.
    pub(crate) fn another_engine(&self, change: impl FnOnce(&mut EngineParts)) -> Engine {
        let state = self.state();
        let mut parts = EngineParts {
            settings: state.settings.clone(),
            secret: state.secret.clone(),
            database: self.runtime(),
            mail: state.mail.clone(),
            egress: state.egress.clone(),
            places: state.places.clone(),
            clock: state.clock.clone(),
            rng: state.rng.clone(),
            access: state.access.clone(),
        };
        change(&mut parts);
        Engine::new(parts).unwrap()
    }

    /// Another engine that would like to be the writer.
    pub(crate) fn second_engine(&self) -> Engine {
        self.another_engine(|parts| parts.database = writer(&self.database))
    }

    pub(crate) fn state(&self) -> &State {
        self.engine.state()
    }

    /// The tenant's database as its engine sees it.
    pub(crate) fn runtime(&self) -> Database {
        self.database.database_as(RUNTIME_ROLE)
    }

    /// A browser without cookies.
    pub(crate) fn browser(&self) -> Browser {
        Browser {
            router: self.router.clone(),
            cookies: Vec::new(),
            origin: Some(ORIGIN.to_owned()),
            peer: [192, 0, 2, 1].into(),
            operator: None,
            state: self.state().clone(),
        }
    }

    /// `browser` at [`TestTenant::another_engine`].
    pub(crate) fn at_another_engine(
        &self,
        browser: &Browser,
        change: impl FnOnce(&mut EngineParts),
    ) -> Browser {
        browser.clone().at(&self.another_engine(change))
    }

    /// An operator at the management door.
    pub(crate) fn operator(&self) -> Browser {
        Browser { operator: Some(Operator("test".into())), origin: None, ..self.browser() }
    }

    /// The newest code that the outbox delivers.
    pub(crate) async fn newest_code(&self) -> String {
        crate::outbox::deliver_due(self.state()).await.unwrap();
        let mails = self.mailbox.mails.lock().unwrap();
        let digits = |word: &&str| word.len() >= 6 && word.bytes().all(|b| b.is_ascii_digit());
        let code = |mail: &OutgoingMail| {
            mail.text.split(|c: char| !c.is_ascii_alphanumeric()).find(digits).map(str::to_owned)
        };
        // Notices that are due at the same time come before it or after it.
        mails.iter().rev().find_map(code).expect("a code in a mail")
    }

    /// The newest mail that the outbox delivers.
    pub(crate) async fn newest_mail(&self) -> OutgoingMail {
        crate::outbox::deliver_due(self.state()).await.unwrap();
        self.mailbox.mails.lock().unwrap().last().expect("a mail").clone()
    }

    /// The path and query of the link in the newest mail that the outbox delivers.
    pub(crate) async fn newest_link(&self) -> String {
        crate::outbox::deliver_due(self.state()).await.unwrap();
        let mails = self.mailbox.mails.lock().unwrap();
        let link = |mail: &OutgoingMail| {
            let mut words = mail.text.split_whitespace();
            words.find_map(|word| word.strip_prefix(ORIGIN)).map(str::to_owned)
        };
        mails.iter().rev().find_map(link).expect("a link in a mail")
    }

    /// A browser that has signed in as `email` with a code.
    pub(crate) async fn signed_in(&self, email: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser.sign_in(self, email).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.json);
        browser
    }

    /// The first column of the first row.
    pub(crate) async fn value<T>(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> T
    where
        T: for<'a> kiavi_db::FromSql<'a>,
    {
        self.admin.query_opt(sql, values).await.unwrap().expect("a row").get(0)
    }

    /// The events of a type as operators see them, the oldest first; of all types without one. The clock of the tests
    /// stands still, so ids do not tell their order, but their numbers do.
    pub(crate) async fn log(&self, kind: &str) -> Vec<EventView> {
        crate::audit::tests::log(self, kind).await
    }

    /// The newest of them.
    pub(crate) async fn newest(&self, kind: &str) -> EventView {
        self.log(kind).await.pop().unwrap_or_else(|| panic!("no {kind}"))
    }

    /// The facts of the newest of them.
    pub(crate) async fn facts(&self, kind: &str) -> Value {
        self.newest(kind).await.facts.unwrap_or_default()
    }

    /// How many events of a type there are.
    pub(crate) async fn events(&self, kind: &str) -> i64 {
        self.value("SELECT count(*) FROM kiavi.audit_event WHERE type = $1", &[&kind]).await
    }
}

/// A client that keeps cookies.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    pub(crate) cookies: Vec<(String, String)>,
    pub(crate) origin: Option<String>,
    pub(crate) peer: IpAddr,
    /// Set for a connection of the management door.
    pub(crate) operator: Option<Operator>,
    state: State,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Empty for what is no text.
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) json: Value,
}

impl Answer {
    /// The `code` of an error.
    pub(crate) fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// Every `Set-Cookie` line.
    pub(crate) fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap()).collect()
    }
}

impl Browser {
    /// The same browser at another engine.
    pub(crate) fn at(self, engine: &Engine) -> Self {
        Self { router: engine.router(), state: engine.state().clone(), ..self }
    }

    /// The same browser in another network.
    pub(crate) fn from(self, peer: impl Into<IpAddr>) -> Self {
        Self { peer: peer.into(), ..self }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string()), &[]).await
    }

    /// Sends a request to the API and keeps the cookies of the answer.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let target = if path.starts_with("//") { path[1..].to_owned() } else { format!("/api/auth{path}") };
        let asked = (method.clone(), target.split('?').next().unwrap_or_default().to_owned());
        let mut request =
            Request::builder().method(method).uri(target).header(header::HOST, "demo.localhost:8080");
        if !self.cookies.is_empty() {
            let line: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, line.join("; "));
        }
        if let Some(origin) = &self.origin {
            request = request.header(header::ORIGIN, origin);
        }
        if body.is_some() && !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(operator) = &self.operator {
            request = request.extension(operator.clone());
        }
        request = request.extension(ConnectionInfo { peer: (self.peer, 4_711).into(), sequence: 1 });
        let request = request.body(body.map_or_else(Body::empty, Body::from)).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        let is_text = parts.headers.get("content-type").is_none_or(|kind| kind != "application/octet-stream");
        let text = if is_text { String::from_utf8(bytes.clone()).unwrap() } else { String::new() };
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        let answer = Answer { status: parts.status, headers: parts.headers, text, bytes, json };
        crate::audit::tests::assert_covered(&self.state, (&asked.0, &asked.1), &answer);
        assert_cached_as_documented(&asked.1, &answer);
        for line in answer.set_cookies() {
            let (name, rest) = line.split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !line.contains("Max-Age=0;") {
                self.cookies.push((name.to_owned(), rest.split(';').next().unwrap().to_owned()));
            }
        }
        answer
    }

    /// Asks for a code and signs in with it.
    pub(crate) async fn sign_in(&mut self, tenant: &TestTenant, email: &str) -> Answer {
        let body = serde_json::json!({ "email": email, "type": "sign-in" });
        let asked = self.post("/email-otp/send-verification-otp", body).await;
        assert_eq!(asked.text, r#"{"success":true}"#);
        let code = tenant.newest_code().await;
        self.post("/sign-in/email-otp", serde_json::json!({ "email": email, "otp": code })).await
    }
}

/// What may be kept of an answer, by a browser or by something in front (docs/operations.md): files of pages under the name of
/// their content for a year, public keys and the list of passkeys' origins for as long as they say, and nothing else.
fn assert_cached_as_documented(path: &str, answer: &Answer) {
    let lines: Vec<_> = answer.headers.get_all(header::CACHE_CONTROL).iter().collect();
    let [line] = lines[..] else { panic!("{path}: {lines:?}") };
    let is_file = path.starts_with(kiavi_pages::ASSET_PATH) || path.starts_with("/_kiavi/brand/");
    let has_hash = path.rsplit('/').next().unwrap_or_default().split('.').any(|part| {
        part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
    });
    let is_public = path == "/api/auth/jwks" || path.starts_with("/.well-known/");
    let is_right = match line.to_str().unwrap() {
        "no-store" => !(is_file && has_hash && answer.status == StatusCode::OK),
        "public, max-age=31536000, immutable" => is_file && has_hash,
        "no-cache" => is_file,
        other => is_public && answer.status == StatusCode::OK && other.starts_with("public, max-age="),
    };
    assert!(is_right, "{path} answers {} with {line:?}", answer.status);
}
