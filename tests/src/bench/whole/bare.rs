//! The bare loop: the same requests to the same teacher by the same HTTP client, and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use hafs_runtime::clock::Stopwatch;
use reqwest::{Client, header};
use tokio::task::JoinSet;

use super::Teacher;
use super::gauge::CpuGauge;
use crate::bench::api::Api;
use crate::client;

/// Calls of every loop before anything is counted: connections are open by then.
const WARM_UP: Duration = Duration::from_millis(500);

/// What the loop reached.
#[derive(Debug)]
pub(super) struct Bare {
    /// Calls per second.
    pub(super) rate: f64,
    /// Processor milliseconds of a call.
    pub(super) cpu_ms: f64,
    pub(super) teacher_ms: f64,
    /// Cores that other programs kept busy.
    pub(super) others: f64,
}

/// What the loops share.
struct Shared {
    client: Client,
    url: String,
    bodies: Vec<String>,
    done: AtomicU64,
}

/// Calls for this long, `calls` at once.
pub(super) async fn measure(teacher: &Teacher, calls: u32, time: Duration) -> anyhow::Result<Bare> {
    let kept = Api::new(teacher.address, "").get("/kept").await?;
    let bodies: Vec<String> = serde_json::from_str(&kept).context("what the teacher kept")?;
    ensure!(!bodies.is_empty(), "the teacher was never called");
    let url = format!("http://{}/v1/chat/completions", teacher.address);
    let shared = Arc::new(Shared { client: client::client(), url, bodies, done: AtomicU64::new(0) });
    let mut loops = JoinSet::new();
    for number in 0..calls {
        loops.spawn(endless(Arc::clone(&shared), usize::try_from(number)?));
    }
    tokio::time::sleep(WARM_UP).await;
    let (watch, begun) = (Stopwatch::start(), shared.done.load(Ordering::Relaxed));
    let gauge = CpuGauge::start(vec![std::process::id(), teacher.process.id()])?;
    tokio::time::sleep(time).await;
    let (span, ended) = (gauge.span()?, shared.done.load(Ordering::Relaxed));
    let seconds = watch.elapsed().as_secs_f64();
    if let Some(ended) = loops.try_join_next() {
        ended??;
    }
    loops.shutdown().await;
    let calls = f64::from(u32::try_from(ended - begun)?);
    ensure!(calls > 0.0, "no call was answered");
    let per_call = |nth: usize| span.used.get(nth).map_or(f64::NAN, |used| used * 1e3 / calls);
    Ok(Bare { rate: calls / seconds, cpu_ms: per_call(0), teacher_ms: per_call(1), others: span.others })
}

/// One call after another; ends only with an error.
async fn endless(shared: Arc<Shared>, first: usize) -> anyhow::Result<()> {
    for body in shared.bodies.iter().cycle().skip(first % shared.bodies.len()) {
        let request = shared.client.post(&shared.url).header(header::CONTENT_TYPE, "application/json");
        request.body(body.clone()).send().await?.error_for_status()?.bytes().await?;
        shared.done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}
