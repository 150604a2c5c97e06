//! System calls that no compiler, assembler or validator needs.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};

/// Refused: the network, other processes' memory, mounts, namespaces, kernel interfaces of many past holes, keys.
const REFUSED: &[libc::c_long] = &[
    libc::SYS_socket,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_chroot,
    libc::SYS_bpf,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_perf_event_open,
    libc::SYS_open_by_handle_at,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_personality,
    // Memory that belongs to no process cannot be weighed.
    libc::SYS_memfd_create,
    libc::SYS_shmget,
];

/// The group is what ends them all at any moment, so none may leave it.
const LEAVING: &[libc::c_long] = &[libc::SYS_setsid, libc::SYS_setpgid];

/// Applies the filter to this process and all that it will start.
pub(super) fn apply() -> Result<(), Error> {
    let mut refused: BTreeMap<i64, Vec<SeccompRule>> =
        REFUSED.iter().chain(LEAVING).map(|call| (*call, Vec::new())).collect();
    refused.insert(libc::SYS_clone, vec![new_user_namespace()?]);
    refused.insert(libc::SYS_mmap, vec![shared_memory()?]);
    install(refused, libc::EPERM)?;
    // Its flags lie in memory, where a filter cannot look; told that it does not exist, libraries use `clone`.
    install(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), libc::ENOSYS)
}

fn new_user_namespace() -> Result<SeccompRule, Error> {
    // Proof: the flag is a positive constant.
    let flag = u64::try_from(libc::CLONE_NEWUSER).unwrap_or_default();
    let asked = SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(flag), flag)?;
    Ok(SeccompRule::new(vec![asked])?)
}

/// Memory for several processes that lies in no file: what they let go of it stays, and is nobody's.
fn shared_memory() -> Result<SeccompRule, Error> {
    // Proof: the flags are positive constants.
    let flags = u64::try_from(libc::MAP_SHARED | libc::MAP_ANONYMOUS).unwrap_or_default();
    let asked = SeccompCondition::new(3, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(flags), flags)?;
    Ok(SeccompRule::new(vec![asked])?)
}

fn install(refused: BTreeMap<i64, Vec<SeccompRule>>, errno: i32) -> Result<(), Error> {
    let refusal = SeccompAction::Errno(errno.unsigned_abs());
    let arch = std::env::consts::ARCH.try_into()?;
    let filter: BpfProgram = SeccompFilter::new(refused, SeccompAction::Allow, refusal, arch)?.try_into()?;
    apply_filter(&filter)
}
