//! What the owners of the platform see of the instance, and that nobody else does.

use axum::{Router, http::StatusCode};
use kiavi_base::WorkspaceId;
use kiavi_ipc::{
    metrics::Measurements,
    survey::{
        ClockState, Disk, EngineStanding, EngineState, FailureKind, LimitsLayer, ProcessFacts,
        ServiceStanding,
    },
};

use super::{api::get, people, *};
use crate::CallerKind;

const PAGES: [&str; 4] = ["/instance", "/instance/processes", "/instance/jobs", "/instance/health"];

fn items(answer: &Value, member: &str) -> Vec<String> {
    let items = answer["items"].as_array().unwrap_or_else(|| panic!("no list: {answer}"));
    items.iter().map(|item| item[member].as_str().unwrap().to_owned()).collect()
}

/// A customer's workspace with a tenant that nobody works on.
async fn customer(control: &Control) -> (WorkspaceId, Tenant) {
    let slug = "acme".parse().unwrap();
    let workspace = workspace::create(control, &Actor::CONTROL, &slug, "Acme").await.unwrap().id;
    let name = parse_name("theirs").unwrap();
    let tenant = create::create(control, &Actor::CONTROL, &name, &workspace).await.unwrap();
    (workspace, tenant)
}

fn survey(engines: Vec<EngineStanding>) -> Survey {
    let process = ProcessFacts {
        pid: 4711,
        age_milliseconds: Some(60_000),
        private_bytes: Some(421_888),
        is_confined: Some(true),
    };
    let service = |role: &str, process| ServiceStanding { role: role.to_owned(), process, failures: 3 };
    Survey {
        measured: Measurements {
            has_postgres: true,
            has_gateway: true,
            has_auditor: true,
            ..Measurements::default()
        },
        services: vec![service("gateway", Some(process)), service("outbound", None)],
        engines,
        is_fully_isolated: true,
        disk: Some(Disk { free: 1 << 40, size: 1 << 41, free_files_percent: None }),
        clock: Some(ClockState { is_kept_in_step: true, max_error_microseconds: 1 }),
        limits: Some(LimitsLayer::CgroupsV2),
    }
}

fn engine(tenant: &Tenant, state: EngineState) -> EngineStanding {
    let runs = !matches!(state, EngineState::Paused | EngineState::Quarantined);
    EngineStanding {
        tenant: tenant.id.clone(),
        state,
        process: runs.then(|| ProcessFacts { pid: 42, ..ProcessFacts::default() }),
        failures: 2,
        pause_milliseconds: (state == EngineState::Paused).then_some(4_000),
        last_failure: (state == EngineState::Paused).then_some(FailureKind::OutOfMemory),
    }
}

async fn read(router: &Router, path: &str) -> Value {
    let answer = get(router, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    answer.json()
}

#[tokio::test]
async fn tenants_of_all_workspaces_are_found_by_name_domain_state_and_workspace() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let shop = instance.tenant(&control, "shop").await;
    let (acme, theirs) = customer(&control).await;
    let domain = format!(
        "INSERT INTO tenant_hostname (hostname, tenant_id, role, proof) VALUES
         ('login.example.com', '{0}', 'alias', 'operator'), ('old.localhost', '{0}', 'former', 'slug')",
        theirs.id
    );
    instance.database.admin().await.batch_execute(&domain).await.unwrap();
    let router = control.router(CallerKind::LocalOperator);
    let list = "/v1/instance/tenants";
    let all = read(&router, list).await;
    assert_eq!(items(&all, "slug"), ["shop", "theirs"]);
    assert_eq!(items(&all, "workspace"), ["default", "acme"]);
    let (ours, other) = (&all["items"][0], &all["items"][1]);
    assert!(ours["database_bytes"].as_i64().is_some_and(|bytes| bytes > 1_000_000), "{ours}");
    assert_eq!((&ours["schema_version"], &ours["state"]), (&json!(1), &json!("running")));
    assert_eq!((&other["database_bytes"], &other["schema_version"]), (&Value::Null, &json!(0)));
    assert_eq!(other["hostnames"], json!(["login.example.com"]));
    let first = read(&router, &format!("{list}?limit=1")).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(items(&read(&router, &format!("{list}?limit=1&cursor={cursor}")).await, "slug"), ["theirs"]);
    for (query, expected) in [
        ("q=SHO", &["shop"][..]),
        ("q=login.example", &["theirs"]),
        (&format!("q={}", shop.id), &["shop"]),
        ("q=%00", &[]),
        ("state=running", &["shop"]),
        ("state=requested&workspace=acme", &["theirs"]),
        (&format!("workspace={acme}"), &["theirs"]),
    ] {
        assert_eq!(items(&read(&router, &format!("{list}?{query}")).await, "slug"), expected, "{query}");
    }
    let unknown = get(&router, &format!("{list}?workspace=nobody")).await;
    assert_eq!(unknown.problem(), (404, "workspace_not_found".into()));
    for query in ["limit=0", "limit=1001", "state=flying", "secret=1"] {
        assert_eq!(get(&router, &format!("{list}?{query}")).await.status, StatusCode::BAD_REQUEST, "{query}");
    }
    let nowhere = get(&router, &format!("{list}?cursor=abc")).await;
    assert_eq!(nowhere.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn engines_are_those_that_run_sleep_or_are_held_up() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let mut tenants = Vec::new();
    for name in ["awake", "asleep", "broken", "shut"] {
        tenants.push(instance.tenant(&control, name).await);
    }
    instance.request(&control, "unmade").await;
    let router = control.router(CallerKind::LocalOperator);
    let away = get(&router, "/v1/instance/engines").await;
    assert_eq!(away.problem(), (500, "internal_error".into()));
    *instance.privileged.survey.lock().unwrap() = Some(survey(vec![
        engine(&tenants[0], EngineState::Running),
        engine(&tenants[2], EngineState::Paused),
        engine(&tenants[3], EngineState::Quarantined),
    ]));
    let all = read(&router, "/v1/instance/engines").await;
    assert_eq!(items(&all, "slug"), ["asleep", "awake", "broken", "shut"]);
    assert_eq!(items(&all, "state"), ["sleeping", "running", "paused", "quarantined"]);
    assert_eq!((&all["items"][0]["process"], &all["items"][1]["process"]["pid"]), (&Value::Null, &json!(42)));
    assert!(all["items"][2]["starts_again_at"].is_string() && all["items"][2]["failures"] == 2);
    assert_eq!(all["items"][2]["last_failure"], "out_of_memory");
    assert_eq!(all["items"][1].get("last_failure"), None);
    for (query, expected) in [
        ("state=sleeping", &["asleep"][..]),
        ("state=running", &["awake"]),
        ("state=quarantined", &["shut"]),
        ("state=draining", &[]),
        ("q=a", &["asleep", "awake"]),
    ] {
        let found = read(&router, &format!("/v1/instance/engines?{query}")).await;
        assert_eq!(items(&found, "slug"), expected, "{query}");
    }
    let own = read(&router, "/v1/instance/services").await;
    assert_eq!(own["is_fully_isolated"], true);
    assert_eq!(
        (&own["services"][0]["role"], &own["services"][0]["failures"]),
        (&json!("gateway"), &json!(3))
    );
    assert_eq!(own["services"][0]["process"]["private_bytes"], 421_888);
    assert!(own["services"][0]["process"]["started_at"].is_string());
    assert_eq!(own["services"][1]["process"], Value::Null);
}

#[tokio::test]
async fn jobs_tell_what_failed_and_what_is_left_to_do() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    instance.tenant(&control, "done").await;
    instance.request(&control, "waits").await;
    instance.privileged.failures.store(1, Ordering::SeqCst);
    let failed = instance.request(&control, "fails").await.id;
    provision::converge(&control, &failed).await;
    let router = control.router(CallerKind::LocalOperator);
    let all = read(&router, "/v1/instance/jobs").await;
    assert_eq!(items(&all, "slug"), ["fails", "waits"]);
    assert_eq!(items(&all, "state"), ["failed", "waiting"]);
    let (fails, waits) = (&all["items"][0], &all["items"][1]);
    assert_eq!((&fails["target"], &fails["last_error"]["code"]), (&json!("running"), &json!("start_failed")));
    assert!(fails["last_error"]["retry_at"].is_string());
    let steps = |job: &Value| -> Vec<(String, bool, i64)> {
        let steps = job["steps"].as_array().unwrap().iter();
        let told = |step: &Value| {
            let name = step["step"].as_str().unwrap().to_owned();
            (name, step["finished_at"].is_string(), step["attempts"].as_i64().unwrap())
        };
        steps.map(told).collect()
    };
    let of_failed = steps(fails);
    assert_eq!(of_failed.len(), 5);
    assert!(of_failed[..4].iter().all(|(_, is_done, attempts)| *is_done && *attempts == 1), "{of_failed:?}");
    assert_eq!(of_failed[4], ("running".to_owned(), false, 1));
    assert!(steps(waits).iter().all(|(_, is_done, attempts)| !is_done && *attempts == 0));
    assert_eq!(items(&read(&router, "/v1/instance/jobs?state=failed").await, "slug"), ["fails"]);
    assert_eq!(items(&read(&router, "/v1/instance/jobs?state=running").await, "slug"), [""; 0]);
    provision::converge(&control, &failed).await;
    assert_eq!(items(&read(&router, "/v1/instance/jobs").await, "slug"), ["waits"]);
}

#[tokio::test]
async fn health_is_the_worst_of_what_was_found() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let router = control.router(CallerKind::LocalOperator);
    let told = |health: &Value| -> BTreeMap<String, String> {
        let findings = health["findings"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        findings.map(|one| (text(&one["check"]), text(&one["verdict"]))).collect()
    };
    let away = told(&read(&router, "/v1/instance/health").await);
    assert_eq!((&*away["gateway"], &*away["database"]), ("unchecked", "ok"), "the launcher does not answer");
    *instance.privileged.survey.lock().unwrap() = Some(survey(Vec::new()));
    let health = read(&router, "/v1/instance/health").await;
    let found = told(&health);
    for check in
        ["database", "gateway", "auditor", "audit_logs", "vault", "jobs", "engines", "domains", "disk"]
    {
        assert_eq!(found[check], "ok", "{health}");
    }
    assert_eq!((&*found["outbound"], &*found["backups"]), ("fault", "warning"), "{health}");
    assert_eq!(health["verdict"], "fault");
    instance.privileged.failures.store(1, Ordering::SeqCst);
    let failed = instance.request(&control, "fails").await;
    provision::converge(&control, &failed.id).await;
    let shut = vec![engine(&failed, EngineState::Quarantined)];
    *instance.privileged.survey.lock().unwrap() = Some(survey(shut));
    instance.vault_is_away.store(true, Ordering::SeqCst);
    let found = told(&read(&router, "/v1/instance/health").await);
    assert_eq!((&*found["jobs"], &*found["engines"], &*found["vault"]), ("warning", "fault", "warning"));
}

#[tokio::test]
async fn the_pages_are_for_owners_of_the_platform_and_for_nobody_else_there() {
    let world = people::World::new().await;
    let mut owner = world.owner().await;
    let (acme, theirs) = customer(&world.control).await;
    *world.instance.privileged.survey.lock().unwrap() =
        Some(survey(vec![engine(&theirs, EngineState::Running)]));
    let secret = format!("UPDATE tenant SET reason = 'private words' WHERE id = '{}'", theirs.id);
    world.execute(&secret).await;
    let mut pages = Vec::new();
    for path in PAGES {
        let page = owner.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        assert!(!page.text.contains("private words"), "{path}");
        pages.push(page.text);
    }
    assert!(
        pages[0].contains("acme") && !pages[0].contains("/t/theirs"),
        "no way leads into it: {}",
        pages[0]
    );
    assert!(pages[1].contains("theirs") && pages[1].contains("421.8 kB"), "{}", pages[1]);
    assert!(pages[2].contains("theirs"), "{}", pages[2]);
    assert!(owner.get("/w/default").await.text.contains("href=\"/instance\""));
    assert!(owner.get("/instance?text=nobody&workspace=x").await.text.contains("href=\"/instance\""));

    let mut carla = world.person("carla").await;
    let member =
        format!("INSERT INTO member (workspace_id, user_id, role) VALUES ('{acme}', 'carla', 'owner')");
    world.execute(&member).await;
    let mut others = vec![carla.clone()];
    for role in crate::Role::ALL.into_iter().filter(|role| *role != crate::Role::Owner) {
        others.push(world.member(&mut owner, &format!("m-{}", role.as_str()), role.as_str()).await);
    }
    for browser in &mut others {
        for path in PAGES {
            let page = browser.get(path).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}: {}", page.text);
        }
        let asked = browser.get("/v1/instance/tenants").await;
        assert_eq!(asked.problem(), (403, "forbidden".into()));
    }
    assert!(!carla.get("/w/acme").await.text.contains("href=\"/instance\""));
    let stranger = world.browser().get("/instance").await;
    assert_eq!(stranger.status, StatusCode::SEE_OTHER, "to the sign-in");
}
