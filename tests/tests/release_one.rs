//! A worker one release older keeps working: the recorded requests of version 1 are played against the coordinator of
//! today, and no answer has a field that such a worker, which reads strictly, would refuse.

use std::collections::BTreeSet;
use std::path::Path;

use hafs_tests::client::Office;
use serde_json::{Value, json};

fn fixture(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto/tests/fixtures/v1");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("a fixture");
    serde_json::from_str(&text).expect("JSON")
}

fn fields(value: &Value) -> BTreeSet<String> {
    value.as_object().into_iter().flat_map(|object| object.keys().cloned()).collect()
}

/// Plays a recorded request; the answer has at most the fields of the recorded answers.
async fn play(office: &Office, token: &str, (call, request): (&str, &str), answers: &[&str]) -> Value {
    let response = office.call(token, &format!("/v1/workers/{call}"), &fixture(request)).await;
    let status = response.status();
    let text = response.text().await.expect("a body");
    assert!(status.is_success(), "{request}: {status} {text}");
    let answer: Value =
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("JSON") };
    let known: BTreeSet<String> = answers.iter().flat_map(|name| fields(&fixture(name))).collect();
    let unknown: Vec<String> = fields(&answer).difference(&known).cloned().collect();
    assert!(unknown.is_empty(), "{call} answers {unknown:?}, which a worker of version 1 refuses");
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_request_of_version_1_is_answered_as_version_1_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open(folder.path(), |_| {}).await;
    for register in ["RegisterRequest", "RegisterRequest.minimal"] {
        let token = office.join_token().await;
        let joined = play(&office, &token, ("register", register), &["RegisterReply.joined"]).await;
        let own = joined["credential"].as_str().expect("a credential").to_owned();
        let back = play(&office, &own, ("register", register), &["RegisterReply.back"]).await;
        assert_eq!(back["worker"], joined["worker"]);
        // What would be said to a worker of today.
        let path = format!("/v1/workers/{}/rotate", joined["worker"].as_str().expect("an id"));
        assert_eq!(office.call(&office.token, &path, &json!({})).await.status(), 204);
        for renew in ["RenewRequest", "RenewRequest.minimal"] {
            play(&office, &own, ("renew", renew), &["RenewReply"]).await;
        }
        let claims = ["ClaimReply.idle", "ClaimReply.tasks"];
        play(&office, &own, ("claim", "ClaimRequest.minimal"), &claims).await;
        let done = play(&office, &own, ("complete", "CompleteRequest"), &["CompleteReply"]).await;
        assert_eq!(done["answers"][0]["answer"], "invalid", "the task is not in this library");
        play(&office, &own, ("fail", "FailRequest"), &["FailReply"]).await;
        play(&office, &own, ("release", "ReleaseRequest"), &["ReleaseReply"]).await;
        play(&office, &own, ("drain", "DrainRequest"), &[]).await;
        play(&office, &own, ("claim", "ClaimRequest"), &claims).await;
    }
    office.close().await;
}
