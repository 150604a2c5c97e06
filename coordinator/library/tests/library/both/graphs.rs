//! Knowledge graphs: what goes in comes out in one order, and one source does not touch another.

use hafs_library::tables::graph;
use hafs_library::{StoreError, Tx, verify};
use hafs_proto::graph::{
    Certainty, Claim, EdgeClaim, EntityId, Fact, NameClaim, NodeClaim, NodeKind, Relation, SourceFacts,
};
use hafs_proto::people::{GraphBatch, GraphChange};
use hafs_proto::{BoundedText, ContentHash, GraphName};

use super::given::library;
use crate::world::{at, name};

fn fold(text: &str) -> String {
    text.to_ascii_lowercase()
}

fn entity(text: &str) -> EntityId {
    text.parse().expect("an entity")
}

fn node(text: &str, line: u32) -> Fact {
    let claim = NodeClaim {
        id: entity(text),
        kind: NodeKind::Routine,
        value: Some(0x07_8000),
        text: BoundedText::clipped("runs"),
    };
    Fact { claim: Claim::Node(claim), line }
}

fn source(path: &str, mut facts: Vec<Fact>) -> SourceFacts {
    facts.sort();
    SourceFacts {
        source: BoundedText::clipped(path),
        importer: name("asm65816"),
        version: 1,
        hash: ContentHash::of(path.as_bytes()),
        facts,
    }
}

fn batch() -> GraphBatch {
    let called = NameClaim { id: entity("mem:$002100"), name: BoundedText::clipped("INIDISP") };
    let edge = |to: &str, certainty| {
        let edge =
            EdgeClaim { from: entity("asm:Main"), relation: Relation::Writes, to: entity(to), certainty };
        Fact { claim: Claim::Edge(edge), line: 2 }
    };
    let first = vec![
        node("asm:Main", 1),
        edge("mem:$002100", Certainty::Assumed),
        edge("mem:$7E0010", Certainty::Exact),
    ];
    let second = vec![Fact { claim: Claim::Name(called), line: 9 }, node("asm:main", 3)];
    GraphBatch { sources: vec![source("b.asm", first), source("a.asm", second)], gone: Vec::new() }
}

fn graph_name() -> GraphName {
    name("alttp")
}

fn all(tx: &mut dyn Tx) -> Result<Vec<String>, StoreError> {
    let (mut facts, mut cursor): (Vec<String>, Option<String>) = (Vec::new(), None);
    loop {
        let page = graph::export(tx, &graph_name(), (cursor.as_deref(), 2))?;
        facts.extend(page.items.iter().map(|it| serde_json::to_string(it).expect("writes")));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(facts);
        }
    }
}

#[tokio::test]
async fn what_goes_in_comes_out_in_one_order_whatever_came_first() {
    let Some((_place, library)) = library() else { return };
    let test = |tx: &mut dyn Tx| {
        let change = graph::apply(tx, &graph_name(), &batch(), fold, at(1))?;
        assert_eq!(change, GraphChange { stored: 2, unchanged: 0, removed: 0, facts: 5 });
        let first = all(tx)?;
        assert_eq!(first.len(), 5);
        let again = graph::apply(tx, &graph_name(), &batch(), fold, at(2))?;
        assert_eq!(again, GraphChange { stored: 0, unchanged: 2, removed: 0, facts: 0 });
        let mut turned = batch();
        let gone = turned.sources.iter().map(|source| source.source.clone()).collect();
        graph::apply(tx, &graph_name(), &GraphBatch { sources: Vec::new(), gone }, fold, at(3))?;
        assert_eq!(all(tx)?, Vec::<String>::new());
        turned.sources.reverse();
        graph::apply(tx, &graph_name(), &turned, fold, at(4))?;
        assert_eq!(all(tx)?, first);
        Ok(())
    };
    library.write(test).await.expect("the test's statements work");
}

#[tokio::test]
async fn entities_are_found_by_name_with_their_facts_and_edges() {
    let Some((_place, library)) = library() else { return };
    let test = |tx: &mut dyn Tx| {
        graph::apply(tx, &graph_name(), &batch(), fold, at(1))?;
        assert_eq!(
            graph::named(tx, &graph_name(), "inidisp")?.into_iter().collect::<Vec<_>>(),
            [entity("mem:$002100")]
        );
        assert_eq!(graph::named(tx, &graph_name(), "main")?.len(), 2);
        assert!(graph::named(tx, &name("other"), "main")?.is_empty());
        let main = graph::entity(tx, &graph_name(), &entity("asm:Main"))?.expect("is there");
        assert_eq!((main.facts.len(), main.edges, main.facts[0].source.as_str()), (1, 2, "b.asm"));
        let to = graph::neighbours(tx, &graph_name(), &entity("mem:$002100"), (None, 10))?;
        assert_eq!(to.items.len(), 1);
        let view = graph::view(tx, &graph_name())?;
        assert_eq!((view.sources, view.names, view.edges.len(), view.nodes[0].nodes), (2, 1, 1, 2));
        assert!(matches!(graph::view(tx, &name("other")), Err(StoreError::Missing { what: "graph", .. })));
        let mut names = 0;
        graph::names(tx, &graph_name(), &mut |_| names += 1)?;
        assert_eq!(names, 3);
        Ok(())
    };
    library.write(test).await.expect("the test's statements work");
}

#[tokio::test]
async fn a_source_that_is_read_again_takes_the_place_of_itself_alone() {
    let Some((_place, library)) = library() else { return };
    let test = |tx: &mut dyn Tx| {
        graph::apply(tx, &graph_name(), &batch(), fold, at(1))?;
        let newer =
            GraphBatch { sources: vec![source("b.asm", vec![node("asm:Other", 1)])], gone: Vec::new() };
        graph::apply(tx, &graph_name(), &newer, fold, at(2))?;
        assert!(graph::entity(tx, &graph_name(), &entity("asm:Main"))?.is_none());
        let sources = graph::sources(tx, &graph_name(), None, 10)?;
        let times: Vec<_> = sources.items.iter().map(|source| (source.source.as_str(), source.at)).collect();
        assert_eq!(times, [("a.asm", at(1)), ("b.asm", at(2))]);
        Ok(())
    };
    library.write(test).await.expect("the test's statements work");
}

#[tokio::test]
async fn a_fact_that_was_changed_behind_our_back_is_named() {
    let Some((_place, library)) = library() else { return };
    let test = |tx: &mut dyn Tx| {
        graph::apply(tx, &graph_name(), &batch(), fold, at(1))?;
        let sound = verify::verify(tx, None)?;
        assert!(!sound.broken.iter().any(|row| row.table == "graph_source"), "{:?}", sound.broken);
        tx.exec("UPDATE graph_fact SET line = 77 WHERE source = 'b.asm' AND seq = 0", &[])?;
        let broken = verify::verify(tx, None)?.broken;
        assert!(
            broken.iter().any(|row| row.table == "graph_source" && row.id == "alttp b.asm"),
            "{broken:?}"
        );
        Ok(())
    };
    library.write(test).await.expect("the test's statements work");
}
