//! Every key, one by one: it reaches the checked configuration, and the fingerprint and the run exactly where
//! it should.

use hafs_proto::GeneratorName;
use hafs_runtime::config::{Config, Effect, SECTIONS, SectionSpec};

use crate::{SMALL, good};

/// Every key with a value that is not its default (and not the one of the small configuration), and whether it
/// changes what a run is asked for.
const TABLE: &[(&str, &str, bool)] = &[
    ("training.output_dir", "'/out'", false),
    ("training.checkpoint_interval", "7", true),
    ("training.teacher_provider", "'ollama'", false),
    ("training.teacher_tier", "'general'", true),
    ("training.min_quality_score", "0.5", true),
    ("training.diversity_threshold", "0.8", true),
    ("training.feedback_enabled", "true", true),
    ("training.multi_teacher", "['ollama/qwen3:8b']", true),
    ("training.active_learning", "true", true),
    ("training.augmentation_ratio", "0.3", true),
    ("run.name", "'other'", true),
    ("run.target", "7", true),
    ("run.budget_usd", "1.5", true),
    ("run.batch", "'only'", true),
    ("run.within_h", "48", true),
    ("run.seed", "7", true),
    ("run.max_attempts", "7", true),
    ("run.max_tokens", "77", true),
    ("run.generators", "['second']", true),
    ("gates.agree", "2\nof = 2", true),
    ("gates.of", "2", true),
    ("gates.judges", "['cloud']", true),
    ("gates.self_judge", "true", true),
    ("gates.allow_unchecked", "true", true),
    ("gates.min_output_chars", "7", true),
    ("gates.max_output_chars", "777", true),
    ("gates.repairs", "0", true),
    ("gates.special_tokens", "'escape'", false),
    ("embedded.models_dir", "'/models'", false),
    ("embedded.one_thread", "true", false),
    ("embedded.max_context", "777", false),
    ("prompts.dir", "'/mine'", false),
    ("coordinator.listen", "'127.0.0.1:80'", false),
    ("coordinator.public_url", "'https://factory.example/'", false),
    ("coordinator.trusted_proxies", "['10.0.0.0/8', '::1']", false),
    ("coordinator.tls", "'on'", false),
    ("coordinator.tls_cert", "'/c.pem'\ntls_key = '/k.pem'", false),
    ("coordinator.tls_key", "'/k.pem'\ntls_cert = '/c.pem'", false),
    ("coordinator.insecure_http", "true", false),
    ("coordinator.handshake_timeout_s", "7", false),
    ("coordinator.credential_overlap_s", "77", false),
    ("coordinator.credential_max_age_days", "7", false),
    ("coordinator.data_dir", "'/data'", false),
    ("coordinator.backup_every_s", "77", false),
    ("coordinator.backup_keep", "7", false),
    ("coordinator.library", "'postgres://db/factory'\nqueue = 'redis://queue'", false),
    ("coordinator.library_file", "'/library'\nqueue_file = '/queue'", false),
    ("coordinator.queue", "'redis://queue'", false),
    ("coordinator.queue_file", "'/queue'", false),
    ("coordinator.queue_name", "'other'", false),
    ("coordinator.queue_accept_unchecked", "true", false),
    ("coordinator.lease_s", "77", false),
    ("coordinator.heartbeat_s", "7.5", false),
    ("coordinator.max_connections", "777", false),
    ("coordinator.max_connections_per_ip", "7", false),
    ("coordinator.header_timeout_s", "7", false),
    ("coordinator.keep_alive_timeout_s", "8", false),
    ("coordinator.body_timeout_s", "7", false),
    ("coordinator.idle_timeout_s", "77", false),
    ("coordinator.drain_timeout_s", "7", false),
    ("coordinator.log_format", "'json'", false),
    ("worker.name", "'attic'", false),
    ("worker.coordinator", "'https://hafs.example/'", false),
    ("worker.spool_dir", "'/spool'", false),
    ("worker.spool_max_mb", "7", false),
    ("worker.spool_max_results", "7", false),
    ("worker.claim_wait_s", "7", false),
    ("worker.cpu_slots", "7", false),
    ("export.name", "'other'", false),
    ("export.formats", "['kto']", false),
    ("export.train", "0.8\nval = 0.15", false),
    ("export.val", "0.1\ntest = 0", false),
    ("export.test", "0.1\nval = 0", false),
    ("export.seed", "7", false),
    ("export.unverified_share", "0.1", false),
];

/// Every key of an item, with another value and whether it changes what a run is asked for.
const ITEMS: &[(&str, &str, bool)] = &[
    ("providers.name", "'other'", true),
    ("providers.kind", "'openai'\nbase_url = 'http://x/'", false),
    ("providers.base_url", "'http://127.0.0.2/'", false),
    ("providers.allow_remote", "true", false),
    ("providers.key_env", "'OTHER_KEY'", false),
    ("providers.key_file", "'key'", false),
    ("providers.day_budget_usd", "7", false),
    ("providers.slots", "7", false),
    ("providers.gpu_memory_mb", "7000", false),
    ("providers.pull", "true", false),
    ("providers.preflight", "'off'", false),
    ("providers.batch_slots", "7", false),
    ("providers.batch_gather_s", "7", false),
    ("providers.batch_poll_s", "7", false),
    ("providers.timeout_s", "7", false),
    ("providers.idle_timeout_s", "7", false),
    ("providers.first_byte_timeout_s", "7", false),
    ("providers.models_file", "'models.toml'", false),
    ("providers.num_ctx", "777", false),
    ("providers.temperature", "0.1", false),
    ("models.name", "'other'", true),
    ("models.tier", "'fast'", false),
    ("models.role", "['judge']", true),
    ("models.price_input_usd_per_mtok", "2.5", false),
    ("models.price_cached_usd_per_mtok", "0.25", false),
    ("models.price_cache_write_usd_per_mtok", "3.5", false),
    ("models.served_as", "['other']", false),
    ("models.thinking", "'low'", false),
    ("models.price_output_usd_per_mtok", "10", false),
    ("models.context", "777", false),
    ("models.requests_per_minute", "7", false),
    ("models.requests_per_day", "7", false),
    ("models.input_tokens_per_minute", "7", false),
    ("models.output_tokens_per_minute", "7", false),
    ("models.tokens_per_minute", "7", false),
    ("sources.name", "'other'", true),
    ("sources.kind", "'folder'", false),
    ("sources.path", "'elsewhere'", false),
    ("sources.domain", "'rust'", false),
    ("sources.include", "['*.md']", false),
    ("sources.exclude", "['vendor/**']", false),
    ("sources.max_commits", "7", false),
    ("sources.max_file_kb", "7", false),
    ("sources.max_diff_kb", "7", false),
    ("sources.todo", "false", false),
    ("sources.max_tasks", "7", false),
    ("validators.name", "'other'", true),
    ("validators.kind", "'ca65'", false),
    ("validators.domains", "['cpp', 'snes']", true),
    ("validators.program", "'/opt/bin/c++'", false),
    ("validators.arguments", "['--strict']", false),
    ("validators.view", "['/sdk']", false),
    ("validators.sources", "['engine']", false),
    ("validators.force", "true", false),
    ("graphs.name", "'other'", false),
    ("graphs.domains", "['asm', 'snes']", false),
    ("graphs.rejects", "true", false),
];

fn run_spec(config: &Config) -> String {
    let known: Vec<GeneratorName> =
        ["first", "second"].iter().map(|name| name.parse().expect("a name")).collect();
    serde_json::to_string(&config.run_spec(&known).unwrap_or_else(|mistakes| panic!("{mistakes}")))
        .expect("serialises")
}

fn effect(section: &SectionSpec, key: &str) -> Effect {
    section.key(key).unwrap_or_else(|| panic!("{}.{key}", section.name)).effect
}

fn assert_reaches(name: &str, effect: Effect, before: &Config, after: &Config, changes_run: bool) {
    let values = |config: &Config| {
        config.values().into_iter().map(|value| (value.key, value.value)).collect::<Vec<_>>()
    };
    assert_ne!(values(before), values(after), "{name} does not reach the configuration");
    assert_ne!(before, after, "{name} does not reach the checked sections");
    let moved = before.fingerprint() != after.fingerprint();
    assert_eq!(moved, effect == Effect::Results, "{name} and the fingerprint");
    assert_eq!(run_spec(before) != run_spec(after), changes_run, "{name} and the run");
}

#[test]
fn every_key_of_a_plain_section_reaches_what_it_should() {
    // With two other judges, each of agree and of has room to change.
    let base = format!(
        "{SMALL}\n[[providers]]\nname = \"more\"\nkind = \"ollama\"\n[[providers.models]]\nname = \"m\"\nrole = [\"judge\"]\n"
    );
    let before = good(&base);
    for (name, value, changes_run) in TABLE {
        let (section, key) = name.split_once('.').expect("two parts");
        let after = good(&format!("{base}\n[{section}]\n{key} = {value}\n"));
        let spec = SECTIONS.iter().find(|spec| spec.name == section).expect("a section");
        assert_reaches(name, effect(spec, key), &before, &after, *changes_run);
    }
}

#[test]
fn every_key_of_an_item_reaches_what_it_should() {
    let text = |section: &str, key: &str, line: &str| {
        let block = |name: &str, lines: &[(&str, &str)]| {
            let mut lines: Vec<_> = lines
                .iter()
                .filter(|(k, _)| name != section || *k != key)
                .map(|(k, v)| format!("{k} = {v}"))
                .collect();
            lines.extend((name == section && !line.is_empty()).then(|| line.to_owned()));
            lines.join("\n")
        };
        format!(
            "[[providers]]\n{}\n[[providers.models]]\n{}\n[[providers.models]]\nname = 'second'\n[[sources]]\n{}\n[[validators]]\n{}\n[[graphs]]\n{}\n",
            block("providers", &[("name", "'p'"), ("kind", "'ollama'")]),
            block("models", &[("name", "'m'")]),
            block("sources", &[("name", "'s'"), ("kind", "'git'"), ("path", "'.'")]),
            block(
                "validators",
                &[("name", "'v'"), ("kind", "'program'"), ("domains", "['cpp']"), ("program", "'/own'")]
            ),
            block("graphs", &[("name", "'g'"), ("domains", "['asm']")]),
        )
    };
    let before = good(&text("", "", ""));
    for (name, value, changes_run) in ITEMS {
        let (section, key) = name.split_once('.').expect("two parts");
        let after = good(&text(section, key, &format!("{key} = {value}")));
        let spec = SECTIONS
            .iter()
            .flat_map(|spec| std::iter::once(spec).chain(spec.lists))
            .find(|spec| spec.name == section);
        assert_reaches(name, effect(spec.expect("a section"), key), &before, &after, *changes_run);
    }
}

#[test]
fn what_is_shown_of_every_value_is_read_back_to_the_same_value() {
    for (name, value, _) in TABLE {
        let (section, key) = name.split_once('.').expect("two parts");
        let config = good(&format!("[{section}]\n{key} = {value}\n"));
        let set = config.values().into_iter().filter(|value| !value.value.is_null());
        let text: String = set.map(|value| format!("{} = {}\n", value.key, value.value)).collect();
        let values =
            |config: &Config| config.values().into_iter().map(|value| value.value).collect::<Vec<_>>();
        assert_eq!(values(&good(&text)), values(&config), "{name}");
    }
}

#[test]
fn the_tables_above_have_every_key() {
    let tested: Vec<_> =
        TABLE.iter().chain(ITEMS).map(|(name, ..)| *name).chain(["training.enabled"]).collect();
    for section in SECTIONS.iter().flat_map(|section| std::iter::once(section).chain(section.lists)) {
        for key in section.keys {
            let name = format!("{}.{}", section.name, key.name);
            assert!(tested.contains(&name.as_str()), "{name} is not tested");
        }
    }
}

#[test]
fn the_fingerprint_does_not_depend_on_who_set_a_value_or_on_the_machine() {
    let by_default = good(SMALL);
    assert_eq!(by_default.fingerprint(), good(&format!("[run]\ntarget = 100\n{SMALL}")).fingerprint());
    let elsewhere =
        hafs_runtime::config::parse(SMALL, "/x/y.toml".as_ref(), &crate::env(&[("HAFS_HOME", "/z")]), &[]);
    assert_eq!(by_default.fingerprint(), elsewhere.expect("good").fingerprint());
}
