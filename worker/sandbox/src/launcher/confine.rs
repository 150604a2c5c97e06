//! Giving up rights, in the order in which each can still be given up.

use std::io;
use std::path::Path;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, PathBeneath, PathFd, Ruleset, RulesetAttr as _, RulesetCreated,
    RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope, path_beneath_rules,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::thread::{set_thread_gid, set_thread_groups, set_thread_uid};

use super::filter;
use crate::orders::Orders;

/// The newest Landlock that is asked for; an older kernel gives what it has.
const ABI_WANTED: ABI = ABI::V6;

/// Confines this process and all that it will start. Tells whether Landlock stands.
///
/// # Errors
/// Which right could not be given up; then nothing may be called.
pub(super) fn confine(orders: &Orders) -> Result<bool, String> {
    // Before the change of user: nobody may enter every folder that is to be shown.
    let rules = rules(orders).map_err(|error| format!("Landlock: {error}"))?;
    become_user(orders).map_err(|error| format!("the user could not be changed: {error}"))?;
    limit(orders).map_err(|error| format!("limits could not be set: {error}"))?;
    let status = rules.restrict_self().map_err(|error| format!("Landlock: {error}"))?;
    let landlock = status.ruleset != RulesetStatus::NotEnforced;
    if !landlock && !orders.namespaces {
        return Err("this kernel has no Landlock".to_owned());
    }
    filter::apply().map_err(|error| format!("the filter of system calls: {error}"))?;
    Ok(landlock)
}

fn become_user(orders: &Orders) -> io::Result<()> {
    use rustix::process::{Gid, Uid};
    let Some(user) = orders.user else { return Ok(()) };
    set_thread_groups(&[])?;
    set_thread_gid(Gid::from_raw(user))?;
    Ok(set_thread_uid(Uid::from_raw(user))?)
}

fn limit(orders: &Orders) -> io::Result<()> {
    for (resource, most) in [
        (Resource::Core, 0),
        (Resource::As, orders.memory),
        (Resource::Fsize, orders.file),
        (Resource::Nofile, orders.open_files),
        (Resource::Nproc, orders.processes),
    ] {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    // Over the first the tool is told, which names the cause; over the second it is ended.
    let cpu = Rlimit { current: Some(orders.cpu_s), maximum: Some(orders.cpu_s.saturating_add(1)) };
    Ok(setrlimit(Resource::Cpu, cpu)?)
}

fn rules(orders: &Orders) -> Result<RulesetCreated, RulesetError> {
    let look = AccessFs::from_read(ABI_WANTED);
    let devices = AccessFs::ReadFile | AccessFs::WriteFile;
    // Plain files and folders only: a link, a pipe or a socket could mislead whoever reads the result.
    let folder = AccessFs::ReadFile
        | AccessFs::ReadDir
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir
        | AccessFs::MakeReg
        | AccessFs::MakeDir;
    let rules = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI_WANTED))?
        .handle_access(AccessNet::from_all(ABI_WANTED))?
        .scope(Scope::from_all(ABI_WANTED))?
        .create()?
        .add_rules(path_beneath_rules(&orders.view, look))?
        .add_rules(path_beneath_rules([Path::new("/dev/null")], devices))?
        .add_rules(path_beneath_rules([Path::new("/dev/urandom")], AccessFs::ReadFile))?;
    match PathFd::new(&orders.folder) {
        Ok(place) => rules.add_rule(PathBeneath::new(place, folder)),
        Err(_) => Ok(rules),
    }
}
