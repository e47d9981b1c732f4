//! The rows of people who are made up, written by the owner of the tables into the transaction that is open.

use jiff::Timestamp;
use kiavi_base::{Alphabet, Rng, random_bytes, random_text};
use kiavi_crypto::{JwsAlgorithm, PublicJwk, SigningKey};
use kiavi_db::{AdminConnection, DbError, ToSql};
use kiavi_webauthn::Base64Url;

use super::{
    DemoError,
    cast::{Person, id},
    life::{Life, Passkey, SESSION_LIFE},
    telling::time,
};

/// What new users are.
const ROLE: &str = "user";
const ADMINISTRATOR: &str = "admin";
/// Symbols of a session's token.
const TOKEN_LENGTH: usize = 32;
/// Bytes of a credential's id.
const CREDENTIAL_LENGTH: usize = 20;

/// Somebody with their past.
#[derive(Clone, Copy)]
pub(super) struct One<'a> {
    pub(super) number: u32,
    pub(super) person: &'a Person,
    pub(super) life: &'a Life,
}

pub(super) struct Rows<'a> {
    pub(super) connection: &'a AdminConnection,
    pub(super) seed: u64,
    pub(super) now: i64,
    pub(super) rng: &'a dyn Rng,
}

/// Nobody else writes to the log until the transaction ends, so its numbers are in the order of time here, too, and whoever
/// counts or seals sees all of it at once.
pub(super) async fn lock_log(connection: &AdminConnection) -> Result<(), DbError> {
    connection.batch_execute("LOCK TABLE kiavi.audit_event IN SHARE ROW EXCLUSIVE MODE").await
}

/// Whether this was done before.
pub(super) async fn is_done(connection: &AdminConnection, kind: &str) -> Result<bool, DbError> {
    const DONE: &str = "SELECT FROM kiavi.audit_event WHERE type = $1 LIMIT 1";
    Ok(connection.query_opt(DONE, &[&kind]).await?.is_some())
}

pub(super) async fn users(connection: &AdminConnection) -> Result<i64, DbError> {
    let row = connection.query_opt(r#"SELECT count(*) FROM public."user""#, &[]).await?;
    row.map_or(Ok(0), |row| Ok(row.try_get(0)?))
}

/// Which of these addresses somebody has.
pub(super) async fn taken(connection: &AdminConnection, emails: &[&str]) -> Result<Vec<String>, DbError> {
    const TAKEN: &str = r#"SELECT email FROM public."user" WHERE email = ANY ($1)"#;
    let rows = connection.query(TAKEN, &[&emails]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The planner knows nothing of what has just been written.
pub(super) async fn analyze(connection: &AdminConnection) -> Result<(), DbError> {
    connection
        .batch_execute(
            r#"ANALYZE public."user", public.session, public.account, public.passkey, kiavi.audit_event, kiavi.audit_subject"#,
        )
        .await
}

impl Rows<'_> {
    /// These people with all that is theirs.
    pub(super) async fn write(&self, people: &[One<'_>]) -> Result<(), DemoError> {
        self.write_users(people).await?;
        self.write_accounts(people).await?;
        self.write_passkeys(people).await?;
        Ok(self.write_sessions(people).await?)
    }

    async fn write_users(&self, people: &[One<'_>]) -> Result<(), DbError> {
        const INSERT: &str = r#"INSERT INTO public."user"
               (id, name, email, "emailVerified", "createdAt", "updatedAt", role, banned, "banReason", "banExpires")
             SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::timestamptz[],
               $6::timestamptz[], $7::text[], $8::boolean[], $9::text[], $10::timestamptz[])"#;
        let ban = |one: &One<'_>| one.life.ban.filter(|ban| !ban.is_over);
        let ids: Vec<&str> = people.iter().map(|one| one.person.id.as_str()).collect();
        let names: Vec<&str> = people.iter().map(|one| one.person.name.as_str()).collect();
        let emails: Vec<&str> = people.iter().map(|one| one.person.email.as_str()).collect();
        let proved: Vec<bool> = people.iter().map(|one| one.life.is_proved).collect();
        let created: Vec<Timestamp> = people.iter().map(|one| time(one.life.created)).collect();
        let updated: Vec<Timestamp> =
            people.iter().map(|one| time(ban(one).map_or(one.life.created, |ban| ban.since))).collect();
        let roles: Vec<&str> =
            people.iter().map(|one| if one.number == 0 { ADMINISTRATOR } else { ROLE }).collect();
        let banned: Vec<bool> = people.iter().map(|one| ban(one).is_some()).collect();
        let reasons: Vec<_> = people.iter().map(|one| ban(one).map(|ban| ban.reason)).collect();
        let expire: Vec<_> = people.iter().map(|one| ban(one)?.until.map(time)).collect();
        let values: [&(dyn ToSql + Sync); 10] =
            [&ids, &names, &emails, &proved, &created, &updated, &roles, &banned, &reasons, &expire];
        self.connection.execute(INSERT, &values).await.map(drop)
    }

    async fn write_accounts(&self, people: &[One<'_>]) -> Result<(), DbError> {
        const INSERT: &str = r#"INSERT INTO public.account
               (id, "accountId", "providerId", "userId", "createdAt", "updatedAt")
             SELECT id, subject, provider, owner, at, at
             FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
               AS new (id, subject, provider, owner, at)"#;
        let (mut ids, mut subjects, mut providers, mut owners, mut times) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for one in people {
            for (number, account) in (0..).zip(&one.life.accounts) {
                ids.push(id(self.seed, "account", one.number, number));
                subjects.push(id(self.seed, account.provider, one.number, number));
                providers.push(account.provider);
                owners.push(one.person.id.as_str());
                times.push(time(account.linked));
            }
        }
        let values: [&(dyn ToSql + Sync); 5] = [&ids, &subjects, &providers, &owners, &times];
        self.connection.execute(INSERT, &values).await.map(drop)
    }

    async fn write_passkeys(&self, people: &[One<'_>]) -> Result<(), DemoError> {
        const INSERT: &str = r#"WITH new AS (
               SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[],
                 $7::boolean[], $8::text[], $9::text[], $10::timestamptz[], $11::timestamptz[])
                 AS new (id, key, owner, credential, counter, kind, synced, transports, aaguid, at, used)),
             made AS (
               INSERT INTO public.passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp",
                 transports, aaguid, "createdAt")
               SELECT id, key, owner, credential, counter, kind, synced, transports, aaguid, at FROM new)
             INSERT INTO kiavi.passkey_use (passkey_id, day)
             SELECT id, (used AT TIME ZONE 'UTC')::date FROM new WHERE used IS NOT NULL"#;
        let mut all: Vec<(One<'_>, u16, &Passkey)> = Vec::new();
        for one in people {
            all.extend((0..).zip(&one.life.passkeys).map(|(number, passkey)| (*one, number, passkey)));
        }
        let ids: Vec<String> =
            all.iter().map(|(one, n, _)| id(self.seed, "passkey", one.number, *n)).collect();
        let keys = all.iter().map(|_| public_key()).collect::<Result<Vec<_>, _>>()?;
        let owners: Vec<&str> = all.iter().map(|(one, ..)| one.person.id.as_str()).collect();
        let credentials: Vec<String> =
            all.iter().map(|_| Base64Url::encode(&random_bytes::<CREDENTIAL_LENGTH>(self.rng))).collect();
        let of = |passkey: &Passkey| passkey.authenticator;
        // What is synced has no counter; others count their uses.
        let counters: Vec<i32> =
            all.iter().map(|(.., key)| if of(key).is_synced { 0 } else { key.uses + 1 }).collect();
        let kinds: Vec<&str> = all
            .iter()
            .map(|(.., key)| if of(key).is_synced { "multiDevice" } else { "singleDevice" })
            .collect();
        let synced: Vec<bool> = all.iter().map(|(.., key)| of(key).is_synced).collect();
        let transports: Vec<&str> = all.iter().map(|(.., key)| of(key).transports).collect();
        let aaguids: Vec<&str> = all.iter().map(|(.., key)| of(key).aaguid).collect();
        let made: Vec<Timestamp> = all.iter().map(|(.., key)| time(key.made)).collect();
        let used: Vec<Option<Timestamp>> = all.iter().map(|(.., key)| key.used.map(time)).collect();
        let values: [&(dyn ToSql + Sync); 11] = [
            &ids,
            &keys,
            &owners,
            &credentials,
            &counters,
            &kinds,
            &synced,
            &transports,
            &aaguids,
            &made,
            &used,
        ];
        self.connection.execute(INSERT, &values).await?;
        Ok(())
    }

    /// Those that still live.
    async fn write_sessions(&self, people: &[One<'_>]) -> Result<(), DbError> {
        const INSERT: &str = r#"INSERT INTO public.session
               (id, token, "userId", "createdAt", "updatedAt", "expiresAt", "ipAddress", "userAgent")
             SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[],
               $6::timestamptz[], $7::text[], $8::text[])"#;
        let (mut ids, mut tokens, mut owners) = (Vec::new(), Vec::new(), Vec::new());
        let (mut since, mut seen, mut expire) = (Vec::new(), Vec::new(), Vec::new());
        let (mut addresses, mut agents) = (Vec::new(), Vec::new());
        for one in people {
            for (number, session) in (0..).zip(&one.life.sessions) {
                if session.is_over || session.seen + SESSION_LIFE <= self.now {
                    continue;
                }
                let device = usize::from(session.device).min(one.person.devices.len() - 1);
                ids.push(id(self.seed, "session", one.number, number));
                tokens.push(random_text(self.rng, Alphabet::AlphaNumeric, TOKEN_LENGTH));
                owners.push(one.person.id.as_str());
                since.push(time(session.since));
                seen.push(time(session.seen));
                expire.push(time(session.seen + SESSION_LIFE));
                addresses.push(one.person.addresses[device].as_str());
                agents.push(one.person.devices[device].agent);
            }
        }
        let values: [&(dyn ToSql + Sync); 8] =
            [&ids, &tokens, &owners, &since, &seen, &expire, &addresses, &agents];
        self.connection.execute(INSERT, &values).await.map(drop)
    }
}

/// A key whose other half is nobody's: COSE of ES256 (RFC 9053 §2.1 and §7.1.1) in Base64.
fn public_key() -> Result<String, DemoError> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let key = SigningKey::generate(JwsAlgorithm::Es256)?;
    let PublicJwk::Ec { x, y, .. } = key.public_jwk() else { return Err(DemoError::Key(None)) };
    let number = |text: &str| Base64Url::decode(text).ok_or(DemoError::Key(None));
    // {1: 2, 3: -7, -1: 1, -2: x, -3: y}
    let mut cose = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
    cose.extend(number(x)?.iter());
    cose.extend([0x22, 0x58, 0x20]);
    cose.extend(number(y)?.iter());
    Ok(STANDARD.encode(cose))
}
