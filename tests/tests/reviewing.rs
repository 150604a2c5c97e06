//! A person's word stands above the rule, hides nothing of what checks have said, and is done once.
#![expect(clippy::unwrap_used, reason = "a test program")]

use hafs_library::tables::audit::{self, AuditFilter};
use hafs_library::tables::{PageRequest, checks};
use hafs_proto::check::Field;
use hafs_proto::people::{DatasetView, Page, ReviewView, SampleDetail, WaitingSample};
use hafs_proto::{Check, CheckedBy, Finding, Outcome, Problem, Reason, ReviewId, Sample, SampleId};
use hafs_tests::client::{self, Office, generated, harvested};
use serde_json::{Value, json};

/// A factory with accepted samples.
struct Desk {
    office: Office,
    samples: Vec<Sample>,
}

impl Desk {
    async fn set(folder: &std::path::Path, count: u64) -> Self {
        let office = Office::open(folder, |_| {}).await;
        let hand = office.hire().await;
        office.start(|_| {}).await;
        let harvest = office.claim_one(&hand).await;
        office.complete(&hand, vec![harvested(&harvest, 0..count)]).await;
        for number in 1..=count {
            let task = office.claim_one(&hand).await;
            office.complete(&hand, vec![generated(&task, number)]).await;
        }
        let page: Page<Sample> = office.get("/v1/samples?state=accepted").await;
        assert_eq!(page.items.len() as u64, count);
        Self { office, samples: page.items }
    }

    async fn ask(&self, id: ReviewId, sample: SampleId, act: &Value) -> reqwest::Response {
        let body = json!({"id": id, "why": "read it", "act": act});
        self.office.call(&self.office.token, &format!("/v1/samples/{sample}/reviews"), &body).await
    }

    async fn act(&self, sample: SampleId, act: Value) -> ReviewView {
        let answer = self.ask(client::ids().mint(), sample, &act).await;
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{act}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn refused(&self, sample: SampleId, act: Value) -> (u16, Problem) {
        let answer = self.ask(client::ids().mint(), sample, &act).await;
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn detail(&self, sample: SampleId) -> SampleDetail {
        self.office.get(&format!("/v1/samples/{sample}")).await
    }

    async fn log(&self, action: &str) -> usize {
        let filter = AuditFilter { action: Some(action.to_owned()), ..AuditFilter::default() };
        let page = PageRequest { cursor: None, limit: 500 };
        let read = move |tx: &mut dyn hafs_library::Tx| audit::page(tx, &filter, &page);
        self.office.core.library.read(read).await.unwrap().items.len()
    }

    /// Notes that a check has failed a sample, as a validator would.
    async fn fail_check(&self, sample: SampleId) {
        let finding = Finding::new(Reason::CompileError, Field::Output, "it does not compile");
        let check = Check {
            name: "compile".parse().unwrap(),
            version: 1,
            by: CheckedBy::Worker,
            outcome: Outcome::Fail { findings: vec![finding] },
            tool: None,
        };
        let now = self.office.core.clock.now();
        let write = move |tx: &mut dyn hafs_library::Tx| checks::insert(tx, sample, &[check], now).map(drop);
        self.office.core.library.write(write).await.unwrap();
    }

    async fn sound(self) {
        let report =
            self.office.core.library.read(|tx| hafs_library::verify::verify(tx, None)).await.unwrap();
        assert_eq!(report.broken, []);
        self.office.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_that_is_sent_twice_is_done_once_and_its_id_is_good_for_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::set(folder.path(), 2).await;
    let (id, sample) = (client::ids().mint(), desk.samples[0].id);
    let reject = json!({"act": "reject", "reasons": ["off_topic", "hedge", "off_topic"]});
    let first: ReviewView = desk.ask(id, sample, &reject).await.json().await.unwrap();
    assert_eq!((first.before.as_str(), first.after.as_str()), ("accepted", "rejected"));
    assert_eq!(first.reasons, [Reason::Hedge, Reason::OffTopic], "the most telling first, each once");
    let again: ReviewView = desk.ask(id, sample, &reject).await.json().await.unwrap();
    assert_eq!(again, first);
    assert_eq!(desk.log("sample.reject").await, 1);
    for (sample, act) in [(sample, json!({"act": "accept"})), (desk.samples[1].id, reject)] {
        let problem: Problem = desk.ask(id, sample, &act).await.json().await.unwrap();
        assert_eq!(problem.status, 422, "{problem:?}");
    }
    let detail = desk.detail(sample).await;
    assert_eq!(detail.reviews, [first]);
    assert_eq!(detail.decision.unwrap().review, Some(id));
    desk.sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_check_has_failed_is_accepted_only_by_who_says_so_and_the_data_set_says_it_too() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::set(folder.path(), 2).await;
    let sample = desk.samples[0].id;
    desk.fail_check(sample).await;
    let (status, problem) = desk.refused(sample, json!({"act": "accept"})).await;
    assert_eq!(status, 409);
    assert!(
        problem.detail.contains("compile_error") && problem.detail.contains("--despite-checks"),
        "{problem:?}"
    );
    let view = desk.act(sample, json!({"act": "accept", "despite_checks": true})).await;
    assert!(view.despite_checks);
    let unneeded = desk.act(desk.samples[1].id, json!({"act": "accept", "despite_checks": true})).await;
    assert!(!unneeded.despite_checks, "nothing was overruled");
    let export = json!({"name": "set", "formats": ["alpaca"], "splits": {"train": 1000, "val": 0, "test": 0}, "seed": 1});
    let set: DatasetView = desk.office.post(&desk.office.token, "/v1/exports", &export).await;
    let rows = std::fs::read_to_string(format!("{}/alpaca/train.jsonl", set.path.as_str())).unwrap();
    assert!(rows.contains(r#""reviewed":"accepted,despite_checks""#), "{rows}");
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(format!("{}/manifest.json", set.path.as_str())).unwrap())
            .unwrap();
    assert_eq!(manifest["reviewed"], json!({"accepted": 2, "despite_checks": 1}));
    let card = std::fs::read_to_string(format!("{}/README.md", set.path.as_str())).unwrap();
    assert!(card.contains("1 samples were accepted by a person although checks"), "{card}");
    desk.sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_makes_a_sample_of_its_own_that_stands_and_is_exported_instead_of_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::set(folder.path(), 1).await;
    let old = desk.samples[0].clone();
    let texts =
        |output: &str| json!({"act": "edit", "instruction": old.instruction, "input": "", "output": output});
    let (status, _) = desk.refused(old.id, texts(&old.output)).await;
    assert_eq!(status, 409, "an edit that changes nothing is refused");
    let view = desk.act(old.id, texts("It stands by the river, and is called what the map says.")).await;
    let new = desk.detail(view.successor.unwrap()).await;
    assert_eq!(view.after.as_str(), new.sample.state.word());
    assert_eq!(new.sample.state.word(), "accepted", "{:?}", new.checks);
    assert_eq!(new.sample.lineage.parent, Some(old.id));
    assert_eq!(
        (new.sample.lineage.seed, new.sample.lineage.attempt),
        (old.lineage.seed, old.lineage.attempt)
    );
    assert!(!new.checks.is_empty() && new.verdicts.is_empty());
    assert_eq!(new.reviews, std::slice::from_ref(&view));
    let left = desk.detail(old.id).await.sample;
    assert_eq!((left.output.clone(), left.state.word()), (old.output.clone(), "quarantined"));
    let (status, problem) = desk.refused(old.id, json!({"act": "accept"})).await;
    assert_eq!(status, 409);
    assert!(problem.detail.contains(&new.sample.id.to_string()), "{problem:?}");
    let short = json!({"act": "edit", "instruction": old.instruction, "input": "", "output": "x"});
    let again = desk.act(new.sample.id, short).await;
    assert_eq!(again.after.as_str(), "rejected", "the gates look at what a person has written too");
    desk.sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_quarantine_holds_can_be_marked_and_not_decided() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::set(folder.path(), 1).await;
    let sample = desk.samples[0].id;
    let act = json!({"selection": {"worker": desk.samples[0].lineage.worker}, "reason": "a test"});
    let _: Value = desk.office.post(&desk.office.token, "/v1/quarantines", &act).await;
    for act in
        [json!({"act": "accept", "despite_checks": true}), json!({"act": "reject", "reasons": ["hedge"]})]
    {
        let (status, problem) = desk.refused(sample, act).await;
        assert_eq!(status, 409);
        assert!(problem.detail.contains("lift"), "{problem:?}");
    }
    let waiting: Page<WaitingSample> = desk.office.get("/v1/reviews/waiting").await;
    assert!(waiting.items.is_empty(), "a quarantine's samples wait for its lifting, not for a look");
    desk.act(sample, json!({"act": "tag", "tag": "poisoned"})).await;
    let page: Page<Sample> = desk.office.get("/v1/samples?tag=poisoned").await;
    assert_eq!(page.items.iter().map(|it| it.id).collect::<Vec<_>>(), [sample]);
    let (status, _) = desk.refused(sample, json!({"act": "tag", "tag": "poisoned"})).await;
    assert_eq!(status, 409, "it carries that tag");
    desk.act(sample, json!({"act": "untag", "tag": "poisoned"})).await;
    assert_eq!(desk.detail(sample).await.tags, []);
    assert_eq!((desk.log("sample.tag").await, desk.log("sample.untag").await), (1, 1));
    desk.sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_without_a_reason_a_sample_or_the_right_to_it_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::set(folder.path(), 1).await;
    let (office, sample) = (&desk.office, desk.samples[0].id);
    let path = format!("/v1/samples/{sample}/reviews");
    let id: ReviewId = client::ids().mint();
    let no_why = json!({"id": id, "act": {"act": "accept"}});
    assert_eq!(office.call(&office.token, &path, &no_why).await.status(), 422);
    let no_reason = json!({"id": id, "why": "x", "act": {"act": "reject", "reasons": []}});
    assert_eq!(office.call(&office.token, &path, &no_reason).await.status(), 422);
    let hostile = json!({"id": id, "act": {"act": "tag", "tag": "<script>alert(1)</script>"}});
    assert_eq!(office.call(&office.token, &path, &hostile).await.status(), 422, "a tag is a slug");
    let fine = json!({"id": id, "why": "x", "act": {"act": "accept"}});
    let nowhere = "/v1/samples/sample_00000000000000000000000000000000/reviews";
    assert_eq!(office.call(&office.token, nowhere, &fine).await.status(), 404);
    let body = json!({"name": "reader", "scopes": ["read"], "ttl_s": 600});
    let reader: Value = office.post(&office.token, "/v1/tokens", &body).await;
    let reader = reader["token"].as_str().unwrap().to_owned();
    assert_eq!(office.call(&reader, &path, &fine).await.status(), 403);
    assert_eq!(desk.detail(sample).await.reviews, []);
    assert_eq!(desk.log("sample.accept").await, 0);
    desk.sound().await;
}
