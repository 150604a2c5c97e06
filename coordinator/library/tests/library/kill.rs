//! Killing the process at any moment loses nothing that was acknowledged.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use hafs_library::tables::metric_points::{self, Point};

use crate::world::{at, open};

const FOLDER: &str = "HAFS_LIBRARY_KILL_TEST";

/// The child: writes numbers from sixteen tasks and says each one aloud as soon as it is acknowledged.
#[test]
fn child_that_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    let library = open(folder.as_ref());
    runtime.block_on(async {
        let mut writers = tokio::task::JoinSet::new();
        for lane in 0..16_u64 {
            let library = library.clone();
            writers.spawn(async move {
                for n in 0..1_000_000_u64 {
                    let key = n * 16 + lane;
                    let point = Point { at: at(key), value: 1.0 };
                    library.write(move |tx| metric_points::put(tx, "n", "", point)).await.expect("writes");
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "acknowledged {key}").expect("the parent listens");
                    out.flush().expect("the parent listens");
                }
            });
        }
        writers.join_all().await;
    });
}

#[tokio::test]
async fn every_acknowledged_row_survives_a_kill_at_any_moment() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut acknowledged = BTreeSet::new();
    for lines in [1, 7, 60, 300, 900] {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "kill::child_that_is_killed", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let mut heard = 0;
        for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
            let line = line.expect("text");
            let Some((_, number)) = line.split_once("acknowledged ") else { continue };
            // The last line may be cut by the kill.
            acknowledged.extend(number.parse::<u64>().ok());
            heard += 1;
            if heard == lines {
                child.kill().expect("kills");
            }
        }
        child.wait().expect("ends");
        assert!(heard >= lines, "the child wrote {heard} rows");
        let library = open(folder.path());
        let points = library.read(|tx| metric_points::last(tx, "n", "", 10_000_000)).await.expect("reads");
        let stored: BTreeSet<_> = points.iter().map(|point| point.at).collect();
        let lost: Vec<_> = acknowledged.iter().filter(|key| !stored.contains(&at(**key))).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        assert_eq!(library.read(hafs_library::verify::integrity).await.expect("reads"), []);
    }
}
