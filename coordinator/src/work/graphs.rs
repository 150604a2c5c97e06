//! Knowledge graphs: taking them in, looking things up, and holding samples to them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use hafs_graph::address::Spelled;
use hafs_graph::lexicon::Lexicon;
use hafs_graph::{fold, text};
use hafs_library::tables::audit::{self, Entry};
use hafs_library::tables::graph;
use hafs_library::tables::versions::{self, Topic};
use hafs_library::{StoreError, Tx};
use hafs_proto::graph::{EntityId, MAX_FACTS};
use hafs_proto::people::{EntityView, GraphBatch, GraphChange, GraphView};
use hafs_proto::{BoundedText, Check, CheckedBy, Domain, GraphName, Outcome, Problem, ProblemType};
use hafs_quality::gates::SampleView;
use tracing::warn;

use crate::app::{App, Core};
use crate::http::problem::ProblemResponse;
use crate::settings::{GraphUse, Weight};

/// Sources of one batch.
const MOST_SOURCES: usize = 1_000;
/// Facts of one graph, so that its names fit into memory.
const MOST_GRAPH_FACTS: u64 = 5_000_000;

/// Every graph.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn list(tx: &mut dyn Tx) -> Result<Vec<GraphView>, StoreError> {
    graph::graphs(tx)?.iter().map(|name| graph::view(tx, name)).collect()
}

/// The entities that a name means: the id itself, the place that it is an address of, what is spelled so, what has its
/// letters.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn entities(tx: &mut dyn Tx, graph: &GraphName, name: &str) -> Result<Vec<EntityView>, StoreError> {
    if let Ok(id) = name.parse::<EntityId>()
        && let Some(found) = graph::entity(tx, graph, &id)?
    {
        return Ok(vec![found]);
    }
    let place = Spelled::read(name).map(|spelled| spelled.place().entity());
    let named = graph::named(tx, graph, &fold(name))?;
    let mut found = Vec::new();
    for id in place.iter().chain(&named) {
        found.extend(graph::entity(tx, graph, id)?);
    }
    let spelled = |view: &EntityView| view.id.name() == name;
    if found.iter().any(spelled) {
        // Others that have only the letters in common are not meant; other names of the same thing are.
        let addressed = |view: &EntityView| Some(&view.id) == place.as_ref();
        found.retain(|view| spelled(view) || addressed(view) || is_called(view, name));
    }
    Ok(found)
}

fn is_called(view: &EntityView, name: &str) -> bool {
    view.facts.iter().any(|it| match &it.fact.claim {
        hafs_proto::graph::Claim::Name(claim) => claim.name.as_str() == name,
        hafs_proto::graph::Claim::Node(_) | hafs_proto::graph::Claim::Edge(_) => false,
    })
}

/// Stores a batch.
///
/// # Errors
/// A problem when it is too large or its facts are out of order; nothing is stored then.
pub async fn store(
    app: &App,
    actor: &str,
    graph: GraphName,
    batch: GraphBatch,
) -> Result<GraphChange, ProblemResponse> {
    check(&batch)?;
    let (actor, now) = (actor.to_owned(), app.clock.now());
    let change = app
        .library
        .write(move |tx| {
            let change = graph::apply(tx, &graph, &batch, fold, now)?;
            let size = graph::size(tx, &graph)?;
            if size > MOST_GRAPH_FACTS {
                let why = format!(
                    "the graph would have {size} facts, more than {MOST_GRAPH_FACTS}; build several graphs"
                );
                return Err(StoreError::Refused { why });
            }
            let detail = format!(
                "{} sources stored, {} unchanged, {} removed",
                change.stored, change.unchanged, change.removed
            );
            let object = graph.to_string();
            let entry =
                Entry { at: now, actor: &actor, action: "graph.store", object: &object, detail: &detail };
            audit::append(tx, &entry)?;
            Ok(change)
        })
        .await?;
    Ok(change)
}

fn check(batch: &GraphBatch) -> Result<(), ProblemResponse> {
    let wrong = |field: String, why: String| {
        let problem = Problem::new(ProblemType::Invalid, "the batch is wrong").field(field, why);
        Err(ProblemResponse::from(problem))
    };
    let sources = batch.sources.len() + batch.gone.len();
    if sources == 0 || sources > MOST_SOURCES {
        return wrong("sources".to_owned(), format!("{sources} sources; a batch has 1 to {MOST_SOURCES}"));
    }
    for (nth, source) in batch.sources.iter().enumerate() {
        let field = format!("sources[{nth}]");
        if source.source.is_empty() {
            return wrong(format!("{field}.source"), "is empty".to_owned());
        }
        if source.facts.len() > MAX_FACTS {
            let why = format!("{} facts, more than {MAX_FACTS}; hand it in as several", source.facts.len());
            return wrong(format!("{field}.facts"), why);
        }
        if !source.is_settled() {
            let why = "are not in canonical order, each once: sort them as `hafs-factory graph export` does";
            return wrong(format!("{field}.facts"), why.to_owned());
        }
    }
    Ok(())
}

/// The names of the graphs that samples are held to, as this coordinator read them last.
#[derive(Debug, Default)]
pub struct Lexicons(Mutex<BTreeMap<GraphName, (u64, Arc<Lexicon>)>>);

/// What the samples of some domains are held to.
#[derive(Debug, Clone, Default)]
pub struct Rules(Vec<(GraphUse, Result<Arc<Lexicon>, String>)>);

impl Lexicons {
    /// The rules of this moment. A graph that cannot be read makes its check unchecked, never passed.
    pub async fn rules(&self, app: &Core) -> Rules {
        let mut rules = Vec::new();
        for used in &app.settings.graphs {
            let lexicon = self.lexicon(app, &used.graph).await;
            if let Err(error) = &lexicon {
                warn!(graph.name = %used.graph, error = %error, "a graph cannot be read; samples go unchecked");
            }
            rules.push((used.clone(), lexicon.map_err(|error| error.to_string())));
        }
        Rules(rules)
    }

    async fn lexicon(&self, app: &Core, graph: &GraphName) -> Result<Arc<Lexicon>, StoreError> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(graph).cloned();
        let (seen, name) = (known.as_ref().map(|(version, _)| *version), graph.clone());
        let read = app
            .library
            .read(move |tx| {
                let version = versions::of(tx, Topic::Graphs)?;
                if seen == Some(version) {
                    return Ok(None);
                }
                let mut lexicon = Lexicon::default();
                graph::names(tx, &name, &mut |claim| lexicon.add(claim))?;
                Ok(Some((version, Arc::new(lexicon))))
            })
            .await?;
        match (read, known) {
            (Some(new), _) => {
                let lexicon = Arc::clone(&new.1);
                self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(graph.clone(), new);
                Ok(lexicon)
            }
            (None, Some((_, lexicon))) => Ok(lexicon),
            (None, None) => Ok(Arc::default()),
        }
    }
}

impl Rules {
    /// Holds a sample to the graphs of its domain. Pure.
    #[must_use]
    pub fn checks(&self, domain: &Domain, sample: &SampleView<'_>) -> Vec<Check> {
        let used = self.0.iter().filter(|(used, _)| used.domains.contains(domain));
        used.filter_map(|(used, lexicon)| {
            let outcome = match lexicon {
                Ok(lexicon) => text::consistency(sample, lexicon),
                Err(why) => Outcome::Unchecked { why: BoundedText::clipped(why) },
            };
            let name = match used.weight {
                Weight::Informs => text::CHECK,
                Weight::Decides => text::CHECK_REQUIRED,
            };
            Some(Check {
                name: name.parse().ok()?,
                version: text::VERSION,
                by: CheckedBy::Coordinator,
                outcome,
                tool: None,
            })
        })
        .collect()
    }
}
