//! Workers, credentials, data sets, harvests, the audit log, series.

use hafs_library::tables::workers::{Sign, Told, Wish};
use hafs_library::tables::{
    audit, credentials, datasets, events, harvest, instances, meta, metric_points, rotation, workers,
};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::{EventKind, Scope};
use hafs_proto::{BoundedText, ContentHash, CredentialId};

use super::given::library;
use crate::operations::*;
use crate::world::*;

async fn inside(test: impl FnOnce(&mut dyn Tx) -> Result<(), StoreError> + Send + 'static) {
    let Some((_place, library)) = library() else { return };
    library.write(test).await.expect("the test's statements work");
}

#[tokio::test]
async fn a_worker_keeps_a_pause_through_a_restart_and_loses_a_drain() {
    inside(|tx| {
        begin(tx, None)?;
        workers::wish(tx, id(WORKER), Wish::Pause)?;
        workers::wish(tx, id(WORKER), Wish::Drain)?;
        let told = Told { holding: [id(70)].into(), ..Told::default() };
        assert!(workers::seen(
            tx,
            id(WORKER),
            &Sign { spooled: 3, oldest_spooled_ms: 9, at: at(5), told: told.clone() }
        )?);
        let (_, sign) = workers::signs_since(tx, at(4))?.remove(0);
        assert_eq!((sign.at, sign.told), (at(5), told));
        let worker = workers::get(tx, id(WORKER))?;
        assert!(worker.paused && worker.draining);
        assert_eq!((worker.spooled, worker.oldest_spooled_ms, worker.seen_at), (3, 9, at(5)));
        workers::register(tx, &registration(), at(6))?;
        let worker = workers::get(tx, id(WORKER))?;
        assert!(worker.paused && !worker.draining);
        assert_eq!(
            (worker.joined_at, worker.seen_at, worker.pools.clone()),
            (at(0), at(6), registration().pools)
        );
        let view = worker.view(true, 2);
        assert!(view.alive && view.leased == 2);
        workers::wish(tx, id(WORKER), Wish::Resume)?;
        assert_eq!(workers::list(tx)?.len(), 1);
        assert!(!workers::seen(
            tx,
            id(99),
            &Sign { spooled: 0, oldest_spooled_ms: 0, at: at(5), told: Told::default() }
        )?);
        assert!(matches!(workers::wish(tx, id(99), Wish::Pause), Err(StoreError::Missing { .. })));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_revoked_worker_loses_its_credentials_at_once() {
    inside(|tx| {
        begin(tx, None)?;
        workers::revoke(tx, id(WORKER), at(5))?;
        workers::revoke(tx, id(WORKER), at(6))?;
        assert_eq!(workers::get(tx, id(WORKER))?.revoked_at, Some(at(5)));
        let own = credentials::find(tx, id(CREDENTIAL))?.expect("is there");
        assert_eq!(own.view.revoked_at, Some(at(5)));
        assert!(!own.usable(at(7)));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_join_token_is_used_as_often_as_it_allows_and_not_after_its_end() {
    inside(|tx| {
        let token = credential(1, vec![Scope::Join], Some(2));
        credentials::insert(tx, &token)?;
        let mut take = |now| credentials::use_once(tx, id(1), now);
        assert_eq!(take(at(2_000))?, credentials::Use::Refused, "it has expired by then");
        assert_eq!(take(at(1))?, credentials::Use::Counted);
        assert_eq!(take(at(1))?, credentials::Use::Counted);
        assert_eq!(take(at(1))?, credentials::Use::Refused);
        let stored = credentials::find(tx, id(1))?.expect("is there");
        assert_eq!(stored.view.uses_left, Some(0));
        assert!(!stored.usable(at(1)));
        let other = credential(2, vec![Scope::Read, Scope::Run], None);
        credentials::insert(tx, &other)?;
        assert_eq!(credentials::find(tx, id(2))?, Some(other.clone()));
        assert!(other.usable(at(1)) && !other.usable(at(1_000)));
        assert_eq!(
            credentials::use_once(tx, id(2), at(1))?,
            credentials::Use::Refused,
            "it is no join token"
        );
        assert_eq!(credentials::usable(tx, at(1))?, vec![other.clone()], "the join token is used up");
        assert_eq!(credentials::usable(tx, at(1_000))?, []);
        credentials::revoke(tx, id(2), at(3))?;
        assert_eq!(credentials::usable(tx, at(1))?, []);
        assert!(!credentials::find(tx, id(2))?.expect("is there").usable(at(4)));
        assert!(matches!(credentials::revoke(tx, id(3), at(3)), Err(StoreError::Missing { .. })));
        assert_eq!(credentials::list(tx)?.len(), 2);
        assert_eq!(credentials::find(tx, CredentialId::from_uuid(uuid::Uuid::nil()))?, None);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_new_secret_takes_the_place_of_the_old_one_which_is_remembered_with_its_end() {
    inside(|tx| {
        begin(tx, None)?;
        assert_eq!(rotation::want(tx, id(WORKER))?, [id(CREDENTIAL)]);
        assert!(credentials::find(tx, id(CREDENTIAL))?.expect("is there").rotate_wanted);
        let old = ContentHash::of(b"the other half");
        let renewed = rotation::renew(tx, id(CREDENTIAL), ContentHash::of(b"new"), (old, at(70)), at(60))?;
        assert_eq!(credentials::find(tx, id(CREDENTIAL))?, Some(renewed.clone()));
        assert_eq!((renewed.secret_hash, renewed.secret_at), (ContentHash::of(b"new"), at(60)));
        assert_eq!((renewed.previous, renewed.rotate_wanted), (Some((old, at(70))), false));
        assert_eq!(hafs_library::verify::verify(tx, None)?.broken, [], "the seal follows the secret");
        workers::revoke(tx, id(WORKER), at(5))?;
        assert!(matches!(rotation::want(tx, id(WORKER)), Err(StoreError::Missing { .. })));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn earlier_instances_are_remembered_latest_first_and_only_so_many() {
    inside(|tx| {
        assert_eq!(instances::of_worker(tx, id(WORKER))?, (None, Vec::new()));
        begin(tx, None)?;
        let life = |n: u32| BoundedText::<64>::clipped(&format!("past-{n}"));
        for n in 0..5 {
            instances::supersede(tx, id(WORKER), &life(n), 3)?;
        }
        assert!(instances::heard(tx, id(WORKER), &life(3), at(9))?);
        assert!(!instances::heard(tx, id(WORKER), &life(3), at(10))?, "the first time counts");
        assert!(!instances::heard(tx, id(WORKER), &life(0), at(9))?, "it is forgotten");
        let (current, past) = instances::of_worker(tx, id(WORKER))?;
        assert_eq!(current, Some(registration().instance));
        let found: Vec<_> = past.into_iter().map(|past| (past.instance, past.spoke_at)).collect();
        assert_eq!(found, [(life(4), None), (life(3), Some(at(9))), (life(2), None)]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_token_keeps_the_range_that_it_may_be_used_from() {
    inside(|tx| {
        let mut token = credential(1, vec![Scope::Join], Some(1));
        token.view.network = Some(name("10.0.0.0/8"));
        credentials::insert(tx, &token)?;
        assert_eq!(credentials::find(tx, id(1))?, Some(token));
        assert_eq!(hafs_library::verify::verify(tx, None)?.broken, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn harvest_pages_add_up_and_the_last_one_ends_the_source() {
    inside(|tx| {
        begin(tx, None)?;
        assert_eq!(harvest::get(tx, id(1), &name("repo"))?, None);
        harvest::record(tx, &page())?;
        harvest::record(tx, &harvest::HarvestedPage { next_cursor: None, ..page() })?;
        let progress = harvest::get(tx, id(1), &name("repo"))?.expect("is there");
        assert!(progress.finished && progress.cursor.is_none());
        assert_eq!(
            (progress.pages, progress.seeds, progress.known, progress.skipped["binary"]),
            (2, 6, 2, 4)
        );
        assert_eq!(harvest::list(tx, id(1))?, [progress]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_audit_log_is_a_chain_and_finds_what_was_done_to_a_thing() {
    inside(|tx| {
        let mut heads = vec![audit::head(tx)?.hash];
        for n in 0..3 {
            let object = format!("task_{}", n % 2);
            let entry = audit::Entry {
                at: at(n),
                actor: "cred_1",
                action: "task.cancel",
                object: &object,
                detail: "{}",
            };
            heads.push(audit::append(tx, &entry)?);
        }
        let (first, second) = (audit::about(tx, "task_0")?, audit::about(tx, "task_1")?);
        assert_eq!((first[0].seq, second[0].seq, first[1].seq), (1, 2, 3));
        assert_eq!([first[0].previous, second[0].previous, first[1].previous], heads[..3]);
        assert_eq!(audit::head(tx)?, audit::Head { seq: 3, hash: heads[3] });
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn data_sets_series_and_the_beat_come_out_as_they_went_in() {
    inside(|tx| {
        everything(tx)?;
        let (view, _) = dataset();
        assert_eq!(datasets::get(tx, view.id)?, view);
        assert_eq!(datasets::list(tx)?, [view]);
        let point = |n, value| metric_points::Point { at: at(n), value };
        for (n, value) in [(1, 1.0), (3, 3.0), (2, 2.0), (3, 4.0)] {
            metric_points::put(tx, "s", "run", point(n, value))?;
        }
        assert_eq!(metric_points::last(tx, "s", "run", 2)?, [point(2, 2.0), point(3, 4.0)]);
        assert!(metric_points::put(tx, "s", "", point(1, f64::NAN)).is_err());
        meta::beat(tx, at(1))?;
        meta::beat(tx, at(2))
    })
    .await;
}

#[tokio::test]
async fn events_of_all_coordinators_stand_in_one_order_and_the_oldest_are_forgotten() {
    inside(|tx| {
        let draft = |message: &str| events::Draft {
            at: at(1),
            kind: EventKind::RunChanged,
            run: Some(id(3)),
            about: text("run"),
            message: text(message),
        };
        assert_eq!(events::newest(tx)?, 0);
        events::append(tx, &[draft("one"), draft("two")])?;
        events::append(tx, &[])?;
        events::append(tx, &[events::Draft { run: None, ..draft("three") }])?;
        let heard = events::after(tx, 1, 8)?;
        let told: Vec<(u64, &str)> =
            heard.events.iter().map(|event| (event.sequence, event.message.as_str())).collect();
        assert_eq!((told, heard.until), (vec![(2, "two"), (3, "three")], 3));
        assert_eq!(heard.events[0], draft("two").numbered(2));
        assert_eq!(events::after(tx, 0, 2)?.until, 2, "no more than were asked for");
        assert_eq!(events::after(tx, 3, 2)?, events::Heard { events: Vec::new(), until: 3 });
        // A newer program's kind is passed over, and does not stop those that come after it.
        tx.exec("UPDATE event SET kind = 'teleported' WHERE sequence = 2", &[])?;
        let heard = events::after(tx, 1, 1)?;
        assert_eq!((heard.events.len(), heard.until), (0, 2));
        let many: Vec<events::Draft> = (0..500).map(|number| draft(&number.to_string())).collect();
        for _ in 0..=events::KEPT / 500 {
            events::append(tx, &many)?;
        }
        let newest = events::newest(tx)?;
        assert_eq!(events::after(tx, 0, 1)?.until, newest - events::KEPT + 1);
        Ok(())
    })
    .await;
}
