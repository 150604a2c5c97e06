//! Facts about the machine, without which figures say nothing.

use std::fs;
use std::path::Path;

use serde::Serialize;

use super::os;

/// The machine.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// Cores that this process may use.
    pub cores: usize,
    /// What the processor calls itself.
    pub processor: String,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Operating system and architecture.
    pub system: String,
    /// File system of the folder that was measured in.
    pub file_system: String,
    /// Whether the programs were built for speed.
    pub optimised: bool,
    /// Load averages of 1, 5 and 15 minutes before the first measurement: on an idle machine near 0.
    pub load_before: [f64; 3],
    /// The same after the last one.
    pub load_after: [f64; 3],
}

pub(super) fn facts(folder: &Path, load_before: [f64; 3]) -> anyhow::Result<Machine> {
    let mut system = sysinfo::System::new()?;
    system.refresh_memory();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    Ok(Machine {
        cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        processor: processor(&fs::read_to_string("/proc/cpuinfo").unwrap_or_default()),
        memory_bytes: system.total_memory(),
        system: format!("{} {} {}", std::env::consts::OS, kernel.trim(), std::env::consts::ARCH),
        file_system: os::file_system(folder)?,
        optimised: !cfg!(debug_assertions),
        load_before,
        load_after: os::load()?,
    })
}

fn processor(cpuinfo: &str) -> String {
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    model.map_or("unknown processor", |(_, name)| name.trim()).to_owned()
}
