//! How many processes and threads a user has, because the system's limit counts them all, and how much memory a group of
//! processes uses, because the system limits that of each alone.

#[cfg(target_os = "linux")]
pub(crate) fn tasks_of(user: u32) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(entries) = std::fs::read_dir("/proc") else { return 0 };
    let processes = entries.flatten().filter(|entry| {
        entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit)
            && entry.metadata().is_ok_and(|facts| facts.uid() == user)
    });
    let threads = processes.map(|entry| {
        // One that has ended meanwhile counts for one.
        std::fs::read_dir(entry.path().join("task")).map_or(1, |tasks| tasks.count() as u64)
    });
    threads.sum()
}

/// Bytes of memory that the processes of a group have in use.
#[cfg(target_os = "linux")]
pub(crate) fn memory_of(group: i32) -> u64 {
    let Ok(entries) = std::fs::read_dir("/proc") else { return 0 };
    let facts = |entry: std::fs::DirEntry| {
        // Nothing else in `/proc` has both files, and a process that has ended meanwhile has neither.
        let own = group_of(&std::fs::read(entry.path().join("stat")).ok()?)?;
        if own == group {
            resident(&std::fs::read_to_string(entry.path().join("status")).ok()?)
        } else {
            None
        }
    };
    entries.flatten().filter_map(facts).sum()
}

/// The group of the process of a line of `/proc/PID/stat`.
/// Source: proc_pid_stat(5): the 5th field; the 2nd is a name in brackets that may hold anything.
#[cfg(target_os = "linux")]
fn group_of(stat: &[u8]) -> Option<i32> {
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    std::str::from_utf8(stat.get(end + 1..)?).ok()?.split_ascii_whitespace().nth(2)?.parse().ok()
}

/// The bytes in memory of the process of a `/proc/PID/status`, which gives them in units of 1,024.
#[cfg(target_os = "linux")]
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_ascii_whitespace().next()?.parse::<u64>().ok().map(|kib| kib << 10)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_counts_for_its_group_alone_whatever_its_name_is() {
        assert_eq!(group_of(b"77 (a) b) R) S 1 42 42 0 -1 0"), Some(42));
        assert_eq!(group_of(b"77 (short"), None);
        assert_eq!(resident("Name:\tx\nVmRSS:\t    1284 kB\n"), Some(1284 << 10));
        let own = rustix::process::getpgrp().as_raw_pid();
        assert!(memory_of(own) > 1 << 20, "this very process has its code in memory");
    }
}
