//! What is counted as it happens is what the log says.

mod live;
mod passkeys;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, civil::Date};

use super::{count, day, rebuild, settings::AnalyticsSettings};
use crate::{
    Engine,
    tests::{Browser, TestTenant},
};

/// All figures, as they are stored.
const ALL: &str = "
    SELECT coalesce(string_agg(line, E'\\n' ORDER BY line), '') FROM (
      SELECT concat_ws(' ', 'active', day, subject) AS line FROM kiavi.activity
      UNION ALL SELECT concat_ws(' ', 'last', day, subject) FROM kiavi.activity_last
      UNION ALL SELECT concat_ws(' ', metric, key, day, count) FROM kiavi.activity_count) AS lines";

async fn all(tenant: &TestTenant) -> String {
    tenant.value(ALL, &[]).await
}

async fn counted(tenant: &TestTenant, metric: &str) -> i64 {
    let sql = "SELECT coalesce(sum(count), 0)::bigint FROM kiavi.activity_count WHERE metric = $1";
    tenant.value(sql, &[&metric]).await
}

async fn rebuilt(tenant: &TestTenant) -> String {
    let state = tenant.state();
    rebuild(state, &state.database, |_| {}).await.unwrap();
    all(tenant).await
}

fn engine_in(tenant: &TestTenant, zone: &str) -> Engine {
    tenant.another_engine(|parts| parts.settings.analytics.time_zone = zone.to_owned())
}

#[tokio::test]
async fn somebody_who_signed_in_is_there_and_needs_no_event_of_their_own() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    browser.get("/get-session").await;
    count(tenant.state()).await.unwrap();
    assert_eq!(tenant.events("user.active").await, 0);
    tenant.clock.advance(SignedDuration::from_hours(24));
    for _ in 0..3 {
        browser.get("/get-session").await;
        count(tenant.state()).await.unwrap();
    }
    assert_eq!(tenant.events("user.active").await, 1, "once a day");
    let event = tenant.newest("user.active").await;
    assert_eq!((event.actor(), event.subject()), (event.actor(), event.actor()));
    assert_eq!((event.ip, event.user_agent), (None, None));
    let days: i64 = tenant.value("SELECT count(*) FROM kiavi.activity", &[]).await;
    assert_eq!(days, 2);
}

#[tokio::test]
async fn a_session_in_memory_is_noted_again_on_the_next_day() {
    let tenant = TestTenant::new_writer().await;
    // Six seconds before midnight.
    tenant.clock.advance(SignedDuration::from_secs(12 * 3_600 - 6));
    let mut browser = tenant.browser();
    browser.sign_in(&tenant, "ada@example.com").await;
    browser.get("/get-session").await;
    let rest = tenant.state().analytics.rest_of_day(tenant.state().clock.now());
    assert!(rest.as_secs() <= 6, "{rest:?}");
    tenant.clock.advance(SignedDuration::from_secs(6));
    // Whoever is not answered from memory, because something changed, is noted.
    browser.post("/update-user", serde_json::json!({ "name": "Ada" })).await;
    count(tenant.state()).await.unwrap();
    assert_eq!(tenant.events("user.active").await, 1);
}

#[tokio::test]
async fn methods_that_are_providers_have_names() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("ada@example.com").await;
    count(tenant.state()).await.unwrap();
    let by_providers = "INSERT INTO kiavi.activity_count (day, metric, key, count)
          SELECT DISTINCT day, 'sign_ins', name, 3 FROM kiavi.activity_count, unnest('{google,former}'::text[]) AS name";
    tenant.admin.batch_execute(by_providers).await.unwrap();
    let told = tenant.operator().get("/analytics").await.json;
    assert_eq!(
        told["points"].as_array().unwrap().last().unwrap()["sign_ins"],
        serde_json::json!({ "email_otp": 1, "former": 3, "google": 3 })
    );
    assert_eq!(told["provider_names"], serde_json::json!({ "google": "Google" }));
}

#[tokio::test]
async fn failures_are_counted_by_what_was_wrong() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    let ask = serde_json::json!({ "email": "ada@example.com", "type": "sign-in" });
    browser.post("/email-otp/send-verification-otp", ask).await;
    let wrong = serde_json::json!({ "email": "ada@example.com", "otp": "wrong1" });
    browser.post("/sign-in/email-otp", wrong).await;
    count(tenant.state()).await.unwrap();
    let key: String =
        tenant.value("SELECT key FROM kiavi.activity_count WHERE metric = 'failures'", &[]).await;
    assert!(key.starts_with("code.refused: "), "{key}");
}

#[tokio::test]
async fn an_event_whose_turn_had_passed_is_counted_when_it_comes_and_once() {
    let tenant = TestTenant::new().await;
    let number: i64 = tenant.value("SELECT nextval('kiavi.audit_event_seq_seq')", &[]).await;
    tenant.signed_in("ada@example.com").await;
    count(tenant.state()).await.unwrap();
    assert_eq!(counted(&tenant, "sign_ins").await, 1);
    let late = format!(
        "INSERT INTO kiavi.audit_event (seq, id, at, type, outcome, body) OVERRIDING SYSTEM VALUE
         SELECT {number}, gen_random_uuid(), at, type, outcome, body
         FROM kiavi.audit_event WHERE type = 'session.created'"
    );
    tenant.admin.batch_execute(&late).await.unwrap();
    for _ in 0..2 {
        count(tenant.state()).await.unwrap();
        assert_eq!(counted(&tenant, "sign_ins").await, 2);
    }
    assert_eq!(all(&tenant).await, rebuilt(&tenant).await);
}

#[tokio::test]
async fn two_engines_count_everything_once() {
    let tenant = TestTenant::new().await;
    let second = engine_in(&tenant, "UTC");
    for number in 0..4 {
        tenant.signed_in(&format!("{number}@example.com")).await;
        let (one, other) = tokio::join!(count(tenant.state()), count(second.state()));
        one.and(other).unwrap();
    }
    count(tenant.state()).await.unwrap();
    assert_eq!(counted(&tenant, "sign_ins").await, 4);
}

#[test]
fn a_zone_is_one_of_the_database_in_the_program() {
    let named = |name: &str| AnalyticsSettings { time_zone: name.to_owned() }.validate().is_ok();
    assert!(named("UTC") && named("Europe/Berlin") && named("Pacific/Kiritimati"));
    assert!(!named("Europe/Atlantis") && !named("") && !named("../../etc/localtime"));
}

#[tokio::test]
async fn operators_are_told_the_figures_and_others_find_nothing() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    tenant.clock.advance(SignedDuration::from_hours(24));
    browser.get("/get-session").await;
    tenant.signed_in("bob@example.com").await;
    let told = tenant.operator().get("/analytics").await.json;
    let points = told["points"].as_array().unwrap();
    assert_eq!(points.len(), 30);
    assert_eq!((&told["today"], &told["users"]), (&serde_json::json!("2026-11-25"), &serde_json::json!(2)));
    let figures = |point: &serde_json::Value| {
        ["active_users", "wau", "mau", "new_users"].map(|name| point[name].as_i64().unwrap())
    };
    assert_eq!((figures(&points[28]), figures(&points[29])), ([1, 1, 1, 1], [2, 2, 2, 1]));
    assert_eq!(points[29]["sign_ins"], serde_json::json!({ "email_otp": 1 }));
    assert_eq!((&points[28]["is_finished"], &points[29]["is_finished"]), (&true.into(), &false.into()));
    for name in told["definitions"].as_object().unwrap().keys() {
        let is_there = points[29].get(name).is_some() || told.get(name).is_some();
        assert!(is_there, "{name} is defined and not told");
    }
    let month = tenant.operator().get("/analytics?granularity=month&from=2026-11-20").await.json;
    assert_eq!(month["points"][0]["from"], "2026-11-01");
    assert_eq!(
        (&month["points"][0]["active_users"], &month["points"][0]["new_users"]),
        (&2.into(), &2.into())
    );
    for wrong in ["from=2020-01-01", "from=2026-11-26&to=2026-11-20", "granularity=hour", "from=today"] {
        assert_eq!(tenant.operator().get(&format!("/analytics?{wrong}")).await.status, 400, "{wrong}");
    }
    for path in ["/analytics", "/analytics/live", "/analytics/rebuild"] {
        assert_eq!(browser.get(path).await.status, 404);
    }
    assert_eq!(browser.post("/analytics/rebuild", serde_json::json!({})).await.status, 404);
}

#[tokio::test]
async fn today_is_told_beside_the_period_before_where_that_is_known() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("ada@example.com").await;
    let trends = async || tenant.operator().get("/analytics?days=1").await.json["trends"].clone();
    let told = |now: i64, before: Option<i64>| serde_json::json!({ "now": now, "before": before });
    let first = trends().await;
    for name in ["new_users", "new_users_7_days", "wau", "mau"] {
        assert_eq!(first[name], told(1, None), "{name}: nothing was counted before");
    }
    // The thirteenth day after the first: all of the 7 days before the last 7 are known, and not those of 30.
    tenant.clock.advance(SignedDuration::from_hours(12 * 24));
    tenant.signed_in("bob@example.com").await;
    let twelfth = trends().await;
    assert_eq!((&twelfth["new_users"], &twelfth["wau"]), (&told(1, Some(0)), &told(1, None)));
    tenant.clock.advance(SignedDuration::from_hours(24));
    tenant.signed_in("cleo@example.com").await;
    tenant.signed_in("dan@example.com").await;
    let told_last = trends().await;
    assert_eq!(told_last["new_users"], told(2, Some(1)));
    assert_eq!(told_last["new_users_7_days"], told(3, Some(1)));
    assert_eq!((&told_last["wau"], &told_last["mau"]), (&told(3, Some(1)), &told(4, None)));
    let past = tenant.operator().get("/analytics?from=2026-11-24&to=2026-11-24").await.json;
    assert_eq!(past["trends"], told_last, "whatever the range is");
}

#[tokio::test]
async fn a_day_that_is_over_is_kept_until_something_late_is_told_of_it() {
    let tenant = TestTenant::new().await;
    let number: i64 = tenant.value("SELECT nextval('kiavi.audit_event_seq_seq')", &[]).await;
    tenant.signed_in("ada@example.com").await;
    tenant.signed_in("bob@example.com").await;
    let sessions = "FROM kiavi.audit_event WHERE type = 'session.created' ORDER BY seq";
    let hold = format!(
        "CREATE TABLE public.held AS SELECT * {sessions} LIMIT 1;
         DELETE FROM kiavi.audit_event WHERE seq = (SELECT seq FROM public.held)"
    );
    tenant.admin.batch_execute(&hold).await.unwrap();
    tenant.clock.advance(SignedDuration::from_mins(30));
    tenant.signed_in("bob@example.com").await;
    count(tenant.state()).await.unwrap();
    tenant.clock.advance(SignedDuration::from_hours(24));
    let yesterday = async || {
        let told = tenant.operator().get("/analytics?from=2026-11-24&to=2026-11-24").await.json;
        told["points"][0]["mau"].as_i64().unwrap()
    };
    assert_eq!((yesterday().await, yesterday().await), (1, 1));
    let kept: i64 = tenant.value("SELECT mau FROM kiavi.activity_day", &[]).await;
    assert_eq!(kept, 1);
    let late = format!(
        "INSERT INTO kiavi.audit_event (seq, id, at, type, outcome, body) OVERRIDING SYSTEM VALUE
         SELECT {number}, id, at, type, outcome, body FROM public.held"
    );
    tenant.admin.batch_execute(&late).await.unwrap();
    assert_eq!(yesterday().await, 2);
}

#[tokio::test]
async fn operators_have_everything_counted_anew() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("ada@example.com").await;
    count(tenant.state()).await.unwrap();
    let live = all(&tenant).await;
    tenant.admin.batch_execute("UPDATE kiavi.activity_count SET count = 99").await.unwrap();
    let mut operator = tenant.operator();
    assert_eq!(operator.get("/analytics/rebuild").await.json["state"], "none");
    assert_eq!(operator.post("/analytics/rebuild", serde_json::json!({})).await.status, 202);
    let done = async {
        while operator.get("/analytics/rebuild").await.json["state"] == "running" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), done).await.unwrap();
    assert_eq!(operator.get("/analytics/rebuild").await.json["state"], "done");
    count(tenant.state()).await.unwrap();
    assert_eq!(all(&tenant).await, live);
}

#[test]
fn the_documentation_has_every_definition() {
    let page = include_str!("../../../../docs/analytics.md");
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for (name, definition) in super::figures::DEFINITIONS {
        assert!(page.contains(&format!("| `{name}` | {definition} |")), "{name}: {definition}");
    }
}

/// What the figures should be, told apart from how they come to be.
struct Model {
    zone: &'static str,
    first_day: Date,
    active: BTreeSet<(Date, u32)>,
    /// Those who were there and whom only the engine's memory knows.
    noted: BTreeSet<(Date, u32)>,
    sign_ins: i64,
}

impl Model {
    fn day(&self, tenant: &TestTenant) -> Date {
        let zone = day::zone(self.zone).unwrap();
        tenant.state().clock.now().to_zoned(zone).date().max(self.first_day)
    }

    fn by_day(&self) -> BTreeMap<String, i64> {
        let mut days = BTreeMap::new();
        self.active.iter().for_each(|(day, _)| *days.entry(day.to_string()).or_default() += 1);
        days
    }
}

async fn by_day(tenant: &TestTenant) -> BTreeMap<String, i64> {
    let sql = "SELECT day::text, count(*) FROM kiavi.activity GROUP BY day";
    let rows = tenant.admin.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// A person, and their browser while they have a session.
struct Person {
    number: u32,
    email: String,
    browser: Option<Browser>,
}

/// Numbers that look like chance and are the same each time.
fn dice(seed: &mut u64, sides: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % sides
}

async fn history(mut seed: u64) {
    const ZONES: [&str; 4] = ["Pacific/Kiritimati", "America/Los_Angeles", "Europe/Berlin", "Asia/Kolkata"];
    let tenant = TestTenant::new().await;
    let mut engine = engine_in(&tenant, "UTC");
    let mut model = Model {
        zone: "UTC",
        first_day: Date::constant(1970, 1, 1),
        active: BTreeSet::new(),
        noted: BTreeSet::new(),
        sign_ins: 0,
    };
    let mut next = 0..;
    let mut people: Vec<Person> = (0..5)
        .map(|place| Person {
            number: next.next().unwrap(),
            email: format!("person{place}@example.com"),
            browser: None,
        })
        .collect();
    count(engine.state()).await.unwrap();
    for _ in 0..70 {
        let who = usize::try_from(dice(&mut seed, 5)).unwrap();
        let person = &mut people[who];
        match dice(&mut seed, 10) {
            // An engine sees more people who are there than people who sign in.
            0..=4 => match &mut person.browser {
                Some(browser) => {
                    *browser = browser.clone().at(&engine);
                    assert_ne!(browser.get("/get-session").await.text, "null");
                    model.noted.insert((model.day(&tenant), person.number));
                }
                None => {
                    let mut browser = tenant.browser().at(&engine);
                    assert_eq!(browser.sign_in(&tenant, &person.email).await.status, 200);
                    person.browser = Some(browser);
                    model.active.insert((model.day(&tenant), person.number));
                    model.sign_ins += 1;
                }
            },
            5 | 6 => {
                let hours = i64::try_from(dice(&mut seed, 30)).unwrap();
                tenant.clock.advance(SignedDuration::from_mins(hours * 60 + 7));
            }
            7 => {
                count(engine.state()).await.unwrap();
                model.active.append(&mut model.noted);
            }
            8 => {
                // It is killed, and its successor may have another zone. What only its memory knew is known to nobody.
                model.noted.clear();
                let zone = ZONES[usize::try_from(dice(&mut seed, 4)).unwrap()];
                engine = engine_in(&tenant, zone);
                count(engine.state()).await.unwrap();
                model.first_day = model.day(&tenant);
                model.zone = zone;
                tenant.clock.advance(SignedDuration::from_secs(1));
            }
            _ if person.browser.is_some() => {
                count(engine.state()).await.unwrap();
                model.active.append(&mut model.noted);
                let gone = r#"DELETE FROM public."user" WHERE email = '"#;
                tenant.admin.batch_execute(&format!("{gone}{}'", person.email)).await.unwrap();
                (person.number, person.browser) = (next.next().unwrap(), None);
            }
            _ => {}
        }
    }
    count(engine.state()).await.unwrap();
    model.active.append(&mut model.noted);
    assert_eq!(by_day(&tenant).await, model.by_day(), "seed {seed}");
    assert_eq!(counted(&tenant, "sign_ins").await, model.sign_ins);
    let live = all(&tenant).await;
    assert_eq!(live, rebuilt(&tenant).await, "seed {seed}");
    count(engine.state()).await.unwrap();
    assert_eq!(live, all(&tenant).await, "nothing is counted twice after that");
}

#[tokio::test]
async fn what_is_counted_as_it_happens_and_what_is_counted_from_the_log_agree() {
    for seed in 1..=3 {
        history(seed).await;
    }
}
