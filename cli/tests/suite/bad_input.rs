//! What the program says, and how it ends, when something is wrong.

use std::path::Path;
use std::process::Command;

use crate::home::Home;

/// A document with something to mine.
pub const DOCUMENT: &str = "# The pump\n\nThe pump starts when the tank is full and the valve is open. It stops after ten \
minutes, or when somebody presses the red button beside the door. The log of the last week lies in the drawer.\n";

/// A provider that nobody serves: what is found before a teacher is asked can be tested without one.
const DOWN: &str = "
[[providers]]
name = \"down\"
kind = \"ollama\"
base_url = \"http://127.0.0.1:9\"
[[providers.models]]
name = \"tiny\"
";

fn git(folder: &Path, args: &[&str]) {
    let done = Command::new("git").arg("-C").arg(folder).args(args).output();
    assert!(done.is_ok_and(|done| done.status.success()), "git {args:?}");
}

#[test]
fn a_path_that_is_not_there_or_is_a_file_is_named_and_nothing_is_started() {
    let home = Home::new();
    home.run(&["run", "absent"]).fails(2, &["absent", "remedy: name a git repository"]);
    home.write("notes.md", "# Notes\n");
    home.run(&["run", "notes.md"]).fails(2, &["notes.md", "it is a file"]);
    assert!(!home.data().join("library.db").exists());
}

#[test]
fn an_empty_folder_and_a_repository_without_a_commit_have_nothing_to_mine() {
    let home = Home::new();
    home.write("hafs.toml", DOWN);
    std::fs::create_dir(home.path("empty")).expect("made");
    home.run(&["run", "empty"]).fails(3, &["nothing to mine"]);
    std::fs::create_dir(home.path("bare.git")).expect("made");
    git(&home.path("bare.git"), &["init", "--quiet", "--bare"]);
    home.run(&["run", "bare.git"]).fails(3, &["no commit"]);
}

#[test]
fn a_run_with_a_budget_refuses_a_teacher_whose_price_nobody_has_said() {
    let cloud = |prices: &str| {
        let home = Home::new();
        home.write("docs/a.md", DOCUMENT);
        home.write("key", "invented");
        let text = format!(
            "[run]\nbudget_usd = 1.0\n[[providers]]\nname = \"cloud\"\nkind = \"anthropic\"\nkey_file = \"key\"\n\
             base_url = \"http://no-such-host.invalid\"\n[[providers.models]]\nname = \"claude-opus-4-5\"\n{prices}"
        );
        home.write("hafs.toml", &text);
        home.run(&["run", "docs"])
    };
    let words = ["price of cloud/claude-opus-4-5", "remedy: set `price_input_usd_per_mtok`"];
    cloud("").fails(2, &words);
    cloud("price_input_usd_per_mtok = 0\nprice_output_usd_per_mtok = 0\n").fails(2, &words);
    let priced = cloud("price_input_usd_per_mtok = 1\nprice_output_usd_per_mtok = 2\n");
    assert!(priced.code != Some(2) && !priced.stderr.contains("price of"), "{priced:?}");
}

#[test]
fn the_table_of_models_shows_every_price_or_that_it_is_unknown() {
    let home = Home::new();
    let list = home.run(&["model", "list"]);
    assert_eq!(list.code, Some(0), "{list:?}");
    for word in ["claude-opus-4-5-20251101", "gpt-5.2-mini", "gemini-3-pro-preview", "unknown", "12 GB"] {
        assert!(list.stdout.contains(word), "`{word}` is not in {}", list.stdout);
    }
    let own = "[models.\"gpt-5.2\"]\nprice = { input = 1.5, output = 12, looked_up = \"2026-11-22\" }\n";
    home.write("models.toml", own);
    let list = home.run(&["model", "list", "--models-file", "models.toml"]);
    assert!(list.stdout.contains("$1.500000 / $12.000000"), "{list:?}");
    home.write("models.toml", "[models.\"gpt-5.2\"]\ncontxt = 5\n");
    home.run(&["model", "list", "--models-file", "models.toml"]).fails(1, &["models.toml", "contxt"]);
}

#[test]
fn without_any_teacher_the_way_to_one_is_told() {
    let home = Home::new();
    home.write("docs/a.md", DOCUMENT);
    let words = ["no Ollama answers at http://127.0.0.1:9", "hafs-factory model pull", "Ollama"];
    home.run(&["run", "docs"]).fails(5, &words);
    home.run(&["run", "docs", "--teacher", "embedded/smollm2-135m-instruct"]).fails(5, &["embedded engine"]);
}

#[test]
fn a_teacher_that_is_down_is_told_before_the_run_starts() {
    let home = Home::new();
    home.write("hafs.toml", DOWN);
    home.write("docs/a.md", DOCUMENT);
    home.run(&["run", "docs"]).fails(5, &["down/tiny cannot be had", "the run was not started"]);
    assert!(!home.data().join("library.db").exists());
}

#[test]
fn every_mistake_of_a_configuration_is_shown_at_once() {
    let home = Home::new();
    home.write("hafs.toml", "[run]\ntarget = 0\ntagret = 5\n[gates]\nagree = 3\nof = 1\n");
    home.write("docs/a.md", DOCUMENT);
    for args in [&["run", "docs"][..], &["status"]] {
        home.run(args).fails(2, &["3 mistakes", "run.target", "tagret", "gates.agree"]);
    }
    let checked = home.run(&["config", "check"]);
    assert_eq!(checked.code, Some(2));
    assert!(checked.stdout.contains("tagret") && checked.stdout.contains("gates.agree"), "{checked:?}");
}

#[test]
fn an_output_folder_that_cannot_be_written_to_is_found_out_before_the_run_starts() {
    let home = Home::new();
    home.write("hafs.toml", DOWN);
    home.write("docs/a.md", DOCUMENT);
    let file = home.write("taken", "a file");
    let set = format!("training.output_dir={}", file.join("out").display());
    home.run(&["run", "docs", "--set", &set]).fails(2, &["data sets cannot be written to", "taken/out"]);
    assert!(!home.data().join("library.db").exists());
}

#[test]
fn a_library_of_something_else_or_a_newer_program_is_not_touched() {
    let home = Home::new();
    let library = home.write("data/library.db", "this is no library, but somebody's notes\n");
    home.run(&["status", "--data-dir", "data"]).fails(4, &["library.db"]);
    home.run(&["verify", "--data-dir", "data"]).fails(4, &["library.db"]);
    let text = std::fs::read_to_string(library).expect("still there");
    assert_eq!(text, "this is no library, but somebody's notes\n");
}

#[test]
fn commands_that_look_make_no_library() {
    let home = Home::new();
    for args in [&["status"][..], &["samples", "list"], &["verify"], &["watch"], &["export"]] {
        let ended = home.run(args);
        assert_eq!(ended.code, Some(1), "{args:?}: {ended:?}");
        assert!(ended.stderr.starts_with("error: "), "{ended:?}");
    }
    assert!(!home.data().join("library.db").exists());
}

#[test]
fn wrong_arguments_end_with_the_code_of_wrong_usage() {
    let home = Home::new();
    for args in [
        &["run", "--target", "many"][..],
        &["run", "--time-limit", "soon"],
        &["samples", "show", "task_00000000000000000000000000000000"],
        &["export", "--split", "900,50"],
        &["why", "../status"],
        &["--set", "nonsense", "status"],
        &["frobnicate"],
    ] {
        assert_eq!(home.run(args).code, Some(2), "{args:?}");
    }
}

#[test]
fn init_writes_a_configuration_that_changes_nothing_and_overwrites_none() {
    let home = Home::new();
    assert_eq!(home.run(&["init"]).code, Some(0));
    assert_eq!(home.run(&["config", "check"]).code, Some(0));
    home.run(&["init"]).fails(2, &["is there already", "--force"]);
    let again = home.run(&["init", "--force", "--json"]);
    assert_eq!((again.code, again.stdout.contains("\"written\"")), (Some(0), true));
}

#[test]
fn what_is_printed_for_programs_is_one_document() {
    let home = Home::new();
    for args in [
        &["model", "list", "--json"][..],
        &["config", "check", "--json"],
        &["config", "show", "--json"],
        &["doctor", "--json"],
        &["openapi"],
    ] {
        let ended = home.run(args);
        assert!(serde_json::from_str::<serde_json::Value>(&ended.stdout).is_ok(), "{args:?}: {ended:?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    use std::process::Stdio;
    let home = Home::new();
    let mut command = home.command(&["config", "keys"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("ended");
    assert_eq!((ended.status.code(), ended.stderr.is_empty()), (Some(0), true), "{ended:?}");
}

#[test]
fn a_coordinator_that_is_named_is_asked_with_a_token_and_never_over_plain_http() {
    let home = Home::new();
    let token = home.write("run.token", &["an", "invented", "token"].join("-"));
    let token = token.to_str().expect("UTF-8");
    home.run(&["status", "--at", "http://127.0.0.1:9"]).fails(2, &["no token", "--token-file"]);
    home.run(&["status", "--at", "factory", "--token-file", token]).fails(2, &["http://HOST:PORT"]);
    home.run(&["status", "--at", "http://factory.example:7425", "--token-file", token])
        .fails(2, &["without encryption", "https"]);
    home.run(&["runs", "list", "--at", "http://127.0.0.1:9", "--token-file", token])
        .fails(1, &["http://127.0.0.1:9", "does not answer"]);
    home.run(&["verify", "--at", "http://127.0.0.1:9"]).fails(2, &["--at means nothing"]);
    assert!(!home.data().exists());
}

#[test]
fn a_run_is_started_only_where_a_coordinator_runs() {
    let home = Home::new();
    home.run(&["runs", "start"]).fails(2, &["sources", "providers"]);
    home.write(
        "hafs.toml",
        &format!("{DOWN}\n[[sources]]\nname = \"docs\"\nkind = \"folder\"\npath = \".\"\n"),
    );
    home.run(&["runs", "start"]).fails(1, &["no coordinator is running", "hafs-coordinator"]);
    assert!(!home.data().join("library.db").exists());
}
