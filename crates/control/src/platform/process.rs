//! Engines as a survey tells of them, and as lists ask for them.

use std::collections::HashMap;

use kiavi_base::TenantId;
use kiavi_ipc::survey::{self, EngineStanding, Survey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a tenant's engine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EngineState {
    /// It does not run, and does when the next request comes.
    Sleeping,
    /// It is not ready yet.
    Starting,
    /// It serves.
    Running,
    /// It finishes what it began, and ends.
    Draining,
    /// It reads out the log of a tenant that is suspended.
    ReadingLog,
    /// It failed, and is not started before a pause is over.
    Paused,
    /// It is started no more, after repeated security exits.
    Quarantined,
}

impl EngineState {
    /// All states.
    pub(crate) const ALL: [Self; 7] = [
        Self::Sleeping,
        Self::Starting,
        Self::Running,
        Self::Draining,
        Self::ReadingLog,
        Self::Paused,
        Self::Quarantined,
    ];

    /// The stable text form.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Sleeping => "sleeping",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Draining => "draining",
            Self::ReadingLog => "reading_log",
            Self::Paused => "paused",
            Self::Quarantined => "quarantined",
        }
    }

    /// The state with this text form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl From<survey::EngineState> for EngineState {
    fn from(told: survey::EngineState) -> Self {
        match told {
            survey::EngineState::Starting => Self::Starting,
            survey::EngineState::Running => Self::Running,
            survey::EngineState::Draining => Self::Draining,
            survey::EngineState::ReadingLog => Self::ReadingLog,
            survey::EngineState::Paused => Self::Paused,
            survey::EngineState::Quarantined => Self::Quarantined,
        }
    }
}

/// How an engine failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EngineFailure {
    /// It crashed, was killed, or reported failure.
    Crash,
    /// The kernel ended it because of a forbidden system call.
    ForbiddenCall,
    /// The kernel ended it because it had used up its memory.
    OutOfMemory,
}

impl EngineFailure {
    /// The stable text form, as in answers.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::ForbiddenCall => "forbidden_call",
            Self::OutOfMemory => "out_of_memory",
        }
    }
}

impl From<survey::FailureKind> for EngineFailure {
    fn from(told: survey::FailureKind) -> Self {
        match told {
            survey::FailureKind::Crash => Self::Crash,
            survey::FailureKind::ForbiddenCall => Self::ForbiddenCall,
            survey::FailureKind::OutOfMemory => Self::OutOfMemory,
        }
    }
}

/// All engines that are not asleep, by their tenants.
#[derive(Debug, Default)]
pub(crate) struct Engines(HashMap<TenantId, EngineStanding>);

/// Which engines a list has.
#[derive(Debug, Clone)]
pub(crate) enum EngineFilter {
    /// Those that are not asleep, with these tenants, and those that are.
    All(Vec<String>),
    /// Those that are asleep: not of these tenants.
    Sleeping(Vec<String>),
    /// Those of these tenants.
    These(Vec<String>),
}

impl Engines {
    /// Those of a survey. Of two engines of one tenant the one counts that takes connections; the other is on its way out.
    pub(crate) fn of(survey: &Survey) -> Self {
        let mut engines: HashMap<_, EngineStanding> = HashMap::with_capacity(survey.engines.len());
        for told in &survey.engines {
            let is_better =
                engines.get(&told.tenant).is_none_or(|known| known.state == survey::EngineState::Draining);
            if is_better {
                engines.insert(told.tenant.clone(), told.clone());
            }
        }
        Self(engines)
    }

    /// What is known of a tenant's engine; `None`: it sleeps.
    pub(crate) fn find(&self, tenant: &TenantId) -> Option<&EngineStanding> {
        self.0.get(tenant)
    }

    /// What a list of those in this state asks the database for.
    pub(crate) fn filter(&self, state: Option<EngineState>) -> EngineFilter {
        let ids = |wanted: Option<EngineState>| {
            let all =
                self.0.values().filter(|told| wanted.is_none_or(|one| EngineState::from(told.state) == one));
            all.map(|told| told.tenant.to_string()).collect()
        };
        match state {
            None => EngineFilter::All(ids(None)),
            Some(EngineState::Sleeping) => EngineFilter::Sleeping(ids(None)),
            state => EngineFilter::These(ids(state)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_on_its_way_out_does_not_hide_its_successor() {
        let tenant: TenantId = format!("t{}", "a".repeat(24)).parse().unwrap();
        let told = |state, failures| EngineStanding {
            tenant: tenant.clone(),
            state,
            process: None,
            failures,
            pause_milliseconds: None,
            last_failure: None,
        };
        let (old, new) = (told(survey::EngineState::Draining, 1), told(survey::EngineState::Running, 2));
        for engines in [vec![old.clone(), new.clone()], vec![new.clone(), old]] {
            let survey = Survey {
                measured: kiavi_ipc::metrics::Measurements::default(),
                services: Vec::new(),
                engines,
                is_fully_isolated: true,
                disk: None,
                clock: None,
                limits: None,
            };
            assert_eq!(Engines::of(&survey).find(&tenant), Some(&new));
        }
    }

    #[test]
    fn states_have_texts_that_read_back() {
        for state in EngineState::ALL {
            assert_eq!(EngineState::parse(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
