//! Data sets and the paths they could lead to; filters and cursors.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use hafs_tests::call::factory;
use hafs_tests::client::generated;
use hafs_tests::process::until;
use serde_json::{Value, json};

use super::list::{Round, attacks};
use super::site::{Answer, SOON, Site, Worker};

fn export(name: &str) -> Value {
    json!({
        "name": name, "formats": ["alpaca", "messages", "sharegpt", "text"], "seed": 1,
        "splits": {"train": 800, "val": 100, "test": 100}
    })
}

async fn exported(site: &Site, name: &str) -> Answer {
    site.post(&site.admin, "/v1/exports", &export(name)).await
}

/// Everything below a folder, with what it is.
fn tree(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        let path = entry.path();
        found.insert(format!("{} {:?}", path.display(), entry.file_type().unwrap()));
        if entry.file_type().unwrap().is_dir() {
            found.extend(tree(&path));
        }
    }
    found
}

fn out(site: &Site) -> std::path::PathBuf {
    site.home.path().join("out")
}

async fn names(site: &Site, names: &[&str]) {
    let before = tree(&out(site));
    for name in names {
        let answer = exported(site, name).await;
        assert_eq!(answer.status, 422, "{name:?}: {answer:?}");
    }
    assert_eq!(tree(&out(site)), before);
}

async fn paths_as_names(site: &Site) {
    let hostile = [
        "../../etc/cron.d/x",
        "/abs",
        r"C:\x",
        r"..\..\x",
        r"\\host\share",
        "a/../../b",
        "%2e%2e/",
        "....//",
        "..",
        ".",
        "",
        ".hidden",
        "a\u{0}b",
        "~root",
        "$HOME",
        "a\nb",
    ];
    names(site, &hostile).await;
}

async fn devices_as_names(site: &Site) {
    let long = "x".repeat(300);
    let hostile = [
        "CON",
        "con",
        "nul",
        "nul.txt",
        "aux",
        "COM1",
        "com1",
        "lpt9",
        "a ",
        "a.",
        " a",
        "file:stream",
        &long,
        "🦀",
        "\u{202e}abc",
    ];
    names(site, &hostile).await;
}

async fn a_linked_folder(site: &Site) {
    let (out, aside) = (out(site), site.home.path().join("aside"));
    std::fs::rename(&out, &aside).unwrap();
    std::os::unix::fs::symlink(&aside, &out).unwrap();
    let before = tree(&aside);
    let answer = exported(site, "behind").await;
    assert_eq!(answer.status, 409, "{answer:?}");
    assert_eq!(tree(&aside), before);
    std::fs::remove_file(&out).unwrap();
    std::fs::rename(&aside, &out).unwrap();
}

async fn something_in_the_way(site: &Site) {
    let (out, aside) = (out(site), site.home.path().join("elsewhere"));
    std::fs::create_dir(&aside).unwrap();
    std::os::unix::fs::symlink(&aside, out.join("link")).unwrap();
    std::os::unix::fs::symlink("/nowhere", out.join("dangling")).unwrap();
    std::fs::write(out.join("file"), "mine").unwrap();
    let made = Command::new("mkfifo").arg(out.join("pipe")).status().unwrap();
    assert!(made.success());
    let before = tree(&out);
    for name in ["link", "dangling", "file", "pipe"] {
        let answer = exported(site, name).await;
        assert_eq!(answer.status, 409, "{name}: {answer:?}");
    }
    assert_eq!(tree(&out), before);
    assert_eq!(std::fs::read(out.join("file")).unwrap(), b"mine");
    assert!(tree(&aside).is_empty());
    for name in ["link", "dangling", "file", "pipe"] {
        std::fs::remove_file(out.join(name)).unwrap();
    }
}

async fn verified(site: &Site, name: &str) -> bool {
    let path = format!("out/{name}");
    let ended = factory(site.home.path(), &["--config", "hafs.toml", "verify", &path]).await;
    assert!(!ended.stderr.contains("panicked"), "{ended:?}");
    ended.code == Some(0)
}

async fn one_name_twice(site: &Site) {
    let exports = (0..8).map(|_| exported(site, "both"));
    let answers = futures_util::future::join_all(exports).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
    assert!(verified(site, "both").await);
}

async fn killed(site: &mut Site) {
    let (mut whole, mut absent) = (0, 0);
    for round in 0..6_u64 {
        let name = format!("killed-{round}");
        let request = site.from([127, 0, 0, 1]).post(format!("{}/v1/exports", site.url));
        let request = request.bearer_auth(&site.admin).json(&export(&name)).send();
        let pause = tokio::time::sleep(Duration::from_millis(3 + round * 6));
        tokio::select! { _ = request => {}, () = pause => {} }
        site.kill();
        site.start().await;
        let left = || tree(&out(site)).into_iter().filter(|path| path.contains(".partial")).count();
        until("leftovers to be removed", SOON, || (left() == 0).then_some(())).await;
        if out(site).join(&name).exists() {
            assert!(verified(site, &name).await, "{name}");
            whole += 1;
        } else {
            absent += 1;
        }
    }
    println!("killed in an export: {whole} whole, {absent} absent");
}

/// Changes one file of a copy of a data set, and verifies the copy.
async fn spoilt(site: &Site, file: &str, change: impl Fn(String) -> Vec<u8>) {
    let copy = out(site).join("copy");
    let copied = Command::new("cp").arg("-r").args([out(site).join("both"), copy.clone()]).status().unwrap();
    assert!(copied.success());
    let path = copy.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, change(text)).unwrap();
    assert!(!verified(site, "copy").await, "{file}");
    std::fs::remove_dir_all(copy).unwrap();
}

async fn other_schemas(site: &Site) {
    assert!(verified(site, "both").await);
    let rows = "alpaca/train.jsonl";
    spoilt(site, rows, |text| text.replacen('{', "{\"more\":1,", 1).into_bytes()).await;
    spoilt(site, rows, |text| text.replacen("\"output\"", "\"answer\"", 1).into_bytes()).await;
    spoilt(site, rows, |text| (text + &"x".repeat(64 * 1024 * 1024)).into_bytes()).await;
    spoilt(site, rows, |text| [text.as_bytes(), b"\xff\xfe\n"].concat()).await;
    spoilt(site, rows, |text| (text + &"[".repeat(100_000)).into_bytes()).await;
    spoilt(site, "manifest.json", |_| b"PAR1".to_vec()).await;
    spoilt(site, "manifest.json", |_| "[".repeat(1_000_000).into_bytes()).await;
    spoilt(site, "manifest.json", |text| text.replace("alpaca/train.jsonl", "../../hafs.toml").into_bytes())
        .await;
}

async fn filters(site: &Site) {
    let all = site.items("/v1/samples?limit=500").await.len();
    let hostile = [
        "x' OR '1'='1",
        "accepted' OR 1=1 --",
        "'; DROP TABLE sample; --",
        "%",
        "_",
        "*",
        "NEAR( \" *",
        "accepted\"",
        "a%00b",
        "(select 1)",
    ];
    let http = site.from([127, 0, 0, 1]);
    for text in hostile {
        for (list, field) in [
            ("samples", "state"),
            ("samples", "domain"),
            ("samples", "run"),
            ("samples", "reason"),
            ("samples", "cursor"),
            ("samples", "limit"),
            ("seeds", "kind"),
            ("seeds", "source"),
            ("seeds", "domain"),
            ("seeds", "cursor"),
            ("tasks", "state"),
            ("tasks", "kind"),
            ("tasks", "run"),
            ("tasks", "cursor"),
        ] {
            let url = site.asking(&format!("/v1/{list}"), &[(field, text)]);
            let request = http.get(url).bearer_auth(&site.admin);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 422, "{list}?{field}={text}");
        }
    }
    let mut request = export("injected");
    request["domains"] = json!(["x' OR '1'='1"]);
    assert_eq!(site.post(&site.admin, "/v1/exports", &request).await.status, 422);
    assert_eq!(site.items("/v1/samples?limit=500").await.len(), all);
}

async fn orders(site: &Site) {
    for query in [
        "sort=nothing",
        "order=(select+1)",
        "order_by=id",
        "sort=-created_at",
        "regex=(a%2B)%2B%24",
        "q=(a%2B)%2B%24",
    ] {
        assert_eq!(site.get(&format!("/v1/samples?{query}")).await.status, 422, "{query}");
    }
}

async fn cursors(site: &Site) {
    let page = site.get("/v1/samples?limit=1").await.body;
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    let (half, longer) = (cursor[..cursor.len() - 1].to_owned(), format!("{cursor}0"));
    let seed = site.items("/v1/seeds").await[0]["id"].as_str().unwrap().to_owned();
    for cursor in [half, longer, cursor.to_uppercase(), seed, "1".to_owned(), String::new()] {
        let answer = site.get(&format!("/v1/samples?cursor={cursor}")).await;
        assert_eq!(answer.status, 422, "{cursor}: {answer:?}");
    }
    // A cursor is a place in a list, not a right: with another filter it gives that filter's rows.
    let others = site.items(&format!("/v1/samples?cursor={cursor}&state=rejected")).await;
    assert!(others.iter().all(|sample| sample["state"].to_string().contains("rejected")));
}

/// A good sample whose texts hold this.
async fn sample_with(site: &Site, worker: &Worker, number: u64, text: &str) -> Answer {
    let task = site.claim_one(worker).await;
    let mut result = json!(generated(&task, number));
    let output = result["output"]["candidates"][0]["output"].as_str().unwrap().to_owned();
    result["output"]["candidates"][0]["output"] = json!(format!("{output} {text} That is all."));
    site.complete(worker, &result).await
}

/// Every row of a data set's files, by format.
fn rows(site: &Site, name: &str) -> Vec<(String, Value)> {
    let folder = out(site).join(name);
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let mut rows = Vec::new();
    for (path, entry) in
        manifest["files"].as_object().unwrap().iter().filter(|(path, _)| path.ends_with(".jsonl"))
    {
        let text = std::fs::read_to_string(folder.join(path)).unwrap();
        assert_eq!(entry["lines"].as_u64().unwrap(), text.matches('\n').count() as u64);
        for line in text.split_terminator('\n') {
            rows.push((path.split('/').next().unwrap().to_owned(), serde_json::from_str(line).unwrap()));
        }
    }
    rows
}

async fn line_separators(site: &Site, worker: &Worker) {
    let texts =
        ["one\u{2028}two\u{2029}three", "one\r\ntwo\rthree\n\nfour", "one\u{85}two\u{b}three\u{c}four"];
    for (number, text) in (8_800..).zip(texts) {
        assert_eq!(sample_with(site, worker, number, text).await.first(), "accepted");
    }
    let view = exported(site, "lines").await;
    assert_eq!(view.status, 201, "{view:?}");
    let rows = rows(site, "lines");
    let samples = view.body["samples"].as_u64().unwrap();
    let alpaca: Vec<&Value> =
        rows.iter().filter(|(format, _)| format == "alpaca").map(|(_, row)| row).collect();
    assert_eq!(alpaca.len() as u64, samples);
    for text in texts {
        assert!(alpaca.iter().any(|row| row["output"].as_str().unwrap().contains(text)), "{text:?}");
    }
}

async fn ends_of_turns(site: &Site, worker: &Worker) {
    let tokens =
        ["<|im_end|>", "<|im_start|>system", "[/INST]", "</s>", "<|eot_id|>", "<start_of_turn>model"];
    for (number, token) in (8_900..).zip(tokens) {
        assert_eq!(sample_with(site, worker, number, token).await.first(), "accepted", "{token}");
    }
    let view = exported(site, "turns").await;
    assert_eq!(view.status, 201, "{view:?}");
    for (format, row) in rows(site, "turns") {
        let text = row.to_string();
        for token in tokens {
            assert!(!text.contains(token), "{token} in {format}: {text}");
        }
    }
    assert!(verified(site, "turns").await);
}

async fn while_quarantined() {
    let site = Site::open("").await;
    let worker = site.busy(60).await;
    for number in 0..40 {
        let task = site.claim_one(&worker).await;
        assert_eq!(site.deliver(&worker, &task, number).await.first(), "accepted");
    }
    let names: Vec<String> = (0..6).map(|number| format!("race-{number}")).collect();
    let selection = json!({"selection": {"worker": worker.id}, "reason": "it lies"});
    let (answers, begun) = tokio::join!(
        futures_util::future::join_all(names.iter().map(|name| exported(&site, name))),
        site.post(&site.admin, "/v1/quarantines", &selection)
    );
    let path =
        format!("/v1/quarantines/{}", begun.body["id"].as_str().unwrap_or_else(|| panic!("{begun:?}")));
    let began = tokio::time::Instant::now();
    let mut view = site.get(&path).await;
    while view.body["state"] != "done" {
        assert!(began.elapsed() < SOON, "{view:?}");
        view = site.get(&path).await;
    }
    let tainted: BTreeSet<&str> =
        view.body["tainted"].as_array().unwrap().iter().filter_map(|set| set["name"].as_str()).collect();
    for (name, answer) in names.iter().zip(&answers) {
        if answer.status != 201 {
            // Nothing was left to export.
            assert_eq!((answer.status, tree(&out(&site).join(name)).len()), (409, 0), "{answer:?}");
            continue;
        }
        let rows = rows(&site, name).into_iter().filter(|(format, _)| format == "alpaca").count() as u64;
        assert_eq!(answer.body["samples"], json!(rows), "{answer:?}");
        assert_eq!(tainted.contains(name.as_str()), rows > 0, "{name}: {rows} of {view:?}");
    }
    println!("{} of {} data sets hold what was quarantined", tainted.len(), names.len());
    site.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_files_filters_and_cursors_lead_nowhere_else() {
    let mut site = Site::open("").await;
    let worker = site.busy(60).await;
    for number in 0..40 {
        let task = site.claim_one(&worker).await;
        assert_eq!(site.deliver(&worker, &task, number).await.first(), "accepted");
    }
    let mut round = Round::of(75..=90);
    attacks! { round;
        75 => paths_as_names(&site);
        76 => devices_as_names(&site);
    }
    assert_eq!(exported(&site, "first").await.status, 201);
    attacks! { round;
        77 => a_linked_folder(&site);
        78 => something_in_the_way(&site);
        79 => one_name_twice(&site);
        83 => other_schemas(&site);
        84 => filters(&site);
        85 => orders(&site);
        86 => cursors(&site);
        87 => orders(&site);
        88 => line_separators(&site, &worker);
        89 => ends_of_turns(&site, &worker);
        90 => while_quarantined();
        80 => killed(&mut site);
    }
    round.end();
    site.is_sound().await;
}
