//! A source as other adapters and older versions make it, surveyed and copied on a real server.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use futures_util::TryStreamExt;
use kiavi_crypto::{JwsAlgorithm, SigningKey, SystemRng, TenantSecret};
use kiavi_db::ForeignUrl;
use kiavi_moving::{Source, SourceError, Survey, SurveyQuestions, TABLES};
use kiavi_testkit::TestDatabase;

/// As Drizzle makes it: uuids, times without a zone, names with underscores; and without any plugin.
const DRIZZLE: &str = r#"
    CREATE TABLE users (id uuid PRIMARY KEY, name text, email varchar(255) NOT NULL, email_verified boolean NOT NULL,
      image text, created_at timestamp NOT NULL, updated_at timestamp NOT NULL, plan text DEFAULT 'free');
    CREATE TABLE sessions (id uuid PRIMARY KEY, expires_at timestamp NOT NULL, token text NOT NULL,
      created_at timestamp NOT NULL, updated_at timestamp NOT NULL, ip_address inet, user_agent text, user_id uuid);
    CREATE TABLE accounts (id uuid PRIMARY KEY, account_id text NOT NULL, provider_id text NOT NULL, user_id uuid,
      access_token text, password text, created_at timestamp NOT NULL, updated_at timestamp NOT NULL);
    CREATE TABLE verifications (id uuid PRIMARY KEY);
    INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', NULL, 'Ada@Example.com', true, NULL,
      '2026-01-02 03:04:05.678912', '2026-01-02 03:04:05');
    INSERT INTO sessions VALUES ('00000000-0000-0000-0000-0000000000a1', '2030-01-01', 'token', '2026-01-02', '2026-01-02',
      '10.0.0.1', E'a\tb\\', '00000000-0000-0000-0000-000000000001'),
      ('00000000-0000-0000-0000-0000000000a2', '2030-01-01', 'lost', '2026-01-02', '2026-01-02', NULL, NULL,
      '00000000-0000-0000-0000-000000000009');
    INSERT INTO accounts VALUES ('00000000-0000-0000-0000-0000000000b1', 'subject', 'github',
      '00000000-0000-0000-0000-000000000001', NULL, NULL, '2026-01-02', '2026-01-02'),
      ('00000000-0000-0000-0000-0000000000b2', 'x', 'credential', '00000000-0000-0000-0000-000000000001', NULL, 'hash',
      '2026-01-02', '2026-01-02');
    INSERT INTO verifications VALUES ('00000000-0000-0000-0000-0000000000c1');"#;

/// Better Auth's own tables with serial ids, and an API key of the time when it had a user.
const SERIAL: &str = r#"
    CREATE TABLE "user" (id serial PRIMARY KEY, name text NOT NULL, email text NOT NULL, "emailVerified" int NOT NULL,
      image text, "createdAt" timestamptz NOT NULL, "updatedAt" timestamptz NOT NULL);
    CREATE TABLE session (id serial PRIMARY KEY, "expiresAt" timestamptz NOT NULL, token text NOT NULL,
      "createdAt" timestamptz NOT NULL, "updatedAt" timestamptz NOT NULL, "userId" int NOT NULL);
    CREATE TABLE account (id serial PRIMARY KEY, "accountId" text NOT NULL, "providerId" text NOT NULL,
      "userId" int NOT NULL, "createdAt" timestamptz NOT NULL, "updatedAt" timestamptz NOT NULL);
    CREATE TABLE passkey (id serial PRIMARY KEY, "publicKey" text NOT NULL, "userId" int NOT NULL,
      "credentialID" text NOT NULL, counter bigint NOT NULL, "deviceType" text NOT NULL, "backedUp" boolean NOT NULL);
    CREATE TABLE jwks (id serial PRIMARY KEY, "publicKey" text NOT NULL, "privateKey" text NOT NULL,
      "createdAt" timestamptz NOT NULL);
    CREATE TABLE apikey (id serial PRIMARY KEY, key text NOT NULL, "userId" int NOT NULL, enabled boolean,
      "createdAt" timestamptz NOT NULL, "updatedAt" timestamptz NOT NULL);
    INSERT INTO "user" VALUES (7, 'Ada', 'ada@example.com', 1, NULL, now(), now());
    INSERT INTO passkey VALUES (1, 'aGVsbG8=', 7, 'credential', 4294967295, 'singleDevice', false);
    INSERT INTO apikey VALUES (1, 'in clear', 7, true, now(), now());"#;

async fn source(statements: &str) -> (TestDatabase, Result<Source, SourceError>) {
    let database = TestDatabase::empty().await;
    database.admin().await.batch_execute(statements).await.unwrap();
    let url: ForeignUrl = database.url().parse().unwrap();
    let source = Source::open(&url).await;
    (database, source)
}

async fn survey(source: &Source, secret: Option<&TenantSecret>) -> Result<Survey, SourceError> {
    source.survey(SurveyQuestions { secret, is_usable_passkey: &|key| key != b"hello" }).await
}

fn problems<T>(outcome: Result<T, SourceError>) -> Vec<String> {
    match outcome {
        Err(SourceError::Refused(problems)) => problems,
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("it was not refused"),
    }
}

async fn rows(source: &Source, survey: &Survey, table: &str) -> String {
    let selection = source.plan().selection(table).unwrap();
    let pieces: Vec<_> = source.rows(selection, survey).await.unwrap().try_collect().await.unwrap();
    String::from_utf8(pieces.concat()).unwrap()
}

/// Copies everything into the tables of a tenant, as the instance does.
async fn copied(source: &Source, survey: &Survey) -> TestDatabase {
    let target = TestDatabase::empty().await;
    let admin = target.admin().await;
    for schema in [
        include_str!("../../engine/migrations/V1__better_auth.sql"),
        include_str!("../../engine/migrations/V3__better_auth_plugins.sql"),
    ] {
        admin.batch_execute(schema).await.unwrap();
    }
    for table in TABLES {
        let Some(selection) = source.plan().selection(table.name) else { continue };
        let mut copy = admin.copy_in(&table.copy_in()).await.unwrap();
        let pieces: Vec<_> = source.rows(selection, survey).await.unwrap().try_collect().await.unwrap();
        for piece in pieces {
            copy.send(piece).await.unwrap();
        }
        copy.finish().await.unwrap();
    }
    target
}

async fn text(target: &TestDatabase, question: &str) -> String {
    target.admin().await.query(question, &[]).await.unwrap()[0].get(0)
}

#[tokio::test]
async fn another_adapters_tables_fit() {
    let (_database, source) = source(DRIZZLE).await;
    let source = source.unwrap();
    let survey = survey(&source, None).await.unwrap();
    let counts: Vec<_> = survey.rows.iter().map(|(table, rows)| (*table, *rows)).collect();
    assert_eq!(counts, [("account", 2), ("session", 1), ("user", 1)]);
    let skipped: Vec<_> = survey.skipped.iter().map(|skipped| (skipped.table, skipped.rows)).collect();
    assert_eq!(skipped, [("session", 1), ("verification", 1)]);
    assert_eq!(survey.providers, ["github"]);
    let told = survey.warnings.join("\n");
    for what in ["without a time zone", "plan", "Users with a password: 1", "written in lower case: 1"] {
        assert!(told.contains(what), "{what}: {told}");
    }

    let target = copied(&source, &survey).await;
    let user = r#"SELECT concat_ws('|', id, name, email, "emailVerified", "createdAt" AT TIME ZONE 'UTC') FROM public."user""#;
    let expected = "00000000-0000-0000-0000-000000000001||ada@example.com|t|2026-01-02 03:04:05.678";
    assert_eq!(text(&target, user).await, expected);
    let session = r#"SELECT concat_ws('|', token, "ipAddress", "userAgent") FROM public.session"#;
    assert_eq!(text(&target, session).await, "token|10.0.0.1|a\tb\\");
    let password = "SELECT password FROM public.account WHERE \"providerId\" = 'credential'";
    assert_eq!(text(&target, password).await, "hash");
}

#[tokio::test]
async fn numbers_become_texts_and_old_keys_have_their_owner() {
    let (_database, source) = source(SERIAL).await;
    let source = source.unwrap();
    let survey = survey(&source, None).await.unwrap();
    let told = survey.warnings.join("\n");
    assert!(told.contains("cannot be used: 1") && told.contains("writes by default: 1"), "{told}");
    let target = copied(&source, &survey).await;
    let passkey = r#"SELECT concat_ws('|', p."userId", counter, u."emailVerified") FROM passkey p JOIN "user" u ON u.id = p."userId""#;
    assert_eq!(text(&target, passkey).await, "7|2147483647|t");
    let key = r#"SELECT concat_ws('|', "referenceId", "configId", enabled) FROM apikey"#;
    assert_eq!(text(&target, key).await, "7|default|t");
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once_and_nothing_is_said_of_addresses() {
    let wrong = r#"
        INSERT INTO "user" VALUES (8, 'Eve', 'ADA@example.com', 1, NULL, now(), now()),
          (9, 'Bob', ' ', 1, NULL, now(), now());
        INSERT INTO session VALUES (1, now(), 'same', now(), now(), 7), (2, now(), 'same', now(), now(), 7);
        INSERT INTO passkey VALUES (2, 'x', 8, 'credential', 0, 'singleDevice', false);
        INSERT INTO account VALUES (1, 's', 'github', 7, now(), now()), (2, 's', 'github', 8, now(), now());"#;
    let (_database, source) = source(&format!("{SERIAL}{wrong}")).await;
    let problems = problems(survey(&source.unwrap(), None).await);
    assert_eq!(problems.len(), 5, "{problems:#?}");
    let told = problems.join("\n");
    for what in ["7 and 8", "1 and 2", "credentialID", "one token", "without an e-mail address"] {
        assert!(told.contains(what), "{what}: {told}");
    }
    assert!(!told.contains("example.com"), "{told}");
}

#[tokio::test]
async fn what_is_no_better_auth_is_refused() {
    let (_database, source) = source("CREATE TABLE customer (id int)").await;
    assert_eq!(problems(source).len(), 3, "the three core tables");
}

#[tokio::test]
async fn keys_of_tokens_are_tried_under_the_secret() {
    let (database, opened) = source(SERIAL).await;
    drop(opened);
    let secret = TenantSecret::new("a secret of more than thirty-two bytes".to_owned().into());
    let key = SigningKey::generate(JwsAlgorithm::Es256).unwrap();
    let private = serde_json::to_string(&secret.encrypt(&SystemRng, &key.private_jwk().unwrap())).unwrap();
    let public = serde_json::to_string(key.public_jwk()).unwrap();
    let insert = r#"INSERT INTO jwks ("publicKey", "privateKey", "createdAt") VALUES ($1, $2, now())"#;
    database.admin().await.execute(insert, &[&public, &private]).await.unwrap();
    let source = Source::open(&database.url().parse().unwrap()).await.unwrap();
    let told = |survey: &Survey| survey.warnings.iter().any(|warning| warning.contains("in jwks"));

    let right = survey(&source, Some(&secret)).await.unwrap();
    assert_eq!((right.algorithm, told(&right)), (Some("ES256"), false));
    let other = TenantSecret::new("another".to_owned().into());
    for secret in [Some(&other), None] {
        let wrong = survey(&source, secret).await.unwrap();
        assert!(told(&wrong) && wrong.sealed_keys.len() == 1);
        let row = rows(&source, &wrong, "jwks").await;
        assert!(!row.contains("\t\\N\t\\N\t\\N"), "it has ended: {row}");
    }
    assert!(rows(&source, &right, "jwks").await.ends_with("\t\\N\t\\N\t\\N\n"), "it has no end");
}

#[tokio::test]
async fn the_snapshot_neither_moves_nor_writes() {
    let (database, source) = source(SERIAL).await;
    let source = source.unwrap();
    let survey = survey(&source, None).await.unwrap();
    let before = rows(&source, &survey, "user").await;
    database.admin().await.batch_execute(r#"UPDATE "user" SET name = 'Eve'"#).await.unwrap();
    assert_eq!(rows(&source, &survey, "user").await, before);
    assert!(before.starts_with("7\tAda\tada@example.com\tt\t\\N\t"), "{before}");
}
