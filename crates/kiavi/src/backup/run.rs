//! `kiavi backup run`: what the schedule says is due. Started by a timer, each hour; what failed is tried again then.

use clap::Args;
use jiff::Timestamp;
use kiavi_base::{Clock, SystemClock};
use serde_json::{Value, json};

use super::{
    INSTANCE,
    create::{self, Wanted, create_and_note},
    drill::drill_and_note,
    drill_instance,
    name::Name,
    open::Opener,
    orders,
    place::Place,
    progress::Progress,
    schedule::{Schedule, last_run, runs},
};
use crate::{
    client::{Client, ClientError},
    tenant::{Common, text},
};

/// What was done.
#[derive(Default)]
struct Done {
    made: Vec<String>,
    removed: Vec<String>,
    tried: Vec<String>,
    ordered: Vec<String>,
    failures: Vec<String>,
}

/// Do what the schedule says is due and what was ordered at the console.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Stay, and carry out what is ordered at the console as soon as it is; nothing else
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn run(RunArgs { watch, common }: RunArgs) -> Result<String, ClientError> {
    let client = common.client();
    client.folder()?;
    if watch {
        orders::watch(&client).await;
    }
    let (ordered, refused) = orders::carry_out(&client).await?;
    let mut done = Done { ordered, failures: refused, ..Done::default() };
    let Some(schedule) = Schedule::read(&client).await? else {
        return ended(&done, common.json);
    };
    let place = Place::open(&schedule.to, &schedule.credentials())?;
    let (now, progress) = (SystemClock.now(), Progress::new("Backing up"));
    for tenant in create::all(&client).await? {
        let mut step = Step { client: &client, schedule: &schedule, place: &place, now, progress: &progress };
        if let Err(error) = step.tenant(&tenant, &mut done).await {
            done.failures.push(format!("{}: {error}", text(&tenant, "slug")));
        }
    }
    // Only recipients can open it, so without any there is none.
    if !schedule.recipients.is_empty() {
        let mut step = Step { client: &client, schedule: &schedule, place: &place, now, progress: &progress };
        if let Err(error) = step.instance(&mut done).await {
            done.failures.push(format!("instance: {error}"));
        }
    }
    progress.clear();
    ended(&done, common.json)
}

fn ended(done: &Done, is_json: bool) -> Result<String, ClientError> {
    match done.failures.is_empty() {
        true => Ok(told(done, is_json)),
        false => Err(ClientError::Failed(done.failures.join("\n"))),
    }
}

fn told(done: &Done, is_json: bool) -> String {
    let Done { made, removed, tried, ordered, .. } = done;
    if is_json {
        return json!({ "made": made, "removed": removed, "tried": tried, "ordered": ordered }).to_string();
    }
    if [made, removed, tried, ordered].into_iter().all(Vec::is_empty) {
        return "Nothing is due.".to_owned();
    }
    let lines =
        [("Ordered", ordered), ("Backed up", made), ("Removed", removed), ("Restored for a trial", tried)];
    let lines = lines.iter().filter(|(_, what)| !what.is_empty());
    lines.map(|(verb, what)| format!("{verb}: {}", what.join(", "))).collect::<Vec<_>>().join("\n")
}

struct Step<'a> {
    client: &'a Client,
    schedule: &'a Schedule,
    place: &'a Place,
    now: Timestamp,
    progress: &'a Progress,
}

impl Step<'_> {
    /// Whatever is due for one tenant. Old archives go when there is a new one, and not before.
    async fn tenant(&mut self, tenant: &Value, done: &mut Done) -> Result<(), ClientError> {
        let (client, id, slug) = (self.client, text(tenant, "id"), text(tenant, "slug"));
        let shown = &self.schedule.to;
        // A store may let nobody remove anything, which is no reason not to try what is there.
        let pruned = self.backup(tenant, done).await?;
        if self.schedule.is_drill_due(last_run(client, "drill", id, shown).await?, self.now) {
            let opener = Opener::Instance(client);
            drill_and_note(client, self.place, shown, tenant, &opener, self.progress).await?;
            done.tried.push(slug.to_owned());
        }
        pruned
    }

    /// The same for the instance itself.
    async fn instance(&mut self, done: &mut Done) -> Result<(), ClientError> {
        let (client, shown, instance) = (self.client, &self.schedule.to, create::instance());
        let last = last_run(client, "drill", INSTANCE, shown).await?;
        let is_drill_due = self.schedule.is_drill_due(last, self.now);
        // An earlier program's archives have no key of the instance's, so the first trial is of one that this one makes.
        let is_first = is_drill_due && runs(client, "drill", INSTANCE, shown).await?.is_empty();
        let pruned = self.backup_if(is_first, &instance, done).await?;
        if is_drill_due {
            let opener = Opener::Instance(client);
            drill_instance::drill_and_note(client, self.place, shown, &opener, self.progress).await?;
            done.tried.push(text(&instance, "slug").to_owned());
        }
        pruned
    }

    /// An archive, if one is due, and then old ones removed; what became of that, apart.
    async fn backup(
        &mut self,
        tenant: &Value,
        done: &mut Done,
    ) -> Result<Result<(), ClientError>, ClientError> {
        self.backup_if(false, tenant, done).await
    }

    async fn backup_if(
        &mut self,
        is_wanted: bool,
        tenant: &Value,
        done: &mut Done,
    ) -> Result<Result<(), ClientError>, ClientError> {
        let (client, id, shown) = (self.client, text(tenant, "id"), &self.schedule.to);
        if is_wanted || self.schedule.is_due(last_run(client, "backup", id, shown).await?, self.now) {
            let wanted = Wanted { tenant, recipients: &self.schedule.recipients };
            let made = create_and_note(client, self.place, shown, &wanted, self.progress).await?;
            done.made.push(made.name);
        }
        Ok(self.prune(id, done).await)
    }

    /// Removes what is kept no longer of this tenant. Files that are not archives of ours stay.
    async fn prune(&self, tenant: &str, done: &mut Done) -> Result<(), ClientError> {
        let stored = self.place.list().await?;
        let ours = stored.iter().filter_map(|stored| Some((Name::parse(&stored.name)?, &stored.name)));
        let ours: Vec<_> = ours.filter(|((name, _), _)| name.tenant == tenant).collect();
        let data = ours.iter().filter(|((_, is_keys), _)| !is_keys);
        let data: Vec<Name> = data.map(|((name, _), _)| name.clone()).collect();
        let kept = self.schedule.keep.kept(&data);
        for ((name, is_keys), path) in ours {
            let is_kept =
                kept.contains(&name) && (!is_keys || self.schedule.keep.keeps_keys(name.at, self.now));
            if !is_kept {
                self.place.remove(path).await?;
                if !is_keys {
                    let removed = json!({ "place": self.schedule.to, "name": path });
                    self.client.post("/v1/backups/removed", &removed).await?;
                }
                done.removed.push(path.clone());
            }
        }
        Ok(())
    }
}
