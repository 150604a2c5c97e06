//! The knowledge graph: an entity, its neighbours, and which source says so.

use hafs_proto::GraphName;
use hafs_proto::graph::{Claim, EntityId};
use hafs_proto::people::{EntityView, GraphView, Page, SourcedFact};
use maud::{Markup, html};

use crate::layout::{Room, Viewer, more, page, part, tag};
use crate::words::{SHORT, count, line};

/// All graphs.
#[must_use]
pub fn list(viewer: &Viewer, graphs: &[GraphView]) -> Markup {
    let content = html! {
        h1 { "Knowledge graphs" }
        @if graphs.is_empty() { p.soft { "There is none yet: " code { "hafs-factory graph build" } " makes one." } }
        @for graph in graphs { section.panel {
            h2 { (line(graph.graph.as_str(), SHORT)) }
            (search(graph.graph.as_str(), ""))
            p.small { (count(graph.sources)) " sources, " (count(graph.names)) " names; "
                @for kind in &graph.nodes { (count(kind.nodes)) " " (word(&kind.kind)) ", " }
                @for relation in &graph.edges { (count(relation.edges)) " " (word(&relation.relation)) ", " } }
        } }
    };
    page(viewer, Some(Room::Graph), "Graphs", &content)
}

/// What a name may mean.
#[must_use]
pub fn found(viewer: &Viewer, graph: &GraphName, asked: &str, entities: &Page<EntityView>) -> Markup {
    let content = html! {
        h1 { "Graph " (line(graph.as_str(), SHORT)) }
        section.panel { (search(graph.as_str(), asked)) }
        section.panel {
            @if entities.items.is_empty() { p { "Nothing in this graph is called “" (line(asked, SHORT)) "”." } }
            ul { @for entity in &entities.items { li { (link(graph, &entity.id)) span.soft { ", " (count(entity.edges)) " edges" } } } }
        }
    };
    page(viewer, Some(Room::Graph), asked, &content)
}

/// One entity: what is said of it, and one page of what it is joined to.
#[must_use]
pub fn entity(
    viewer: &Viewer,
    graph: &GraphName,
    entity: &EntityView,
    neighbours: &Page<SourcedFact>,
) -> Markup {
    let next = neighbours
        .next_cursor
        .as_ref()
        .map(|cursor| format!("{}&cursor={}", of(graph, &entity.id), part(cursor)));
    let content = html! {
        h1 { (line(&entity.id.to_string(), SHORT)) }
        section.panel { (search(graph.as_str(), "")) }
        section.panel { h2 { "What is said of it" } ul { @for fact in &entity.facts { li { (said(graph, fact)) } } } }
        section.panel { h2 { "What it is joined to (" (count(entity.edges)) ")" }
            ul { @for fact in &neighbours.items { li { (said(graph, fact)) } } }
            (more(next.as_deref()))
        }
    };
    page(viewer, Some(Room::Graph), &entity.id.to_string(), &content)
}

fn search(graph: &str, asked: &str) -> Markup {
    html! { form method="get" action=(format!("/web/graph/{}", part(graph))) { div.fields {
        label { "Name or address" input type="search" name="name" value=(asked) required maxlength="256" data-key="/"; }
        button type="submit" { "Look up" }
    } } }
}

fn link(graph: &GraphName, id: &EntityId) -> Markup {
    html! { a href=(of(graph, id)) { (line(&id.to_string(), SHORT)) } }
}

/// The page of an entity.
fn of(graph: &GraphName, id: &EntityId) -> String {
    format!("/web/graph/{}?entity={}", part(graph.as_str()), part(&id.to_string()))
}

fn said(graph: &GraphName, fact: &SourcedFact) -> Markup {
    let claim = match &fact.fact.claim {
        Claim::Node(node) => html! { (tag(&word(&node.kind))) " " (line(&node.text, 512)) },
        Claim::Name(name) => html! { "called " strong { (line(&name.name, 256)) } },
        Claim::Edge(edge) => {
            html! { (link(graph, &edge.from)) " " em { (word(&edge.relation)) } " " (link(graph, &edge.to)) }
        }
    };
    html! { (claim) span.small.soft { " " (line(&fact.source, SHORT)) @if fact.fact.line > 0 { ":" (fact.fact.line) } " (" (fact.importer.as_str()) ")" } }
}

/// A variant's name as words: `LocalLabel` is a local label.
fn word(value: &impl std::fmt::Debug) -> String {
    let mut words = String::new();
    for c in format!("{value:?}").chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}
