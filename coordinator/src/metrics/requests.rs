//! Metrics of the calls that come in: what is promised of them is measured by these.

use std::time::Duration;

use http::StatusCode;
use prometheus::{Histogram, IntCounterVec, Opts};

use super::kinds::Maker;

/// Bounds in seconds; a quarter of a second is what is promised of results.
const BOUNDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const OUTCOMES: [&str; 3] = ["answered", "refused", "failed"];

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// A worker hands in results or failures.
    Submit,
    /// A worker asks for tasks.
    Claim,
    /// Anything else of workers.
    Worker,
    /// People and their programs.
    People,
}

impl Call {
    const ALL: [Self; 4] = [Self::Submit, Self::Claim, Self::Worker, Self::People];

    /// Which call this path is; none for what watches over the coordinator and for files of pages.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        match path {
            "/v1/workers/complete" | "/v1/workers/fail" => Some(Self::Submit),
            "/v1/workers/claim" => Some(Self::Claim),
            "/v1/workers/register"
            | "/v1/workers/renew"
            | "/v1/workers/release"
            | "/v1/workers/drain"
            | "/v1/workers/rotate"
            | "/v1/workers/teachers" => Some(Self::Worker),
            _ if path.starts_with("/web/assets/") => None,
            _ if path.starts_with("/v1/") || path.starts_with("/web") => Some(Self::People),
            _ => None,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Claim => "claim",
            Self::Worker => "worker",
            Self::People => "people",
        }
    }
}

/// The calls that came in.
#[derive(Debug, Clone)]
pub struct Requests {
    total: IntCounterVec,
    submit_seconds: Histogram,
}

impl Requests {
    pub(super) fn new(make: &Maker) -> Result<Self, prometheus::Error> {
        let help = "Calls that were answered, by what they are for and what became of them.";
        let total = IntCounterVec::new(Opts::new("hafs_http_requests_total", help), &["call", "outcome"])?;
        for call in Call::ALL {
            for outcome in OUTCOMES {
                total.with_label_values(&[call.word(), outcome]);
            }
        }
        make.0.register(Box::new(total.clone()))?;
        let help = "Calls that hand in results, from their head to their answer.";
        Ok(Self { total, submit_seconds: make.histogram_of("hafs_submit_seconds", help, BOUNDS)? })
    }

    /// Counts a call. What was refused with good reason (4xx) is as well served as what was done.
    pub fn count(&self, call: Call, status: StatusCode, took: Duration) {
        let outcome = match status.as_u16() {
            ..400 => "answered",
            400..500 => "refused",
            500.. => "failed",
        };
        self.total.with_label_values(&[call.word(), outcome]).inc();
        if call == Call::Submit {
            self.submit_seconds.observe(took.as_secs_f64());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_known_by_its_path_and_what_watches_is_not_counted() {
        assert_eq!(Call::of("/v1/workers/complete"), Some(Call::Submit));
        assert_eq!(Call::of("/v1/workers/worker_1/pause"), Some(Call::People));
        assert_eq!(Call::of("/web/runs"), Some(Call::People));
        for path in ["/metrics", "/livez", "/readyz", "/", "/web/assets/page-1.js", "/v2/x"] {
            assert_eq!(Call::of(path), None, "{path}");
        }
    }
}
