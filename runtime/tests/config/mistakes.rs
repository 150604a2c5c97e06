//! What is wrong is said all at once, with place, key, value, bound and remedy.

use std::path::Path;

use hafs_runtime::config::{Origin, Request, check, load, parse};
use hafs_runtime::env::Environment;
use proptest::prelude::*;

use crate::{SMALL, bad, env, flag, good, read};

#[test]
fn three_mistakes_are_three_precise_errors_at_once() {
    let found =
        bad("[training]\nmin_quality_scor = 0.8\n\n[coordinator]\nlease_s = 20\n\n[run]\ntarget = 0\n");
    assert_eq!(
        found,
        [
            "conf/hafs.toml:2: training.min_quality_scor is not a key; did you mean `min_quality_score`?",
            "conf/hafs.toml:8: run.target = 0 must be from 1 to 10000000; for example `target = 100`",
            "conf/hafs.toml:5: coordinator.lease_s = 20 must be at least 3 x `heartbeat_s` (= 60); \
             with less, two lost heartbeats lose the lease",
        ]
    );
}

#[test]
fn a_wrong_type_does_not_hide_the_mistakes_after_it() {
    let found = bad(
        "[run]\ntarget = \"many\"\nseed = -1\nmax_attempts = 1.5\nbudget_usd = 2026-01-01\nname = \"\"\n",
    );
    let keys: Vec<_> = found.iter().map(|line| line.split(' ').nth(1).expect("a key")).collect();
    assert_eq!(keys, ["run.budget_usd", "run.name", "run.target", "run.seed", "run.max_attempts"]);
    assert!(found[2].contains(r#"= "many" must be a whole number"#), "{found:?}");
}

#[test]
fn a_rule_between_keys_is_silent_about_a_default_that_stands_in_for_a_refused_value() {
    let found = bad("[coordinator]\nlease_s = 50\nheartbeat_s = \"ten\"\n");
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_default_that_breaks_a_rule_is_blamed_on_the_line_beside_it() {
    let found = bad("[coordinator]\nheartbeat_s = 31\n");
    assert!(
        found[0].starts_with("conf/hafs.toml:2: coordinator.lease_s = 90 must be at least 3 x"),
        "{found:?}"
    );
}

#[test]
fn every_rule_between_keys_is_held() {
    for (text, message) in [
        ("[gates]\nagree = 3\nof = 2", "gates.agree = 3 must be at most `of` (= 2)"),
        ("[gates]\nof = 2\njudges = [\"a\"]", "gates.of = 2 must be at most the number of `judges` (= 1)"),
        ("[gates]\nmin_output_chars = 9\nmax_output_chars = 5", "must be at most `max_output_chars` (= 5)"),
        ("[gates]\njudges = [\"a\", \"b\", \"a\"]", "names \"a\" twice"),
        ("[coordinator]\nmax_connections = 5", "must be at most `max_connections` (= 5)"),
        ("[coordinator]\ntls_cert = \"c.pem\"", "coordinator.tls_key is required beside `tls_cert`"),
        ("[coordinator]\ntls_key = \"k.pem\"", "coordinator.tls_cert is required beside `tls_key`"),
        (
            "[coordinator]\ntls = \"off\"\nlisten = \"0.0.0.0:80\"",
            "is refused on 0.0.0.0:80, which others can reach",
        ),
        ("[coordinator]\nlibrary = \"postgres://a@db/x\"", "coordinator.queue is required beside `library`"),
        (
            "[coordinator]\nqueue = \"redis://q\"\nqueue_file = \"f\"",
            "and `queue` name two addresses that may differ",
        ),
        ("[coordinator]\nqueue = \"http://q\"", "must begin with `redis://` or `redis+unix://`"),
        (
            "[coordinator]\nqueue = \"redis://:tr0ut@q\"",
            "coordinator.queue must be an address `scheme://[user@]host…` without a password (its value is not shown)",
        ),
        (
            "[coordinator]\ntrusted_proxies = [\"lan\"]",
            "has the item \"lan\", which must be an address or a range",
        ),
        ("[coordinator]\ndrain_timeout_s = 31", "must be from 0.1 to 30"),
        ("[export]\ntrain = 0.8", "and `val` (= 0.05) and `test` (= 0.05) must add up to 1"),
        ("[export]\ntrain = 0.8999", "must be a share from 0 to 1 with at most three decimals"),
        ("[export]\nformats = []", "must name at least one format"),
        ("[export]\nname = \"../up\"", "must be of a-z, 0-9"),
        ("[[providers]]\nname = \"x\"\nkind = \"openai\"", "needs `base_url`"),
        ("[[sources]]\nname = \"x\"\nkind = \"git\"", "needs `path`"),
        ("[[sources]]\nname = \"x\"\nkind = \"folder\"", "needs `path`"),
        ("[[sources]]\nname = \"x\"\nkind = \"routines\"\npath = \".\"", "takes no `path`"),
        (
            "[[providers]]\nname = \"x\"\nkind = \"embedded\"\nkey_env = \"K\"",
            "takes neither `base_url` nor a key",
        ),
        (
            "[[providers]]\nname = \"x\"\nkind = \"ollama\"\nkey_env = \"K\"\nkey_file = \"k\"",
            "stands beside `key_env`",
        ),
        ("[[providers]]\nname = \"x\"\nkind = \"olama\"", "perhaps `ollama`"),
        ("[[providers]]\nname = \"x\"\nkind = \"anthropic\"", "needs a key"),
        (
            "[[providers]]\nname = \"x\"\nkind = \"ollama\"\nbase_url = \"http://10.0.0.7:11434\"",
            "set `allow_remote = true`",
        ),
        ("[[providers]]\nkind = \"ollama\"", "providers.1.name is required"),
        ("providers = 3", "must be a list of sections"),
        ("run = 3", "must be a section; write `[run]`"),
        ("[[run]]\ntarget = 3", "must be a section; write `[run]`"),
        ("[sources]\nname = \"x\"", "write `[[sources]]` before each"),
        ("[worker]\ncoordinator = \"ftp://x/\"", "must be an http or https URL"),
        ("[run.target]\nx = 1", "run.target must be a whole number"),
    ] {
        let found = bad(text);
        assert!(found.len() == 1 && found[0].contains(message), "{text}: {found:?}");
    }
}

#[test]
fn items_are_told_apart_by_name_and_have_one_each() {
    let found = bad(&format!("{SMALL}\n[[sources]]\nname = \"repo\"\nkind = \"folder\"\npath = \"x\"\n"));
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("sources.repo.name is the name of two items"), "{found:?}");
}

#[test]
fn unknown_keys_and_sections_are_answered_with_what_was_meant() {
    for (text, hint) in [
        ("[trainning]\nenabled = true", "did you mean `training`?"),
        ("target = 5", "`target` is a key of `run`"),
        ("[training]\njudges = []", "there is one of this name in `gates`"),
        ("[zzz]\n", "the sections are `training` (Who teaches, and what is good enough)"),
        ("[prompts]\nzzz = 1", "`prompts` has the keys dir"),
    ] {
        let found = bad(text);
        assert!(found.len() == 1 && found[0].contains(hint), "{text}: {found:?}");
    }
}

#[test]
fn what_may_be_a_secret_is_never_shown() {
    let key = ["sk", "live", "hush"].join("-");
    let provider = "[[providers]]\nname = \"x\"\nkind = \"ollama\"\n";
    for line in [
        format!("api_key = \"{key}\""),
        format!("key_env = \"{key}\""),
        format!("base_url = \"https://user:{key}@teacher.example/\""),
        format!("base_url = \"https://teacher.example/?key={key}\""),
    ] {
        let found = bad(&format!("{provider}{line}"));
        assert!(found.len() == 1 && !found[0].contains("hush"), "{found:?}");
    }
    assert!(bad(&format!("{provider}api_key = \"{key}\""))[0].contains("name a variable with `key_env`"));
}

#[test]
fn broken_toml_is_reported_with_its_lines_and_nothing_else() {
    let found = bad("[run]\ntarget = = 5\nname = \"x\n[training]\nnonsense = 1\n");
    assert!(found.iter().all(|line| line.contains("is not TOML")), "{found:?}");
    assert!(found[0].starts_with("conf/hafs.toml:2: is not TOML"), "{found:?}");
}

#[test]
fn the_older_hafs_configuration_is_read_and_what_has_no_effect_is_a_warning() {
    let config =
        good("[training]\nenabled = true\n[training.targets]\na = 1\n[[training.nodes]]\nname = \"x\"\n");
    let warned: Vec<_> = config.warnings().0.into_iter().map(|warning| warning.key).collect();
    assert_eq!(warned[..2], ["training.nodes", "training.targets"]);
}

#[test]
fn the_plan_of_the_older_hafs_parses_and_only_warns_that_its_teacher_is_not_configured() {
    let text = r#"
[training]
enabled = true
output_dir = "~/.context/training"
checkpoint_interval = 100
teacher_provider = "gemini"
teacher_tier = "coding"
min_quality_score = 0.7
diversity_threshold = 0.95

# Future additions:
feedback_enabled = true
active_learning = true
augmentation_ratio = 0.3
"#;
    let config = good(text);
    assert_eq!(config.training.output_dir, Path::new("/home/ada/.context/training"));
    assert_eq!(
        config.warnings().to_string(),
        "conf/hafs.toml:6: training.teacher_provider names `gemini`, but no provider `gemini` is configured; \
         add a section `[[providers]]` with `name = \"gemini\"`"
    );
    let several = text.replace("# Future", "multi_teacher = [\"gemini\", \"claude\", \"qwen\"]\n# Future");
    assert_eq!(good(&several).warnings().0.len(), 3, "one for each");
}

#[test]
fn a_home_that_is_not_known_is_an_error_that_names_the_way_out() {
    let mistakes = parse("", Path::new("hafs.toml"), &Environment::default(), &[]).expect_err("no folder");
    assert!(mistakes.0.iter().all(|mistake| mistake.reason.contains("set HAFS_HOME")), "{mistakes}");
    let env = Environment::from_iter([("HAFS_HOME", "/data")]);
    assert!(parse("", Path::new("hafs.toml"), &env, &[]).is_ok());
}

#[test]
fn a_named_file_must_exist_and_be_a_text_of_reasonable_size() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("other.toml");
    let env = env(&[("HAFS_CONFIG", path.to_str().expect("UTF-8"))]);
    let request = Request { file: None, env: &env, flags: &[] };
    assert!(
        load(request).expect_err("missing").to_string().starts_with("could not read the configuration file")
    );
    std::fs::write(&path, [0xff, 0xfe]).expect("written");
    assert!(load(request).is_err(), "not UTF-8");
    std::fs::write(&path, "#".repeat(1_100_000)).expect("written");
    assert!(load(request).expect_err("long").to_string().contains("no configuration file"));
    std::fs::write(&path, "[run]\ntarget = 7\n[worker]\nspool_dir = \"spool\"\n").expect("written");
    let config = load(request).expect("read");
    assert_eq!((config.run.target, config.worker.spool_dir), (7, folder.path().join("spool")));
}

#[test]
fn the_report_of_a_check_has_errors_or_else_every_value_with_its_origin() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hafs.toml");
    let env = env(&[("HAFS_RUN__SEED", "9")]);
    let flags = [flag("coordinator.listen", "0.0.0.0:80", "--listen")];
    std::fs::write(&path, "[run]\ntarget = 7\n").expect("written");
    let report = check(Request { file: Some(&path), env: &env, flags: &flags }).expect("a report");
    let json = serde_json::to_value(&report).expect("serialises");
    let origin = |key: &str| {
        let values = json["values"].as_array().expect("a list");
        values
            .iter()
            .find(|value| value["key"] == key)
            .map(|value| value["origin"]["from"].clone())
            .expect("a value")
    };
    let keys = ["run.target", "run.seed", "coordinator.listen", "run.max_tokens"];
    assert_eq!(keys.map(origin), ["file", "env", "flag", "default"]);
    std::fs::write(&path, "[run]\ntarget = 0\n").expect("written");
    let report = check(Request { file: Some(&path), env: &env, flags: &flags }).expect("a report");
    assert!(!report.valid && report.errors.len() == 1 && report.fingerprint.is_none());
    assert_eq!(report.errors[0].origin, Origin::File { path, line: 2 });
}

#[test]
fn deep_nesting_and_floods_of_mistakes_are_answered_briefly() {
    let deep = |open: &str, times: usize, close: &str| format!("{}x{}", open.repeat(times), close);
    for text in [
        format!("[{}]", deep("a.", 100_000, "")),
        format!("{} = 1", deep("a.", 100_000, "")),
        format!("[run]\ntarget = {}", deep("[", 100_000, "")),
        format!("[run]\ntarget = {}", deep("{a=", 100_000, "")),
        format!("[run]\ntarget = {}1{}", format!("{{{}a=", "a.".repeat(78)).repeat(78), "}".repeat(78)),
        (0..40_000).map(|n| format!("key{n} = 1\n")).collect(),
        (0..40_000).map(|_| "[[sources]]\n").collect(),
    ] {
        let found = bad(&text);
        assert!((1..=101).contains(&found.len()), "{}", found.len());
        assert!(found.iter().all(|line| line.len() < 1000), "{found:?}");
    }
    let flood: String = (0..300).map(|n| format!("key{n} = 1\n")).collect();
    assert_eq!(bad(&flood).last().map(String::as_str), Some("conf/hafs.toml:1: and 200 more mistakes"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_panics(text in "\\PC*") {
        let _ = read(&text);
    }

    #[test]
    fn no_value_of_any_key_panics(at in 0_usize..1000, value in "(-?[0-9]{1,25}(\\.[0-9]{1,8})?(e[0-9]{1,3})?|\"[^\"\\\\]{0,90}\"|\\[[0-9,\"a]*\\]|nan|inf|true|\\{a=1\\})") {
        let keys: Vec<_> = hafs_runtime::config::SECTIONS.iter().flat_map(|s| s.keys.iter().map(move |k| (s, k.name))).collect();
        let (section, key) = keys[at % keys.len()];
        let title = if section.many { format!("[[{}]]", section.name) } else { format!("[{}]", section.name) };
        if let Err(mistakes) = read(&format!("{title}\n{key} = {value}\n")) {
            prop_assert!(!mistakes.0.is_empty(), "nothing came out without a mistake");
        }
    }

    #[test]
    fn no_variable_and_no_flag_panics(name in "[A-Z_]{0,20}", key in "\\PC{0,30}", value in "\\PC{0,30}") {
        let variable = format!("HAFS_{name}__{name}");
        let _ = parse(SMALL, Path::new("f"), &env(&[(&variable, &value)]), &[flag(&key, &value, "--set")]);
    }
}
