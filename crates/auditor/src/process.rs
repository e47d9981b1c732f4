//! The auditor's loop.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use kiavi_base::{Clock, ExposeSecret, SecretString, TenantId};
use kiavi_db::Connect;
use kiavi_ipc::auditor::{FromAuditor, ToAuditor};
use kiavi_ipc::database::DatabaseServer;
use kiavi_ipc::{Endpoint, Fd, IpcError, Receiver, Sender};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout_at};

use crate::connect::LauncherConnect;
use crate::key::{LogKey, LogKeyError};
use crate::schedule::{Failed, Schedule};
use crate::seal::{RoundError, Sealer, Surroundings};
use crate::tally::Tally;
use crate::witness::Witness;

/// Logs that are worked on at the same time: as many connections as an instance can spare, and all that one thread does.
const AT_ONCE: usize = 4;
/// Logs that keep their connection for what comes next. The server has room for 500 connections of all processes together,
/// and lets this role have 80.
const MAX_CONNECTED: usize = 32;
/// For how long they do.
const MAX_RESTING: Duration = Duration::from_secs(30);
/// How often what was counted is told, and idle connections are looked for.
const TICK: Duration = Duration::from_secs(5);
/// How long what waits may take once the process is to end.
const DRAIN_LIMIT: Duration = Duration::from_secs(3);

/// Seals logs.
pub struct Auditor {
    clock: Arc<dyn Clock>,
    server: Option<DatabaseServer>,
}

/// A round that has ended.
type Finished = (Sealer, Result<crate::schedule::Ended, RoundError>);

struct Server {
    around: Surroundings,
    connect: LauncherConnect,
    ways: Ways,
    schedule: Schedule<Sealer>,
    rounds: JoinSet<Finished>,
    /// Whose they are, with what to begin anew with.
    under_way: HashMap<Id, (TenantId, Sealer)>,
    /// What is known of each log.
    keys: HashMap<TenantId, Arc<LogKey>>,
    /// Logs whose connections may be open.
    connected: HashSet<TenantId>,
    to_launcher: Sender<FromAuditor>,
}

/// The ways to the database server: one for each password that our role has had, which is one but for a moment.
struct Ways {
    server: Option<DatabaseServer>,
    known: Option<(SecretString, Arc<dyn Connect>)>,
}

impl Ways {
    /// The way with this password. Its certificate authorities are in memory once, for all logs.
    fn of(
        &mut self,
        connect: &LauncherConnect,
        password: Option<&str>,
    ) -> Result<Arc<dyn Connect>, LogKeyError> {
        let (Some(server), Some(password)) = (&self.server, password) else {
            return Ok(Arc::new(connect.clone()));
        };
        if let Some((known, way)) = &self.known
            && known.expose_secret() == password
        {
            return Ok(way.clone());
        }
        let password = SecretString::from(password);
        let way: Arc<dyn Connect> = Arc::new(connect.secured(server, password.clone())?);
        self.known = Some((password, way.clone()));
        Ok(way)
    }
}

impl Auditor {
    /// An auditor that knows no log yet; to be made before the process is sealed. `server` has the databases, if it is one
    /// on a network.
    pub fn new(clock: Arc<dyn Clock>, server: Option<DatabaseServer>) -> Self {
        kiavi_db::prepare_for_sandbox();
        Self { clock, server }
    }

    /// Seals until told to drain, or the launcher is gone.
    ///
    /// # Errors
    /// When the launcher breaks the protocol.
    pub async fn run(self, launcher: Endpoint<FromAuditor, ToAuditor>) -> Result<(), IpcError> {
        let (to_launcher, mut from_launcher) = launcher.split();
        let connect = LauncherConnect::new(to_launcher.clone());
        let (witness, tally) = (Witness::default(), Arc::new(Tally::default()));
        let around = Surroundings { connect: Arc::new(connect.clone()), witness, clock: self.clock, tally };
        let ways = Ways { server: self.server, known: None };
        let (rounds, under_way) = (JoinSet::new(), HashMap::new());
        let schedule = Schedule::default();
        to_launcher.send(&FromAuditor::Ready).await?;
        let (keys, connected) = (HashMap::new(), HashSet::new());
        let mut server =
            Server { around, connect, ways, schedule, rounds, under_way, keys, connected, to_launcher };
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            server.start_rounds();
            let next = server.next_due();
            tokio::select! {
                message = from_launcher.receive() => match message? {
                    Some(ToAuditor::Drain) => break,
                    Some(message) => server.told(message),
                    None => return Ok(()),
                },
                Some(ended) = server.rounds.join_next_with_id() => server.round_ended(ended),
                () = until(next) => {}
                _ = tick.tick() => server.look_around().await?,
            }
        }
        server.finish(&mut from_launcher).await
    }
}

impl Server {
    fn told(&mut self, message: ToAuditor) {
        let now = Instant::now();
        match message {
            ToAuditor::Log { tenant, document } => self.add(tenant, document, now),
            ToAuditor::LogRemoved { tenant } => {
                self.schedule.remove(&tenant);
                self.keys.remove(&tenant);
                self.connected.remove(&tenant);
            }
            ToAuditor::Written { tenant } => self.schedule.hint(&tenant, now),
            ToAuditor::Database { request, stream } => self.connect.answered(request, stream),
            ToAuditor::Witness { door } => match self.around.witness.open(door) {
                Ok(()) => self.schedule.witness_is_there(now),
                Err(error) => tracing::error!(%error, "the witness cannot be asked"),
            },
            ToAuditor::Start { .. } | ToAuditor::Drain => {}
        }
    }

    fn add(&mut self, tenant: TenantId, document: Fd, now: Instant) {
        let opened = LogKey::open(document)
            .and_then(|key| Ok((self.ways.of(&self.connect, key.password())?, Arc::new(key))));
        match opened {
            // A control plane that has just started tells of all of them again.
            Ok((_, key)) if self.keys.get(&tenant).is_some_and(|known| known.is_same(&key)) => {
                self.schedule.hint(&tenant, now);
            }
            Ok((connect, key)) => {
                self.keys.insert(tenant.clone(), key.clone());
                let around = Surroundings { connect, ..self.around.clone() };
                self.schedule.add(tenant.clone(), Sealer::new(tenant, key, around), now);
            }
            Err(error) => {
                tracing::error!(%tenant, error = &error as &dyn std::error::Error, "a log cannot be sealed");
            }
        }
    }

    fn start_rounds(&mut self) {
        while self.rounds.len() < AT_ONCE
            && let Some((tenant, mut sealer)) = self.schedule.next(Instant::now())
        {
            let spare = sealer.anew();
            let round = self.rounds.spawn(async move {
                let outcome = sealer.round().await;
                (sealer, outcome)
            });
            self.connected.insert(tenant.clone());
            self.under_way.insert(round.id(), (tenant, spare));
        }
    }

    /// When a round can be started, if nothing else happens.
    fn next_due(&self) -> Option<Instant> {
        self.schedule.next_due().filter(|_| self.rounds.len() < AT_ONCE)
    }

    fn round_ended(&mut self, ended: Result<(Id, Finished), JoinError>) {
        let (id, finished) = match ended {
            Ok((id, finished)) => (id, Some(finished)),
            Err(error) => {
                tracing::error!(%error, "a round was cut off");
                (error.id(), None)
            }
        };
        let Some((tenant, spare)) = self.under_way.remove(&id) else { return };
        let now = Instant::now();
        let (mut sealer, outcome) =
            finished.map_or((spare, None), |(sealer, outcome)| (sealer, Some(outcome)));
        let outcome = match outcome {
            Some(Ok(ended)) => Ok(ended),
            // Soon enough, and nothing is wrong.
            Some(Err(RoundError::Busy | RoundError::Outdated)) => Err(Failed),
            Some(Err(error)) => {
                self.around.tally.failed();
                let error = &error as &dyn std::error::Error;
                tracing::warn!(%tenant, error, "a log could not be sealed; it is tried again");
                Err(Failed)
            }
            None => {
                self.around.tally.failed();
                Err(Failed)
            }
        };
        if self.connected.len() > MAX_CONNECTED {
            sealer.rest();
            self.connected.remove(&tenant);
        }
        self.schedule.ended(&tenant, sealer, outcome, now);
    }

    /// Tells what was counted, and closes what nobody uses.
    async fn look_around(&mut self) -> Result<(), IpcError> {
        let now = Instant::now();
        for (tenant, sealer) in self.schedule.resting(MAX_RESTING, now) {
            if self.connected.remove(tenant) {
                sealer.rest();
            }
        }
        let (standings, oldest) = self.schedule.standings(now);
        let report = self.around.tally.take(standings, oldest);
        // When the launcher is busy it is told later; counters of this moment are lost then.
        self.to_launcher.try_send(&FromAuditor::Report(report)).map(drop)
    }

    /// Ends what is under way, and seals what is known to wait.
    async fn finish(mut self, launcher: &mut Receiver<ToAuditor>) -> Result<(), IpcError> {
        let deadline = Instant::now() + DRAIN_LIMIT;
        loop {
            self.schedule.only_what_waits(Instant::now());
            self.start_rounds();
            if self.rounds.is_empty() {
                break;
            }
            let step = async {
                tokio::select! {
                    message = launcher.receive() => message.map(Some),
                    Some(ended) = self.rounds.join_next_with_id() => {
                        self.round_ended(ended);
                        Ok(None)
                    }
                }
            };
            match timeout_at(deadline, step).await {
                Ok(message) => match message? {
                    Some(Some(message)) => self.told(message),
                    Some(None) => return Ok(()),
                    None => {}
                },
                Err(_) => break,
            }
        }
        self.look_around().await
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
