//! Writes to the library that share a commit, beside the same writes with a commit each.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hafs_library::{Library, Value};
use hafs_runtime::clock::Stopwatch;
use rusqlite::Connection;
use tokio::task::JoinSet;

use super::report::{Line, Section};
use super::{Order, fill, scratch};

/// Writers at once.
const WRITERS: [u32; 3] = [1, 64, 512];

const TABLE: &str = "CREATE TABLE bench (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT";
const INSERT: &str = "INSERT INTO bench (body) VALUES (?1)";

/// A row of the size of a receipt.
fn body() -> String {
    "x".repeat(200)
}

pub(super) async fn measure(order: &Order) -> anyhow::Result<Section> {
    let time = Duration::from_secs(order.effort.pick(4, 1));
    let home = scratch(&order.folder)?;
    let library = fill::open(home.path())?;
    library.write(|tx| tx.exec(TABLE, &[]).map(drop)).await?;
    let plain = Plain::open(&home.path().join("plain.db"))?;
    let mut lines = Vec::new();
    for writers in WRITERS {
        // The baseline runs before and after, because disks of shared machines change their mind.
        let earlier = plain.rate(time / 2).await?;
        let before = library.metrics();
        let rate = grouped(&library, writers, time).await?;
        let after = library.metrics();
        let later = plain.rate(time / 2).await?;
        let group = ratio(after.writes - before.writes, after.commits - before.commits);
        let name = format!("durable writes, {writers} at once");
        lines.push(Line::new(name, rate, "/s").beside("a commit for each", f64::midpoint(earlier, later)));
        lines.push(Line::new("  writes in one commit", group, ""));
    }
    let title = "Group commit: rows of 200 bytes, each acknowledged after its fsync".to_owned();
    Ok(Section { title, lines })
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^53")]
fn ratio(count: u64, of: u64) -> f64 {
    count as f64 / of.max(1) as f64
}

/// One connection with the library's settings and a commit for each write.
struct Plain(Arc<Mutex<Connection>>);

impl Plain {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let conn = Connection::open(path)?;
        let settings = "PRAGMA journal_mode = wal; PRAGMA synchronous = FULL; PRAGMA fullfsync = 1";
        conn.execute_batch(&format!("{settings}; {TABLE}"))?;
        Ok(Self(Arc::new(Mutex::new(conn))))
    }

    /// Writes per second.
    async fn rate(&self, time: Duration) -> anyhow::Result<f64> {
        let conn = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            let conn = conn.lock().unwrap_or_else(PoisonError::into_inner);
            let mut insert = conn.prepare(INSERT)?;
            let (watch, body, mut writes) = (Stopwatch::start(), body(), 0_u32);
            while watch.elapsed() < time {
                insert.execute([&body])?;
                writes += 1;
            }
            Ok(f64::from(writes) / watch.elapsed().as_secs_f64())
        })
        .await?
    }
}

/// Writes per second of a library with so many writers.
async fn grouped(library: &Library, writers: u32, time: Duration) -> anyhow::Result<f64> {
    let (watch, done) = (Stopwatch::start(), Arc::new(AtomicU64::new(0)));
    let mut loops: JoinSet<anyhow::Result<()>> = JoinSet::new();
    for _ in 0..writers {
        let (library, done) = (library.clone(), Arc::clone(&done));
        loops.spawn(async move {
            while watch.elapsed() < time {
                library.write(|tx| tx.exec(INSERT, &[Value::from(body())]).map(drop)).await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        });
    }
    while let Some(ended) = loops.join_next().await {
        ended??;
    }
    let writes = f64::from(u32::try_from(done.load(Ordering::Relaxed))?);
    Ok(writes / watch.elapsed().as_secs_f64())
}
