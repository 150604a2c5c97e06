use std::sync::atomic::{AtomicUsize, Ordering};

use hafs_proto::task::FailureClass;
use hafs_proto::{MicroUsd, Reason};
use serde_json::json;

use super::*;
use crate::batch::counter::{Missed, Most};
use crate::call::{Pricing, sample_request};
use crate::openai::Chat;
use crate::wire::{JsonMode, ThinkingMode, Tuning};

const TUNING: Tuning =
    Tuning { thinking: None, mode: ThinkingMode::None, output: None, json: JsonMode::Raw, samples: true };

/// A provider that takes a batch, refuses the key at the first look, and has the answers at the second.
struct Revoking {
    handed_in: Arc<AtomicUsize>,
    looks: AtomicUsize,
    ids: Mutex<Vec<String>>,
}

#[async_trait]
impl Counter for Revoking {
    fn most(&self) -> Most {
        Most { items: 10, bytes: 1 << 20 }
    }

    async fn hand_in(&self, _: &str, items: &[Item], _: Limit<'_>) -> Result<String, Missed> {
        self.handed_in.fetch_add(1, Ordering::Relaxed);
        *self.ids.lock().expect("unpoisoned") = items.iter().map(|item| item.id.clone()).collect();
        Ok("batch_1".to_owned())
    }

    async fn find(&self, _: &Ticket, _: Limit<'_>) -> Result<Vec<String>, CallFailure> {
        Ok(Vec::new())
    }

    async fn collect(&self, _: &str, _: Limit<'_>) -> Result<Option<Ended>, CallFailure> {
        let refused =
            CallFailure::new(Reason::ProviderError, FailureClass::ModelMissing, "the key is refused");
        if self.looks.fetch_add(1, Ordering::Relaxed) == 0 {
            return Err(refused.with_status(401));
        }
        let body = json!({"id": "chatcmpl-7", "model": "large", "choices": [{"finish_reason": "stop",
            "message": {"content": "fine"}}], "usage": {"prompt_tokens": 3, "completion_tokens": 1}});
        let ids = self.ids.lock().expect("unpoisoned").clone();
        Ok(Some(Ended { items: ids.into_iter().map(|id| (id, Ok(body.clone()))).collect(), rest: refused }))
    }
}

#[tokio::test]
async fn a_key_that_is_revoked_while_a_batch_runs_ends_the_waiting_and_the_batch_is_not_paid_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let handed_in = Arc::new(AtomicUsize::new(0));
    let counter =
        Revoking { handed_in: Arc::clone(&handed_in), looks: AtomicUsize::new(0), ids: Mutex::default() };
    let pricing = Pricing { output: MicroUsd(1), ..Pricing::default() };
    let identity = Identity { name: "cloud/large".parse().expect("a teacher"), aliases: vec![], pricing };
    // A clock by which a minute passes at every look.
    let minutes = AtomicUsize::new(0);
    let now = move || {
        let passed = i64::try_from(minutes.fetch_add(1, Ordering::Relaxed)).expect("few");
        Timestamp::from_millis(passed * 60_000).expect("a time")
    };
    let rhythm = Rhythm { gather: Duration::ZERO, poll: Duration::from_secs(1), most: 1 };
    let place = Place { folder: folder.path().to_owned(), now: Arc::new(now), rhythm };
    let wire = Chat { path: String::new(), tuning: TUNING };
    let teacher = BatchTeacher::open(identity, wire, Box::new(counter), place).expect("a teacher");
    let request = ChatRequest { deadline: Duration::from_secs(93_600), ..sample_request() };
    let cancel = CancellationToken::new();

    let refused = teacher.chat(&request, &cancel).await.outcome.expect_err("the key is refused");
    assert_eq!((refused.status, refused.class), (Some(401), FailureClass::ModelMissing));

    let reply = teacher.chat(&request, &cancel).await;
    assert_eq!(reply.outcome.as_deref(), Ok("fine"), "the key was mended");
    assert_eq!(reply.record.request_id.as_deref(), Some("chatcmpl-7"));
    assert_eq!(handed_in.load(Ordering::Relaxed), 1, "the same batch was waited for");
}
