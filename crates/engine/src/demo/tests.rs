//! A tenant of people who never were is one like others: its figures are those of its log, and the same each time.

use jiff::Timestamp;
use kiavi_base::Clock;
use kiavi_crypto::SystemRng;

use super::{
    DemoError, Made, Order,
    cast::Person,
    life::{DAY, Days, Life},
    populate,
};
use crate::{
    analytics,
    tests::{Browser, TestTenant},
};

const PEOPLE: u32 = 120;
const ORDER: Order = Order { people: PEOPLE, seed: 7, is_forced: false };

async fn filled(tenant: &TestTenant, order: Order) -> Result<Made, DemoError> {
    let (admin, state) = (tenant.database.admin().await, tenant.state());
    populate(&admin, &state.secret, order, (tenant.clock.now(), &SystemRng), |_, _| {}).await
}

async fn figures(tenant: &TestTenant) -> String {
    const ALL: &str = "SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
      SELECT concat_ws(' ', 'active', day, count(*)) AS line FROM kiavi.activity GROUP BY day
      UNION ALL SELECT concat_ws(' ', metric, key, day, count) FROM kiavi.activity_count) AS lines";
    tenant.value(ALL, &[]).await
}

#[tokio::test]
async fn the_figures_are_those_of_the_log_and_the_same_for_the_same_seed() {
    let (one, other) = (TestTenant::new().await, TestTenant::new().await);
    for tenant in [&one, &other] {
        let made = filled(tenant, ORDER).await.unwrap();
        assert!(matches!(made, Made::Now { people: 120, events } if events > 1_000), "{made:?}");
        analytics::count(tenant.state()).await.unwrap();
    }
    let counted = figures(&one).await;
    assert_eq!(counted, figures(&other).await);
    analytics::rebuild(one.state(), &one.state().database, |_| {}).await.unwrap();
    assert_eq!(figures(&one).await, counted);
    // Everybody came in these days, and is in the log when they came.
    let new: i64 = one
        .value("SELECT sum(count)::bigint FROM kiavi.activity_count WHERE metric = 'new_users'", &[])
        .await;
    assert_eq!(new, i64::from(PEOPLE));
    let elsewhere: i64 = one
        .value(
            r#"SELECT count(*) FROM public."user" u WHERE NOT EXISTS (
                 SELECT FROM kiavi.audit_event e
                 WHERE e.subject = u.id AND e.type = 'user.created' AND e.at = u."createdAt")"#,
            &[],
        )
        .await;
    assert_eq!(elsewhere, 0);
}

#[tokio::test]
async fn the_log_is_in_the_order_of_time_and_its_people_can_be_read() {
    let tenant = TestTenant::new().await;
    filled(&tenant, ORDER).await.unwrap();
    let late: i64 = tenant
        .value(
            "SELECT count(*) FROM (SELECT at, lag(at) OVER (ORDER BY seq) AS before FROM kiavi.audit_event
               WHERE type <> 'passkey.offered') AS told WHERE at < before",
            &[],
        )
        .await;
    assert_eq!(late, 0);
    let future: i64 =
        tenant.value("SELECT count(*) FROM kiavi.audit_event WHERE at > $1", &[&tenant.clock.now()]).await;
    assert_eq!(future, 0);
    let created = tenant.newest("user.created").await;
    assert!(created.ip.is_some() && created.personal.is_some());
    let countries: i64 = tenant
        .value("SELECT count(DISTINCT country_token) FROM kiavi.audit_event WHERE ip_token IS NOT NULL", &[])
        .await;
    assert!(countries > 3, "they come from {countries} countries");
    let nowhere: i64 = tenant
        .value(
            "SELECT count(*) FROM kiavi.audit_event WHERE ip_token IS NOT NULL AND country_token IS NULL",
            &[],
        )
        .await;
    assert_eq!(nowhere, 0);
    assert!(!created.is_erased);
}

#[tokio::test]
async fn they_live_with_others_only_if_somebody_insists_and_come_once() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    browser.sign_in(&tenant, "ada@example.com").await;
    assert!(matches!(filled(&tenant, ORDER).await, Err(DemoError::Inhabited(1))));
    let forced = Order { is_forced: true, ..ORDER };
    assert!(matches!(filled(&tenant, forced).await.unwrap(), Made::Now { .. }));
    assert_eq!(filled(&tenant, forced).await.unwrap(), Made::Before);
}

#[tokio::test]
async fn somebody_made_up_signs_in_like_anybody() {
    let tenant = TestTenant::new().await;
    filled(&tenant, ORDER).await.unwrap();
    let email: String = tenant
        .value(r#"SELECT email FROM public."user" WHERE banned IS NOT TRUE AND role = 'user' LIMIT 1"#, &[])
        .await;
    let mut browser: Browser = tenant.browser();
    browser.sign_in(&tenant, &email).await;
    assert_eq!(browser.get("/get-session").await.json["user"]["email"], email.as_str());
}

#[test]
fn nobody_does_anything_before_they_came_or_after_now() {
    let now: Timestamp = "2026-11-24T03:17:00Z".parse().unwrap();
    let days = Days::until(now.as_millisecond());
    let mut active = 0;
    for number in 0..400 {
        let person = Person::of(1, number);
        let life = Life::of(1, number, &person, &days);
        let first = life.happenings.first().unwrap().at;
        assert!(first >= now.as_millisecond() - 92 * DAY, "{number}");
        assert!(life.happenings.iter().all(|happening| happening.at < now.as_millisecond()), "{number}");
        assert!(life.passkeys.iter().all(|passkey| passkey.used.is_none_or(|used| used > passkey.made)));
        active += life.happenings.len();
    }
    assert!((4_000..40_000).contains(&active), "{active} events of 400 people");
}
