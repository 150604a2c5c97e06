//! The library in a database: its server is real, is traced with all its processes, and is started on what a power cut
//! has left.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use hafs_library::tables::metric_points;
use hafs_library::test_server::{Durability, PostgresServer};
use hafs_library::{Birth, Library, OpenSettings};
use hafs_proto::Timestamp;

use crate::disk::Honesty;
use crate::programs::DATABASE;
use crate::{Promise, Search, assert_kept, assert_lost, results};

fn promise(program: &'static str, open: fn(&Path) -> Result<BTreeSet<String>, String>) -> Promise {
    Promise { prepare, search: Search::Slow, ..Promise::of(program, open) }
}

/// A server with an empty library, stopped.
fn prepare(home: &Path) -> Result<(), String> {
    let words = |error: std::io::Error| error.to_string();
    std::fs::create_dir(home).map_err(words)?;
    // The server runs as another user than root.
    let way = home.parent().expect("it has a parent");
    std::fs::set_permissions(way, std::fs::Permissions::from_mode(0o755)).map_err(words)?;
    let server = PostgresServer::serve(home, Durability::Full)?;
    let library = server.database();
    Library::open(&settings(library)).map(drop).map_err(|error| format!("{error:?}"))?;
    server.execute(DATABASE, "CHECKPOINT");
    Ok(())
}

fn settings(library: hafs_library::PostgresUrl) -> OpenSettings {
    let birth = Birth { incarnation: [1; 16], lease_key: [2; 32] };
    OpenSettings { address: library.into(), readers: NonZeroUsize::MIN, birth, now: Timestamp::EPOCH }
}

fn serve(after: &Path) -> Result<PostgresServer, String> {
    // What the server was told while it ran is not wanted of the next one, which our own code would refuse.
    std::fs::write(after.join("data/postgresql.auto.conf"), "").map_err(|error| error.to_string())?;
    // It only reads, and there is no other cut.
    PostgresServer::serve(after, Durability::None)
}

fn open_library(after: &Path) -> Result<BTreeSet<String>, String> {
    let server = serve(after)?;
    results(&settings(server.address(DATABASE)))
}

fn open_rows(after: &Path) -> Result<BTreeSet<String>, String> {
    let server = serve(after)?;
    let points = Library::inspect(server.address(DATABASE), |tx| metric_points::last(tx, "n", "", 1_000));
    let points = points.map_err(|error| format!("{error:?}"))?;
    Ok(points.iter().map(|point| point.at.as_millis().to_string()).collect())
}

#[test]
fn what_a_coordinator_acknowledged_is_in_its_database_after_a_power_cut_and_the_library_is_whole() {
    assert_kept(&promise("programs::coordinator_on_postgres", open_library));
}

#[test]
fn the_test_finds_what_servers_lose_that_do_not_wait_for_the_disk() {
    let brief = |program| Promise { search: Search::Brief, ..promise(program, open_rows) };
    assert_kept(&brief("programs::postgres_full"));
    assert_lost(&brief("programs::postgres_asynchronous"));
    assert_lost(&brief("programs::postgres_without_fsync"));
}

#[test]
fn the_test_finds_what_a_server_loses_on_a_disk_that_does_not_do_what_it_says() {
    let promise = promise("programs::coordinator_on_postgres", open_library);
    assert_lost(&Promise { honesty: Honesty::Liar, search: Search::Brief, ..promise });
}
