//! From a config to a teacher.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use hafs_proto::name::NameError;
use hafs_proto::{ContentHash, TeacherName};
use reqwest::Client;
use thiserror::Error;
use tracing::warn;

use crate::anthropic::Messages;
use crate::batch::{self, BatchTeacher, Counter, Now, Place};
use crate::call::{CallFailure, Identity, Secret, SecretError};
use crate::config::{TeacherConfig, TeacherKind};
use crate::gemini::Gemini;
use crate::http::{Auth, Endpoint, EndpointError};
use crate::models::{BookError, ModelBook, ModelCard, batch_pricing, pricing};
use crate::ollama::{ChatSettings, OllamaEmbedder, OllamaServer, OllamaTeacher};
use crate::openai::{Chat, OpenAiEmbedder};
use crate::probe::Offer;
use crate::responses::Responses;
use crate::slots::Slots;
use crate::teacher::{Embedder, Teacher};
use crate::wire::{Dialect, DialectMemory, JsonMode, Reasoning, Tuning, Wire, WireTeacher};

/// Why a teacher cannot be had with this config.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The name is none.
    #[error("provider and model do not make a teacher's name")]
    Name(#[source] NameError),
    /// The address is none.
    #[error("teacher {teacher} has no usable address")]
    Endpoint {
        /// The teacher.
        teacher: TeacherName,
        /// Why.
        #[source]
        source: EndpointError,
    },
    /// There is no key.
    #[error("teacher {teacher} has no usable API key")]
    Key {
        /// The teacher.
        teacher: TeacherName,
        /// Why.
        #[source]
        source: SecretError,
    },
    /// The file of models cannot be used.
    #[error("teacher {teacher} has no usable file of models")]
    Models {
        /// The teacher.
        teacher: TeacherName,
        /// Why.
        #[source]
        source: BookError,
    },
    /// The wire has no embeddings.
    #[error(
        "{teacher} cannot embed: a provider of the kind `{kind}` is asked for replies only; give the role `embed` to a \
             model of Ollama or of an OpenAI-compatible server"
    )]
    NoEmbeddings {
        /// The teacher.
        teacher: TeacherName,
        /// The kind of its provider.
        kind: &'static str,
    },
    /// This program was built without the engine.
    #[error(
        "teacher {teacher} needs the embedded engine, which this program was built without; use `hafs-factory`, or \
         build with `--features embedded`"
    )]
    NotBuiltIn {
        /// The teacher.
        teacher: TeacherName,
    },
    /// The folder of its batches cannot be used.
    #[error("teacher {teacher} cannot keep its batches in {}", folder.display())]
    Tickets {
        /// The teacher.
        teacher: TeacherName,
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The weights are not there.
    #[error("teacher {teacher}: {why}")]
    Weights {
        /// The teacher.
        teacher: TeacherName,
        /// What is missing, and how to get it.
        why: String,
    },
}

/// Where the tickets of batches lie, and what the time is.
#[derive(Clone)]
pub struct BatchSettings {
    /// A folder of the worker's own; each teacher has one in it.
    pub folder: PathBuf,
    /// Tells the time.
    pub now: Now,
}

/// Why a provider could not be asked what it offers.
#[derive(Debug, Error)]
pub enum ProbeError {
    /// The config does not lead to it.
    #[error("could not ask the provider for its models")]
    Connect(#[from] ConnectError),
    /// It did not answer.
    #[error("the provider did not say what models it has")]
    Call(#[from] CallFailure),
}

/// Makes teachers and embedders. Those of the embedded engine that use the same weights share them, so a process
/// needs one connector only.
pub struct Connector {
    client: Client,
    models_dir: PathBuf,
    batches: Option<BatchSettings>,
    #[cfg(feature = "embedded")]
    engines: crate::embedded::Engines,
}

impl Connector {
    /// A connector that calls with `client` and finds embedded models in `models_dir`.
    #[must_use]
    pub fn new(client: Client, models_dir: PathBuf) -> Self {
        Self {
            client,
            models_dir,
            batches: None,
            #[cfg(feature = "embedded")]
            engines: crate::embedded::Engines::default(),
        }
    }

    /// The same, whose teachers can be asked in batches too.
    #[must_use]
    pub fn with_batches(self, settings: BatchSettings) -> Self {
        Self { batches: Some(settings), ..self }
    }

    /// The same, whose embedded engines keep to one thread each.
    #[must_use]
    #[cfg_attr(
        not(feature = "embedded"),
        expect(unused_mut, reason = "without engines there is nothing to set")
    )]
    pub fn on_one_thread(mut self) -> Self {
        #[cfg(feature = "embedded")]
        {
            self.engines.one_thread = true;
        }
        self
    }

    /// The teacher of a config. Nothing is called and no weights are loaded yet.
    ///
    /// # Errors
    /// [`ConnectError`] when the name, address, key, file of models or weights cannot be used.
    pub fn teacher(&self, config: &TeacherConfig) -> Result<Arc<dyn Teacher>, ConnectError> {
        let (identity, card) = known(config)?;
        if config.kind == TeacherKind::Embedded {
            return self.embedded_teacher(config, identity);
        }
        let endpoint = self.endpoint(config, &identity.name)?;
        let tuning = tuning(config, &card);
        let slots = Slots::new(config.slots);
        Ok(match config.kind {
            TeacherKind::Ollama => {
                let reasoning = if tuning.thinking.is_some() { Reasoning::Sent } else { Reasoning::LeftOut };
                let settings =
                    ChatSettings { num_ctx: config.num_ctx, tuning, keep_alive: config.keep_alive };
                // Whatever the model: its server makes a grammar of the schema.
                let dialect =
                    DialectMemory::new(Dialect { json: JsonMode::Schema, reasoning, ..Dialect::FULL });
                let speed = Mutex::default();
                Arc::new(OllamaTeacher { identity, endpoint, settings, slots, dialect, speed })
            }
            TeacherKind::OpenAi => {
                let path = endpoint.versioned("v1", "chat/completions");
                wired(identity, endpoint, slots, Chat { path, tuning })
            }
            TeacherKind::Responses => {
                let path = endpoint.versioned("v1", "responses");
                wired(identity, endpoint, slots, Responses { path, tuning })
            }
            TeacherKind::Anthropic => {
                let path = endpoint.versioned("v1", "messages");
                wired(identity, endpoint, slots, Messages { path, tuning })
            }
            TeacherKind::Gemini => {
                let models = endpoint.versioned("v1beta", "models");
                wired(identity, endpoint, slots, Gemini { models, tuning })
            }
            TeacherKind::Embedded => self.embedded_teacher(config, identity)?,
        })
    }

    /// The same teacher, whose calls go in batches for its price in a batch. Nothing where connector or config want none,
    /// the wire has none or nobody knows the price. Nothing is called yet.
    ///
    /// # Errors
    /// [`ConnectError`] as for [`Self::teacher`], and when the folder cannot be used.
    pub fn batch_teacher(&self, config: &TeacherConfig) -> Result<Option<Arc<dyn Teacher>>, ConnectError> {
        let (Some(settings), Some(rhythm)) = (&self.batches, config.batch) else { return Ok(None) };
        let (identity, card) = known(config)?;
        let Some(pricing) = batch_pricing(config, &card) else { return Ok(None) };
        let identity = Identity { pricing, ..identity };
        let endpoint = self.endpoint(config, &identity.name)?.for_batches(rhythm.most);
        let folder = settings.folder.join(folder_of(config));
        let place = Place { folder, now: Arc::clone(&settings.now), rhythm };
        let tuning = tuning(config, &card);
        let model = config.model.clone();
        Ok(match config.kind {
            TeacherKind::OpenAi => {
                let wire = Chat { path: String::new(), tuning };
                let counter = batch::OpenAi { endpoint, url: "/v1/chat/completions" };
                Some(batched(identity, wire, Box::new(counter), place)?)
            }
            TeacherKind::Responses => {
                let wire = Responses { path: String::new(), tuning };
                let counter = batch::OpenAi { endpoint, url: "/v1/responses" };
                Some(batched(identity, wire, Box::new(counter), place)?)
            }
            TeacherKind::Anthropic => {
                let wire = Messages { path: String::new(), tuning };
                Some(batched(identity, wire, Box::new(batch::Anthropic { endpoint }), place)?)
            }
            TeacherKind::Gemini => {
                let wire = Gemini { models: String::new(), tuning };
                Some(batched(identity, wire, Box::new(batch::Gemini { endpoint, model }), place)?)
            }
            TeacherKind::Ollama | TeacherKind::Embedded => None,
        })
    }

    /// The embedder of a config. Nothing is called and no weights are loaded yet.
    ///
    /// # Errors
    /// [`ConnectError`] as for [`Self::teacher`].
    pub fn embedder(&self, config: &TeacherConfig) -> Result<Arc<dyn Embedder>, ConnectError> {
        let (identity, _) = known(config)?;
        let slots = Slots::new(config.slots);
        let timeout = config.timeout;
        Ok(match config.kind {
            TeacherKind::Ollama => {
                let endpoint = self.endpoint(config, &identity.name)?;
                Arc::new(OllamaEmbedder { identity, endpoint, keep_alive: config.keep_alive, timeout, slots })
            }
            TeacherKind::OpenAi | TeacherKind::Responses => {
                let endpoint = self.endpoint(config, &identity.name)?;
                Arc::new(OpenAiEmbedder { identity, endpoint, timeout, slots })
            }
            TeacherKind::Anthropic | TeacherKind::Gemini => {
                return Err(ConnectError::NoEmbeddings { teacher: identity.name, kind: config.kind.word() });
            }
            TeacherKind::Embedded => self.embedded_embedder(config, identity)?,
        })
    }

    /// The server behind a config of the kind `ollama`, to ask what is loaded and to load and unload models.
    ///
    /// # Errors
    /// [`ConnectError`] when the name or the address cannot be used.
    pub fn ollama(&self, config: &TeacherConfig) -> Result<OllamaServer, ConnectError> {
        let teacher = TeacherName::new(&config.provider, &config.model).map_err(ConnectError::Name)?;
        let base = config.base_url.as_deref().or(config.kind.default_base_url()).unwrap_or_default();
        OllamaServer::new(self.client.clone(), base)
            .map_err(|source| ConnectError::Endpoint { teacher, source })
    }

    /// What the provider of a config offers. The config's model may be any name.
    ///
    /// # Errors
    /// [`ProbeError`] when it cannot be asked or does not answer.
    pub async fn probe(&self, config: &TeacherConfig) -> Result<Offer, ProbeError> {
        let name = TeacherName::new(&config.provider, &config.model).map_err(ConnectError::Name)?;
        Ok(match config.kind {
            TeacherKind::Ollama => self.ollama(config)?.offer().await?,
            TeacherKind::OpenAi | TeacherKind::Responses => {
                crate::openai::offer(&self.endpoint(config, &name)?).await?
            }
            TeacherKind::Anthropic => crate::anthropic::offer(&self.endpoint(config, &name)?).await?,
            TeacherKind::Gemini => crate::gemini::offer(&self.endpoint(config, &name)?).await?,
            TeacherKind::Embedded => crate::catalogue::installed(&self.models_dir),
        })
    }

    fn endpoint(&self, config: &TeacherConfig, teacher: &TeacherName) -> Result<Endpoint, ConnectError> {
        let key = config
            .key
            .as_ref()
            .map(Secret::load)
            .transpose()
            .map_err(|source| ConnectError::Key { teacher: teacher.clone(), source })?;
        let base = config.base_url.as_deref().or(config.kind.default_base_url()).unwrap_or_default();
        let auth = match config.kind {
            TeacherKind::Ollama | TeacherKind::OpenAi | TeacherKind::Responses | TeacherKind::Embedded => {
                Auth::Bearer
            }
            TeacherKind::Anthropic => Auth::Anthropic,
            TeacherKind::Gemini => Auth::Google,
        };
        Endpoint::new(self.client.clone(), base, key, config.idle_timeout, config.max_reply_bytes)
            .map(|endpoint| endpoint.with(auth, config.first_byte_timeout))
            .map_err(|source| ConnectError::Endpoint { teacher: teacher.clone(), source })
    }

    #[cfg(feature = "embedded")]
    fn embedded_teacher(
        &self,
        config: &TeacherConfig,
        identity: Identity,
    ) -> Result<Arc<dyn Teacher>, ConnectError> {
        let path = self.weights(&identity.name)?;
        let engine = self.engines.chat(&path);
        Ok(Arc::new(crate::embedded::EmbeddedTeacher { identity, engine, num_ctx: config.num_ctx }))
    }

    #[cfg(feature = "embedded")]
    fn embedded_embedder(
        &self,
        config: &TeacherConfig,
        identity: Identity,
    ) -> Result<Arc<dyn Embedder>, ConnectError> {
        let path = self.weights(&identity.name)?;
        let engine = self.engines.embed(&path);
        Ok(Arc::new(crate::embedded::EmbeddedEmbedder { identity, engine, timeout: config.timeout }))
    }

    #[cfg(feature = "embedded")]
    fn weights(&self, teacher: &TeacherName) -> Result<PathBuf, ConnectError> {
        crate::catalogue::locate(&self.models_dir, teacher.model())
            .map_err(|why| ConnectError::Weights { teacher: teacher.clone(), why: why.to_string() })
    }

    #[cfg(not(feature = "embedded"))]
    #[expect(clippy::unused_self, reason = "the form is that of the build with the engine")]
    fn embedded_teacher(
        &self,
        _: &TeacherConfig,
        identity: Identity,
    ) -> Result<Arc<dyn Teacher>, ConnectError> {
        Err(ConnectError::NotBuiltIn { teacher: identity.name })
    }

    #[cfg(not(feature = "embedded"))]
    #[expect(clippy::unused_self, reason = "the form is that of the build with the engine")]
    fn embedded_embedder(
        &self,
        _: &TeacherConfig,
        identity: Identity,
    ) -> Result<Arc<dyn Embedder>, ConnectError> {
        Err(ConnectError::NotBuiltIn { teacher: identity.name })
    }
}

fn wired<W: Wire>(identity: Identity, endpoint: Endpoint, slots: Slots, wire: W) -> Arc<dyn Teacher> {
    Arc::new(WireTeacher::new(identity, endpoint, slots, wire))
}

fn batched<W: Wire>(
    identity: Identity,
    wire: W,
    counter: Box<dyn Counter>,
    place: Place,
) -> Result<Arc<dyn Teacher>, ConnectError> {
    let (teacher, folder) = (identity.name.clone(), place.folder.clone());
    let opened = BatchTeacher::open(identity, wire, counter, place);
    let opened = opened.map_err(|source| ConnectError::Tickets { teacher, folder, source })?;
    Ok(Arc::new(opened))
}

/// The folder of a teacher's batches: whatever is in the names of provider and model, this is a name for a folder.
fn folder_of(config: &TeacherConfig) -> String {
    let hash = ContentHash::of_parts([config.provider.as_str(), &config.model]).to_string();
    hash.chars().rev().filter(char::is_ascii_alphanumeric).take(16).collect()
}

/// Who the teacher of a config is, and what is known of its model.
fn known(config: &TeacherConfig) -> Result<(Identity, ModelCard), ConnectError> {
    let name = TeacherName::new(&config.provider, &config.model).map_err(ConnectError::Name)?;
    let book = ModelBook::with(config.models_file.as_deref())
        .map_err(|source| ConnectError::Models { teacher: name.clone(), source })?;
    let card = book.card(&config.model, config.kind);
    if !card.known {
        warn!(
            teacher.name = %name,
            "{name} is not in the table of models: nothing is assumed of its context, its thinking and its price; \
             describe it in a file that `models_file` names"
        );
    }
    let pricing = pricing(config, &card);
    if pricing.is_none() {
        warn!(
            teacher.name = %name,
            "the price of {name} is not known: its calls are recorded as free; set `price_input_usd_per_mtok` and \
             `price_output_usd_per_mtok`"
        );
    }
    let identity = Identity { name, aliases: config.served_as.clone(), pricing: pricing.unwrap_or_default() };
    Ok((identity, card))
}

fn tuning(config: &TeacherConfig, card: &ModelCard) -> Tuning {
    Tuning {
        thinking: config.thinking.or(card.think),
        mode: card.thinking,
        output: card.output,
        json: card.structured.mode(),
        samples: card.samples,
    }
}
