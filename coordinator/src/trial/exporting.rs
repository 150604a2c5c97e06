//! Exports whose row cannot be stored.

use std::time::Duration;

use hafs_proto::people::ExportRequest;
use hafs_proto::task::Completion;
use hafs_proto::worker::{Answer, CompleteRequest};
use hafs_proto::{ContentHash, SampleState};
use serde_json::json;

use super::Trial;
use crate::work::{complete, export};

impl Trial {
    /// Lets the worker make one sample, and sees that it is accepted.
    async fn sample(&self) {
        self.plan(&self.generate().await).await;
        let (task, token) = self.claim(Duration::from_secs(60)).await.pop().expect("one is ready");
        let hash = ContentHash::of(b"any");
        let result: Completion = serde_json::from_value(json!({
            "key": self.app.ids.mint::<hafs_proto::CompletionId>(), "task": task, "token": token,
            "calls": [{
                "teacher": "mock/model", "stop": "complete", "latency_ms": 1, "cost": 0, "prompt_hash": hash,
                "usage": { "input": 1, "cached_input": 0, "output": 1, "reasoning": 0, "reported": true },
            }],
            "output": {
                "kind": "generate",
                "template": { "name": "doc-qa", "version": 1, "hash": hash },
                "candidates": [{
                    "slot": 0, "call": 0, "input": "",
                    "instruction": "Which line does the documented function give back?",
                    "output": "It gives back the first line of the file whose name it was handed.",
                }],
            },
        }))
        .expect("a result");
        let request = CompleteRequest { results: vec![result], seen: Vec::new() };
        let reply = complete::complete(&self.app, self.sender, request).await.expect("an answer");
        assert_eq!(reply.answers[0].answer, Answer::Accepted, "{:?}", reply.answers[0].detail);
        let states = self.app.library.read(|tx| {
            let page = hafs_library::tables::PageRequest::default();
            let samples = hafs_library::tables::samples::page(tx, &Default::default(), &page)?;
            Ok(samples.items.into_iter().map(|sample| sample.state).collect::<Vec<_>>())
        });
        let states = states.await.expect("reads");
        assert!(matches!(states[..], [SampleState::Accepted { .. }]), "{states:?}");
    }
}

#[tokio::test]
async fn a_data_set_whose_row_cannot_be_stored_is_taken_away_and_its_name_stays_free() {
    let trial = Trial::start().await;
    trial.sample().await;
    let request: ExportRequest = serde_json::from_value(json!({
        "name": "first", "formats": ["alpaca"], "seed": 1,
        "splits": { "train": 1000, "val": 0, "test": 0 },
    }))
    .expect("a request");
    let folder = trial.app.settings.output_dir.join("first");
    trial.refuse("dataset").await;
    assert!(export::export(&trial.app, "cred_1", request.clone()).await.is_err());
    assert!(!folder.exists(), "nobody could account for it");
    trial.allow().await;
    let view = export::export(&trial.app, "cred_1", request).await.expect("a data set");
    assert_eq!(view.samples, 1);
    assert!(folder.join("manifest.json").exists());
}

#[tokio::test]
async fn what_an_export_that_died_has_left_is_removed() {
    let trial = Trial::start().await;
    let id = trial.app.ids.mint::<hafs_proto::DatasetId>();
    let left = trial.app.settings.output_dir.join(format!(".first.{id}.partial"));
    std::fs::create_dir_all(left.join("alpaca")).expect("a folder");
    export::tidy(&trial.app).await;
    assert!(!left.exists());
}
