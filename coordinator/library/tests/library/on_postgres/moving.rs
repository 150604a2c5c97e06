//! A library that moves from a file to a database and back.

use std::time::Duration;

use hafs_library::tables::{meta, seeds};
use hafs_library::verify::{integrity, verify};
use hafs_library::{Address, Library, MigrateError, MigrateReport, Tx, migrate};
use hafs_proto::SampleId;
use tokio::time::Instant;

use super::given::{library, place};
use crate::operations::{begin, everything, generated, plan};
use crate::world::{canon, id, settings};

/// A library with more rows of some tables than one batch holds.
fn many(tx: &mut dyn Tx) -> Result<(), hafs_library::StoreError> {
    begin(tx, None)?;
    (1..=450).try_for_each(|n| plan(tx, n))?;
    (1..=210).try_for_each(|n| generated(tx, n, 1))?;
    // A sample whose parent comes after it in the order of the keys.
    let sql = "UPDATE sample SET parent = ?2 WHERE id = ?1";
    let (child, parent): (SampleId, SampleId) = (id(100), id(20_000));
    tx.exec(sql, &[child.into(), parent.into()]).map(drop)
}

fn quietly(from: &Address, to: &Address) -> Result<MigrateReport, MigrateError> {
    migrate(from, to, &mut |_| ())
}

#[tokio::test]
async fn a_library_moves_into_a_database_and_back_and_every_row_is_the_same() {
    let Some(place) = place() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let file = Address::from(folder.path().join("library.db"));
    let library = Library::open(&settings(&file)).expect("opens");
    library.write(many).await.expect("fills");
    drop(library);
    let (database, mut told) = (Address::from(&place.0), 0);
    let there = migrate(&file, &database, &mut |progress| told = told.max(progress.rows)).expect("moves");
    assert_eq!(told, 1_560 - 720, "the largest table");
    let library = place.open();
    let report = library.read(|tx| Ok((verify(tx, None)?, integrity(tx)?))).await.expect("verifies");
    assert_eq!((report.0.rows["task"], report.0.rows["sample"], report.1), (450, 210, vec![]));
    drop(library);
    let back = Address::from(folder.path().join("back.db"));
    let returned = moves_soon(&database, &back);
    assert_eq!(there, returned);
    assert!(there.rows() > 3_000 && there.tables.len() > 20);
    let library = Library::open(&settings(&back)).expect("opens");
    assert_eq!(library.read(meta::incarnation).await.expect("reads"), "01".repeat(16));
    library.write(|tx| plan(tx, 900)).await.expect("it can be written");
}

#[tokio::test]
#[ignore = "a measurement"]
async fn rows_per_second_of_a_move_in_both_directions() {
    let Some((place, library)) = super::given::durable_library() else { return };
    for block in 0..20_u128 {
        let fill = move |tx: &mut dyn Tx| {
            if block == 0 {
                begin(tx, None)?;
            }
            (1..=1_000)
                .map(|n| block * 1_000 + n)
                .try_for_each(|n| plan(tx, n).and_then(|()| generated(tx, n, 1)))
        };
        library.write(fill).await.expect("fills");
    }
    drop(library);
    let folder = tempfile::tempdir().expect("a folder");
    let (database, file) = (Address::from(&place.0), Address::from(folder.path().join("library.db")));
    let began = Instant::now();
    let report = moves_soon(&database, &file);
    let rows = report.rows();
    println!("{rows} rows into a file in {:.1} s", began.elapsed().as_secs_f64());
    let other = super::given::place().expect("a server");
    let began = tokio::time::Instant::now();
    quietly(&file, &Address::from(&other.0)).expect("moves");
    println!("{rows} rows into a database in {:.1} s", began.elapsed().as_secs_f64());
}

/// Moves a library that was just closed: on a machine that has much to do the server may list its connections for long.
fn moves_soon(from: &Address, to: &Address) -> MigrateReport {
    let began = Instant::now();
    loop {
        match quietly(from, to) {
            Err(MigrateError::InUse { .. }) if began.elapsed() < Duration::from_secs(60) => {}
            outcome => return outcome.unwrap_or_else(|error| panic!("{error}")),
        }
    }
}

#[tokio::test]
async fn nothing_is_overwritten_and_nothing_moves_that_is_in_use() {
    let Some((place, library)) = library() else { return };
    library.write(everything).await.expect("fills");
    let folder = tempfile::tempdir().expect("a folder");
    let (database, file) = (Address::from(&place.0), Address::from(folder.path().join("library.db")));
    let used = quietly(&database, &file).expect_err("in use");
    assert!(matches!(used, MigrateError::InUse { .. }), "{used}");
    drop(library);
    moves_soon(&database, &file);
    for (from, to) in [(&database, &file), (&file, &database)] {
        let error = quietly(from, to).expect_err("not empty");
        assert!(matches!(error, MigrateError::NotEmpty(_)), "{error}");
    }
    assert!(matches!(quietly(&file, &file), Err(MigrateError::Same(_))));
    let open = Library::open(&settings(&file)).expect("opens");
    let other = super::given::place().expect("a place");
    let locked = quietly(&file, &Address::from(&other.0)).expect_err("locked");
    assert!(matches!(locked, MigrateError::Source { .. }), "{locked}");
    drop(open);
    let nothing = Address::from(folder.path().join("nothing.db"));
    assert!(quietly(&nothing, &Address::from(&other.0)).is_err());
    assert!(!folder.path().join("nothing.db.lock").exists(), "a wrong path leaves nothing behind");
    quietly(&file, &Address::from(&other.0)).expect("the database is as empty as it was");
}

#[tokio::test]
async fn a_backup_of_a_database_is_a_library_file_made_while_it_is_in_use() {
    let Some((_place, library)) = library() else { return };
    library.write(everything).await.expect("fills");
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy.db");
    for round in 0..2 {
        let writing = library.write(move |tx| plan(tx, 50 + round));
        let (report, written) = tokio::join!(library.backup(&copy), writing);
        written.expect("writing goes on");
        assert_eq!(report.expect("copies").bytes, std::fs::metadata(&copy).expect("is there").len());
    }
    let inspected = Library::inspect(&copy, |tx| verify(tx, Some(canon))).expect("verifies");
    assert_eq!(inspected.broken, []);
    let copied = Library::open(&settings(&copy)).expect("opens");
    copied.read(|tx| seeds::get(tx, id(11))).await.expect("the rows are there");
    let nowhere =
        library.backup(&folder.path().join("no/such/copy.db")).await.expect_err("fails").to_string();
    assert!(nowhere.contains("copy.db"), "{nowhere}");
}
