//! From `hafs.toml` to a worker's settings.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use hafs_proto::{Limits, SourceName};
use hafs_runtime::clock::{Clock as _, SystemClock};
use hafs_runtime::config::{
    Config, Effective, Model, ModelRole, Origin, Preflight, Provider, ProviderKind, Source, SourceKind,
    ThinkingLevel, Validator, ValidatorKind,
};
use hafs_runtime::env::Environment;
use hafs_runtime::privacy::{Readers, readers, remedy};
use hafs_sources::SourceSettings;
use hafs_teachers::{
    BatchSettings, Connector, PriceTags, Rhythm, SecretSource, TeacherConfig, TeacherKind, Thinking,
};
use hafs_validators::{Equipped, ValidatorSettings};
use tracing::warn;

use crate::agent::SpoolCaps;
use crate::executors::{EquipmentError, Measured, TeacherSettings};
use crate::gpu;
use crate::settings::{Introduction, WorkerSettings};
use crate::trials::Trials;

/// What a configuration says about a worker.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The worker itself.
    pub settings: WorkerSettings,
    /// Its models.
    pub teachers: Vec<TeacherSettings>,
    /// Its sources.
    pub sources: Vec<SourceSettings>,
    /// Its validators.
    pub validators: Vec<ValidatorSettings>,
    /// Tasks at once that need no model.
    pub cpu_slots: u32,
    /// Where models of the embedded engine are.
    pub models_dir: PathBuf,
    /// Whether they keep to one thread each.
    pub one_thread: bool,
}

impl Setup {
    /// The setup of a configuration, with the variables of this process.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self::with(config, &Environment::of_process())
    }

    /// The setup of a configuration; `env` says where keys are.
    #[must_use]
    pub fn with(config: &Config, env: &Environment) -> Self {
        let worker = &config.worker;
        let name = worker.name.as_ref().map_or_else(machine, ToString::to_string);
        let mut settings = WorkerSettings::new(&name, worker.coordinator.as_str(), worker.spool_dir.clone());
        settings.introduction = introduction(config);
        settings.prompts_dir.clone_from(&config.prompts.dir);
        settings.claim_wait = worker.claim_wait_s;
        settings.spool = SpoolCaps {
            results: u64::from(worker.spool_max_results),
            bytes: u64::from(worker.spool_max_mb) * 1024 * 1024,
        };
        let context = config.embedded.max_context;
        Self {
            settings,
            teachers: config.providers.iter().flat_map(|provider| teachers(provider, env, context)).collect(),
            sources: config.sources.iter().map(source).collect(),
            validators: config.validators.iter().map(|one| validator(one, &config.sources)).collect(),
            cpu_slots: worker.cpu_slots.unwrap_or_else(cores),
            models_dir: config.embedded.models_dir.clone(),
            one_thread: config.embedded.one_thread,
        }
    }

    /// Measures what of it is there; `http` calls the providers.
    ///
    /// # Errors
    /// [`EquipmentError`] when something cannot work at all, or nothing is left.
    pub async fn measure(&self, http: reqwest::Client) -> Result<Measured, EquipmentError> {
        warn_of_open_keys(&self.teachers);
        let batches = BatchSettings {
            folder: self.settings.state_dir.join(BATCHES),
            now: Arc::new(|| SystemClock.now()),
        };
        let connector = Connector::new(http, self.models_dir.clone()).with_batches(batches);
        let connector = if self.one_thread { connector.on_one_thread() } else { connector };
        let validators = self.equip().await;
        let (gpus, teachers) = gpu::share(self.teachers.clone()).await;
        let sources = self.sources.clone();
        let mut trials = Trials::open(&self.settings.state_dir, SystemClock.now());
        let ways = (&connector, &mut trials);
        Measured::take(ways, &teachers, sources, validators, (gpus, self.cpu_slots)).await
    }

    /// Validators that work here; this program is the launcher of their sandbox.
    async fn equip(&self) -> Equipped {
        let settings = self.validators.clone();
        let tried = tokio::task::spawn_blocking(move || match std::env::current_exe() {
            Ok(own) => hafs_validators::equip(&settings, &own),
            Err(error) => {
                nothing_equipped(&settings, &format!("where this program is, is not known: {error}"))
            }
        });
        let defect = |_| nothing_equipped(&self.validators, "the self-test hit a defect of this program");
        tried.await.unwrap_or_else(defect)
    }
}

/// The folder of the batches that were handed in, in the state folder.
const BATCHES: &str = "batches";

/// The default address of a coordinator is nobody's word.
fn introduction(config: &Config) -> Introduction {
    let default = |value: &Effective| value.key == "worker.coordinator" && value.origin == Origin::Default;
    if config.values().iter().any(default) { Introduction::Nobody } else { Introduction::Told }
}

fn machine() -> String {
    sysinfo::System::host_name().unwrap_or_else(|_| "worker".to_owned())
}

fn cores() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u32::try_from(cores).unwrap_or(u32::MAX)
}

/// Tokens of mined text in a prompt to a model that a provider serves.
const PROMPT_TOKENS: u32 = 2_000;

/// The same for the embedded engine, which reads about 25 tokens a second on two cores: half a minute for this many.
const EMBEDDED_PROMPT_TOKENS: u32 = 700;

/// One entry for each model that answers prompts, one for each that embeds.
fn teachers(provider: &Provider, env: &Environment, embedded_context: u32) -> Vec<TeacherSettings> {
    let prompt_tokens = match provider.kind {
        ProviderKind::Ollama
        | ProviderKind::Openai
        | ProviderKind::OpenaiResponses
        | ProviderKind::Anthropic
        | ProviderKind::Gemini => PROMPT_TOKENS,
        ProviderKind::Embedded => EMBEDDED_PROMPT_TOKENS,
    };
    let mut entries = Vec::new();
    for model in &provider.models {
        let mut config = teacher(provider, model, embedded_context);
        config.key = key(provider, env);
        let answers = model.role.iter().any(|role| *role != ModelRole::Embed);
        for embeds in [false, true] {
            let wanted = if embeds { model.role.contains(&ModelRole::Embed) } else { answers };
            if wanted {
                let temperature = temperature(provider.temperature);
                let (config, pull) = (config.clone(), provider.pull);
                let memory = provider.gpu_memory_mb.map(|mb| u64::from(mb) * 1_000_000);
                let preflight = preflight(provider);
                entries.push(TeacherSettings {
                    config,
                    embeds,
                    preflight,
                    memory,
                    pull,
                    temperature,
                    prompt_tokens,
                });
            }
        }
    }
    entries
}

/// The embedded engine is part of this program: that its weights are there is enough.
fn preflight(provider: &Provider) -> Preflight {
    let usual = match provider.kind {
        ProviderKind::Ollama
        | ProviderKind::Openai
        | ProviderKind::OpenaiResponses
        | ProviderKind::Anthropic
        | ProviderKind::Gemini => Preflight::Call,
        ProviderKind::Embedded => Preflight::List,
    };
    provider.preflight.unwrap_or(usual)
}

#[expect(clippy::cast_possible_truncation, reason = "a temperature from 0 to 2 loses nothing that matters")]
const fn temperature(configured: f64) -> f32 {
    configured as f32
}

fn teacher(provider: &Provider, model: &Model, embedded_context: u32) -> TeacherConfig {
    let (kind, window) = match provider.kind {
        ProviderKind::Ollama => (TeacherKind::Ollama, gpu::window(provider.num_ctx)),
        ProviderKind::Openai => (TeacherKind::OpenAi, provider.num_ctx),
        ProviderKind::OpenaiResponses => (TeacherKind::Responses, provider.num_ctx),
        ProviderKind::Anthropic => (TeacherKind::Anthropic, provider.num_ctx),
        ProviderKind::Gemini => (TeacherKind::Gemini, provider.num_ctx),
        ProviderKind::Embedded => (TeacherKind::Embedded, embedded_context),
    };
    let mut config = TeacherConfig::new(kind, provider.name.as_str(), model.name.as_str());
    config.base_url = provider.base_url.as_ref().map(ToString::to_string);
    config.pricing = PriceTags {
        input: model.price_input_usd_per_mtok,
        cached_input: model.price_cached_usd_per_mtok,
        cache_write: model.price_cache_write_usd_per_mtok,
        output: model.price_output_usd_per_mtok,
    };
    config.limits = Limits {
        requests_per_minute: model.requests_per_minute,
        requests_per_day: model.requests_per_day,
        input_tokens_per_minute: model.input_tokens_per_minute,
        output_tokens_per_minute: model.output_tokens_per_minute,
        tokens_per_minute: model.tokens_per_minute,
    };
    config.day_budget = provider.day_budget_usd;
    config.models_file.clone_from(&provider.models_file);
    config.served_as.clone_from(&model.served_as);
    config.thinking = model.thinking.map(thinking);
    config.num_ctx = model.context.map_or(window, |context| context.min(window));
    config.slots = NonZeroU32::new(provider.slots).unwrap_or(NonZeroU32::MIN);
    config.batch = batches(provider);
    config.timeout = provider.timeout_s;
    config.first_byte_timeout = provider.first_byte_timeout_s;
    config.idle_timeout = provider.idle_timeout_s;
    config
}

/// How a provider's batches are gathered and looked at, if any are wanted.
fn batches(provider: &Provider) -> Option<Rhythm> {
    let most = usize::try_from(provider.batch_slots).unwrap_or(usize::MAX);
    let rhythm = Rhythm { gather: provider.batch_gather_s, poll: provider.batch_poll_s, most };
    (most > 0).then_some(rhythm)
}

/// Where a provider's key is: in the variable `key_env`, in the file that the variable of that name with `_FILE` names
/// when the first is not set, or in `key_file`.
fn key(provider: &Provider, env: &Environment) -> Option<SecretSource> {
    let Some(name) = &provider.key_env else {
        return provider.key_file.clone().map(SecretSource::File);
    };
    let name = name.as_str();
    match (env.get(name), env.get(&format!("{name}_FILE"))) {
        (None, Some(path)) => Some(SecretSource::File(PathBuf::from(path))),
        (Some(_), _) | (None, None) => Some(SecretSource::Env(name.to_owned())),
    }
}

/// Says so when others on this machine can read a key.
fn warn_of_open_keys(teachers: &[TeacherSettings]) {
    let paths: BTreeSet<&PathBuf> = teachers.iter().filter_map(|teacher| key_file(&teacher.config)).collect();
    for path in paths {
        // A file that is missing is an error of its own, later.
        if let Readers::Others(others) = readers(path) {
            warn!(
                "{} can read the API key in {}; take the right away with `{}`",
                others.join(" and "),
                path.display(),
                remedy(path)
            );
        }
    }
}

const fn key_file(config: &TeacherConfig) -> Option<&PathBuf> {
    match &config.key {
        Some(SecretSource::File(path)) => Some(path),
        Some(SecretSource::Env(_)) | None => None,
    }
}

const fn thinking(level: ThinkingLevel) -> Thinking {
    match level {
        ThinkingLevel::Off => Thinking::Off,
        ThinkingLevel::On => Thinking::On,
        ThinkingLevel::Low => Thinking::Low,
        ThinkingLevel::Medium => Thinking::Medium,
        ThinkingLevel::High => Thinking::High,
    }
}

fn nothing_equipped(settings: &[ValidatorSettings], why: &str) -> Equipped {
    let missing = settings.iter().map(|one| format!("check/{}: {why}", one.name)).collect();
    Equipped { missing, ..Equipped::default() }
}

fn validator(validator: &Validator, sources: &[Source]) -> ValidatorSettings {
    let folder = |name: &SourceName| {
        sources.iter().find(|source| source.name == *name).and_then(|source| source.path.clone())
    };
    ValidatorSettings {
        name: validator.name.clone(),
        kind: match validator.kind {
            ValidatorKind::Cpp => hafs_validators::ValidatorKind::Cpp,
            ValidatorKind::Ca65 => hafs_validators::ValidatorKind::Ca65,
            ValidatorKind::Asar => hafs_validators::ValidatorKind::Asar,
            ValidatorKind::Links => hafs_validators::ValidatorKind::Links,
            ValidatorKind::Program => hafs_validators::ValidatorKind::Program,
        },
        domains: validator.domains.clone(),
        program: validator.program.clone(),
        arguments: validator.arguments.clone(),
        view: validator.view.clone(),
        // A name without a folder is refused where the folders are opened.
        sources: validator
            .sources
            .iter()
            .map(|name| (name.clone(), folder(name).unwrap_or_default()))
            .collect(),
        force: validator.force,
    }
}

fn source(source: &Source) -> SourceSettings {
    // The configuration demands a path of what lies somewhere.
    let path = source.path.clone().unwrap_or_default();
    let kind = match source.kind {
        SourceKind::Git => hafs_sources::SourceKind::Git { path },
        SourceKind::Folder => hafs_sources::SourceKind::Folder { path },
        SourceKind::Routines => hafs_sources::SourceKind::Routines { tasks: source.max_tasks },
    };
    let mut settings = SourceSettings::new(source.name.clone(), kind);
    settings.domain.clone_from(&source.domain);
    settings.include.clone_from(&source.include);
    settings.exclude.clone_from(&source.exclude);
    settings.max_commits = u64::from(source.max_commits);
    settings.max_file_bytes = u64::from(source.max_file_kb) * 1024;
    settings.max_diff_bytes = usize::try_from(source.max_diff_kb).unwrap_or(usize::MAX).saturating_mul(1024);
    settings.todo = source.todo;
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::time::Duration;

    fn setup(toml: &str) -> Setup {
        let env = [("HOME", "/home/somebody")].into_iter().collect();
        let config =
            hafs_runtime::config::parse(toml, Path::new("hafs.toml"), &env, &[]).expect("a configuration");
        Setup::of(&config)
    }

    const TOML: &str = r#"
[worker]
name = "attic"
spool_max_results = 7
claim_wait_s = 3
cpu_slots = 5

[[providers]]
name = "local"
kind = "ollama"
slots = 4
timeout_s = 60
temperature = 0.25
num_ctx = 4096

[[providers.models]]
name = "qwen2.5-coder:14b"
role = ["generate", "judge"]

[[providers.models]]
name = "all-minilm"
role = ["embed"]
context = 512

[[sources]]
name = "repo"
kind = "git"
path = "/tmp/repo"
max_diff_kb = 8
todo = false
"#;

    #[test]
    fn every_key_of_the_worker_its_models_and_its_sources_arrives() {
        let setup = setup(TOML);
        assert_eq!(
            (setup.settings.name.as_str(), setup.settings.spool.results, setup.cpu_slots),
            ("attic", 7, 5)
        );
        assert_eq!(setup.settings.claim_wait, Duration::from_secs(3));
        let [coder, minilm] = setup.teachers.as_slice() else { panic!("two teachers") };
        assert_eq!((coder.embeds, coder.temperature, coder.config.num_ctx), (false, 0.25, 4_096));
        assert_eq!((coder.config.slots.get(), coder.config.timeout), (4, Duration::from_secs(60)));
        assert_eq!((minilm.embeds, minilm.config.num_ctx), (true, 512));
        assert_eq!((setup.sources[0].max_diff_bytes, setup.sources[0].todo), (8 * 1024, false));
    }

    const KEYED: &str = r#"
[[providers]]
name = "cloud"
kind = "openai"
base_url = "http://127.0.0.1:1/v1"
key_env = "CLOUD_KEY"

[[providers.models]]
name = "large"
role = ["generate"]
"#;

    #[test]
    fn a_key_is_taken_from_the_file_that_a_variable_names_unless_the_key_itself_is_there() {
        let file = SecretSource::File(PathBuf::from("/run/secrets/cloud"));
        let variable = SecretSource::Env("CLOUD_KEY".to_owned());
        for (env, expected) in [
            (vec![("CLOUD_KEY_FILE", "/run/secrets/cloud")], &file),
            (vec![("CLOUD_KEY_FILE", "/run/secrets/cloud"), ("CLOUD_KEY", "k")], &variable),
            (vec![("CLOUD_KEY_FILE", "/run/secrets/cloud"), ("CLOUD_KEY", "")], &file),
            (vec![], &variable),
        ] {
            let env: Environment = env.into_iter().chain([("HOME", "/home/somebody")]).collect();
            let config =
                hafs_runtime::config::parse(KEYED, Path::new("hafs.toml"), &env, &[]).expect("valid");
            let setup = Setup::with(&config, &env);
            assert_eq!(setup.teachers[0].config.key.as_ref(), Some(expected));
        }
    }

    #[tokio::test]
    async fn a_key_file_that_is_missing_or_empty_is_named() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("cloud.key");
        let env: Environment =
            [("CLOUD_KEY_FILE", path.to_str().expect("UTF-8")), ("HOME", "/home/somebody")]
                .into_iter()
                .collect();
        let config = hafs_runtime::config::parse(KEYED, Path::new("hafs.toml"), &env, &[]).expect("valid");
        let why = async || {
            let http =
                hafs_runtime::http::client(&Default::default(), &Default::default()).expect("a client");
            let error = Setup::with(&config, &env).measure(http).await.expect_err("no key");
            error.to_string()
        };
        let missing = why().await;
        assert!(missing.contains("cloud.key") && missing.contains("could not read"), "{missing}");
        std::fs::write(&path, " \n").expect("writes");
        let empty = why().await;
        assert!(empty.contains("cloud.key") && empty.contains("empty"), "{empty}");
    }
}
