//! From the tables of `syscalls` to filters in the kernel (`seccomp(2)`).

use std::{collections::BTreeMap, env::consts::ARCH};

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use crate::{
    profile::Role,
    syscalls::{self, Argument, Rule, Width},
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    #[error("the filter cannot be built: {0}")]
    Build(#[from] BackendError),
    #[error("the kernel refuses the filter: {0}")]
    Apply(#[from] seccompiler::Error),
}

/// Installs the role's filters for all threads. The last one is the allow-list, after which no other could follow.
pub(crate) fn seal(role: Role) -> Result<(), SealError> {
    for program in programs(role, std::process::id())? {
        seccompiler::apply_filter_all_threads(&program)?;
    }
    Ok(())
}

fn programs(role: Role, pid: u32) -> Result<Vec<BpfProgram>, BackendError> {
    let mut programs = Vec::new();
    // What is answered by an error instead of the end of the process is allowed by the list as well: of all
    // filters' verdicts the strictest counts, and an error is stricter than a permission.
    for (errno, rules) in syscalls::answered_by_error(role) {
        programs.push(compile(rules.iter(), SeccompAction::Allow, SeccompAction::Errno(*errno as u32))?);
    }
    let own_abort = syscalls::abort_of(pid);
    let allowed = syscalls::allowed(role)
        .iter()
        .copied()
        .flatten()
        .chain(syscalls::answered_by_error(role).iter().flat_map(|(_, rules)| *rules))
        .chain([&own_abort]);
    programs.push(compile(allowed, SeccompAction::KillProcess, SeccompAction::Allow)?);
    Ok(programs)
}

fn compile<'a>(
    rules: impl Iterator<Item = &'a Rule>,
    otherwise: SeccompAction,
    matched: SeccompAction,
) -> Result<BpfProgram, BackendError> {
    let mut table: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let mut unconditional = Vec::new();
    for rule in rules {
        let alternatives = table.entry(rule.call).or_default();
        if rule.arguments.is_empty() {
            unconditional.push(rule.call);
        } else {
            let conditions = rule.arguments.iter().map(condition).collect::<Result<_, _>>()?;
            alternatives.push(SeccompRule::new(conditions)?);
        }
    }
    // No condition at all is a wider permission than any condition beside it.
    for call in unconditional {
        table.insert(call, Vec::new());
    }
    SeccompFilter::new(table, otherwise, matched, TargetArch::try_from(ARCH)?)?.try_into()
}

fn condition(argument: &Argument) -> Result<SeccompCondition, BackendError> {
    let width = match argument.width {
        Width::Word => SeccompCmpArgLen::Dword,
        Width::Pointer => SeccompCmpArgLen::Qword,
    };
    SeccompCondition::new(argument.index, width, SeccompCmpOp::MaskedEq(argument.mask), argument.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 5] = [Role::Engine, Role::Gateway, Role::Outbound, Role::Auditor, Role::Control];

    #[test]
    fn every_role_has_filters_that_the_kernel_has_room_for() {
        for role in ROLES {
            for program in programs(role, 4711).unwrap() {
                // BPF_MAXINSNS, linux/bpf_common.h.
                assert!(!program.is_empty() && program.len() <= 4_096, "{role:?}: {}", program.len());
            }
        }
    }

    #[test]
    fn an_engine_has_no_way_to_open_connect_run_or_start_anything() {
        let calls: Vec<i64> =
            syscalls::allowed(Role::Engine).iter().copied().flatten().map(|rule| rule.call).collect();
        for forbidden in [
            libc::SYS_openat,
            libc::SYS_socket,
            libc::SYS_connect,
            libc::SYS_bind,
            libc::SYS_listen,
            libc::SYS_accept4,
            libc::SYS_execve,
            libc::SYS_clone,
            libc::SYS_clone3,
            libc::SYS_memfd_create,
            libc::SYS_io_uring_setup,
            libc::SYS_ptrace,
            libc::SYS_kill,
        ] {
            assert!(!calls.contains(&forbidden), "call {forbidden}");
        }
    }

    #[test]
    fn no_role_has_an_unconditional_rule_where_arguments_matter() {
        for role in ROLES {
            for rule in syscalls::allowed(role).iter().copied().flatten() {
                let needs_condition = [
                    libc::SYS_mmap,
                    libc::SYS_mprotect,
                    libc::SYS_ioctl,
                    libc::SYS_prctl,
                    libc::SYS_fcntl,
                    libc::SYS_setsockopt,
                    libc::SYS_futex,
                    libc::SYS_clone,
                    libc::SYS_socket,
                    libc::SYS_socketpair,
                    libc::SYS_sendto,
                    libc::SYS_tgkill,
                ];
                assert!(
                    !rule.arguments.is_empty() || !needs_condition.contains(&rule.call),
                    "call {}",
                    rule.call
                );
            }
        }
    }
}
