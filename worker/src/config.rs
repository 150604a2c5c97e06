//! From `hafs.toml` to a worker's settings.

use std::num::NonZeroU32;
use std::path::PathBuf;

use hafs_runtime::config::{Config, Model, ModelRole, Provider, ProviderKind, Source, SourceKind};
use hafs_sources::SourceSettings;
use hafs_teachers::{Connector, Pricing, SecretSource, TeacherConfig, TeacherKind};

use crate::agent::SpoolCaps;
use crate::executors::{EquipmentError, Measured, TeacherSettings};
use crate::settings::WorkerSettings;

/// What a configuration says about a worker.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The worker itself.
    pub settings: WorkerSettings,
    /// Its models.
    pub teachers: Vec<TeacherSettings>,
    /// Its sources.
    pub sources: Vec<SourceSettings>,
    /// Tasks at once that need no model.
    pub cpu_slots: u32,
    /// Where models of the embedded engine are.
    pub models_dir: PathBuf,
    /// Whether they keep to one thread each.
    pub one_thread: bool,
}

impl Setup {
    /// The setup of a configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let worker = &config.worker;
        let name = worker.name.as_ref().map_or_else(machine, ToString::to_string);
        let mut settings = WorkerSettings::new(&name, worker.coordinator.as_str(), worker.spool_dir.clone());
        settings.prompts_dir.clone_from(&config.prompts.dir);
        settings.claim_wait = worker.claim_wait_s;
        settings.spool = SpoolCaps {
            results: u64::from(worker.spool_max_results),
            bytes: u64::from(worker.spool_max_mb) * 1024 * 1024,
        };
        let context = config.embedded.max_context;
        Self {
            settings,
            teachers: config.providers.iter().flat_map(|provider| teachers(provider, context)).collect(),
            sources: config.sources.iter().map(source).collect(),
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
        let connector = Connector::new(http, self.models_dir.clone());
        let connector = if self.one_thread { connector.on_one_thread() } else { connector };
        Measured::take(&connector, &self.teachers, self.sources.clone(), self.cpu_slots).await
    }
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
fn teachers(provider: &Provider, embedded_context: u32) -> Vec<TeacherSettings> {
    let prompt_tokens = match provider.kind {
        ProviderKind::Ollama | ProviderKind::Openai => PROMPT_TOKENS,
        ProviderKind::Embedded => EMBEDDED_PROMPT_TOKENS,
    };
    let mut entries = Vec::new();
    for model in &provider.models {
        let config = teacher(provider, model, embedded_context);
        let answers = model.role.iter().any(|role| *role != ModelRole::Embed);
        for embeds in [false, true] {
            let wanted = if embeds { model.role.contains(&ModelRole::Embed) } else { answers };
            if wanted {
                let temperature = temperature(provider.temperature);
                let config = config.clone();
                entries.push(TeacherSettings { config, embeds, temperature, prompt_tokens });
            }
        }
    }
    entries
}

#[expect(clippy::cast_possible_truncation, reason = "a temperature from 0 to 2 loses nothing that matters")]
const fn temperature(configured: f64) -> f32 {
    configured as f32
}

fn teacher(provider: &Provider, model: &Model, embedded_context: u32) -> TeacherConfig {
    let (kind, window) = match provider.kind {
        ProviderKind::Ollama => (TeacherKind::Ollama, provider.num_ctx),
        ProviderKind::Openai => (TeacherKind::OpenAi, provider.num_ctx),
        ProviderKind::Embedded => (TeacherKind::Embedded, embedded_context),
    };
    let mut config = TeacherConfig::new(kind, provider.name.as_str(), model.name.as_str());
    config.base_url = provider.base_url.as_ref().map(ToString::to_string);
    config.key = match (&provider.key_env, &provider.key_file) {
        (Some(name), _) => Some(SecretSource::Env(name.as_str().to_owned())),
        (None, Some(path)) => Some(SecretSource::File(path.clone())),
        (None, None) => None,
    };
    config.pricing = Pricing {
        input: model.price_input_usd_per_mtok,
        cached_input: model.price_cached_usd_per_mtok.unwrap_or(model.price_input_usd_per_mtok),
        output: model.price_output_usd_per_mtok,
    };
    config.num_ctx = model.context.map_or(window, |context| context.min(window));
    config.slots = NonZeroU32::new(provider.slots).unwrap_or(NonZeroU32::MIN);
    config.timeout = provider.timeout_s;
    config.idle_timeout = provider.idle_timeout_s;
    config
}

fn source(source: &Source) -> SourceSettings {
    let path = source.path.clone();
    let kind = match source.kind {
        SourceKind::Git => hafs_sources::SourceKind::Git { path },
        SourceKind::Folder => hafs_sources::SourceKind::Folder { path },
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
}
