//! `kiavi backup schedule`: what `kiavi backup run` does. The instance keeps it.

use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Time, tz::TimeZone};
use kiavi_crypto::age::Recipient;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Credentials,
    place::Place,
    retention::{MAX_PERSON_KEYS_DAYS, Retention},
};
use crate::{
    client::{Client, ClientError},
    tenant::{Common, text},
};

const PATH: &str = "/v1/backups/schedule";

/// Show or set when `kiavi backup run` makes archives, where, and how long they are kept.
#[derive(Debug, Args)]
pub(crate) struct ScheduleArgs {
    /// Where archives go: a folder, or s3://BUCKET/PREFIX
    #[arg(long, value_name = "PLACE")]
    to: Option<String>,
    /// The time of day, in UTC
    #[arg(long, value_name = "HH:MM", default_value = "03:10")]
    at: String,
    /// Days of which the last archive is kept
    #[arg(long, value_name = "N", default_value_t = 7)]
    keep_daily: u16,
    /// Weeks of which the last archive is kept
    #[arg(long, value_name = "N", default_value_t = 4)]
    keep_weekly: u16,
    /// Months of which the last archive is kept
    #[arg(long, value_name = "N", default_value_t = 12)]
    keep_monthly: u16,
    /// Days for which keys of persons are kept, 30 at most
    #[arg(long, value_name = "DAYS", default_value_t = MAX_PERSON_KEYS_DAYS,
        value_parser = clap::value_parser!(u8).range(1..=i64::from(MAX_PERSON_KEYS_DAYS)))]
    keep_person_keys: u8,
    /// Days after which a tenant's newest archive is restored for a trial again; 0: never
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    drill_every: u16,
    /// Who can open archives too, as age knows them (age1…); may be given several times
    #[arg(long, value_name = "RECIPIENT")]
    recipient: Vec<String>,
    /// Make no archives any more
    #[arg(long, conflicts_with = "to")]
    off: bool,
    #[command(flatten)]
    credentials: Credentials,
    #[command(flatten)]
    common: Common,
}

/// A schedule as the instance keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Schedule {
    pub(super) to: String,
    #[serde(default)]
    credentials: Option<PathBuf>,
    /// The time of day, in UTC.
    at: Time,
    pub(super) keep: Retention,
    drill_days: u16,
    #[serde(default)]
    pub(super) recipients: Vec<String>,
}

impl Schedule {
    /// The schedule that the instance has.
    pub(super) async fn read(client: &Client) -> Result<Option<Self>, ClientError> {
        let answer = client.get(PATH).await?;
        serde_json::from_value(answer["schedule"].clone())
            .map_err(|error| ClientError::Failed(format!("The schedule cannot be read: {error}.")))
    }

    pub(super) fn credentials(&self) -> Credentials {
        Credentials { credentials: self.credentials.clone() }
    }

    /// Whether a tenant whose newest archive is of this time needs another.
    pub(super) fn is_due(&self, last: Option<Timestamp>, now: Timestamp) -> bool {
        last.is_none_or(|last| last < self.last_time(now))
    }

    /// Whether a tenant whose archive was last tried at this time needs that again.
    pub(super) fn is_drill_due(&self, last: Option<Timestamp>, now: Timestamp) -> bool {
        let pause = SignedDuration::from_hours(24 * i64::from(self.drill_days));
        self.drill_days > 0 && last.is_none_or(|last| now.duration_since(last) >= pause)
    }

    /// The last time of day that there was.
    fn last_time(&self, now: Timestamp) -> Timestamp {
        let today = now.to_zoned(TimeZone::UTC).with().time(self.at).build();
        match today {
            Ok(today) if today.timestamp() <= now => today.timestamp(),
            Ok(today) => today.checked_sub(1.day()).map_or(now, |yesterday| yesterday.timestamp()),
            Err(_) => now,
        }
    }
}

pub(super) async fn run(args: ScheduleArgs) -> Result<String, ClientError> {
    let client = args.common.client();
    let schedule = match (&args.to, args.off) {
        (Some(to), _) => {
            let schedule = wanted(&args, to)?;
            set(&client, &json!(schedule)).await?;
            Some(schedule)
        }
        (None, true) => {
            set(&client, &Value::Null).await?;
            None
        }
        (None, false) => Schedule::read(&client).await?,
    };
    if args.common.json {
        return Ok(json!({ "schedule": schedule }).to_string());
    }
    Ok(match schedule {
        None => {
            "No archives are made by themselves: kiavi backup schedule --to PLACE has them made.".to_owned()
        }
        Some(Schedule { to, at, keep, drill_days, recipients, .. }) => format!(
            "Archives go to {to} each day at {at} UTC, once kiavi backup run is started (kiavi-backup.timer does, each \
             hour).\nThe last of {} days, {} weeks and {} months are kept; keys of persons {} days.\nThe newest are tried \
             every {drill_days} days. {} recipients can open them beside the tenants themselves.",
            keep.daily,
            keep.weekly,
            keep.monthly,
            keep.person_keys_days,
            recipients.len()
        ),
    })
}

async fn set(client: &Client, schedule: &Value) -> Result<(), ClientError> {
    let body = json!({ "schedule": schedule });
    client.send_json(hyper::Method::PUT, PATH, None, &body).await.map(drop)
}

fn wanted(args: &ScheduleArgs, to: &str) -> Result<Schedule, ClientError> {
    let at = Time::strptime("%H:%M", &args.at);
    let at = at.map_err(|_| ClientError::Input(format!("--at: {:?} is no time such as 03:10.", args.at)))?;
    for recipient in &args.recipient {
        recipient
            .parse::<Recipient>()
            .map_err(|error| ClientError::Input(format!("--recipient: {error}.")))?;
    }
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    // Whatever is wrong with the place is said now, and not at night.
    Place::open(to, &args.credentials)?;
    let to = match super::place::is_bucket(to) {
        true => to.to_owned(),
        false => absolute(&PathBuf::from(to)).display().to_string(),
    };
    Ok(Schedule {
        to,
        credentials: args.credentials.credentials.as_ref().map(absolute),
        at,
        keep: Retention {
            daily: args.keep_daily,
            weekly: args.keep_weekly,
            monthly: args.keep_monthly,
            person_keys_days: args.keep_person_keys,
        },
        drill_days: args.drill_every,
        recipients: args.recipient.clone(),
    })
}

/// Where the schedule has archives go.
pub(super) async fn place(client: &Client) -> Result<(String, Credentials), ClientError> {
    let schedule = Schedule::read(client)
        .await?
        .ok_or_else(|| ClientError::Input("There is no schedule: name the place with --from.".to_owned()))?;
    let credentials = schedule.credentials();
    Ok((schedule.to, credentials))
}

/// When a run of a kind last came about for a tenant, by its id, at this place. What somebody makes elsewhere meanwhile
/// takes nothing off the schedule.
pub(super) async fn last_run(
    client: &Client,
    kind: &str,
    tenant: &str,
    place: &str,
) -> Result<Option<Timestamp>, ClientError> {
    let runs = runs(client, kind, tenant, place).await?;
    Ok(runs.iter().filter(|run| run["succeeded"] == true).find_map(|run| text(run, "at").parse().ok()))
}

/// The runs of a kind for a tenant, by its id, at this place, the newest first; those that came to nothing, too.
pub(super) async fn runs(
    client: &Client,
    kind: &str,
    tenant: &str,
    place: &str,
) -> Result<Vec<Value>, ClientError> {
    let path = crate::tenant::query(
        "/v1/backups",
        [("kind", Some(kind.to_owned())), ("tenant", Some(tenant.to_owned()))],
    );
    let answer = client.get(&path).await?;
    let runs = answer["runs"].as_array().into_iter().flatten();
    Ok(runs.filter(|run| run["place"] == place).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_due_once_its_time_of_day_has_passed() {
        let schedule = Schedule {
            to: "/x".to_owned(),
            credentials: None,
            at: "03:10".parse().unwrap_or(Time::midnight()),
            keep: Retention::default(),
            drill_days: 7,
            recipients: Vec::new(),
        };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-26T04:00:00Z");
        assert!(schedule.is_due(None, now));
        assert!(schedule.is_due(Some(at("2026-11-26T03:00:00Z")), now));
        assert!(!schedule.is_due(Some(at("2026-11-26T03:11:00Z")), now));
        assert!(!schedule.is_due(Some(at("2026-11-25T03:11:00Z")), at("2026-11-26T02:00:00Z")));
        assert!(schedule.is_drill_due(Some(at("2026-11-19T04:00:00Z")), now));
        assert!(!schedule.is_drill_due(Some(at("2026-11-19T05:00:00Z")), now));
        let read: Schedule = serde_json::from_value(json!(schedule)).unwrap();
        assert_eq!(read, schedule);
    }
}
