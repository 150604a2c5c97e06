//! Harvest, embed, check.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hafs_proto::task::{CheckSpec, EmbedItem, EmbedSpec, FailureClass, HarvestSpec, TaskOutput};
use hafs_proto::{BoundedText, Reason, SampleId, SeedDraft, SeedKind, TaskSpec, TeacherName, Usage};
use hafs_sources::{HarvestError, HarvestPage, Source};
use hafs_teachers::{CallFailure, Embedder, Embeddings};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::fixture::*;
use crate::agent::Work;
use crate::executors::Equipment;

/// A source of seeds of one size.
struct Fields {
    bytes: usize,
    limits: Mutex<Vec<usize>>,
}

impl Source for Fields {
    fn harvest(
        &self,
        cursor: Option<&str>,
        limit: usize,
        cancel: &dyn Fn() -> bool,
    ) -> Result<HarvestPage, HarvestError> {
        let name: hafs_proto::SourceName = "repo".parse().expect("a source");
        if cancel() {
            return Err(HarvestError::Cancelled { name });
        }
        if cursor == Some("end") {
            return Err(HarvestError::NothingToMine { name, looked: "nothing".to_owned() });
        }
        self.limits.lock().expect("no panic").push(limit);
        let draft: SeedDraft = seed(SeedKind::CodeUnit, &"x".repeat(self.bytes), &[]).draft;
        Ok(HarvestPage {
            seeds: vec![draft; limit],
            next_cursor: Some("next".to_owned()),
            skipped: BTreeMap::from([("binary".to_owned(), 3)]),
        })
    }
}

async fn harvest(bytes: usize, cursor: Option<&str>, cancel: &CancellationToken) -> (Work, Vec<usize>) {
    let source = Arc::new(Fields { bytes, limits: Mutex::default() });
    let name: hafs_proto::SourceName = "repo".parse().expect("a source");
    let sources: BTreeMap<_, Arc<dyn Source>> =
        BTreeMap::from([(name.clone(), source.clone() as Arc<dyn Source>)]);
    let executors = executors(Equipment { sources, ..Equipment::default() });
    let spec = HarvestSpec { source: name, cursor: cursor.map(BoundedText::clipped), limit: 200 };
    let work = executors.run(&task(TaskSpec::Harvest(spec)), cancel).await;
    let limits = source.limits.lock().expect("no panic").clone();
    (work, limits)
}

#[tokio::test]
async fn a_page_is_handed_in_with_its_cursor_and_what_was_passed_over() {
    let (work, _) = harvest(100, None, &CancellationToken::new()).await;
    let Work::Done { output, .. } = work else { panic!("{work:?}") };
    let TaskOutput::Harvest { seeds, next_cursor, skipped } = *output else { panic!("a page") };
    assert_eq!((seeds.len(), next_cursor.as_deref(), skipped["binary"]), (200, Some("next"), 3));
}

#[tokio::test]
async fn a_page_that_would_not_fit_into_a_delivery_is_asked_for_again_smaller() {
    let (work, limits) = harvest(60_000, None, &CancellationToken::new()).await;
    let Work::Done { output, .. } = work else { panic!("{work:?}") };
    assert!(serde_json::to_vec(&output).expect("JSON").len() < hafs_proto::limits::BATCH_BYTES);
    assert_eq!(limits, [200, 100]);
}

#[tokio::test]
async fn an_empty_source_is_a_failure_and_a_cancelled_harvest_is_called_off() {
    let (work, _) = harvest(1, Some("end"), &CancellationToken::new()).await;
    assert!(matches!(work, Work::Failed { fault, .. } if fault.class == FailureClass::Poison));
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert!(matches!(harvest(1, None, &cancel).await.0, Work::Stopped { .. }));
}

/// An embedder of two numbers.
struct Two(TeacherName);

#[async_trait]
impl Embedder for Two {
    fn name(&self) -> &TeacherName {
        &self.0
    }

    async fn embed(&self, texts: &[String]) -> Result<Embeddings, CallFailure> {
        if texts.iter().any(String::is_empty) {
            return Err(CallFailure::new(Reason::ProviderError, FailureClass::Transient, "down"));
        }
        let vectors =
            texts.iter().map(|text| vec![1.0, f32::from(u8::try_from(text.len()).unwrap_or(0))]).collect();
        Ok(Embeddings { vectors, dims: 2, usage: Usage::default(), served_model: None })
    }
}

async fn embed(texts: &[&str]) -> Work {
    let model = teacher_name();
    let embedder: Arc<dyn Embedder> = Arc::new(Two(model.clone()));
    let embedders = BTreeMap::from([(model.clone(), embedder)]);
    let executors = executors(Equipment { embedders, ..Equipment::default() });
    let items = (0..)
        .zip(texts)
        .map(|(number, text)| EmbedItem {
            sample: SampleId::from_uuid(Uuid::from_u128(number)),
            text: BoundedText::clipped(text),
        })
        .collect();
    run(&executors, &task(TaskSpec::Embed(EmbedSpec { model, items }))).await
}

#[tokio::test]
async fn vectors_come_in_the_order_of_the_texts_and_a_failed_call_is_recorded() {
    let Work::Done { output, calls } = embed(&["a", "bb"]).await else { panic!("done") };
    let TaskOutput::Embed { dims: 2, vectors } = *output else { panic!("vectors") };
    assert_eq!((vectors[1].vector.as_slice(), calls.len()), ([1.0, 2.0].as_slice(), 1));
    let Work::Failed { calls, .. } = embed(&["a", ""]).await else { panic!("failed") };
    assert!(calls[0].error.is_some());
    assert!(matches!(embed(&[]).await, Work::Failed { fault, .. } if fault.class == FailureClass::Poison));
}

#[tokio::test]
async fn a_check_that_this_worker_does_not_have_is_never_passed() {
    let spec = CheckSpec {
        check: "ca65".parse().expect("a check"),
        sample: sample(""),
        origin: None,
        witness: None,
    };
    let work = run(&executors(Equipment::default()), &task(TaskSpec::Check(spec))).await;
    assert!(matches!(work, Work::Failed { fault, .. } if fault.class == FailureClass::ModelMissing));
}
