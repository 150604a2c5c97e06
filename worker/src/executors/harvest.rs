//! Harvest: one page of a source, on a thread that may block.

use std::sync::Arc;

use hafs_proto::task::{FailureClass, HarvestSpec, TaskOutput};
use hafs_proto::{BoundedText, Reason, SeedDraft, limits};
use hafs_sources::{HarvestError, HarvestPage, Source};
use tokio_util::sync::CancellationToken;

use super::{Executors, failed, missing, poison};
use crate::agent::{Fault, Work};

/// Bytes of a page's seeds as JSON: a completion has to fit into a batch.
const PAGE_BYTES: usize = limits::BATCH_BYTES - 256 * 1024;

impl Executors {
    pub(super) async fn harvest(&self, spec: &HarvestSpec, cancel: &CancellationToken) -> Work {
        let Some(source) = self.equipment.sources.get(&spec.source).cloned() else {
            return failed(missing("source", &spec.source));
        };
        let cursor = spec.cursor.as_ref().map(ToString::to_string);
        let limit = usize::try_from(spec.limit).unwrap_or(usize::MAX).clamp(1, limits::HARVEST_SEEDS);
        let token = cancel.clone();
        let mined =
            tokio::task::spawn_blocking(move || mine(&source, cursor.as_deref(), limit, &token)).await;
        match mined {
            Ok(Ok(page)) => finish(page),
            Ok(Err(HarvestError::Cancelled { .. })) => Work::Stopped { calls: Vec::new() },
            Ok(Err(error)) => failed(fault(&error)),
            Err(_) => failed(Fault::new(
                FailureClass::Transient,
                Reason::Other,
                "the source hit a defect of this program",
            )),
        }
    }
}

/// One page that fits into a batch: the same cursor with a smaller limit gives a beginning of the same page.
fn mine(
    source: &Arc<dyn Source>,
    cursor: Option<&str>,
    mut limit: usize,
    cancel: &CancellationToken,
) -> Result<HarvestPage, HarvestError> {
    loop {
        let page = source.harvest(cursor, limit, &|| cancel.is_cancelled())?;
        if limit == 1 || bytes(&page.seeds) <= PAGE_BYTES {
            return Ok(page);
        }
        limit = (limit / 2).max(1);
    }
}

fn bytes(seeds: &[SeedDraft]) -> usize {
    seeds.iter().map(|seed| serde_json::to_vec(seed).map_or(0, |json| json.len())).sum()
}

fn finish(page: HarvestPage) -> Work {
    let next_cursor = match page.next_cursor.map(BoundedText::new).transpose() {
        Ok(cursor) => cursor,
        Err(error) => return failed(poison(Reason::TooLong, format!("the source's cursor: {error}"))),
    };
    let output = TaskOutput::Harvest { seeds: page.seeds, next_cursor, skipped: page.skipped };
    Work::Done { calls: Vec::new(), output: Box::new(output) }
}

fn fault(error: &HarvestError) -> Fault {
    Fault::new(error.class(), Reason::ProviderError, error.to_string())
}
