//! What was found of the instance's parts, in words. The API, `kiavi doctor` and the console have them from here: the first two in
//! English, the console in the language of its reader.

use jiff::{Timestamp, tz::TimeZone};
use kiavi_base::Locale;

use crate::text::Text;

/// Names that a sentence has; more are counted.
const NAMED: usize = 20;

/// What was found, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthFact {
    /// Nobody could look.
    Unchecked(NotLooked),
    /// The control plane's database answers.
    DatabaseAnswers,
    /// It does not.
    DatabaseSilent,
    /// A process of the instance runs.
    ProcessRuns,
    /// The one that accepts connections does not.
    GatewayDown,
    /// The one that reaches other servers does not.
    OutboundDown,
    /// The one that seals logs does not.
    AuditorDown,
    /// Events wait to be sealed.
    AuditorBehind {
        /// Since so many seconds.
        seconds: u64,
        /// In so many logs.
        logs: u64,
    },
    /// No log contradicts its witness.
    LogsHold,
    /// Those of these tenants do.
    LogsContradict(Vec<String>),
    /// The store of this kind gives secrets.
    VaultWorks(String),
    /// It does not answer in time.
    VaultSilent,
    /// It says what is wrong, in English.
    VaultFault(String),
    /// Every tenant is where it should be.
    JobsNone,
    /// So many jobs are under way.
    JobsUnderWay(u64),
    /// Some have failed.
    JobsFailed {
        /// So many.
        failed: u64,
        /// Of so many.
        all: u64,
    },
    /// So many engines run.
    EnginesRun(u64),
    /// So many have failed.
    EnginesPaused(u64),
    /// So many are not started any more.
    EnginesQuarantined(u64),
    /// No backups are scheduled.
    BackupsNone,
    /// The schedule is none of ours.
    BackupsUnreadable,
    /// Nobody can open an archive of the instance.
    BackupsWithoutInstance,
    /// Everything has an archive that was tried.
    BackupsGood {
        /// So many tenants besides the instance.
        tenants: u64,
        /// When the operator's identity last opened one.
        opened: Option<Timestamp>,
    },
    /// These were not restored for a trial in time.
    BackupsUntried(Missing),
    /// These have no archive of the last day.
    BackupsLate(Missing),
    /// No domain has lapsed or waits for days.
    DomainsHold,
    /// Some have or do.
    DomainsUnproved {
        /// Whose record is gone.
        lapsed: Vec<DomainSince>,
        /// Whose record never came.
        pending: Vec<DomainSince>,
    },
    /// Each name has a certificate, and none ends soon.
    CertificatesHold,
    /// Some do.
    CertificatesTroubled {
        /// Those that end soon.
        ending: Vec<String>,
        /// Those that could not be made yet.
        without: Vec<String>,
    },
    /// The data of every tenant is here.
    NoneLost,
    /// That of these is not restored yet.
    Lost(Vec<String>),
    /// So many hundredths of the files that the disk may hold are left.
    DiskFiles(u64),
    /// Room on the disk.
    Disk {
        /// Tenths of a GB that are free.
        tenths: u64,
        /// Hundredths of it that are free.
        percent: u64,
        /// How that is.
        room: Room,
    },
    /// The clock is off by so many milliseconds at most.
    ClockInStep(u64),
    /// Nothing keeps it in step.
    ClockFree,
    /// Every layer of the sandbox is required; control groups of this version hold engines to their share.
    Isolated(Option<u8>),
    /// Every layer, but there are no control groups.
    IsolatedWithoutGroups,
    /// Tenants share an account.
    Rootless,
}

/// Why something was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotLooked {
    /// The launcher does not answer.
    Launcher,
    /// The database does not answer.
    Database,
    /// The disk could not be looked at.
    Disk,
    /// The kernel does not tell how its clock is.
    Clock,
}

/// Whether there is room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// There is.
    Enough,
    /// It gets less.
    Low,
    /// PostgreSQL will soon stop.
    None,
}

/// What lacks something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// Whether the instance itself does.
    pub is_instance: bool,
    /// The tenants that do.
    pub tenants: Vec<String>,
}

impl Missing {
    /// Whether nothing does.
    pub fn is_empty(&self) -> bool {
        !self.is_instance && self.tenants.is_empty()
    }

    fn names(&self, text: &Text) -> String {
        let instance = self.is_instance.then(|| text.health_instance_itself());
        names(text, &instance.into_iter().chain(self.tenants.iter().cloned()).collect::<Vec<_>>())
    }
}

/// A domain, whose it is, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainSince {
    /// The domain.
    pub domain: String,
    /// Its tenant.
    pub tenant: String,
    /// Since when it is so.
    pub since: Timestamp,
}

impl HealthFact {
    /// In a language. A fragment: it stands behind the name of what was looked at.
    pub fn told(&self, locale: Locale) -> String {
        self.words(Text::of(locale))
    }

    /// Whether it is in English whatever the language: the words of a store of secrets.
    pub(crate) fn is_english(&self) -> bool {
        matches!(self, Self::VaultFault(_))
    }

    pub(crate) fn words(&self, text: &Text) -> String {
        match self {
            Self::Unchecked(why) => text.health_not_looked(&why.words(text)),
            Self::DatabaseAnswers => text.health_database_answers(),
            Self::DatabaseSilent => text.health_database_silent(),
            Self::ProcessRuns => text.health_runs(),
            Self::GatewayDown => text.health_gateway_down(),
            Self::OutboundDown => text.health_outbound_down(),
            Self::AuditorDown => text.health_auditor_down(),
            Self::AuditorBehind { seconds, logs } => {
                text.health_auditor_behind(&text.number(logs), &text.number(seconds))
            }
            Self::LogsHold => text.health_logs_hold(),
            Self::LogsContradict(slugs) => text.health_logs_contradict(&names(text, slugs)),
            Self::VaultWorks(driver) => text.health_vault_works(driver),
            Self::VaultSilent => text.health_vault_silent(),
            Self::VaultFault(told) => told.clone(),
            _ => self.words_of_tenants(text),
        }
    }

    fn words_of_tenants(&self, text: &Text) -> String {
        match self {
            Self::JobsNone => text.health_jobs_none(),
            Self::JobsUnderWay(all) => text.health_jobs_under_way(&text.number(all)),
            Self::JobsFailed { failed, all } => {
                text.health_jobs_failed(&text.number(all), &text.number(failed))
            }
            Self::EnginesRun(count) => text.health_engines_run(&text.number(count)),
            Self::EnginesPaused(count) => text.health_engines_paused(&text.number(count)),
            Self::EnginesQuarantined(count) => text.health_engines_quarantined(&text.number(count)),
            Self::BackupsNone => text.health_backups_none(),
            Self::BackupsUnreadable => text.health_backups_unreadable(),
            Self::BackupsWithoutInstance => text.health_backups_without_instance(),
            Self::BackupsGood { tenants, opened } => {
                let identity = match opened {
                    Some(at) => text.health_identity_tried(&day(*at)),
                    None => text.health_identity_untried(),
                };
                text.health_backups_good(&identity, &text.number(tenants))
            }
            Self::BackupsUntried(missing) => text.health_backups_untried(&missing.names(text)),
            Self::BackupsLate(missing) => text.health_backups_late(&missing.names(text)),
            Self::DomainsHold => text.health_domains_hold(),
            Self::DomainsUnproved { lapsed, pending } => {
                let all = [
                    text.health_domains_lapsed(&since(text, lapsed)),
                    text.health_domains_pending(&since(text, pending)),
                ];
                both(all, [lapsed.is_empty(), pending.is_empty()])
            }
            Self::CertificatesHold => text.health_certificates_hold(),
            Self::CertificatesTroubled { ending, without } => {
                let all = [
                    text.health_certificates_ending(&names(text, ending)),
                    text.health_certificates_without(&names(text, without)),
                ];
                text.health_certificates_see(&both(all, [ending.is_empty(), without.is_empty()]))
            }
            Self::NoneLost => text.health_lost_none(),
            Self::Lost(slugs) => text.health_lost(&names(text, slugs)),
            _ => self.words_of_the_machine(text),
        }
    }

    fn words_of_the_machine(&self, text: &Text) -> String {
        match self {
            Self::DiskFiles(percent) => text.health_disk_files(&text.number(percent)),
            Self::Disk { tenths, percent, room } => {
                let left = text.health_disk_free(&text.tenths(i128::from(*tenths)), &text.number(percent));
                match room {
                    Room::Enough => left,
                    Room::Low => text.health_disk_low(&left),
                    Room::None => text.health_disk_full(&left),
                }
            }
            Self::ClockInStep(milliseconds) => text.health_clock_in_step(&text.number(milliseconds)),
            Self::ClockFree => text.health_clock_free(),
            Self::Isolated(None) => text.health_isolated(),
            Self::Isolated(Some(version)) => text.health_isolated_groups(&text.number(version)),
            Self::IsolatedWithoutGroups => text.health_isolated_no_groups(),
            _ => text.health_rootless(),
        }
    }
}

impl NotLooked {
    fn words(self, text: &Text) -> String {
        match self {
            Self::Launcher => text.health_no_launcher(),
            Self::Database => text.health_no_database(),
            Self::Disk => text.health_no_disk(),
            Self::Clock => text.health_no_clock(),
        }
    }
}

/// A day as logs and commands write it.
fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).date().to_string()
}

/// Some names, and how many more there are.
fn names(text: &Text, all: &[String]) -> String {
    let (some, more) = all.split_at(all.len().min(NAMED));
    let some = some.join(", ");
    if more.is_empty() { some } else { text.health_and_more(&text.number(more.len()), &some) }
}

fn since(text: &Text, all: &[DomainSince]) -> String {
    let one = |one: &DomainSince| text.health_domain_since(&one.domain, &day(one.since), &one.tenant);
    names(text, &all.iter().map(one).collect::<Vec<_>>())
}

/// Two parts of a sentence, or the one that is about something.
fn both(parts: [String; 2], is_empty: [bool; 2]) -> String {
    let parts = parts.into_iter().zip(is_empty).filter(|(_, is_empty)| !is_empty);
    parts.map(|(part, _)| part).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_are_some_names_and_a_number() {
        let all: Vec<_> = (0..NAMED + 3).map(|i| format!("t{i}")).collect();
        let told = HealthFact::Lost(all).told(Locale::En);
        assert!(told.contains("t0, t1") && told.ends_with("t19 and 3 more"), "{told}");
        assert!(HealthFact::Lost(vec!["a".into()]).told(Locale::De).ends_with(": a"));
    }

    #[test]
    fn numbers_and_names_are_where_the_language_has_them() {
        let disk = HealthFact::Disk { tenths: 123, percent: 7, room: Room::Low };
        assert_eq!(disk.told(Locale::En), "12.3 GB are free (7%): make room in time");
        assert!(disk.told(Locale::Fr).starts_with("12,3 Go"), "{}", disk.told(Locale::Fr));
        let one = |domain: &str| DomainSince {
            domain: domain.into(),
            tenant: "shop".into(),
            since: Timestamp::UNIX_EPOCH,
        };
        let lapsed = HealthFact::DomainsUnproved { lapsed: vec![one("a.example")], pending: vec![] };
        assert_eq!(lapsed.told(Locale::En), "lapsed, the record is gone: a.example of shop since 1970-01-01");
        let both =
            HealthFact::DomainsUnproved { lapsed: vec![one("a.example")], pending: vec![one("b.example")] };
        assert_eq!(both.told(Locale::Nl).matches(';').count(), 1);
    }

    #[test]
    fn a_fact_is_told_in_each_language_otherwise() {
        for fact in [HealthFact::ClockFree, HealthFact::BackupsNone, HealthFact::Unchecked(NotLooked::Disk)] {
            let told: std::collections::BTreeSet<_> = Locale::ALL.map(|locale| fact.told(locale)).into();
            assert_eq!(told.len(), Locale::ALL.len(), "{fact:?}");
        }
    }
}
