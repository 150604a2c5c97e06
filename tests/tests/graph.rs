//! A knowledge graph over HTTP: handed in, asked, and held against samples.
#![expect(clippy::unwrap_used, reason = "a test program")]

use hafs_coordinator::settings::{GraphUse, Weight};
use hafs_proto::BoundedText;
use hafs_proto::people::{EntityView, GraphChange, Page, SampleDetail, SourcedFact};
use hafs_proto::task::{Completion, TaskOutput};
use hafs_tests::client::{Office, generated, harvested};
use serde_json::{Value, json};

const SOURCES: &str = "/v1/graphs/alttp/sources";

fn batch() -> Value {
    let node = |name: &str, line: u32| json!({"claim": {"node": {"id": format!("asm:{name}"), "kind": "routine"}}, "line": line});
    let mut facts: Vec<Value> =
        ["Link_Main", "Link_Move", "Link_Stop"].iter().map(|name| node(name, 1)).collect();
    facts.push(
        json!({"claim": {"node": {"id": "mem:$002100", "kind": "register", "value": 0x2100}}, "line": 7}),
    );
    facts.push(json!({"claim": {"name": {"id": "mem:$002100", "name": "INIDISP"}}, "line": 7}));
    facts.push(json!({"claim": {"edge": {"from": "asm:Link_Main", "relation": "writes", "to": "mem:$002100"}}, "line": 2}));
    let hash = hafs_proto::ContentHash::of(b"x");
    json!({"sources": [{"source": "a.asm", "importer": "asm65816", "version": 1, "hash": hash, "facts": facts}]})
}

async fn open(folder: &std::path::Path, weight: Weight) -> Office {
    let used = GraphUse { graph: "alttp".parse().unwrap(), domains: vec!["docs".parse().unwrap()], weight };
    Office::open(folder, |settings| settings.graphs = vec![used]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_graph_is_handed_in_once_and_answers_by_every_name() {
    let folder = tempfile::tempdir().unwrap();
    let office = open(folder.path(), Weight::Informs).await;
    let stored: GraphChange = office.call(&office.token, SOURCES, &batch()).await.json().await.unwrap();
    assert_eq!((stored.stored, stored.facts), (1, 6));
    let again: GraphChange = office.call(&office.token, SOURCES, &batch()).await.json().await.unwrap();
    assert_eq!((again.stored, again.unchanged), (0, 1));
    for name in ["$2100", "INIDISP", "inidisp", "$00:2100", "mem:$002100"] {
        let name = name.replace('$', "%24").replace(':', "%3A");
        let page: Page<EntityView> = office.get(&format!("/v1/graphs/alttp/entities?name={name}")).await;
        let ids: Vec<String> = page.items.iter().map(|it| it.id.to_string()).collect();
        assert_eq!(ids, ["mem:$002100"], "{name}");
    }
    let edges: Page<SourcedFact> = office.get("/v1/graphs/alttp/neighbours?of=asm%3ALink_Main").await;
    assert_eq!(edges.items.len(), 1);
    let facts: Page<SourcedFact> = office.get("/v1/graphs/alttp/facts?limit=4").await;
    assert_eq!((facts.items.len(), facts.next_cursor.is_some()), (4, true));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_is_wrong_is_refused_with_its_field_and_stores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let office = open(folder.path(), Weight::Informs).await;
    let mut unordered = batch();
    unordered["sources"][0]["facts"].as_array_mut().unwrap().reverse();
    let mut nameless = batch();
    nameless["sources"][0]["source"] = json!("");
    for body in [unordered, nameless, json!({}), json!({"sources": [{"source": "a"}]})] {
        let answer = office.call(&office.token, SOURCES, &body).await;
        assert_eq!(answer.status().as_u16(), 422, "{body}");
        let problem: Value = answer.json().await.unwrap();
        assert!(problem["errors"][0]["field"].as_str().unwrap().contains("sources"), "{problem}");
    }
    let graphs: Value = office.get("/v1/graphs").await;
    assert_eq!(graphs["items"], json!([]));
    office.close().await;
}

/// A sample whose output says this, as the coordinator has stored it.
async fn sample(office: &Office, output: &str) -> SampleDetail {
    let hand = office.hire().await;
    office.start(|spec| (spec.policy.agree, spec.policy.of) = (0, 0)).await;
    let harvest = office.claim_one(&hand).await;
    office.complete(&hand, vec![harvested(&harvest, 0..3)]).await;
    let task = office.claim_one(&hand).await;
    let mut result: Completion = generated(&task, 1);
    let TaskOutput::Generate { candidates, .. } = &mut result.output else { panic!("a generate task") };
    candidates[0].output = BoundedText::clipped(output);
    office.complete(&hand, vec![result]).await;
    let page: Page<Value> = office.get("/v1/samples").await;
    let id = page.items[0]["id"].as_str().unwrap().to_owned();
    office.get(&format!("/v1/samples/{id}")).await
}

fn outcome(detail: &SampleDetail, name: &str) -> Option<Value> {
    let json = serde_json::to_value(detail).unwrap();
    json["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == name || it["check"]["name"] == name)
        .cloned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn samples_are_held_to_the_graph_and_configuration_says_whether_that_decides() {
    for (weight, output, name, word, state) in [
        (Weight::Decides, "Link_Fly ends the frame by the river.", "graph-required", "\"fail\"", "rejected"),
        (Weight::Informs, "Link_Fly ends the frame by the river.", "graph", "\"fail\"", "accepted"),
        (Weight::Decides, "Link_Main writes INIDISP by the river.", "graph-required", "\"pass\"", "accepted"),
        (
            Weight::Decides,
            "It stands quietly by the river there.",
            "graph-required",
            "\"not_applicable\"",
            "accepted",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let office = open(folder.path(), weight).await;
        assert!(office.call(&office.token, SOURCES, &batch()).await.status().is_success());
        let detail = sample(&office, output).await;
        let check = outcome(&detail, name).unwrap_or_else(|| panic!("no {name}: {detail:?}"));
        assert!(check.to_string().contains(word), "{output}: {check}");
        let json = serde_json::to_string(&detail).unwrap();
        assert!(json.contains(&format!("\"state\":\"{state}\"")), "{output}: {json}");
        office.close().await;
    }
}
