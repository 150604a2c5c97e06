//! Batches of three providers over real HTTP: gathered, found again, answered in parts, at half the price, and never paid
//! twice, whatever ends in between.
#![expect(clippy::unwrap_used, reason = "a test program")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hafs_proto::MicroUsd;
use hafs_proto::task::FailureClass;
use hafs_runtime::clock::{Clock as _, SystemClock};
use hafs_teachers::{
    BatchSettings, ChatRequest, Connector, Message, Reply, Rhythm, Teacher, TeacherConfig, TeacherKind,
};
use hafs_tests::call::factory;
use hafs_tests::plant::{self, Plan};
use hafs_tests::process::{Process, until};
use hafs_tests::scripted::{BatchFault, BatchScript, MODEL, Script, ScriptedTeacher};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

const SOON: Duration = Duration::from_secs(60);
const KINDS: [TeacherKind; 4] =
    [TeacherKind::OpenAi, TeacherKind::Responses, TeacherKind::Anthropic, TeacherKind::Gemini];

fn teacher(kind: TeacherKind, server: &ScriptedTeacher, folder: &Path, most: usize) -> Arc<dyn Teacher> {
    let http = hafs_runtime::http::client(&Default::default(), &Default::default()).unwrap();
    let settings = BatchSettings { folder: folder.to_owned(), now: Arc::new(|| SystemClock.now()) };
    let connector = Connector::new(http, folder.to_owned()).with_batches(settings);
    let mut config = TeacherConfig::new(kind, "scripted", MODEL);
    config.base_url = Some(server.root_url());
    config.pricing.input = Some(MicroUsd(2_000_000));
    config.pricing.output = Some(MicroUsd(8_000_000));
    config.batch = Some(Rhythm { gather: Duration::from_millis(300), poll: Duration::from_millis(50), most });
    connector.batch_teacher(&config).unwrap().unwrap()
}

fn request(number: usize) -> ChatRequest {
    ChatRequest {
        system: "Be brief.".to_owned(),
        messages: vec![Message::user(format!("Say the number {number}."))],
        schema: None,
        max_tokens: 64,
        temperature: 0.0,
        seed: 1,
        num_ctx: None,
        deadline: SOON,
    }
}

/// Asks for these numbers at once.
async fn ask(teacher: &Arc<dyn Teacher>, numbers: std::ops::Range<usize>) -> Vec<Reply> {
    let cancel = CancellationToken::new();
    let requests: Vec<ChatRequest> = numbers.map(request).collect();
    futures_util::future::join_all(requests.iter().map(|request| teacher.chat(request, &cancel))).await
}

async fn server(takes: u64, faults: &[(u64, BatchFault)]) -> ScriptedTeacher {
    let takes = Duration::from_millis(takes);
    let batches = BatchScript { takes, faults: faults.iter().copied().collect::<BTreeMap<_, _>>() };
    ScriptedTeacher::start(Script { batches, ..Script::default() }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_in_batches_of_a_bounded_size_and_each_is_answered_at_half_the_price() {
    for kind in KINDS {
        let (server, folder) = (server(100, &[]).await, tempfile::tempdir().unwrap());
        let replies = ask(&teacher(kind, &server, folder.path(), 3), 0..5).await;
        for reply in &replies {
            assert!(reply.outcome.is_ok(), "{kind:?}: {reply:?}");
            let usage = reply.record.usage;
            assert!(usage.reported && usage.output > 0, "{kind:?}: {usage:?}");
            let most = MicroUsd::for_tokens(usage.input, MicroUsd(1_000_000))
                + MicroUsd::for_tokens(usage.output, MicroUsd(4_000_000));
            let cost = reply.record.cost;
            assert!(cost <= most + MicroUsd(2) && cost.0 * 2 > most.0, "{kind:?}: {cost} of {most}");
        }
        let texts: std::collections::BTreeSet<&String> =
            replies.iter().filter_map(|reply| reply.outcome.as_ref().ok()).collect();
        assert_eq!(texts.len(), 5, "{kind:?}: each has the answer to its own question");
        assert_eq!((server.batches(), server.calls(), server.repeated()), (vec![3, 2], 5, 0), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_fails_is_told_apart_and_only_that_part_is_asked_again() {
    for kind in KINDS {
        let (server, folder) = (server(50, &[(1, BatchFault::Partly)]).await, tempfile::tempdir().unwrap());
        let teacher = teacher(kind, &server, folder.path(), 9);
        let replies = ask(&teacher, 0..6).await;
        let failures: Vec<_> = replies.iter().filter_map(|reply| reply.outcome.as_ref().err()).collect();
        assert_eq!(failures.len(), 3, "{kind:?}: {failures:?}");
        let refused = failures.iter().filter(|failure| failure.status == Some(400)).count();
        assert_eq!(refused, 1, "{kind:?}: {failures:?}");
        if kind != TeacherKind::Gemini {
            let back = failures.iter().filter(|failure| failure.class == FailureClass::RateLimited).count();
            assert_eq!(back, 1, "{kind:?}: what expired does not count as a failure: {failures:?}");
        }
        let missing = replies.iter().position(|reply| {
            reply.outcome.as_ref().is_err_and(|failure| failure.message.contains("do not name this call"))
        });
        let missing = missing.unwrap();
        let again = ask(&teacher, missing..missing + 1).await;
        assert!(again[0].outcome.is_ok(), "{kind:?}: {again:?}");
        assert_eq!((server.batches(), server.repeated()), (vec![6, 1], 1), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_whose_receipt_was_lost_is_found_again_and_not_paid_twice() {
    for kind in KINDS {
        let (server, folder) =
            (server(50, &[(1, BatchFault::LostAnswer)]).await, tempfile::tempdir().unwrap());
        let replies = ask(&teacher(kind, &server, folder.path(), 9), 0..3).await;
        assert!(replies.iter().all(|reply| reply.outcome.is_ok()), "{kind:?}: {replies:?}");
        assert_eq!((server.batches(), server.repeated()), (vec![3], 0), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_again_after_a_crash_is_answered_from_the_batch_that_was_handed_in() {
    for (kind, fault) in
        KINDS.into_iter().flat_map(|kind| [(kind, None), (kind, Some(BatchFault::LostAnswer))])
    {
        let faults: Vec<(u64, BatchFault)> = fault.map(|fault| (1, fault)).into_iter().collect();
        let (server, folder) = (server(0, &faults).await, tempfile::tempdir().unwrap());
        server.hold_batches(true);
        {
            let first = teacher(kind, &server, folder.path(), 9);
            let asking = ask(&first, 0..3);
            tokio::select! {
                _ = asking => panic!("{kind:?}: nothing is answered yet"),
                () = until("a batch", SOON, || (!server.batches().is_empty()).then_some(())) => {}
            }
            // The process ends here, with the batch's name on its disk or not.
        }
        server.hold_batches(false);
        let second = teacher(kind, &server, folder.path(), 9);
        for _ in 0..2 {
            let third = teacher(kind, &server, folder.path(), 9);
            let replies = ask(&third, 0..3).await;
            assert!(replies.iter().all(|reply| reply.outcome.is_ok()), "{kind:?} {fault:?}: {replies:?}");
        }
        assert!(ask(&second, 1..2).await[0].outcome.is_ok());
        assert_eq!((server.batches(), server.repeated()), (vec![3], 0), "{kind:?} {fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_expires_or_fails_as_a_whole_is_given_back_and_a_straggler_is_waited_for() {
    for kind in KINDS {
        let faults = [(1, BatchFault::Expires), (2, BatchFault::Fails), (3, BatchFault::Straggler)];
        let (server, folder) = (server(50, &faults).await, tempfile::tempdir().unwrap());
        let teacher = teacher(kind, &server, folder.path(), 9);
        for reply in ask(&teacher, 0..2).await {
            let failure = reply.outcome.unwrap_err();
            assert_eq!(failure.class, FailureClass::RateLimited, "{kind:?}: {failure}");
            assert_eq!(reply.record.cost, MicroUsd(0), "{kind:?}: nothing was paid");
        }
        for reply in ask(&teacher, 0..2).await {
            assert!(reply.outcome.is_err(), "{kind:?}: {reply:?}");
        }
        assert!(ask(&teacher, 0..2).await.iter().all(|reply| reply.outcome.is_ok()), "{kind:?}");
        assert_eq!(server.batches(), [2, 2, 2], "{kind:?}");
    }
}

/// A coordinator's and a worker's home, whose teacher has prices and hands in batches.
fn plant(home: &Path, url: &str) {
    let listen = plant::free_address();
    let path =
        plant::build(&Plan { home, teacher: url, sections: 8, target: 100, slots: 2, listen, more: "" });
    let text = std::fs::read_to_string(&path).unwrap();
    let prices = "role = [\"generate\"]\nprice_input_usd_per_mtok = 2.0\nprice_output_usd_per_mtok = 8.0";
    let text = text
        .replacen("role = [\"generate\"]", prices, 1)
        .replacen("slots = 2", "slots = 2\nbatch_slots = 50\nbatch_gather_s = 1\nbatch_poll_s = 0.2", 1)
        .replacen("[run]", "[run]\nbatch = \"only\"\nbudget_usd = 50.0", 1);
    std::fs::write(&path, text).unwrap();
}

async fn json(home: &Path, args: &[&str]) -> Value {
    factory(home, &[args, &["--json"]].concat()).await.document()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_in_batches_survives_a_worker_that_is_killed_and_pays_for_nothing_twice() {
    let (server, home) = (server(0, &[]).await, tempfile::tempdir().unwrap());
    let home = home.path();
    server.hold_batches(true);
    plant(home, &server.base_url());
    let _coordinator = Process::start("hafs-coordinator", home, &["--config", "hafs.toml"]);
    let address = home.join("data/coordinator.json");
    until("a coordinator", SOON, || address.exists().then_some(())).await;
    let token = json(home, &["token", "create", "--scope", "join"]).await;
    let token = token["token"].as_str().unwrap().to_owned();
    let args = ["--config", "hafs.toml", "--join-token", &token];
    let mut worker = Process::start("hafs-worker", home, &args);
    let run = json(home, &["runs", "start"]).await["id"].as_str().unwrap().to_owned();
    let all = || (server.batches().iter().sum::<usize>() == 8).then_some(());
    until("all calls in batches", SOON, all).await;

    worker.kill();
    let worker = Process::start("hafs-worker", home, &args);
    server.hold_batches(false);
    let deadline = tokio::time::Instant::now() + SOON * 3;
    let view = loop {
        let view = json(home, &["runs", "show", &run]).await;
        if view["run"]["state"] == "finished" {
            break view;
        }
        assert!(tokio::time::Instant::now() < deadline, "the run does not end: {view}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let progress = &view["progress"];
    println!("{:?} {progress}", server.batches());
    assert_eq!((&progress["accepted"], &progress["failed"]), (&8.into(), &0.into()), "{view}");
    assert_eq!((server.calls(), server.repeated()), (8, 0), "each call was handed in once");
    assert_eq!(progress["calls"], 8);
    let tasks = json(home, &["tasks", "list", "--run", &run, "--kind", "generate"]).await;
    assert!(tasks["items"].as_array().unwrap().iter().all(|task| task["task"]["spec"]["lane"] == "batch"));
    drop(worker);
}
