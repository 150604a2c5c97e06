//! The kinds of metric, and how they are registered.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

use super::Decided;

/// Names that get a series of their own; those that come later share `other`. Names come from people's configuration and
/// from workers, and a server of metrics must not drown in them.
pub(super) const MANY: usize = 50;
const OTHER: &str = "other";
/// Bounds of scores.
pub(super) const TENTHS: &[f64] = &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
/// Bounds of what takes seconds to minutes.
pub(super) const LONG: &[f64] = &[0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0];

/// A counter of decisions by a name.
#[derive(Debug, Clone)]
pub struct ByName {
    metric: IntCounterVec,
    known: Arc<Mutex<BTreeSet<String>>>,
}

impl ByName {
    /// Counts one.
    pub fn inc(&self, name: &str, outcome: Decided) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = known.contains(name) || (known.len() < MANY && known.insert(name.to_owned()));
        self.metric.with_label_values(&[if is_known { name } else { OTHER }, outcome.word()]).inc();
    }
}

/// A gauge by a name, measured anew each time: what is not there any more has no series.
#[derive(Debug, Clone)]
pub struct Gauges(IntGaugeVec);

impl Gauges {
    /// Replaces everything. The largest values have a series of their own; `other` has the largest of the rest.
    pub fn set(&self, values: impl IntoIterator<Item = (String, i64)>) {
        let mut values: Vec<(String, i64)> = values.into_iter().collect();
        values.sort_by_key(|(_, value)| std::cmp::Reverse(*value));
        self.0.reset();
        self.0.with_label_values(&[OTHER]).set(values.get(MANY).map_or(0, |(_, value)| *value));
        for (name, value) in values.into_iter().take(MANY) {
            self.0.with_label_values(&[&name]).set(value);
        }
    }
}

/// Makes metrics and registers them.
pub(super) struct Maker(pub(super) Registry);

impl Maker {
    pub(super) fn counter(&self, name: &str, help: &str) -> Result<IntCounter, prometheus::Error> {
        let metric = IntCounter::new(name, help)?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    pub(super) fn gauge(&self, name: &str, help: &str) -> Result<IntGauge, prometheus::Error> {
        let metric = IntGauge::new(name, help)?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    pub(super) fn histogram(&self, name: &str, help: &str) -> Result<Histogram, prometheus::Error> {
        self.histogram_of(name, help, prometheus::DEFAULT_BUCKETS)
    }

    pub(super) fn histogram_of(
        &self,
        name: &str,
        help: &str,
        bounds: &[f64],
    ) -> Result<Histogram, prometheus::Error> {
        let metric = Histogram::with_opts(HistogramOpts::new(name, help).buckets(bounds.to_vec()))?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    pub(super) fn decided(
        &self,
        (name, help): (&str, &str),
        label: &str,
    ) -> Result<ByName, prometheus::Error> {
        let metric = IntCounterVec::new(Opts::new(name, help), &[label, "outcome"])?;
        for outcome in Decided::ALL {
            metric.with_label_values(&[OTHER, outcome.word()]);
        }
        self.0.register(Box::new(metric.clone()))?;
        Ok(ByName { metric, known: Arc::default() })
    }

    pub(super) fn gauges_of(&self, name: &str, help: &str, label: &str) -> Result<Gauges, prometheus::Error> {
        let metric = IntGaugeVec::new(Opts::new(name, help), &[label])?;
        metric.with_label_values(&[OTHER]).set(0);
        self.0.register(Box::new(metric.clone()))?;
        Ok(Gauges(metric))
    }

    pub(super) fn counters<'a>(
        &self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = &'a str>,
    ) -> Result<IntCounterVec, prometheus::Error> {
        let metric = IntCounterVec::new(Opts::new(name, help), &[label])?;
        for value in values {
            metric.with_label_values(&[value]);
        }
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    pub(super) fn gauges<'a>(
        &self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = &'a str>,
    ) -> Result<IntGaugeVec, prometheus::Error> {
        let metric = IntGaugeVec::new(Opts::new(name, help), &[label])?;
        for value in values {
            metric.with_label_values(&[value]);
        }
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }
}
