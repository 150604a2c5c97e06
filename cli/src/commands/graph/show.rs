//! What a graph says.

use hafs_proto::GraphName;
use hafs_proto::graph::{Certainty, Claim, EntityId};
use hafs_proto::people::{EntityView, GraphView, Page, SourcedFact};

use crate::api::ask;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{count, escape, pairs, table};

/// Facts asked for at once.
const PAGE: &str = "500";

pub(super) async fn list(context: &Context) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let page: Page<GraphView> =
        ask(context, &config, async |api| Ok(api.get("/v1/graphs", &[]).await?)).await?;
    context.out.result(&page, |page| {
        let mut table = table(&["graph", "sources", "nodes", "names", "edges"]);
        for graph in &page.items {
            let nodes: u64 = graph.nodes.iter().map(|it| it.nodes).sum();
            let edges: u64 = graph.edges.iter().map(|it| it.edges).sum();
            let [sources, nodes, names, edges] = [graph.sources, nodes, graph.names, edges].map(count);
            table.add_row([graph.graph.to_string(), sources, nodes, names, edges]);
        }
        table.to_string()
    })?;
    Ok(Exit::Done)
}

pub(super) async fn stats(context: &Context, graph: &GraphName) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let path = format!("/v1/graphs/{graph}");
    let view: GraphView = ask(context, &config, async |api| Ok(api.get(&path, &[]).await?)).await?;
    context.out.result(&view, |view| {
        let nodes = view.nodes.iter().map(|it| (word(&it.kind), count(it.nodes)));
        let edges = view.edges.iter().map(|it| (word(&it.relation), count(it.edges)));
        let whole =
            [("graph".to_owned(), view.graph.to_string()), ("sources".to_owned(), count(view.sources))];
        let names = [("other names".to_owned(), count(view.names))];
        pairs(whole.into_iter().chain(nodes).chain(names).chain(edges)).to_string()
    })?;
    Ok(Exit::Done)
}

/// The word of an enum of the graph, as JSON says it.
fn word(value: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.as_str().unwrap_or_default().replace('_', " ")
}

pub(super) async fn show(context: &Context, graph: &GraphName, name: &str) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let path = format!("/v1/graphs/{graph}/entities");
    let query = [("name", name.to_owned())];
    let page: Page<EntityView> = ask(context, &config, async |api| Ok(api.get(&path, &query).await?)).await?;
    if page.items.is_empty() {
        let message = format!("the graph {graph} has nothing that is called {name}");
        return Err(Failure::new(Exit::Failed, message)
            .remedy("`hafs-factory graph stats` says what it has; names are looked up whole"));
    }
    context.out.result(&page, |page| page.items.iter().map(entity).collect::<Vec<_>>().join("\n\n"))?;
    Ok(Exit::Done)
}

fn entity(view: &EntityView) -> String {
    let mut rows = table(&["what", "where", "read by"]);
    for it in &view.facts {
        let what = match &it.fact.claim {
            Claim::Node(node) => {
                let value = node.value.map(|value| format!(" ${value:06X}")).unwrap_or_default();
                format!("{}{value} {}", word(&node.kind), node.text.as_str())
            }
            Claim::Name(name) => format!("is called {}", name.name.as_str()),
            Claim::Edge(edge) => format!("{} {}", word(&edge.relation), edge.to),
        };
        rows.add_row([escape(what.trim()), place(it), format!("{} v{}", it.importer, it.version)]);
    }
    let id = escape(&view.id.to_string());
    format!("{id}, {} edges: `graph neighbours` shows them\n{rows}", count(view.edges))
}

fn place(fact: &SourcedFact) -> String {
    let path = escape(&fact.source);
    if fact.fact.line == 0 { path } else { format!("{path}:{}", fact.fact.line) }
}

pub(super) async fn neighbours(
    context: &Context,
    graph: &GraphName,
    entity: &EntityId,
    limit: usize,
) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let path = format!("/v1/graphs/{graph}/neighbours");
    let query = [("of", entity.to_string())];
    let page: Page<SourcedFact> =
        ask(context, &config, async |api| Ok(api.list(&path, &query, limit).await?)).await?;
    context.out.result(&page, |page| {
        let mut rows = table(&["from", "relation", "to", "sure", "where"]);
        for it in &page.items {
            let Claim::Edge(edge) = &it.fact.claim else { continue };
            let sure = match edge.certainty {
                Certainty::Exact => "exact",
                Certainty::Assumed => "assumed",
                Certainty::Undecided => "undecided",
            };
            let [from, to] = [&edge.from, &edge.to].map(|id| escape(&id.to_string()));
            rows.add_row([from, word(&edge.relation), to, sure.to_owned(), place(it)]);
        }
        rows.to_string()
    })?;
    Ok(Exit::Done)
}

pub(super) async fn export(context: &Context, graph: &GraphName) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let path = format!("/v1/graphs/{graph}/facts");
    ask(context, &config, async |api| {
        let mut cursor: Option<String> = None;
        loop {
            let mut query = vec![("limit", PAGE.to_owned())];
            query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let page: Page<SourcedFact> = api.get(&path, &query).await?;
            for fact in &page.items {
                context.out.json_line(fact)?;
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
    })
    .await?;
    Ok(Exit::Done)
}
