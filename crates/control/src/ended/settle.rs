//! Ending again, in a tenant that was made of an archive, what had ended since.

use std::collections::HashSet;

use kiavi_base::TenantId;
use kiavi_db::{AdminConnection, DbError, quote_ident};

use super::{Counts, Hasher, Kind, store, take};
use crate::{
    Control,
    error::{StepError, chain},
    provision::connect_to,
    tenant::owner_role,
};

/// Ids that are looked at in one go.
const BATCH: i64 = 10_000;

// Better Auth's tables of keys have no reference to their users, and whoever acts as others ends with themselves.
const FORGET_USERS: &str = r#"
    WITH gone AS (DELETE FROM public."user" WHERE id = ANY ($1) RETURNING id),
         keys AS (DELETE FROM public.apikey WHERE "referenceId" = ANY ($1)),
         acting AS (DELETE FROM public.session WHERE "impersonatedBy" = ANY ($1))
    SELECT id FROM gone"#;
const END_SWITCHED_OFF: &str = "UPDATE public.apikey SET enabled = false WHERE id = ANY ($1) AND enabled IS DISTINCT FROM false RETURNING id";
const SWITCH_ALL_OFF: &str = "UPDATE public.apikey SET enabled = false WHERE enabled IS DISTINCT FROM false";
const HAS_SESSIONS: &str = "SELECT 1 FROM public.session LIMIT 1";
const SESSIONS: &str = "SELECT id FROM public.session WHERE id > $1 ORDER BY id LIMIT $2";
const LIVING: &str = r#"SELECT id FROM public.session WHERE id = ANY ($1) AND "expiresAt" > now()"#;
const END_SESSIONS: &str = "DELETE FROM public.session WHERE id = ANY ($1)";
const END_ALL_SESSIONS: &str = "DELETE FROM public.session";
/// One event tells of all of it, `tenant.restored`; the triggers that tell of changes past the engine need not.
const QUIET: &str = "
    DO $$ DECLARE one record; BEGIN
      FOR one IN SELECT tgrelid::regclass AS name, tgname FROM pg_trigger
                 WHERE tgname IN ('kiavi_deleted', 'kiavi_updated') AND NOT tgisinternal LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', one.name, one.tgname);
      END LOOP;
    END $$";
/// The same from the end on. What COMMIT would do about the rows that are gone, such as forgetting people, is done first:
/// a table cannot be altered before.
const QUIET_NO_MORE: &str = "
    SET CONSTRAINTS ALL IMMEDIATE;
    DO $$ DECLARE one record; BEGIN
      FOR one IN SELECT tgrelid::regclass AS name, tgname FROM pg_trigger
                 WHERE tgname IN ('kiavi_deleted', 'kiavi_updated') AND NOT tgisinternal LOOP
        EXECUTE format('ALTER TABLE %s ENABLE TRIGGER %I', one.name, one.tgname);
      END LOOP;
    END $$";
/// What has just ended, ended long ago.
const NO_NEWS: &str = "DELETE FROM kiavi.ended";

/// What is wanted of an archive.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Policy {
    /// People, passkeys, accounts and keys that ended since come back: the end was the accident.
    pub(crate) keeps_ended: bool,
    /// API keys work, although nobody here can know which of them were revoked since.
    pub(crate) keeps_api_keys: bool,
}

/// What was settled.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) counts: Counts,
    /// Whose archives it is of.
    pub(crate) family: String,
    /// What to know of it.
    pub(crate) notes: Vec<String>,
}

/// Has end again, in `tenant`, which was made of an archive of `origin` and serves nobody yet, what has ended since: all of
/// it in one transaction.
pub(crate) async fn settle(
    control: &Control,
    tenant: &TenantId,
    origin: &str,
    policy: Policy,
) -> Result<Settled, StepError> {
    let database = &control.parts().database;
    let family = store::family(database, origin).await?;
    for relative in store::family_here(database, &family, control.parts().schema.version()).await? {
        take::take_or_tell(control, &relative).await;
    }
    let (is_known, is_lost) = store::has_had(database, origin).await?;
    let inside = connect_to(control, tenant.as_str()).await?;
    inside.batch_execute(&format!("BEGIN; SET LOCAL ROLE {}", quote_ident(&owner_role(tenant)))).await?;
    inside.batch_execute(QUIET).await?;
    let mut counts = Counts::default();
    if !policy.keeps_ended {
        let hasher = Hasher::of(control, family.clone()).await?;
        end_again(control, &inside, &hasher, &mut counts).await?;
    }
    if is_known {
        counts.sessions = end_sessions(control, &inside, origin).await?;
    }
    let switched_off = match is_known && !is_lost || policy.keeps_api_keys {
        true => 0,
        false => inside.execute(SWITCH_ALL_OFF, &[]).await?,
    };
    counts.api_keys_off += switched_off;
    inside.batch_execute(NO_NEWS).await?;
    inside.batch_execute(QUIET_NO_MORE).await?;
    inside.batch_execute("COMMIT").await?;
    Ok(Settled { notes: notes(&counts, switched_off), counts, family })
}

async fn end_again(
    control: &Control,
    inside: &AdminConnection,
    hasher: &Hasher,
    counts: &mut Counts,
) -> Result<(), StepError> {
    let of = async |kind, table, statement: &str| {
        let known = store::ended(&control.parts().database, &hasher.family, kind).await?;
        Ok::<_, StepError>(end(inside, hasher, (kind, &known), table, statement).await?)
    };
    // People first: what was theirs goes with them, and is not counted.
    counts.users = of(Kind::User, "public.\"user\"", FORGET_USERS).await?;
    counts.accounts = of(Kind::Account, "public.account", &removal("public.account")).await?;
    counts.passkeys = of(Kind::Passkey, "public.passkey", &removal("public.passkey")).await?;
    counts.api_keys = of(Kind::ApiKey, "public.apikey", &removal("public.apikey")).await?;
    counts.api_keys_off = of(Kind::ApiKeyOff, "public.apikey", END_SWITCHED_OFF).await?;
    Ok(())
}

fn removal(table: &str) -> String {
    format!("DELETE FROM {table} WHERE id = ANY ($1) RETURNING id")
}

/// Has end what is known to have ended of one kind; how many that were.
async fn end(
    inside: &AdminConnection,
    hasher: &Hasher,
    (kind, known): (Kind, &HashSet<[u8; 32]>),
    table: &str,
    statement: &str,
) -> Result<u64, DbError> {
    if known.is_empty() {
        return Ok(0);
    }
    let page = format!("SELECT id FROM {table} WHERE id > $1 ORDER BY id LIMIT $2");
    let (mut after, mut count) = (String::new(), 0);
    loop {
        let ids = ids(inside, &page, &after).await?;
        let Some(last) = ids.last() else { return Ok(count) };
        after.clone_from(last);
        let ended: Vec<_> = ids.into_iter().filter(|id| known.contains(&hasher.digest(kind, id))).collect();
        if !ended.is_empty() {
            count += inside.query(statement, &[&ended]).await?.len() as u64;
        }
    }
}

async fn ids(inside: &AdminConnection, page: &str, after: &str) -> Result<Vec<String>, DbError> {
    let rows = inside.query(page, &[&after, &BATCH]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Sessions of a tenant that this instance has or had: those stay that its own tables still have. Where these cannot be
/// asked, none does; whoever is signed out signs in again.
async fn end_sessions(control: &Control, inside: &AdminConnection, origin: &str) -> Result<u64, StepError> {
    if inside.query_opt(HAS_SESSIONS, &[]).await?.is_none() {
        return Ok(0);
    }
    let Some(living) = still_there(control, origin).await else {
        return Ok(inside.execute(END_ALL_SESSIONS, &[]).await?);
    };
    let (mut after, mut count) = (String::new(), 0);
    loop {
        let ids = ids(inside, SESSIONS, &after).await?;
        let Some(last) = ids.last() else { return Ok(count) };
        after.clone_from(last);
        let kept = living.query(LIVING, &[&ids]).await?;
        let kept = kept.iter().map(|row| row.try_get(0).map_err(DbError::from));
        let kept: HashSet<String> = kept.collect::<Result<_, _>>()?;
        let ended: Vec<_> = ids.into_iter().filter(|id| !kept.contains(id)).collect();
        count += inside.execute(END_SESSIONS, &[&ended]).await?;
    }
}

/// The database of the tenant that the archive is of, as its owner, if it is here and can be asked.
async fn still_there(control: &Control, origin: &str) -> Option<AdminConnection> {
    let asked = async {
        let tenant = crate::tenant::store::find(&control.parts().database, origin).await?;
        let Some(tenant) = tenant.filter(|tenant| tenant.id.as_str() == origin) else { return Ok(None) };
        let living = connect_to(control, origin).await?;
        living.batch_execute(&format!("SET ROLE {}", quote_ident(&owner_role(&tenant.id)))).await?;
        living.query_opt(HAS_SESSIONS, &[]).await?;
        Ok::<_, DbError>(Some(living))
    };
    asked.await.unwrap_or_else(|error| {
        tracing::warn!(
            tenant = origin,
            error = chain(&error),
            "a tenant cannot be asked which sessions ended"
        );
        None
    })
}

/// What people are told.
fn notes(counts: &Counts, switched_off: u64) -> Vec<String> {
    let Counts { users, accounts, passkeys, api_keys, api_keys_off, sessions } = *counts;
    let parts = [
        (users, "person who was erased", "people who were erased"),
        (passkeys, "passkey", "passkeys"),
        (accounts, "linked account", "linked accounts"),
        (api_keys, "API key", "API keys"),
        (api_keys_off - switched_off, "API key that was switched off", "API keys that were switched off"),
        (sessions, "session", "sessions"),
    ];
    let parts = parts.iter().filter(|(count, ..)| *count > 0);
    let parts: Vec<_> =
        parts.map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many })).collect();
    let mut notes = Vec::new();
    if !parts.is_empty() {
        notes.push(format!("Ended since the archive was made, and again now: {}.", parts.join(", ")));
    }
    if switched_off > 0 {
        notes.push(format!(
            "API keys that are switched off, because this instance does not know which were revoked since: {switched_off}."
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ended_is_told() {
        assert!(notes(&Counts::default(), 0).is_empty());
        let counts = Counts { users: 1, api_keys_off: 3, ..Counts::default() };
        let told = notes(&counts, 2);
        assert!(told[0].ends_with("1 person who was erased, 1 API key that was switched off."), "{told:?}");
        assert!(told[1].ends_with("revoked since: 2."), "{told:?}");
        assert_eq!(notes(&Counts { api_keys_off: 2, ..Counts::default() }, 2).len(), 1);
    }
}
