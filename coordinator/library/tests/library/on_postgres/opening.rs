//! Opening a database: what is refused, in which words, and what several coordinators at once do.

use hafs_library::tables::meta;
use hafs_library::test_server::{Durability, PostgresServer};
use hafs_library::verify::{integrity, verify};
use hafs_library::{Library, PostgresUrl, StoreError, Tx};

use super::given::{library, place, server};
use crate::operations::everything;
use crate::world::{at, canon, settings};

/// What takes a library back to the tables of the first program.
const TO_VERSION_1: &str = "ALTER TABLE task DROP COLUMN losses, DROP COLUMN deferrals; DROP TABLE past_instance; \
    DROP TABLE quota_hold; DROP TABLE quota; DROP TABLE spending; DROP TABLE worker_terms; \
    ALTER TABLE credential DROP COLUMN network, DROP COLUMN secret_at, DROP COLUMN previous_hash, \
    DROP COLUMN previous_until, DROP COLUMN rotate_wanted; DROP TABLE worker_trust, quarantine_sample, \
    quarantine_verdict, quarantine, dataset_sample; ALTER TABLE dataset DROP COLUMN listed; \
    DROP INDEX sample_by_worker, sample_by_teacher, verdict_by_worker, verdict_by_judge; \
    DELETE FROM audit; DELETE FROM meta WHERE key = 'audit_root'; \
    UPDATE meta SET value = '0 ' || repeat('0', 64) WHERE key = 'audit_head'; \
    ALTER TABLE check_result DROP COLUMN tool; DROP TABLE event; DROP TABLE graph_fact, graph_source, check_claim, recheck_sample, recheck_task, recheck; \
    ALTER TABLE worker DROP COLUMN features, DROP COLUMN told; ALTER TABLE seed DROP COLUMN rewrites; \
    DROP INDEX decision_split, sample_set_aside; ALTER TABLE decision DROP COLUMN review; \
    DROP TABLE review, sample_tag; ALTER TABLE call DROP COLUMN request_id; \
    DROP TABLE teacher_family, teacher_trial; \
    DELETE FROM migration WHERE version > 1";

fn refusal(url: &PostgresUrl) -> String {
    Library::open(&settings(url)).expect_err("refused").to_string()
}

/// The name of a database, from its address.
fn name(url: &PostgresUrl) -> String {
    url.to_string().rsplit('/').next().expect("a name").to_owned()
}

#[tokio::test]
async fn a_library_keeps_what_it_was_born_with() {
    let Some((place, library)) = library() else { return };
    assert_eq!(library.write(meta::next_generation).await.expect("counts").0, 1);
    drop(library);
    let mut again = settings(&place.0);
    again.birth.incarnation = [9; 16];
    let library = Library::open(&again).expect("opens");
    assert_eq!(library.read(meta::incarnation).await.expect("reads"), "01".repeat(16));
    assert_eq!(library.write(meta::next_generation).await.expect("counts").0, 2);
}

#[test]
fn of_several_coordinators_that_start_at_once_one_makes_the_tables() {
    let Some(place) = place() else { return };
    let open = || Library::open(&settings(&place.0)).map(drop);
    std::thread::scope(|scope| {
        let openers: Vec<_> = (0..6).map(|_| scope.spawn(open)).collect();
        openers.into_iter().for_each(|opener| opener.join().expect("no panic").expect("opens"));
    });
    assert_eq!(Library::inspect(&place.0, meta::generation).expect("reads").0, 0);
}

#[tokio::test]
async fn an_older_library_is_migrated_in_place() {
    let Some((place, library)) = library() else { return };
    library.write(everything).await.expect("fills");
    drop(library);
    let server = server().expect("is there");
    server.execute(&name(&place.0), TO_VERSION_1);
    let refused = Library::inspect(&place.0, |_| Ok(())).expect_err("older").to_string();
    assert!(refused.contains("schema version 1"), "{refused}");
    let library = place.open();
    let report = library.read(|tx| verify(tx, Some(canon))).await.expect("verifies");
    assert_eq!((report.broken, report.rows["task"]), (vec![], 4));
}

/// A coordinator of the older release goes on writing while the first of the newer one migrates.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_library_is_migrated_under_the_hands_of_the_coordinators_that_still_run() {
    let Some((place, old)) = library() else { return };
    old.write(everything).await.expect("fills");
    server().expect("is there").execute(&name(&place.0), TO_VERSION_1);
    let mut new = tokio::task::spawn_blocking(move || (place.open(), place));
    let mut written = 0;
    let (new, _place) = loop {
        tokio::select! {
            biased;
            opened = &mut new => break opened.expect("no panic"),
            counted = old.write(meta::next_generation) => written = counted.expect("counts").0,
        }
    };
    assert!(written > 0);
    // The last one was not waited for.
    assert!(new.read(meta::generation).await.expect("reads").0 >= written);
    let report = new.read(|tx| verify(tx, Some(canon))).await.expect("verifies");
    assert_eq!(report.broken, vec![]);
}

/// A reading that has what the migration wants, and then wants what the migration has.
fn embrace(tx: &mut dyn Tx, begun: &std::sync::mpsc::Sender<()>) -> Result<(), StoreError> {
    tx.query("SELECT count(*) AS n FROM call", &[])?;
    begun.send(()).expect("the test waits");
    let waits = "SELECT count(*) AS n FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' \
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while tx.query(waits, &[])?[0].get::<i64>("n")? == 0 {}
    tx.query("SELECT count(*) AS n FROM task", &[]).map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_that_locks_the_migration_out_only_delays_it() {
    let Some((place, old)) = library() else { return };
    old.write(everything).await.expect("fills");
    server().expect("is there").execute(&name(&place.0), TO_VERSION_1);
    let (begun, begins) = std::sync::mpsc::channel();
    let opened = tokio::task::spawn_blocking(move || {
        begins.recv().expect("the reading begins");
        (place.open(), place)
    });
    // Whom of the two the server gives up is its choice.
    let (_, opened) = tokio::join!(old.read(move |tx| embrace(tx, &begun)), opened);
    let (new, _place) = opened.expect("opens");
    let report = new.read(|tx| verify(tx, Some(canon))).await.expect("verifies");
    assert_eq!(report.broken, vec![]);
}

#[tokio::test]
async fn a_library_can_be_inspected_beside_its_coordinators_and_not_be_changed() {
    let Some((place, library)) = library() else { return };
    library.write(everything).await.expect("fills");
    let found = Library::inspect(&place.0, |tx| Ok((verify(tx, Some(canon))?.broken, integrity(tx)?)));
    assert_eq!(found.expect("inspects"), (vec![], vec![]));
    assert!(Library::inspect(&place.0, meta::next_generation).is_err());
    assert_eq!(library.read(meta::generation).await.expect("reads").0, 0);
}

#[test]
fn a_newer_library_an_edited_one_and_another_programs_database_are_refused() {
    let Some((place, library)) = library() else { return };
    let server = server().expect("is there");
    drop(library);
    let database = name(&place.0);
    server.execute(&database, "UPDATE migration SET checksum = decode('00', 'hex')");
    let edited = refusal(&place.0);
    assert!(edited.contains("another form") && edited.contains(&database), "{edited}");
    server.execute(&database, "UPDATE migration SET version = 99 WHERE version = 1");
    let newer = Library::open(&settings(&place.0)).expect_err("newer");
    assert!(matches!(newer, StoreError::Newer { found: 99, .. }), "{newer}");
    let other = server.database();
    server.execute(&name(&other), "CREATE TABLE diary (day TEXT)");
    assert!(refusal(&other).contains("another program"), "{}", refusal(&other));
    let none = Library::inspect(server.database(), |_| Ok(())).expect_err("empty").to_string();
    assert!(none.contains("there is no library"), "{none}");
}

#[test]
fn a_server_that_may_lose_what_it_acknowledged_is_refused() {
    let Some(place) = place() else { return };
    let server = server().expect("is there");
    let database = name(&place.0);
    let strict: PostgresUrl = server.text(&database).parse().expect("an address");
    let text = refusal(&strict);
    assert!(text.contains("`fsync` is `off`") && text.contains("may lose"), "{text}");
    server.execute(&database, &format!("ALTER DATABASE {database} SET synchronous_commit = off"));
    let text = refusal(&place.0);
    assert!(text.contains("`synchronous_commit` is `off`"), "{text}");
}

#[test]
fn an_address_where_nobody_answers_is_refused_without_its_password() {
    let secret = ["sw", "ord", "fish"].concat();
    let url: PostgresUrl = format!("postgres://anna:{secret}@127.0.0.1:1/x").parse().expect("an address");
    let text = refusal(&url);
    assert!(
        text.contains("anna:<redacted>@127.0.0.1:1/x") && text.contains("check that the server runs"),
        "{text}"
    );
    assert!(!text.contains(&secret), "{text}");
}

#[tokio::test]
async fn vectors_are_derived_by_the_server_where_it_has_pgvector_and_missed_nowhere() {
    use hafs_library::tables::embeddings;
    let programs = std::env::var_os("HAFS_TEST_PGVECTOR").map(std::path::PathBuf::from);
    let Some(programs) = programs.filter(|folder| folder.join("initdb").exists()) else {
        println!("SKIPPED: no PostgreSQL server with pgvector is installed");
        return;
    };
    let server = PostgresServer::start_from(&programs, Durability::None).expect("starts");
    let library = Library::open(&settings(server.database())).expect("opens");
    library.write(everything).await.expect("fills");
    assert!(library.read(embeddings::indexed).await.expect("asks"));
    let numbers = [0.5_f32, -1.0, f32::MIN_POSITIVE / 4.0, f32::MAX, -0.1, 3.0e-12];
    let model = crate::world::name("embedded/minilm");
    let sample = crate::world::id(1_101);
    library.write(move |tx| embeddings::insert(tx, sample, &model, &numbers, at(7))).await.expect("writes");
    let sql = "SELECT near::text AS near FROM embedding WHERE dims = 6";
    let near: String = library.read(move |tx| tx.query(sql, &[])?[0].get("near")).await.expect("reads");
    let back: Vec<f32> =
        near.trim_matches(['[', ']']).split(',').map(|number| number.parse().expect("a number")).collect();
    assert_eq!(back, numbers);
    let report = library.read(|tx| verify(tx, Some(canon))).await.expect("verifies");
    assert_eq!(report.broken, []);
}
