//! What a worker can do, measured: teachers that answer, models that are there, sources that open.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hafs_proto::task::Lane;
use hafs_proto::worker::{ModelFacts, Pool, TeacherFacts};
use hafs_proto::{BoundedText, CheckName, Route, SourceName, TeacherName, TeacherTerms, limits};
use hafs_runtime::config::Preflight;
use hafs_sources::{Source, SourceError, SourceSettings};
use hafs_teachers::{
    Ability, ConnectError, Connector, Embedder, Offer, OfferedModel, Teacher, TeacherConfig, TeacherKind,
};
use hafs_validators::{Equipped, Validator};
use thiserror::Error;
use tracing::info;

use super::fetch::fetch;
use crate::gpu::{Candidate, Gpus, Keeper, ResidentEmbedder, ResidentTeacher};
use crate::trials::{Trials, untried};

/// The pool of everything that needs no model.
const CPU_POOL: &str = "cpu";

/// Slots of all pools together; with what is claimed ahead they fit into one renewal.
const MOST_SLOTS: u32 = 800;

/// How long a call in a batch is waited for: the provider's day, and what gathering and looking take.
const BATCH_TIMEOUT: Duration = Duration::from_secs(26 * 3_600);

/// A teacher and how it is asked.
#[derive(Clone)]
pub struct EquippedTeacher {
    /// The teacher.
    pub teacher: Arc<dyn Teacher>,
    /// Sampling temperature when it generates; judges are asked with 0.
    pub temperature: f32,
    /// The longest that a call may take.
    pub timeout: Duration,
    /// Context window in tokens: prompt and reply together.
    pub num_ctx: u32,
    /// Tokens of mined text in one prompt; more is cut off, visibly.
    pub prompt_tokens: u32,
}

impl EquippedTeacher {
    /// A teacher that is asked with a temperature of 0.7, for ten minutes at most, in a window of 8,192 tokens
    /// of which 2,000 are mined text.
    #[must_use]
    pub fn new(teacher: Arc<dyn Teacher>) -> Self {
        Self {
            teacher,
            temperature: 0.7,
            timeout: Duration::from_secs(600),
            num_ctx: 8_192,
            prompt_tokens: 2_000,
        }
    }
}

/// What a worker works with.
#[derive(Default)]
pub struct Equipment {
    /// Teachers and judges.
    pub teachers: BTreeMap<TeacherName, EquippedTeacher>,
    /// Those of them that can be asked in batches, asked in that way.
    pub batches: BTreeMap<TeacherName, EquippedTeacher>,
    /// Embedding models.
    pub embedders: BTreeMap<TeacherName, Arc<dyn Embedder>>,
    /// Sources.
    pub sources: BTreeMap<SourceName, Arc<dyn Source>>,
    /// Validators.
    pub validators: BTreeMap<CheckName, Arc<dyn Validator>>,
}

impl fmt::Debug for Equipment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut form = f.debug_struct("Equipment");
        form.field("teachers", &self.teachers.keys()).field("batches", &self.batches.keys());
        form.field("embedders", &self.embedders.keys());
        form.field("sources", &self.sources.keys()).field("validators", &self.validators.keys()).finish()
    }
}

impl Equipment {
    /// The teacher of this name, asked in this way.
    pub(super) fn teacher(&self, name: &TeacherName, lane: Lane) -> Option<&EquippedTeacher> {
        match lane {
            Lane::Now => self.teachers.get(name),
            Lane::Batch => self.batches.get(name),
        }
    }
}

/// One model of the worker's configuration.
#[derive(Debug, Clone)]
pub struct TeacherSettings {
    /// How it is reached. Its slots are those of its provider's pool, of which the largest number counts.
    pub config: TeacherConfig,
    /// Whether it embeds texts instead of answering prompts.
    pub embeds: bool,
    /// What is done to see whether it can be used.
    pub preflight: Preflight,
    /// Bytes of GPU memory that the models of its provider may take; nothing where that is not known.
    pub memory: Option<u64>,
    /// Whether it is fetched when its provider does not have it.
    pub pull: bool,
    /// Sampling temperature when it generates.
    pub temperature: f32,
    /// Tokens of mined text in one prompt.
    pub prompt_tokens: u32,
}

/// Equipment and what the coordinator is told of it.
#[derive(Debug, Default)]
pub struct Measured {
    /// What there is.
    pub equipment: Equipment,
    /// Slots and routes: one pool for each provider, and one for the sources.
    pub pools: Vec<Pool>,
    /// Models with what was measured of them.
    pub models: Vec<ModelFacts>,
    /// Teachers of the configuration, offered or not, with what is known of them.
    pub teachers: Vec<TeacherFacts>,
    /// GPUs, and the keepers of the models that run on this machine.
    pub gpus: Gpus,
    /// On which terms its teachers can be used that the whole fleet shares.
    pub terms: Vec<TeacherTerms>,
    /// What is configured and not to be had, for people.
    pub missing: Vec<String>,
}

/// Why a worker has nothing to work with.
#[derive(Debug, Error)]
pub enum EquipmentError {
    /// A teacher's configuration cannot be right.
    #[error("the configuration of a teacher cannot be used")]
    Teacher(#[from] ConnectError),
    /// A source cannot be opened.
    #[error("a source cannot be opened")]
    Source(#[from] SourceError),
    /// Nothing is left.
    #[error("this worker can do nothing: {why}; configure a teacher that answers or a source")]
    Nothing {
        /// What was tried.
        why: String,
    },
    /// Too much at once.
    #[error(
        "the pools have {slots} slots together, over the limit of {MOST_SLOTS}; lower `slots` or `batch_slots` of the \
         providers"
    )]
    TooManySlots {
        /// How many.
        slots: u32,
    },
}

impl Measured {
    /// Connects every configured teacher, asks each provider once what it has and each teacher a small question, as far as
    /// its preflight says so, opens every source, and adds the validators that work here. A provider that does not answer
    /// now is reported and left out, as is a teacher that cannot be used; a provider that does not list its models is
    /// believed.
    ///
    /// # Errors
    /// [`EquipmentError`] when something cannot work at all, or nothing is left.
    pub async fn take(
        (connector, trials): (&Connector, &mut Trials),
        teachers: &[TeacherSettings],
        sources: Vec<SourceSettings>,
        validators: Equipped,
        (gpus, cpu_slots): (Gpus, u32),
    ) -> Result<Self, EquipmentError> {
        let mut measured = Self { gpus, ..Self::default() };
        let mut offers: BTreeMap<String, Option<Offer>> = BTreeMap::new();
        for teacher in teachers {
            let provider = teacher.config.provider.clone();
            if !offers.contains_key(&provider) {
                let offer = measured.ask(connector, teacher).await;
                offers.insert(provider.clone(), offer);
            }
            if let Some(Some(offer)) = offers.get(&provider)
                && let Some(now) = fetch(connector, teacher, offer).await
            {
                offers.insert(provider.clone(), Some(now));
            }
            match offers.get(&provider) {
                Some(Some(offer)) => measured.add((connector, trials), teacher, offer).await?,
                Some(None) | None => measured.withhold(teacher, "its provider does not say what it has")?,
            }
        }
        measured.open(sources, cpu_slots)?;
        measured.validate(validators, cpu_slots);
        measured.check()
    }

    /// What a provider says that it has; nothing of one that does not answer.
    async fn ask(&mut self, connector: &Connector, settings: &TeacherSettings) -> Option<Offer> {
        match settings.preflight {
            Preflight::Off => return Some(Offer { version: None, models: Vec::new() }),
            Preflight::Call | Preflight::List => {}
        }
        let offer = connector.probe(&settings.config).await;
        offer.map_err(|error| self.missing.push(explain(&settings.config.provider, &error))).ok()
    }

    /// Notes why a teacher of the configuration is not offered. Embedding models are no teachers.
    fn withhold(&mut self, settings: &TeacherSettings, why: &str) -> Result<(), ConnectError> {
        if !settings.embeds {
            self.teachers.extend(untried(settings, why)?);
        }
        Ok(())
    }

    async fn add(
        &mut self,
        (connector, trials): (&Connector, &mut Trials),
        settings: &TeacherSettings,
        offer: &Offer,
    ) -> Result<(), EquipmentError> {
        let config = &settings.config;
        let found = offer.find(&config.model);
        if let Some(why) = unusable(settings, offer, found) {
            self.withhold(settings, &why)?;
            self.missing.push(why);
            return Ok(());
        }
        let route = if settings.embeds {
            self.add_embedder(connector, settings, found)?
        } else {
            let teacher = connector.teacher(config)?;
            let facts = trials.facts(teacher.as_ref(), settings).await?;
            let withheld = facts.withheld.clone();
            self.teachers.push(facts);
            if let Some(why) = withheld {
                self.missing.push(format!("{}: {why}", teacher.name()));
                return Ok(());
            }
            self.add_teacher(connector, settings, found, teacher)?
        };
        info!(teacher.route = %route, "{route} is there{}", found.map(described).unwrap_or_default());
        self.models.extend(found.and_then(|model| model.facts(&config.provider)));
        self.offer(&config.provider, config.slots.get(), route);
        Ok(())
    }

    fn add_embedder(
        &mut self,
        connector: &Connector,
        settings: &TeacherSettings,
        found: Option<&OfferedModel>,
    ) -> Result<Route, EquipmentError> {
        let embedder = connector.embedder(&settings.config)?;
        let name = embedder.name().clone();
        let embedder = match self.keeper(connector, settings, found, Route::Embed(name.clone()))? {
            Some(keeper) => Arc::new(ResidentEmbedder::new(embedder, keeper)),
            None => embedder,
        };
        self.equipment.embedders.insert(name.clone(), embedder);
        Ok(Route::Embed(name))
    }

    fn add_teacher(
        &mut self,
        connector: &Connector,
        settings: &TeacherSettings,
        found: Option<&OfferedModel>,
        teacher: Arc<dyn Teacher>,
    ) -> Result<Route, EquipmentError> {
        let config = &settings.config;
        let route = Route::Teacher(teacher.name().clone());
        let teacher = match self.keeper(connector, settings, found, route)? {
            Some(keeper) => Arc::new(ResidentTeacher::new(teacher, keeper)),
            None => teacher,
        };
        let equipped = EquippedTeacher {
            teacher,
            temperature: settings.temperature,
            timeout: config.timeout,
            num_ctx: config.num_ctx,
            prompt_tokens: settings.prompt_tokens,
        };
        let terms = hafs_teachers::terms(config)?;
        if hafs_teachers::is_shared(config, &terms) {
            self.terms.push(terms);
        }
        let name = equipped.teacher.name().clone();
        self.add_batches(connector, config, &equipped)?;
        self.equipment.teachers.insert(name.clone(), equipped);
        Ok(Route::Teacher(name))
    }

    /// Who keeps a model that runs on the machine of an Ollama; nobody keeps those of others.
    fn keeper(
        &mut self,
        connector: &Connector,
        settings: &TeacherSettings,
        found: Option<&OfferedModel>,
        route: Route,
    ) -> Result<Option<Arc<Keeper>>, EquipmentError> {
        let config = &settings.config;
        if config.kind != TeacherKind::Ollama {
            return Ok(None);
        }
        let server = connector.ollama(config)?;
        let bytes = hafs_teachers::memory_needed(config, found)?;
        let keeper = self.gpus.keeper(&config.provider, || Keeper::new(server, settings.memory));
        let window = (!settings.embeds).then_some(config.num_ctx);
        keeper.add(Candidate { route, name: config.model.clone(), window, bytes });
        Ok(Some(keeper))
    }

    /// Adds the same teacher in batches, in a pool of their own: each holds its slots for hours.
    fn add_batches(
        &mut self,
        connector: &Connector,
        config: &TeacherConfig,
        live: &EquippedTeacher,
    ) -> Result<(), EquipmentError> {
        let (Some(teacher), Some(rhythm)) = (connector.batch_teacher(config)?, config.batch) else {
            return Ok(());
        };
        let name = teacher.name().clone();
        let equipped = EquippedTeacher { teacher, timeout: BATCH_TIMEOUT, ..live.clone() };
        self.equipment.batches.insert(name.clone(), equipped);
        let slots = u32::try_from(rhythm.most).unwrap_or(u32::MAX);
        self.offer(&format!("{} in batches", config.provider), slots, Route::Batch(name));
        Ok(())
    }

    fn open(&mut self, sources: Vec<SourceSettings>, cpu_slots: u32) -> Result<(), EquipmentError> {
        for settings in sources {
            let name = settings.name.clone();
            let source = hafs_sources::open(settings)?;
            self.equipment.sources.insert(name.clone(), Arc::from(source));
            self.offer(CPU_POOL, cpu_slots.max(1), Route::Source(name));
        }
        Ok(())
    }

    fn validate(&mut self, equipped: Equipped, cpu_slots: u32) {
        self.missing.extend(equipped.missing);
        if let Some(level) = equipped.level {
            info!(sandbox.level = level.word(), "programs that check run behind {level}");
        }
        for validator in equipped.validators {
            let name = validator.name().clone();
            info!(check.name = %name, "check/{name} is there");
            self.equipment.validators.insert(name.clone(), validator);
            self.offer(CPU_POOL, cpu_slots.max(1), Route::Check(name));
        }
    }

    /// Adds a route to a pool.
    fn offer(&mut self, pool: &str, slots: u32, route: Route) {
        match self.pools.iter_mut().find(|known| known.name.as_str() == pool) {
            Some(known) => {
                known.slots = known.slots.max(slots);
                known.routes.push(route);
            }
            None => self.pools.push(Pool { name: BoundedText::clipped(pool), slots, routes: vec![route] }),
        }
    }

    fn check(self) -> Result<Self, EquipmentError> {
        let slots: u32 = self.pools.iter().map(|pool| pool.slots).fold(0, u32::saturating_add);
        let routes: usize = self.pools.iter().map(|pool| pool.routes.len()).sum();
        if routes == 0 || routes > limits::WORKER_ROUTES {
            let why = match self.missing.as_slice() {
                [] => format!("{routes} teachers and sources are configured"),
                missing => missing.join("; "),
            };
            return Err(EquipmentError::Nothing { why });
        }
        if slots > MOST_SLOTS {
            return Err(EquipmentError::TooManySlots { slots });
        }
        Ok(self)
    }
}

/// What a provider says of a model, for the log: as far as it says anything.
fn described(model: &OfferedModel) -> String {
    let bytes = model.bytes.map(|bytes| format!("{} MiB of weights", bytes >> 20));
    let digest = model.digest.as_deref().map(|digest| format!("digest {:.12}", digest));
    let context = model.context.map(|tokens| format!("context {tokens}"));
    let loaded = model.loaded.map(|loaded| format!("loaded, {} MiB on the GPU", loaded.gpu_bytes >> 20));
    let said: Vec<String> =
        [bytes, model.quantization.clone(), digest, context, loaded].into_iter().flatten().collect();
    if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) }
}

/// Why a model cannot be used, as far as its provider says. One that lists no models at all is believed.
fn unusable(settings: &TeacherSettings, offer: &Offer, found: Option<&OfferedModel>) -> Option<String> {
    let TeacherConfig { provider, model, .. } = &settings.config;
    match found {
        None if offer.models.is_empty() => None,
        None => {
            let names: Vec<&str> = offer.models.iter().take(20).map(|model| model.name.as_str()).collect();
            Some(format!("{provider} has no model {model}; it has: {}", names.join(", ")))
        }
        Some(found) if found.ability == Ability::Embed && !settings.embeds => {
            Some(format!("{model} of {provider} only embeds; give it the role `embed`"))
        }
        Some(_) => None,
    }
}

/// An error with its causes, for a person who has to mend the provider or the configuration.
fn explain(provider: &str, error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(format!("{provider}: {error}"), |text, cause| format!("{text}: {cause}"))
}
