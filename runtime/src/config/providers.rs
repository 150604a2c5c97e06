//! `[[providers]]` and `[[providers.models]]`: whom there is to ask.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use hafs_proto::{MicroUsd, TeacherName};
use reqwest::Url;
use serde_json::json;

use super::rules::{Rulebook, Rules};
use super::section::{Item, section};
use super::words::{
    EnvName, ModelName, ModelRole, Preflight, ProviderKind, ProviderName, ThinkingLevel, Tier,
};
use crate::env::Environment;
use crate::secret::{Secret, SecretError};

section! {
    /// A server that offers models.
    /// Without any, an Ollama on this machine is looked for, then the embedded engine is used.
    Provider = "providers", many = true {
        /// Its name: the first half of its teachers' names.
        name: ProviderName = null | "ollama", Results;
        /// How it is spoken to: `ollama`, `openai` (any server with `/v1/chat/completions`), `openai-responses`,
        /// `anthropic`, `gemini`, or `embedded`.
        kind: ProviderKind = null | "ollama", Results;
        /// Where it is. Needed for `openai`; for `ollama` not set means `http://127.0.0.1:11434`, for the others the
        /// cloud of that name. Redirects to another host are not followed.
        base_url: Option<Url> = null | "http://127.0.0.1:11434/", Operation;
        /// Whether an Ollama on another machine may be used. It asks for no key, so whoever reaches it can use it, and
        /// prompts go there in the clear.
        allow_remote: bool = false, Operation;
        /// Variable that holds the key (or, with `_FILE` appended, the path of a file that does).
        key_env: Option<EnvName> = null | "OPENAI_API_KEY", Operation;
        /// File that holds the key.
        key_file: Option<PathBuf> = null | "~/.config/hafs-factory/openai.key", Operation;
        /// Dollars that all of its models may cost in one day (UTC), the whole fleet together. Of several workers'
        /// values the lowest counts. Not set: no limit.
        day_budget_usd: Option<MicroUsd> = null | 5.0, Operation, 0.01 to 1_000_000.0;
        /// Calls at once.
        slots: u32 = 1, Operation, 1.0 to 4096.0;
        /// Calls of each of its models that this worker may have in batches, for runs that allow it. 0: none. The worker
        /// holds their tasks as long as the batch takes.
        batch_slots: u32 = 0 | 200, Operation, 0.0 to 256.0;
        /// How long the first call of a batch waits for more, in seconds.
        batch_gather_s: Duration = 60, Operation, 0.0 to 3_600.0;
        /// Seconds between two looks whether a batch has ended.
        batch_poll_s: Duration = 60, Operation, 0.01 to 3_600.0;
        /// Longest time of one call, in seconds.
        timeout_s: Duration = 300, Operation, 1.0 to 86_400.0;
        /// Longest wait for the beginning of a reply, in seconds. Not set: only `timeout_s` counts. A local server may
        /// have to load its model first.
        first_byte_timeout_s: Option<Duration> = null | 60, Operation, 1.0 to 86_400.0;
        /// Longest silence within a reply, in seconds. A cloud model that thinks for long may say nothing meanwhile.
        idle_timeout_s: Duration = 120, Operation, 1.0 to 86_400.0;
        /// Context that Ollama is asked for, in tokens, rounded up to 4096, 8192, 16384 or a multiple of that: another one
        /// would make it load the model anew. A longer prompt would be cut without a word. Of other servers' models no more
        /// than this is used.
        num_ctx: u32 = 8192, Results, 512.0 to 2_097_152.0;
        /// Megabytes of GPU memory that its models may take together. Only for `ollama`. Not set: nine tenths of what
        /// `nvidia-smi` finds, for an Ollama on this machine. Set it for GPUs of other makers. Where it is not known, Ollama
        /// decides which model has to go when another is needed.
        gpu_memory_mb: Option<u32> = null | 14_000, Operation, 256.0 to 4_194_304.0;
        /// What a worker does when it starts, to see whether its models can be used: `call` (asks what there is, and each
        /// model one small question, paid as any other; what was answered is believed for six hours), `list` (only asks
        /// what there is), `off` (believes this file). Not set: `call`, for the embedded engine `list`.
        preflight: Option<Preflight> = null | "list", Operation;
        /// Whether models that Ollama does not have are fetched when the worker starts. They are several gigabytes each.
        pull: bool = false, Operation;
        /// Randomness of generated texts.
        temperature: f64 = 0.7, Results, 0.0 to 2.0;
        /// File of `[models."NAME"]` tables that adds to the table of models that ships with the program, or corrects
        /// it; `hafs-factory model list` shows the table.
        models_file: Option<PathBuf> = null | "models.toml", Results;
    }
    with { models: Model }
}

section! {
    /// A model of the provider above it.
    Model = "models", many = true {
        /// Its name, as the provider calls it.
        name: ModelName = null | "qwen2.5-coder:14b", Results;
        /// What it is good for: `coding`, `fast`, `reasoning`, `general` or a word of your own.
        tier: Tier = "general", Results;
        /// What it may be asked for: `generate`, `judge`, `embed`.
        role: Vec<ModelRole> = ["generate", "judge"], Results;
        /// Other names under which the provider may answer for it; an answer of any other model is refused.
        served_as: Vec<String> = [] | ["my-deployment"], Results;
        /// How much it thinks before it answers: `off`, `on` (as it likes), `low`, `medium`, `high`. Not set: what the
        /// table of models says, else the model decides.
        thinking: Option<ThinkingLevel> = null | "low", Results;
        /// Dollars for a million prompt tokens. Not set: what the table of models says; nothing for a server on this
        /// machine or its network. A run with a budget refuses a teacher whose price nobody has said.
        price_input_usd_per_mtok: Option<MicroUsd> = null | 2.5, Results, 0.0 to 100_000.0;
        /// Dollars for a million prompt tokens read from a cache. Not set: as any prompt token.
        price_cached_usd_per_mtok: Option<MicroUsd> = null | 0.25, Results, 0.0 to 100_000.0;
        /// Dollars for a million prompt tokens written into a cache. Not set: a quarter more than any prompt token.
        price_cache_write_usd_per_mtok: Option<MicroUsd> = null | 3.125, Results, 0.0 to 100_000.0;
        /// Dollars for a million generated tokens, thinking included. Not set: looked up like that of prompt tokens.
        price_output_usd_per_mtok: Option<MicroUsd> = null | 10.0, Results, 0.0 to 100_000.0;
        /// Longest prompt and reply together, in tokens. Not set: what the provider says.
        context: Option<u32> = null | 32_768, Results, 512.0 to 16_777_216.0;
        /// Calls in a minute that the provider allows the key, whatever the number of workers. Not set: what the table
        /// of models says, else what the provider says in its answers.
        requests_per_minute: Option<u64> = null | 60, Operation, 1.0 to 1_000_000_000.0;
        /// Calls in a day (UTC) that the provider allows the key.
        requests_per_day: Option<u64> = null | 1000, Operation, 1.0 to 1_000_000_000.0;
        /// Prompt tokens in a minute that the provider allows the key, where it counts them apart.
        input_tokens_per_minute: Option<u64> = null | 20_000, Operation, 1.0 to 1_000_000_000_000.0;
        /// Generated tokens in a minute that the provider allows the key, where it counts them apart.
        output_tokens_per_minute: Option<u64> = null | 8_000, Operation, 1.0 to 1_000_000_000_000.0;
        /// Tokens of both directions in a minute that the provider allows the key.
        tokens_per_minute: Option<u64> = null | 30_000, Operation, 1.0 to 1_000_000_000_000.0;
    }
}

impl Provider {
    /// Its teachers, in the order of the file.
    pub fn teachers(&self) -> impl Iterator<Item = (TeacherName, &Model)> {
        self.models.iter().filter_map(|model| Some((self.teacher(model)?, model)))
    }

    /// Its teachers that have `role`, in the order of the file.
    pub fn with_role(&self, role: ModelRole) -> impl Iterator<Item = (TeacherName, &Model)> {
        self.teachers().filter(move |(_, model)| model.role.contains(&role))
    }

    /// Proof of the `Some`: provider and model names are checked by the rules of the two halves.
    fn teacher(&self, model: &Model) -> Option<TeacherName> {
        TeacherName::new(self.name.as_str(), model.name.as_str()).ok()
    }

    /// Its key, or nothing if none is configured.
    ///
    /// # Errors
    /// [`SecretError`] when the file cannot be read or holds no key, or the variable is set twice. A configured
    /// variable that is not set is no error here: the provider may not be meant for this machine.
    pub fn key(&self, env: &Environment) -> Result<Option<Secret>, SecretError> {
        match (&self.key_env, &self.key_file) {
            (Some(name), _) => Secret::from_env(env, name.as_str()),
            (None, Some(path)) => Secret::from_file(path).map(Some),
            (None, None) => Ok(None),
        }
    }
}

/// Whether an address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

impl Rules for Provider {
    fn rules(&self, book: &mut Rulebook<'_>) {
        let kind = ("kind", json!(self.kind.to_string()));
        let with_url = self.base_url.is_some();
        book.demand(
            self.kind != ProviderKind::Openai || with_url,
            kind.clone(),
            &["base_url"],
            ("needs `base_url`".to_owned(), "for example `base_url = \"http://127.0.0.1:8080/v1\"`"),
        );
        book.demand(
            self.kind != ProviderKind::Embedded
                || !with_url && self.key_env.is_none() && self.key_file.is_none(),
            kind,
            &["base_url", "key_env", "key_file"],
            ("takes neither `base_url` nor a key".to_owned(), "the embedded engine runs inside this program"),
        );
        let remote = self.base_url.as_ref().is_some_and(|url| !is_loopback(url));
        book.demand(
            self.kind != ProviderKind::Ollama || !remote || self.allow_remote,
            ("base_url", json!(self.base_url.as_ref().map(Url::as_str))),
            &["allow_remote"],
            (
                "is an Ollama on another machine, which asks nobody for a key".to_owned(),
                "set `allow_remote = true` if the network between the two is yours",
            ),
        );
        let cloud = match self.kind {
            ProviderKind::Anthropic | ProviderKind::Gemini | ProviderKind::OpenaiResponses => !with_url,
            ProviderKind::Ollama | ProviderKind::Openai | ProviderKind::Embedded => false,
        };
        book.demand(
            !cloud || self.key_env.is_some() || self.key_file.is_some(),
            ("kind", json!(self.kind.to_string())),
            &["key_env", "key_file"],
            ("needs a key".to_owned(), "name a variable with `key_env` or a file with `key_file`"),
        );
        book.demand(
            self.key_env.is_none() || self.key_file.is_none(),
            ("key_file", json!(self.key_file)),
            &["key_env"],
            ("stands beside `key_env`".to_owned(), "keep one of them"),
        );
    }
}

impl Rules for Model {
    fn rules(&self, book: &mut Rulebook<'_>) {
        let words =
            ("must name at least one role".to_owned(), "remove the whole model if it is not to be used");
        book.demand(!self.role.is_empty(), ("role", json!([])), &[], words);
    }
}

impl Item for Provider {
    fn label(&self) -> String {
        self.name.to_string()
    }
}

impl Item for Model {
    fn label(&self) -> String {
        self.name.as_str().to_owned()
    }
}
