//! What the machine has to have enough of: a clock that is right, room on the disk, descriptors.

use std::path::Path;

use kiavi_control::{HealthFinding, HealthVerdict};
use kiavi_launcher::host;
use rustix::process::{Resource, getrlimit};

use crate::doctor::{Finding, Verdict};

const CLOCK: &str = "Clock";
const DISK: &str = "Disk";
const DESCRIPTORS: &str = "Descriptors";

/// Descriptors of an instance with a few thousand tenants.
const ENOUGH_DESCRIPTORS: u64 = 65_536;

/// Everything about the machine.
pub(crate) fn findings(data: &Path) -> Vec<Finding> {
    vec![clock(), disk(data), descriptors(getrlimit(Resource::Nofile).maximum)]
}

fn clock() -> Finding {
    told(CLOCK, kiavi_control::clock_finding(host::clock()))
}

fn disk(data: &Path) -> Finding {
    // The data folder may not be there yet; it will be on the disk of the nearest folder above it.
    let Some(folder) = data.ancestors().find(|folder| folder.exists()) else {
        return Finding::new(
            DISK,
            Verdict::Unchecked,
            format!("not checked: there is no {}", data.display()),
        );
    };
    match host::disk(folder) {
        Ok(disk) => told(DISK, kiavi_control::disk_finding(Some(disk))),
        Err(error) => {
            Finding::new(DISK, Verdict::Unchecked, format!("not checked: {}: {error}", folder.display()))
        }
    }
}

/// A finding in the words of this command.
fn told(name: &'static str, HealthFinding { verdict, detail, .. }: HealthFinding) -> Finding {
    let verdict = match verdict {
        HealthVerdict::Ok => Verdict::Ok,
        HealthVerdict::Unchecked => Verdict::Unchecked,
        HealthVerdict::Warning => Verdict::Warning,
        HealthVerdict::Fault => Verdict::Missing,
    };
    Finding::new(name, verdict, detail)
}

fn descriptors(limit: Option<u64>) -> Finding {
    match limit {
        Some(limit) if limit < ENOUGH_DESCRIPTORS => {
            let todo = format!(
                "a program that is started here may have {limit}: each tenant takes two and each that runs four more. The \
                 package's unit has more; elsewhere raise the limit (ulimit -Hn, limits.conf)"
            );
            Finding::new(DESCRIPTORS, Verdict::Warning, todo)
        }
        limit => {
            let limit = limit.map_or("any number".to_owned(), |limit| limit.to_string());
            Finding::new(DESCRIPTORS, Verdict::Ok, format!("a program may have {limit}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_is_on_the_disk_above_it() {
        let folder = std::env::temp_dir().join("kiavi-doctor-none/data");
        assert_ne!(disk(&folder).verdict, Verdict::Unchecked);
    }

    #[test]
    fn few_descriptors_are_a_warning() {
        assert_eq!(descriptors(Some(1_024)).verdict, Verdict::Warning);
        assert_eq!(descriptors(Some(1 << 20)).verdict, Verdict::Ok);
        assert_eq!(descriptors(None).verdict, Verdict::Ok);
    }
}
