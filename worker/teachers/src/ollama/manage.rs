//! Model management: what is there, what is loaded, fetching and unloading.

use std::collections::BTreeMap;
use std::time::Duration;

use ollama_rs::models::ModelInfo;
use ollama_rs::models::pull::PullModelStatus;
use reqwest::{Client, Method};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::call::CallFailure;
use crate::http::{Endpoint, EndpointError, Limit, LineReader};
use crate::probe::{Ability, Loaded, Offer, OfferedModel};

/// Bytes of an answer about models; the list of a server with hundreds of them is well below.
const BODY_BYTES: usize = 16 * 1024 * 1024;
/// How long a server may take to say what it has.
const ASK: Duration = Duration::from_secs(10);
/// How long a download may stand still. Registries are slow between layers.
const PULL_IDLE: Duration = Duration::from_secs(180);

/// An Ollama server.
#[derive(Debug, Clone)]
pub struct OllamaServer {
    endpoint: Endpoint,
}

/// How far a download has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullProgress {
    /// What the server does just now.
    pub status: String,
    /// Bytes of the current layer, once known.
    pub total: Option<u64>,
    /// Of these, already there.
    pub completed: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Version {
    version: String,
}

#[derive(Debug, Deserialize)]
struct Listed<T> {
    #[serde(default = "Vec::new")]
    models: Vec<T>,
}

#[derive(Debug, Deserialize)]
struct Tag {
    name: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    details: Details,
    #[serde(default)]
    capabilities: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Details {
    #[serde(default)]
    context_length: Option<u32>,
    #[serde(default)]
    quantization_level: String,
}

#[derive(Debug, Deserialize)]
struct Running {
    name: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    size_vram: u64,
    #[serde(default)]
    context_length: Option<u32>,
}

impl OllamaServer {
    /// A server by its address.
    ///
    /// # Errors
    /// [`EndpointError`] when the address is no HTTP URL.
    pub fn new(client: Client, base_url: &str) -> Result<Self, EndpointError> {
        Ok(Self { endpoint: Endpoint::new(client, base_url, None, PULL_IDLE, BODY_BYTES)? })
    }

    /// What the server offers. What its list leaves out (older servers: context and abilities) is asked for model
    /// by model.
    ///
    /// # Errors
    /// [`CallFailure`] when the server cannot be reached or does not speak Ollama's protocol.
    pub async fn offer(&self) -> Result<Offer, CallFailure> {
        let cancel = CancellationToken::new();
        let limit = Limit { deadline: Instant::now() + ASK, cancel: &cancel };
        let version: Version = self.get("api/version", limit).await?;
        let tags: Listed<Tag> = self.get("api/tags", limit).await?;
        let loaded = self.ask_loaded(limit).await?;
        let mut models = Vec::with_capacity(tags.models.len());
        for tag in tags.models {
            let (context, ability) = self.facts(&tag, limit).await?;
            models.push(OfferedModel {
                loaded: loaded.get(&tag.name).copied(),
                name: tag.name,
                digest: (!tag.digest.is_empty()).then_some(tag.digest),
                bytes: Some(tag.size),
                context,
                quantization: Some(tag.details.quantization_level).filter(|level| !level.is_empty()),
                ability,
            });
        }
        Ok(Offer { version: Some(version.version), models })
    }

    /// The models that are loaded, by name.
    ///
    /// # Errors
    /// [`CallFailure`] when the server does not answer.
    pub async fn loaded(&self) -> Result<BTreeMap<String, Loaded>, CallFailure> {
        let cancel = CancellationToken::new();
        self.ask_loaded(Limit { deadline: Instant::now() + ASK, cancel: &cancel }).await
    }

    async fn ask_loaded(&self, limit: Limit<'_>) -> Result<BTreeMap<String, Loaded>, CallFailure> {
        let running: Listed<Running> = self.get("api/ps", limit).await?;
        Ok(running.models.into_iter().map(|model| (model.name.clone(), residency(&model))).collect())
    }

    /// Loads a model for good and waits until it is there: with a window of `num_ctx` tokens to answer prompts, or to
    /// embed texts.
    ///
    /// # Errors
    /// [`CallFailure`] when the server could not load it `within` that time.
    pub async fn load(
        &self,
        model: &str,
        num_ctx: Option<u32>,
        within: Duration,
        cancel: &CancellationToken,
    ) -> Result<(), CallFailure> {
        let limit = Limit { deadline: Instant::now() + within, cancel };
        let (path, body) = match num_ctx {
            Some(window) => (
                "api/generate",
                json!({ "model": model, "keep_alive": -1, "stream": false, "options": { "num_ctx": window } }),
            ),
            None => ("api/embed", json!({ "model": model, "keep_alive": -1, "input": "" })),
        };
        self.post::<Value>(path, &body, limit).await.map(|_| ())
    }

    async fn facts(&self, tag: &Tag, limit: Limit<'_>) -> Result<(Option<u32>, Ability), CallFailure> {
        if tag.details.context_length.is_some() && !tag.capabilities.is_empty() {
            return Ok((tag.details.context_length, ability(&tag.capabilities)));
        }
        let shown: ModelInfo = self.post("api/show", &json!({ "model": tag.name }), limit).await?;
        let context = context_of(&shown.model_info).or(tag.details.context_length);
        Ok((context, ability(&shown.capabilities)))
    }

    /// Fetches a model, telling `progress` of every step.
    ///
    /// # Errors
    /// [`CallFailure`] with the server's words; it reports a failed download inside an answer of status 200.
    pub async fn pull(
        &self,
        model: &str,
        within: Duration,
        cancel: &CancellationToken,
        progress: &(dyn Fn(PullProgress) + Send + Sync),
    ) -> Result<(), CallFailure> {
        let limit = Limit { deadline: Instant::now() + within, cancel };
        let body = json!({ "model": model, "stream": true });
        let mut opened =
            self.endpoint.open(Method::POST, "api/pull", Some(&body), limit).await?.success().await?;
        let mut lines = LineReader::default();
        let mut last = String::new();
        while let Some(chunk) = opened.chunk().await? {
            let too_long = || CallFailure::invalid("Ollama sent a progress line longer than any");
            for line in lines.push(&chunk).ok_or_else(too_long)? {
                last = pull_line(model, &line, progress)?;
            }
        }
        if let Some(line) = lines.finish() {
            last = pull_line(model, &line, progress)?;
        }
        if last == "success" {
            return Ok(());
        }
        Err(CallFailure::transient(format!("the download of {model} ended before Ollama reported success")))
    }

    /// Takes a model out of memory, so that another fits.
    ///
    /// # Errors
    /// [`CallFailure`] when the server does not answer.
    pub async fn unload(&self, model: &str) -> Result<(), CallFailure> {
        let cancel = CancellationToken::new();
        let limit = Limit { deadline: Instant::now() + ASK, cancel: &cancel };
        let body = json!({ "model": model, "keep_alive": 0, "stream": false });
        self.post::<Value>("api/generate", &body, limit).await.map(|_| ())
    }

    async fn get<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        limit: Limit<'_>,
    ) -> Result<T, CallFailure> {
        self.endpoint.open(Method::GET, path, None, limit).await?.success().await?.json().await
    }

    async fn post<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
        limit: Limit<'_>,
    ) -> Result<T, CallFailure> {
        self.endpoint.open(Method::POST, path, Some(body), limit).await?.success().await?.json().await
    }
}

fn pull_line(
    model: &str,
    line: &[u8],
    progress: &(dyn Fn(PullProgress) + Send + Sync),
) -> Result<String, CallFailure> {
    if let Ok(status) = serde_json::from_slice::<PullModelStatus>(line) {
        let step = PullProgress { status: status.message, total: status.total, completed: status.completed };
        let said = step.status.clone();
        progress(step);
        return Ok(said);
    }
    let said: Option<Value> = serde_json::from_slice(line).ok();
    let error =
        said.as_ref().and_then(|said| said.get("error")?.as_str()).unwrap_or("a line that is no status");
    let error: String = error.chars().take(600).collect();
    Err(CallFailure::transient(format!("Ollama could not fetch {model}: {error}")))
}

fn residency(model: &Running) -> Loaded {
    Loaded { bytes: model.size, gpu_bytes: model.size_vram, context: model.context_length }
}

fn ability(capabilities: &[String]) -> Ability {
    let has = |word: &str| capabilities.iter().any(|capability| capability == word);
    if has("completion") {
        Ability::Chat
    } else if has("embedding") {
        Ability::Embed
    } else {
        Ability::Unknown
    }
}

fn context_of(info: &serde_json::Map<String, Value>) -> Option<u32> {
    let architecture = info.get("general.architecture")?.as_str()?;
    let length = info.get(&format!("{architecture}.context_length"))?.as_u64()?;
    u32::try_from(length).ok()
}
