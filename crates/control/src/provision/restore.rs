//! A tenant that is made of an archive.
//!
//! As an import it is made by whoever brings the rows, and is there as a whole or not at all. Its tables are first those of
//! the time of the archive, which is what migrations can always make; the rows go in, in one transaction; then the tables
//! go forward as any tenant's. A drill does the same, has an engine look at the copy, and removes it: the copy never gets
//! further than an import that was cut off, so that what a crash leaves of it is removed as that is.

use std::time::Duration;

use kiavi_base::{EventId, Hostname, SecretSlice, Slug, TenantId, WorkspaceId};
use kiavi_crypto::TenantSecret;
use kiavi_db::{AdminConnection, DbError, Sql, quote_ident};
use kiavi_moving::{
    AuditHead, TableShape,
    archive::{FORMAT, Manifest, Summary},
    stream::{Frame, InvalidStream},
};
use serde_json::{Value, json};

use super::{
    import::{self, BEGIN, Counts, Frames, ImportError},
    postgres, run,
    secret::secret_name,
    settings::settle_retention,
    start,
};
use crate::{
    Address, Archived, Control, ControlError, Step, Tenant, TenantEvent, TenantEventKind, address,
    audit::{self, Event, Outcome},
    backup::order::OrderedBy,
    caller::{Actor, operator_name},
    ended::{self, Policy, Settled},
    error::StepError,
    instance::lost,
    management,
    settings::secrets,
    tenant::{create, owner_role, store},
};

// The first version is the archive's: nothing has run with another.
pub(super) const RESTORE_SETTINGS: Sql = Sql::new(
    "RESTORE_SETTINGS",
    "WITH changed AS (
       UPDATE tenant SET settings = $2 WHERE id = $1 AND target = 'importing' RETURNING id, settings_version)
     UPDATE tenant_settings_version v SET document = $2 FROM changed c
     WHERE v.tenant_id = c.id AND v.version = c.settings_version",
);

pub(super) const RESTORED: Sql = Sql::new(
    "RESTORED",
    "SELECT detail FROM audit_event WHERE subject = $1 AND type = 'tenant.restored' ORDER BY id DESC LIMIT 1",
);

/// The columns that count by themselves.
const COUNTING: &str = "
    SELECT a.attname::text, pg_get_serial_sequence($1, a.attname) FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped
      AND pg_get_serial_sequence($1, a.attname) IS NOT NULL";

/// How long a drill waits for its copy to be gone: dropping a database writes out what all others have changed.
const REMOVAL_WAIT: Duration = Duration::from_secs(60);

/// What names of cookies begin with: on HTTP, on HTTPS, and on HTTPS where no neighbour can plant any (RFC 6265bis §4.1.3).
const COOKIE_MARKERS: [&str; 3] = ["", "__Secure-", "__Host-"];

/// What follows, where the settings do not say it.
const COOKIE_PREFIX: &str = "better-auth";

/// What is to be made of an archive.
pub(crate) struct RestoreOrder {
    pub(crate) slug: Slug,
    pub(crate) manifest: Manifest,
    /// The tables of the part with the keys of persons, if that comes along.
    pub(crate) person_keys: Vec<TableShape>,
    /// What becomes of what ended since.
    pub(crate) policy: Policy,
    /// The workspace of the tenant with this id and name that the instance has lost, if it has.
    pub(crate) lost_of: Option<WorkspaceId>,
    /// For whom it is, if a member has ordered it.
    pub(crate) ordered: Option<OrderedBy>,
}

/// What a restored tenant is, to whoever asked.
#[derive(Debug)]
pub(crate) struct Restored {
    pub(crate) counts: Counts,
    /// What had ended since, and ended again.
    pub(crate) ended: ended::Counts,
    /// What changes for people and programs.
    pub(crate) warnings: Vec<String>,
}

/// What a drill found.
#[derive(Debug)]
pub(crate) struct DrillReport {
    pub(crate) counts: Counts,
    /// Whether the copy is gone already.
    pub(crate) is_removed: bool,
    /// Whether an engine on the copy knew somebody by their session; `None` where nobody is in it.
    pub(crate) signed_in: Option<bool>,
}

/// The settings that the tenant will have, with its secrets in clear, and what they mean; refused where it cannot be.
pub(crate) fn settle(control: &Control, order: &RestoreOrder) -> Result<(Value, Vec<String>), ControlError> {
    let (schema, manifest) = (&control.parts().schema, &order.manifest);
    let refused = |text: String| Err(ControlError::InvalidImport(text));
    if manifest.format != FORMAT || manifest.schema_version > schema.version() {
        return refused("The archive was made by a newer version: restore it with that.".to_owned());
    }
    let tables = manifest.tables.iter().map(|table| (table, Archived::Kept));
    let person_keys = order.person_keys.iter().map(|table| (table, Archived::PersonKeys));
    for (table, kind) in tables.chain(person_keys) {
        let is_ours = matches!(table.name.split_once('.'), Some(("public" | "kiavi", _)));
        if !is_ours || schema.archived(&table.name) != kind {
            return refused(format!(
                "The archive has a table \"{}\" that does not belong there.",
                table.name
            ));
        }
    }
    let Some(settings) = &manifest.settings else {
        return refused("The archive has no settings: it is not the part with the data.".to_owned());
    };
    let base_url = control.base_url(&order.slug);
    let own: Hostname = address::own_hostname(control, &order.slug)?;
    let at = Address { base_url: base_url.clone(), hostnames: vec![own], former: Vec::new() };
    let wrong =
        |error: crate::Failure| ControlError::InvalidImport(format!("The settings do not fit: {error}."));
    let moved = schema.with_address(settings, &at).map_err(wrong)?;
    let moved = schema.check_settings(&moved).map_err(wrong)?;
    let (before, after) = (schema.facts(settings).map_err(wrong)?, schema.facts(&moved).map_err(wrong)?);
    let mut warnings = Vec::new();
    if before.rp_id != after.rp_id {
        let (from, to) = (before.rp_id, after.rp_id);
        warnings.push(format!("Passkeys were made for {from} and do not work at {to}."));
    }
    if manifest.tenant.url != base_url {
        let from = &manifest.tenant.url;
        warnings.push(format!(
            "It was at {from} and is at {base_url}: browsers have no cookies for it, providers need its redirect URIs, and \
             tokens name another issuer."
        ));
    }
    // A lost one gets them back.
    if manifest.tenant.hostnames.len() > 1 && order.lost_of.is_none() {
        let names = manifest.tenant.hostnames.join(", ");
        warnings.push(format!("It had the hostnames {names}: give it those that are its own again."));
    }
    Ok((moved, warnings))
}

/// How many rows a tenant was restored with, and what ended again, for an answer that was lost.
pub(crate) async fn restored(
    control: &Control,
    tenant: &TenantId,
) -> Result<(Counts, ended::Counts), DbError> {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Told {
        rows: Counts,
        ended: ended::Counts,
    }
    let row = control.parts().database.query_opt(&RESTORED, &[&tenant.as_str()]).await?;
    let detail: Option<Value> = row.map(|row| row.try_get(0)).transpose()?;
    let told: Told = detail.and_then(|detail| serde_json::from_value(detail).ok()).unwrap_or_default();
    Ok((told.rows, told.ended))
}

/// Makes the tenant with all that `frames` bring, or nothing. What it answers with may start. An idempotency key is written
/// down with the last step, as an import's.
pub(crate) async fn restore(
    control: &Control,
    actor: &Actor,
    order: RestoreOrder,
    frames: &mut Frames,
) -> Result<(Tenant, Restored), ImportError> {
    let (settings, mut warnings) = settle(control, &order)?;
    let beginning = &Actor { attempt: None, ..actor.clone() };
    make_room(control, beginning, &order.slug).await?;
    let tenant = begin(control, beginning, &order).await?;
    let filled = async {
        let filled = fill(control, &tenant, &order, frames).await?;
        settle_retention(control, &tenant.id, &settings).await?;
        take_settings(control, &tenant, settings).await?;
        finish(control, actor, &tenant, &order, &filled).await?;
        Ok(filled)
    };
    match filled.await {
        Ok(Filled { counts, settled }) => {
            control.changed(&tenant);
            control.wake_reconciler();
            warnings.extend(settled.notes);
            Ok((tenant, Restored { counts, ended: settled.counts, warnings }))
        }
        #[cfg(test)]
        Err(error @ ImportError::Step(StepError::Interrupted)) => Err(error),
        Err(error) => {
            import::give_up(control, beginning, &tenant, &error).await;
            Err(error)
        }
    }
}

/// Makes a copy that nobody reaches, has an engine look at it, and removes it, whatever comes of it.
pub(crate) async fn drill(
    control: &Control,
    actor: &Actor,
    order: RestoreOrder,
    frames: &mut Frames,
) -> Result<DrillReport, ImportError> {
    settle(control, &order)?;
    let tenant = begin(control, actor, &order).await?;
    let tried = async {
        let Filled { counts, .. } = fill(control, &tenant, &order, frames).await?;
        let signed_in = sign_in(control, &tenant).await?;
        Ok((counts, signed_in))
    };
    let tried: Result<_, ImportError> = tried.await;
    let removed = import::remove(control, actor, &tenant, REMOVAL_WAIT).await;
    let (counts, signed_in) = tried?;
    Ok(DrillReport { counts, is_removed: removed?, signed_in })
}

/// Refuses a restore of the console's own tenant while there is one that somebody is in.
pub(crate) async fn check_room(control: &Control, slug: &Slug) -> Result<Option<Tenant>, ControlError> {
    const IS_ANYBODY_IN: &str = r#"SELECT 1 FROM public."user" LIMIT 1"#;
    let Some(there) = store::find(&control.parts().database, slug.as_str()).await? else { return Ok(None) };
    let taken = ControlError::NameTaken(slug.clone());
    if !there.is_console() || there.schema_version == 0 {
        return Err(taken);
    }
    let inside = postgres::connect_to(control, there.id.as_str()).await?;
    inside.batch_execute(&format!("SET ROLE {}", quote_ident(&owner_role(&there.id)))).await?;
    if inside.query_opt(IS_ANYBODY_IN, &[]).await?.is_some() { Err(taken) } else { Ok(Some(there)) }
}

/// Removes the console's own tenant that the first start made, which nobody is in, for the one of the archive.
async fn make_room(control: &Control, actor: &Actor, slug: &Slug) -> Result<(), ImportError> {
    if let Some(empty) = check_room(control, slug).await?
        && !import::remove(control, actor, &empty, REMOVAL_WAIT).await?
    {
        return Err(ControlError::NameTaken(slug.clone()).into());
    }
    Ok(())
}

async fn begin(control: &Control, actor: &Actor, order: &RestoreOrder) -> Result<Tenant, ImportError> {
    let slug = &order.slug;
    let settings = control.parts().schema.default_settings(slug, &control.base_url(slug));
    let settings = settings.map_err(ControlError::Settings)?;
    let ordered = order.ordered.as_ref().map(|ordered| &ordered.workspace);
    let workspace = match ordered.or(order.lost_of.as_ref()) {
        Some(workspace) => workspace.clone(),
        None => control.default_workspace().await?,
    };
    Ok(create::create_for_import(control, actor, slug, &workspace, settings).await?)
}

/// What a tenant was filled with.
struct Filled {
    counts: Counts,
    settled: Settled,
}

/// Everything up to today's tables with the archive's rows in them, but for what had ended since.
async fn fill(
    control: &Control,
    tenant: &Tenant,
    order: &RestoreOrder,
    frames: &mut Frames,
) -> Result<Filled, ImportError> {
    let (vault, id) = (&control.parts().vault, &tenant.id);
    let unusable = |_| ControlError::InvalidImport("The archive's secret cannot be used.".to_owned());
    let secret = order.manifest.secret.as_deref().unwrap_or_default();
    let secret = TenantSecret::from_text(secret).map_err(unusable)?;
    let text = SecretSlice::from(secret.to_text().as_bytes().to_vec());
    vault.put(id, &secret_name(), &text).await.map_err(StepError::from)?;
    for step in [Step::Secret, Step::Role, Step::Database] {
        run(control, tenant, step).await?;
    }
    postgres::migrate_to(control, id, order.manifest.schema_version).await?;
    control.reach("after the tables of then are made")?;
    let inside = postgres::connect_to(control, id.as_str()).await?;
    let begin = format!("{BEGIN}; SET LOCAL ROLE {}", quote_ident(&owner_role(id)));
    inside.batch_execute(&begin).await?;
    let counts = copy(&inside, order, frames).await?;
    control.reach("before the rows are committed")?;
    inside.batch_execute("COMMIT").await?;
    control.reach("after the rows are committed")?;
    run(control, tenant, Step::Schema).await?;
    let settled = ended::settle(control, id, &order.manifest.tenant.id, order.policy).await?;
    control.reach("after what had ended is ended again")?;
    Ok(Filled { counts, settled })
}

/// Every table of the stream into its own, up to the stream's end, and what the archive says of them.
async fn copy(
    inside: &AdminConnection,
    order: &RestoreOrder,
    frames: &mut Frames,
) -> Result<Counts, ImportError> {
    let known =
        |name: &str| order.person_keys.iter().chain(&order.manifest.tables).find(|table| table.name == name);
    let (mut counts, mut told) = (Counts::new(), None);
    loop {
        match frames.next().await? {
            Frame::Table(name) if told.is_none() => {
                let table = known(&name).ok_or(InvalidStream)?;
                // What triggers would do was done when these rows were new.
                let (quoted, statement) = (table.quoted(), table.copy_in());
                let rows = import::copy_untriggered(inside, (&name, &quoted), &statement, frames).await?;
                count_on(inside, table).await?;
                if counts.insert(name, rows).is_some() {
                    return Err(InvalidStream.into());
                }
            }
            Frame::Summary(json) if told.is_none() => {
                let summary: Summary = serde_json::from_slice(&json).map_err(|_| InvalidStream)?;
                compare(inside, order, &counts, &summary).await?;
                told = Some(summary);
            }
            Frame::End if told.is_some() => return Ok(counts),
            _ => return Err(InvalidStream.into()),
        }
    }
}

/// Has columns that count by themselves go on after what is there.
async fn count_on(inside: &AdminConnection, table: &TableShape) -> Result<(), ImportError> {
    let quoted = table.quoted();
    for row in inside.query(COUNTING, &[&quoted]).await? {
        let get = |index: usize| row.try_get::<_, String>(index).map_err(DbError::from);
        let (column, sequence) = (get(0)?, get(1)?);
        let column = quote_ident(&column);
        let set = format!(
            "SELECT setval($1::text::regclass, max({column})) FROM {quoted} HAVING max({column}) > 0"
        );
        inside.query(&set, &[&sequence]).await?;
    }
    Ok(())
}

/// Compares what is in the tables with what was in the snapshot.
async fn compare(
    inside: &AdminConnection,
    order: &RestoreOrder,
    counts: &Counts,
    summary: &Summary,
) -> Result<(), ImportError> {
    for table in order.person_keys.iter().chain(&order.manifest.tables) {
        let Some(&arrived) = counts.get(&table.name) else { continue };
        let sent = summary.tables.get(&table.name).ok_or(InvalidStream)?.rows;
        let row = inside.query_opt(&format!("SELECT count(*) FROM {}", table.quoted()), &[]).await?;
        let there: i64 = row.map(|row| row.try_get(0)).transpose().map_err(DbError::from)?.unwrap_or(0);
        if sent != arrived || u64::try_from(there) != Ok(sent) {
            return Err(ImportError::Count { table: table.name.clone(), arrived, sent });
        }
    }
    if summary.audit_head.is_some() && AuditHead::of(inside).await? != summary.audit_head {
        return Err(ImportError::Head);
    }
    Ok(())
}

/// The archive's settings as the tenant's own, their secrets in the vault.
async fn take_settings(control: &Control, tenant: &Tenant, settings: Value) -> Result<(), ImportError> {
    let parts = control.parts();
    let stored =
        secrets::sealed_anew(&*parts.vault, &tenant.id, settings).await.map_err(ControlError::from)?;
    let values: [&(dyn kiavi_db::ToSql + Sync); 2] = [&tenant.id.as_str(), &stored];
    match parts.database.execute(&RESTORE_SETTINGS, &values).await? {
        0 => Err(StepError::Unwanted.into()),
        _ => Ok(control.reach("after the settings are taken")?),
    }
}

/// Both logs tell of it, and the tenant may run.
async fn finish(
    control: &Control,
    actor: &Actor,
    tenant: &Tenant,
    RestoreOrder { manifest, policy, ordered, .. }: &RestoreOrder,
    Filled { counts, settled }: &Filled,
) -> Result<(), ImportError> {
    let (parts, id) = (control.parts(), &tenant.id);
    let (name, event) = (actor.name(), EventId::new(parts.clock.now(), &*parts.rng));
    let of = json!({ "tenant": manifest.tenant.id, "taken_at": manifest.taken_at, "id": manifest.archive });
    let mut detail = json!({ "slug": tenant.slug, "archive": of, "rows": counts, "ended": settled.counts });
    if policy.keeps_ended {
        detail["keeps_ended"] = true.into();
    }
    if let Some(ordered) = ordered {
        detail["ordered_by"] = json!(ordered.name);
    }
    let (kind, operator) = (TenantEventKind::Restored, operator_name(&name));
    let inside = postgres::connect_to(control, id.as_str()).await?;
    inside.batch_execute(&format!("BEGIN; SET LOCAL ROLE {}", quote_ident(&owner_role(id)))).await?;
    let told = TenantEvent { id: event, kind, operator: &operator, detail: &detail };
    parts.schema.record(&inside, told).await.map_err(ImportError::Event)?;
    inside.batch_execute("COMMIT").await?;
    control.reach("after the tenant's log tells of it")?;

    let transaction = parts.database.begin().await?;
    if transaction.execute(&store::FINISH_IMPORT, &[&id.as_str()]).await? == 0 {
        return Err(StepError::Unwanted.into());
    }
    ended::store::join_family(&transaction, id, &settled.family).await?;
    lost::come_back(&transaction, &manifest.tenant.id, tenant.slug.as_str(), id).await?;
    let outcome = Outcome::Success;
    let told = Event { kind: kind.event(), outcome, actor, subject: id.as_str(), detail };
    audit::record_as(&transaction, event, &told).await?;
    Ok(transaction.commit().await?)
}

/// A `Cookie` header with a session under every name that an engine with these settings may read it by.
fn session_cookie(settings: &Value, signed: &str) -> String {
    let prefix = settings["cookie"]["prefix"].as_str().unwrap_or(COOKIE_PREFIX);
    COOKIE_MARKERS.map(|marker| format!("{marker}{prefix}.session_token={signed}")).join("; ")
}

/// Whether an engine on the copy knows somebody by a session of theirs; `None` where there is nobody.
async fn sign_in(control: &Control, tenant: &Tenant) -> Result<Option<bool>, ImportError> {
    const USER: &str =
        r#"SELECT id FROM public."user" WHERE banned IS NOT TRUE ORDER BY "createdAt", id LIMIT 1"#;
    const SESSION: &str = r#"INSERT INTO public.session (id, token, "userId", "expiresAt", "createdAt", "updatedAt")
        VALUES ($1, $2, $3, now() + interval '10 minutes', date_trunc('milliseconds', now()),
                date_trunc('milliseconds', now()))"#;
    let (parts, id) = (control.parts(), &tenant.id);
    let inside = postgres::connect_to(control, id.as_str()).await?;
    inside.batch_execute(&format!("SET ROLE {}", quote_ident(&owner_role(id)))).await?;
    let Some(row) = inside.query_opt(USER, &[]).await? else { return Ok(None) };
    let user: String = row.try_get(0).map_err(DbError::from)?;
    let text = || kiavi_base::random_text(&*parts.rng, kiavi_base::Alphabet::AlphaNumeric, 32);
    let (session, token) = (text(), text());
    inside.execute(SESSION, &[&session, &token, &user]).await?;
    start::start_unlisted(control, tenant).await?;
    let signed = kiavi_crypto::sign_cookie(&super::secret::current(control, tenant).await?, &token);
    let cookie = session_cookie(&tenant.settings, &signed);
    let path = "/api/auth/get-session";
    let answer = management::ask_with_cookie(control, tenant, "drill", path, &cookie).await;
    let answer = answer.map_err(StepError::from)?;
    let known: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    Ok(Some(answer.status().is_success() && known["user"]["id"] == user.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_brought_under_the_names_that_the_settings_lead_to() {
        let named = |settings| session_cookie(&settings, "x");
        let usual = named(json!({ "cookie": { "is_host_bound": true } }));
        for marker in ["", "__Secure-", "__Host-"] {
            assert!(
                usual.split("; ").any(|one| one == format!("{marker}better-auth.session_token=x")),
                "{usual}"
            );
        }
        assert!(named(json!({ "cookie": { "prefix": "own" } })).ends_with("; __Host-own.session_token=x"));
    }
}
