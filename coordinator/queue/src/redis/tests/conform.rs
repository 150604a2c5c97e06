//! The rules and properties of every queue, and the comparison with the one in memory.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::{Kind, on_each_server};
use crate::conformance::{Twin, ops, play, rage, rules, storm};
use crate::redis::fixture::RedisProc;
use crate::{MemoryQueue, RedisQueue};

/// As many as take a few seconds; `PROPTEST_CASES` does not change it.
const CASES: u32 = 48;

async fn twin(server: &RedisProc) -> Twin<MemoryQueue, RedisQueue> {
    let model = MemoryQueue::new(hafs_domain::retry::RetryPolicy::default());
    Twin { model, tested: server.queue().await }
}

macro_rules! every_rule {
    ($($rule:ident,)*) => {
        /// Each on a queue of its own.
        async fn every_rule(server: &RedisProc) {
            $(rules::$rule(&server.queue().await).await;)*
        }

        async fn every_rule_as_in_memory(server: &RedisProc) {
            $(rules::$rule(&twin(server).await).await;)*
        }
    };
}

crate::for_each_rule!(every_rule);

#[tokio::test]
async fn it_keeps_every_rule() {
    on_each_server(Kind::Plain, async |server| every_rule(&server).await).await;
}

#[tokio::test]
async fn it_keeps_every_rule_on_a_node_of_a_cluster() {
    on_each_server(Kind::Cluster, async |server| every_rule(&server).await).await;
}

#[tokio::test]
async fn it_answers_every_rule_as_the_queue_in_memory_does() {
    on_each_server(Kind::Plain, async |server| every_rule_as_in_memory(&server).await).await;
}

/// Runs a property on each server, every case on a queue of its own.
fn property<S: Strategy>(strategy: &S, test: impl AsyncFn(&Twin<MemoryQueue, RedisQueue>, S::Value)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for program in super::found() {
        let server = runtime.block_on(RedisProc::start(&program, Kind::Plain));
        let played = TestRunner::new(ProptestConfig::with_cases(CASES)).run(strategy, |case| {
            runtime.block_on(async {
                test(&twin(&server).await, case).await;
                server.tell(&["FLUSHALL"]).await;
            });
            Ok(())
        });
        assert!(played.is_ok(), "on {}: {played:?}", program.display());
    }
}

#[test]
fn it_behaves_like_the_model_and_like_the_queue_in_memory() {
    property(&ops(), async |queue, ops| play(queue, &ops).await);
}

#[test]
fn batches_are_answered_as_by_the_queue_in_memory() {
    property(&storm(), async |queue, storm| {
        rage(queue, &storm).await;
        super::intact::check(&queue.tested).await;
    });
}
