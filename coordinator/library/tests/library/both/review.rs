//! Acts of people, tags, and what wants a look.

use hafs_library::tables::reviews::{self, Asked};
use hafs_library::tables::samples::{self, SampleFilter};
use hafs_library::tables::{PageRequest, decisions};
use hafs_library::verify::verify;
use hafs_library::{StoreError, Tx};
use hafs_proto::people::ReviewView;
use hafs_proto::verdict::Decision;
use hafs_proto::*;

use super::given::library;
use crate::operations::*;
use crate::world::*;

const ACCEPTED: u128 = 1_100;
const REJECTED: u128 = 1_101;
const CANDIDATE: u128 = 1_102;

async fn inside(test: impl FnOnce(&mut dyn Tx) -> Result<(), StoreError> + Send + 'static) {
    let Some((_place, library)) = library() else { return };
    library.write(test).await.expect("the test's statements work");
}

fn view(n: u128, sample: u128, act: &str) -> ReviewView {
    ReviewView {
        id: id(n),
        sample: id(sample),
        act: text(act),
        by: text("cred_1"),
        why: text("looked at it"),
        at: at(60),
        before: text("candidate"),
        after: text("accepted"),
        tag: None,
        reasons: Vec::new(),
        despite_checks: false,
        successor: None,
    }
}

fn body(n: u8) -> ContentHash {
    ContentHash::of(&[n])
}

#[tokio::test]
async fn an_act_is_known_again_by_its_id_and_body() {
    inside(|tx| {
        everything(tx)?;
        let act = view(70, CANDIDATE, "accept");
        assert_eq!(reviews::look(tx, act.id, body(1))?, Asked::New);
        reviews::insert(tx, &act, body(1))?;
        assert_eq!(reviews::look(tx, act.id, body(1))?, Asked::Done(Box::new(act.clone())));
        assert_eq!(reviews::look(tx, act.id, body(2))?, Asked::KeyReused);
        assert_eq!(reviews::of_sample(tx, id(CANDIDATE))?, std::slice::from_ref(&act));
        assert_eq!(reviews::get(tx, act.id)?, act);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_persons_decision_names_its_act_and_binds_and_verify_follows_it() {
    inside(|tx| {
        everything(tx)?;
        reviews::insert(tx, &view(70, CANDIDATE, "accept"), body(1))?;
        assert!(!reviews::is_bound(tx, id(CANDIDATE))?);
        let decided = Decision { review: Some(id(70)), ..decision(id(CANDIDATE), vec![]) };
        decisions::insert(tx, &decided)?;
        assert_eq!(decisions::latest(tx, id(CANDIDATE))?, Some(decided));
        assert!(reviews::is_bound(tx, id(CANDIDATE))?);
        assert_eq!(verify(tx, Some(canon))?.broken, []);
        let wrong = Decision { review: Some(id(70)), ..decision(id(REJECTED), vec![Reason::Hedge]) };
        decisions::insert(tx, &wrong)?;
        let broken = verify(tx, Some(canon))?.broken;
        assert!(broken.iter().any(|it| it.what.contains("review of another sample")), "{broken:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_edited_sample_has_one_successor_and_the_edit_stands_in_both_histories() {
    inside(|tx| {
        everything(tx)?;
        let old = samples::get(tx, id(ACCEPTED))?;
        let mut new = Sample { id: id(1_200), state: SampleState::Candidate, ..old.clone() };
        new.lineage.parent = Some(old.id);
        new.lineage.slot = samples::free_slot(tx, old.lineage.task)?;
        samples::insert(tx, &new)?;
        assert_eq!(samples::free_slot(tx, old.lineage.task)?, new.lineage.slot + 1);
        let act = ReviewView { successor: Some(new.id), ..view(70, ACCEPTED, "edit") };
        reviews::insert(tx, &act, body(1))?;
        assert_eq!(reviews::successor(tx, old.id)?, Some(new.id));
        assert!(reviews::is_bound(tx, old.id)? && !reviews::is_bound(tx, new.id)?);
        assert!(reviews::has_made(tx, new.id)? && !reviews::has_made(tx, old.id)?);
        assert_eq!(reviews::of_sample(tx, new.id)?, std::slice::from_ref(&act));
        assert_eq!(reviews::of_sample(tx, old.id)?, std::slice::from_ref(&act));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_id_is_used_once_and_a_sample_edited_once() {
    let Some((_place, library)) = library() else { return };
    let edit = view(70, ACCEPTED, "edit");
    let first = edit.clone();
    let store = move |tx: &mut dyn Tx| everything(tx).and_then(|_| reviews::insert(tx, &first, body(1)));
    library.write(store).await.expect("stores");
    for again in [view(70, REJECTED, "tag"), ReviewView { id: id(71), ..edit }] {
        let refused = library.write(move |tx| reviews::insert(tx, &again, body(2))).await;
        assert!(matches!(refused, Err(StoreError::Constraint { .. })), "{refused:?}");
    }
}

fn listed(tx: &mut dyn Tx, filter: &SampleFilter) -> Result<Vec<SampleId>, StoreError> {
    let page = samples::page(tx, filter, &PageRequest { cursor: None, limit: 10 })?;
    Ok(page.items.into_iter().map(|sample| sample.id).collect())
}

#[tokio::test]
async fn tags_go_on_and_off_and_lists_are_filtered_by_tag_teacher_and_text() {
    inside(|tx| {
        everything(tx)?;
        let (good, other): (Tag, Tag) = (name("good"), name("a-look"));
        assert!(reviews::tag(tx, id(ACCEPTED), &good)?);
        assert!(!reviews::tag(tx, id(ACCEPTED), &good)?, "it is on");
        assert!(reviews::tag(tx, id(ACCEPTED), &other)?);
        assert_eq!(reviews::tags(tx, id(ACCEPTED))?, [other.clone(), good.clone()]);
        let tagged = |tag: &Tag| SampleFilter { tag: Some(tag.clone()), ..SampleFilter::default() };
        assert_eq!(listed(tx, &tagged(&good))?, [id(ACCEPTED)]);
        assert!(reviews::untag(tx, id(ACCEPTED), &good)? && !reviews::untag(tx, id(ACCEPTED), &good)?);
        assert_eq!(listed(tx, &tagged(&good))?, []);
        let teacher = SampleFilter { teacher: Some(name("mock/model")), ..SampleFilter::default() };
        assert_eq!(listed(tx, &teacher)?.len(), 3);
        let sample = samples::get(tx, id(ACCEPTED))?;
        let texts = |text: &str| SampleFilter { text: Some(text.to_owned()), ..SampleFilter::default() };
        let some: String = sample.output.chars().take(12).collect();
        assert!(listed(tx, &texts(&some.to_uppercase()))?.contains(&sample.id), "{some}");
        assert_eq!(listed(tx, &texts("%"))?, [], "a sign of patterns means itself");
        assert_eq!(listed(tx, &texts("no such text"))?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_was_set_aside_or_split_the_judges_wants_a_look_until_a_person_decides() {
    inside(|tx| {
        everything(tx)?;
        let wanted = |tx: &mut dyn Tx| -> Result<Vec<SampleId>, StoreError> {
            Ok(reviews::uncertain(tx, None, None, 10)?.into_iter().map(|(sample, _)| sample.id).collect())
        };
        assert_eq!(wanted(tx)?, []);
        samples::quarantine(tx, id(CANDIDATE), &text("no judge"), at(61))?;
        let split = Decision { agree: 1, of: 3, ..decision(id(REJECTED), vec![Reason::LowConsensus]) };
        decisions::insert(tx, &split)?;
        assert_eq!(wanted(tx)?, [id(CANDIDATE), id(REJECTED)]);
        let elsewhere = reviews::uncertain(tx, Some(id(999)), None, 10)?;
        assert!(elsewhere.is_empty());
        reviews::insert(tx, &view(70, REJECTED, "reject"), body(1))?;
        decisions::insert(tx, &Decision { review: Some(id(70)), ..split })?;
        assert_eq!(wanted(tx)?, [id(CANDIDATE)]);
        Ok(())
    })
    .await;
}
