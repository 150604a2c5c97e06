//! Metrics of how the factory stands, measured when someone asks.

use prometheus::{Gauge, IntGauge};

use super::kinds::{Gauges, Maker};

/// How the factory stands.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Age of the oldest task that is ready.
    pub oldest_ready: IntGauge,
    /// The same by route.
    pub route_age: Gauges,
    /// Results that wait in the spools of workers.
    pub spooled: IntGauge,
    /// Age of the oldest of them.
    pub spool_age: IntGauge,
    /// Whether this coordinator leads.
    pub leads: IntGauge,
    /// How many times faster than planned the fastest run spends its budget.
    pub budget_pace: Gauge,
    /// Age of the oldest spooled result by worker.
    pub worker_spool_age: Gauges,
    /// GPU memory that a worker's models take.
    pub worker_gpu: Gauges,
}

impl Standing {
    pub(super) fn new(make: &Maker) -> Result<Self, prometheus::Error> {
        let route_age = "hafs_route_oldest_ready_age_seconds";
        let oldest_ready = "hafs_queue_oldest_ready_age_seconds";
        let pace = "How many times faster than planned the fastest run spends its budget.";
        let budget_pace = Gauge::new("hafs_budget_pace_ratio", pace)?;
        make.0.register(Box::new(budget_pace.clone()))?;
        Ok(Self {
            budget_pace,
            oldest_ready: make.gauge(oldest_ready, "Age of the oldest ready task.")?,
            route_age: make.gauges_of(route_age, "Age of its oldest ready task.", "route")?,
            spooled: make.gauge("hafs_spool_results", "Results that wait in spools of workers.")?,
            spool_age: make.gauge("hafs_spool_oldest_age_seconds", "Age of the oldest spooled result.")?,
            leads: make.gauge("hafs_leader", "1 if this coordinator leads.")?,
            worker_spool_age: make.gauges_of(
                "hafs_worker_spool_age_seconds",
                "Age of the oldest result in the spool of a worker.",
                "worker",
            )?,
            worker_gpu: make.gauges_of(
                "hafs_worker_gpu_used_bytes",
                "GPU memory that the models of a worker take.",
                "worker",
            )?,
        })
    }
}
