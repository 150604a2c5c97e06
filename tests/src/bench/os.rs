//! What Linux tells of processes: processor time and memory, from `/proc`.

use std::fs;

use anyhow::{Context as _, bail};

/// Ticks of a processor second in `/proc`: what Linux shows to programs on every architecture that Rust supports.
/// Source: proc_pid_stat(5); `USER_HZ` in `include/asm-generic/param.h`.
const TICKS: f64 = 100.0;

/// Memory of a process in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    /// Resident now.
    pub(super) resident: u64,
    /// The most that was ever resident.
    pub(super) peak: u64,
}

/// Processor seconds, user and system, that a process has used; those of its children do not count.
pub(super) fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let text = read(&format!("/proc/{pid}/stat"))?;
    cpu_of(&text).with_context(|| format!("/proc/{pid}/stat does not hold what proc_pid_stat(5) says"))
}

fn cpu_of(stat: &str) -> Option<f64> {
    // The name of the program may hold anything, also brackets; it ends at the last one.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}

/// Processor seconds that the whole machine has used, all cores together.
pub(super) fn machine_seconds() -> anyhow::Result<f64> {
    let text = read("/proc/stat")?;
    busy_of(&text).context("/proc/stat does not hold what proc_stat(5) says")
}

fn busy_of(stat: &str) -> Option<f64> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks: Vec<f64> = line.split_whitespace().map_while(|field| field.parse().ok()).take(8).collect();
    let [user, nice, system, _idle, _wait, irq, softirq, steal] = ticks.as_slice() else { return None };
    Some((user + nice + system + irq + softirq + steal) / TICKS)
}

/// Memory of a process.
pub(super) fn memory(pid: u32) -> anyhow::Result<Memory> {
    let text = read(&format!("/proc/{pid}/status"))?;
    let bytes = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kilobytes: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        kilobytes
            .map(|kilobytes| kilobytes * 1024)
            .with_context(|| format!("/proc/{pid}/status has no {name}"))
    };
    Ok(Memory { resident: bytes("VmRSS")?, peak: bytes("VmHWM")? })
}

/// The load averages of the last 1, 5 and 15 minutes.
pub(super) fn load() -> anyhow::Result<[f64; 3]> {
    let text = read("/proc/loadavg")?;
    let numbers: Vec<f64> = text.split_whitespace().take(3).map_while(|field| field.parse().ok()).collect();
    let Ok(load) = <[f64; 3]>::try_from(numbers) else { bail!("/proc/loadavg holds {text:?}") };
    Ok(load)
}

/// The file system type of the mount that a path lies on.
pub(super) fn file_system(path: &std::path::Path) -> anyhow::Result<String> {
    let path = path.canonicalize().with_context(|| format!("{} is not there", path.display()))?;
    let mounts = read("/proc/self/mounts")?;
    let mut found = ("", "unknown");
    for line in mounts.lines() {
        let mut fields = line.split_whitespace().skip(1);
        if let (Some(place), Some(kind)) = (fields.next(), fields.next())
            && path.starts_with(place)
            && place.len() >= found.0.len()
        {
            found = (place, kind);
        }
    }
    Ok(found.1.to_owned())
}

fn read(path: &str) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_a_name_with_spaces_and_brackets() {
        let stat = "42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 4 0 1000 0 0";
        assert_eq!(cpu_of(stat), Some(3.0));
        assert_eq!(cpu_of("42 (a"), None);
    }

    #[test]
    fn waiting_is_no_work_of_the_machine() {
        let stat = "cpu  100 20 30 9000 800 1 2 3 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n";
        assert_eq!(busy_of(stat), Some(1.56));
    }
}
