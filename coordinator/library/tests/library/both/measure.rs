//! Measurements, run by hand: `cargo nextest run -p hafs-library --run-ignored only --no-capture`.

use std::time::Duration;

use hafs_library::Library;
use hafs_library::tables::metric_points::{self, Point};
use hafs_library::tables::{decisions, planning, progress, samples, seeds, tasks};
use hafs_library::{StoreError, Tx};
use hafs_proto::{Reason, RunId, SeedKind};
use tokio::time::Instant;

use super::given::{durable_library, library};
use crate::operations::{begin, generated, plan};
use crate::world::{at, decision, draft, id, into, name};

async fn commits_per_second(library: &Library, writers: u64) -> (f64, f64) {
    let began = Instant::now();
    let before = library.metrics().commits;
    let mut lanes = tokio::task::JoinSet::new();
    for lane in 0..writers {
        let library = library.clone();
        lanes.spawn(async move {
            let mut rows = 0_u64;
            while began.elapsed() < Duration::from_secs(3) {
                let point = Point { at: at(rows), value: 1.0 };
                let scope = format!("{writers}/{lane}");
                library.write(move |tx| metric_points::put(tx, "n", &scope, point)).await.expect("writes");
                rows += 1;
            }
            rows
        });
    }
    let rows: u64 = lanes.join_all().await.into_iter().sum();
    let seconds = began.elapsed().as_secs_f64();
    (rows as f64 / seconds, (library.metrics().commits - before) as f64 / seconds)
}

/// Resident memory of this process in MB, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kb| kb / 1_024)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn rows_and_commits_per_second_by_number_of_writers() {
    let Some((_place, library)) = durable_library() else { return };
    for writers in [1, 8, 64, 512] {
        let (rows, commits) = commits_per_second(&library, writers).await;
        println!("{writers} writers: {rows:.0} rows/s in {commits:.0} commits/s");
    }
}

#[tokio::test]
#[ignore = "a measurement"]
async fn time_and_memory_to_load_a_hundred_thousand_open_tasks() {
    let Some((place, library)) = library() else { return };
    let began = Instant::now();
    library.write(|tx| begin(tx, None)).await.expect("begins");
    for block in 0..100_u128 {
        let fill =
            move |tx: &mut dyn hafs_library::Tx| (1..=1_000).try_for_each(|n| plan(tx, block * 1_000 + n));
        library.write(fill).await.expect("fills");
    }
    println!("100 000 seeds and tasks stored in {:.2} s", began.elapsed().as_secs_f64());
    drop(library);
    let (before, began) = (resident(), Instant::now());
    let library = place.open();
    println!("opened in {:.1} ms", began.elapsed().as_secs_f64() * 1e3);
    let began = Instant::now();
    let load = |tx: &mut dyn hafs_library::Tx| {
        let mut open = Vec::new();
        tasks::open_each(tx, &mut into(&mut open))?;
        Ok(open)
    };
    let open = library.read(load).await.expect("loads");
    println!("{} open tasks loaded in {:.0} ms", open.len(), began.elapsed().as_secs_f64() * 1e3);
    println!("resident: {before:?} MB before opening, {:?} MB with all of them loaded", resident());
    let began = Instant::now();
    let report = library.read(|tx| hafs_library::verify::verify(tx, None)).await.expect("verifies");
    println!("verified in {:.1} s, {} broken rows", began.elapsed().as_secs_f64(), report.broken.len());
}

/// A run with as many finished tasks, two in three of them accepted, and 2 000 unused seeds.
fn campaign(tx: &mut dyn Tx, tasks: u128) -> Result<(), StoreError> {
    begin(tx, None)?;
    for n in 1..=tasks {
        plan(tx, n)?;
        generated(tx, n, 1)?;
        let reasons = if n % 3 == 0 { vec![Reason::Hedge, Reason::NearDuplicate] } else { vec![] };
        decisions::insert(tx, &decision(id(n * 100), reasons))?;
    }
    (tasks + 1..=tasks + 2_000).try_for_each(|n| seeds::insert(tx, id(n), &draft(n), at(1)).map(drop))
}

#[tokio::test]
#[ignore = "a measurement"]
async fn time_of_each_question_about_a_run_of_twenty_thousand_tasks() {
    type Question = fn(&mut dyn Tx, RunId) -> Result<(), StoreError>;
    let questions: &[(&str, Question)] = &[
        ("progress", |tx, run| progress::of_run(tx, run).map(drop)),
        ("numbers", |tx, run| planning::numbers(tx, run).map(drop)),
        ("planned", |tx, run| planning::planned(tx, run).map(drop)),
        ("planned per group", |tx, run| planning::planned_per_group(tx, run).map(drop)),
        ("accepted per group", |tx, run| planning::accepted_per_group(tx, run).map(drop)),
        ("harvest tasks", |tx, run| planning::harvest_tasks(tx, run).map(drop)),
        ("parents", |tx, run| planning::parents(tx, run, 2_048).map(drop)),
        ("fixable", |tx, run| planning::fixable(tx, run, 1, 2_048).map(drop)),
        ("top reasons", |tx, run| planning::top_reasons(tx, run, &name("explain"), 3).map(drop)),
        ("awaiting", |tx, _| samples::awaiting(tx, 200).map(drop)),
        ("seeds", |tx, run| {
            let (generator, kinds) = (&name("explain"), [SeedKind::CodeUnit].as_slice());
            let wanted = planning::SeedsWanted { generator, kinds, rewrite: None };
            planning::seeds(tx, run, &[name("repo")], wanted, 2_048).map(drop)
        }),
    ];
    let Some((place, library)) = library() else { return };
    library.write(|tx| campaign(tx, 20_000)).await.expect("fills");
    place.settle();
    for (what, question) in questions {
        let ask = move |tx: &mut dyn Tx| {
            question(tx, id(1))?;
            let began = Instant::now();
            question(tx, id(1)).map(|()| began.elapsed())
        };
        let took = library.read(ask).await.expect("answers");
        println!("{what}: {:.1} ms", took.as_secs_f64() * 1e3);
    }
}
