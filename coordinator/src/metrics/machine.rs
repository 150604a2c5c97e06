//! Metrics of the machine that a coordinator runs on, and of the backups on its disk.

use prometheus::{Gauge, IntCounterVec, IntGauge};

use super::kinds::Maker;

/// What becomes of a periodic backup.
pub const BACKUPS: [&str; 2] = ["verified", "failed"];

/// The machine of this coordinator, and its backups.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Free space of the disk that holds the data.
    pub disk_free: IntGauge,
    /// The size of that disk.
    pub disk_size: IntGauge,
    /// Share of the processors that is at work, of all programs.
    pub cpu: Gauge,
    /// Share of the memory that is in use, by all programs.
    pub memory: Gauge,
    /// Age of the last verified backup, where this coordinator makes them.
    pub backup_age: IntGauge,
    /// Periodic backups, by what became of them.
    pub backups: IntCounterVec,
}

impl Machine {
    pub(super) fn new(make: &Maker) -> Result<Self, prometheus::Error> {
        let ratio = |name: &str, help: &str| {
            let gauge = Gauge::new(name, help)?;
            make.0.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        Ok(Self {
            disk_free: make.gauge("hafs_disk_free_bytes", "Free space of the disk that holds the data.")?,
            disk_size: make.gauge("hafs_disk_size_bytes", "Size of the disk that holds the data.")?,
            cpu: ratio("hafs_machine_cpu_ratio", "Processors at work on this coordinator's machine.")?,
            memory: ratio("hafs_machine_memory_ratio", "Memory in use on this coordinator's machine.")?,
            backup_age: make.gauge("hafs_backup_age_seconds", "Age of the last verified backup.")?,
            backups: make.counters(
                "hafs_backups_total",
                "Periodic backups, by what became of them.",
                "outcome",
                BACKUPS,
            )?,
        })
    }
}
