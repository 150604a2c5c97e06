//! The configuration: `hafs.toml`, then `HAFS_…` variables, then flags.
//!
//! Each section is declared once (see `section.rs`), and reading, template, documentation, origin report and
//! fingerprint follow from that. Every mistake of every layer is reported at once.

mod cast;
mod coordinator;
mod document;
mod embedded;
mod export;
mod fingerprint;
mod found;
mod gates;
mod graphs;
mod layers;
mod legacy;
mod load;
mod mistake;
mod prompts;
mod providers;
mod reader;
mod reference;
mod rules;
mod run;
mod run_spec;
mod schema;
mod section;
mod server_url;
mod sources;
mod template;
mod training;
mod validators;
mod value;
mod words;
mod worker;

use std::collections::BTreeMap;

use section::{Section, Shown};
use serde::Serialize;

pub use coordinator::Coordinator;
pub use embedded::Embedded;
pub use export::{Export, Share};
pub use gates::Gates;
pub use graphs::Graph;
pub use layers::Override;
pub use load::{CheckReport, FILE_NAME, LoadError, Request, check, load, parse};
pub use mistake::{Mistake, Mistakes, Origin};
pub use prompts::Prompts;
pub use providers::{Model, Provider};
pub use reference::reference;
pub use run::Run;
pub use schema::{Bound, Effect, Key, Kind, SectionSpec};
pub use server_url::ServerUrl;
pub use sources::Source;
pub use template::template;
pub use training::Training;
pub use validators::Validator;
pub use words::{
    EnvName, ModelName, ModelRole, Preflight, ProviderKind, ProviderName, SourceKind, SpecialTokens,
    TeacherRef, ThinkingLevel, Tier, TlsMode, ValidatorKind,
};
pub use worker::Worker;

/// Every section, in the order of the template.
pub const SECTIONS: &[SectionSpec] = &[
    Training::SPEC,
    Run::SPEC,
    Gates::SPEC,
    Provider::SPEC,
    Embedded::SPEC,
    Source::SPEC,
    Validator::SPEC,
    Graph::SPEC,
    Prompts::SPEC,
    Coordinator::SPEC,
    Worker::SPEC,
    Export::SPEC,
];

/// The whole configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Who teaches, and what is good enough.
    pub training: Training,
    /// How much a run makes and may spend.
    pub run: Run,
    /// What a sample has to pass.
    pub gates: Gates,
    /// Whom there is to ask. A program that finds more adds them here.
    pub providers: Vec<Provider>,
    /// The engine inside the program.
    pub embedded: Embedded,
    /// What is mined.
    pub sources: Vec<Source>,
    /// What checks samples beside the coordinator's gates.
    pub validators: Vec<Validator>,
    /// Knowledge graphs that samples are held to.
    pub graphs: Vec<Graph>,
    /// Prompt templates of one's own.
    pub prompts: Prompts,
    /// The service that holds the library.
    pub coordinator: Coordinator,
    /// The service that does the work.
    pub worker: Worker,
    /// The data set at the end.
    pub export: Export,
    origins: BTreeMap<String, Origin>,
    warnings: Vec<Mistake>,
}

/// One value in effect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effective {
    /// The whole key, such as `providers.ollama.slots`.
    pub key: String,
    /// Its value; paths are resolved.
    pub value: serde_json::Value,
    /// Where it comes from.
    pub origin: Origin,
}

impl Config {
    /// Every value in effect with its origin, in the order of the sections.
    #[must_use]
    pub fn values(&self) -> Vec<Effective> {
        let effective = |shown: Shown| Effective {
            origin: self.origin(&shown.path),
            key: shown.path,
            value: shown.value,
        };
        self.shown().into_iter().map(effective).collect()
    }

    /// What does not keep the configuration from being used but would keep a run from being started, and keys
    /// that have no effect.
    #[must_use]
    pub fn warnings(&self) -> Mistakes {
        let run = cast::cast(self).err().unwrap_or_default();
        Mistakes(self.warnings.iter().cloned().chain(run.0).collect())
    }

    fn origin(&self, path: &str) -> Origin {
        self.origins.get(path).cloned().unwrap_or_default()
    }

    fn shown(&self) -> Vec<Shown> {
        let mut shown = Vec::new();
        self.training.show(Training::SPEC.name, &mut shown);
        self.run.show(Run::SPEC.name, &mut shown);
        self.gates.show(Gates::SPEC.name, &mut shown);
        Shown::items(&self.providers, Provider::SPEC.name, &mut shown);
        self.embedded.show(Embedded::SPEC.name, &mut shown);
        Shown::items(&self.sources, Source::SPEC.name, &mut shown);
        Shown::items(&self.validators, Validator::SPEC.name, &mut shown);
        Shown::items(&self.graphs, Graph::SPEC.name, &mut shown);
        self.prompts.show(Prompts::SPEC.name, &mut shown);
        self.coordinator.show(Coordinator::SPEC.name, &mut shown);
        self.worker.show(Worker::SPEC.name, &mut shown);
        self.export.show(Export::SPEC.name, &mut shown);
        shown
    }
}
