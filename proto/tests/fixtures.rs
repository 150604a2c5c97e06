//! The JSON forms of version 1, frozen: what a worker has spooled, a library has stored or a program has saved must
//! be readable by every later version.
//!
//! A fixture is called `Type.json`, `Type.variant.json`, or `….minimal.json` for the least that must parse. None is
//! ever rewritten; `HAFS_BLESS=1 cargo test -p hafs-proto` adds new ones to the list of hashes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hafs_proto::lease::LeaseKey;
use hafs_proto::task::{Completion, Failure};
use hafs_proto::{Attempt, Generation, Sample, Seed, TaskKind, sample};
use serde_json::Value;
use sha2::{Digest, Sha256};

#[path = "wire/objects.rs"]
mod objects;
#[path = "wire/types.rs"]
mod types;

use types::{PARTS, Reread, WIRE};

struct Fixture {
    name: String,
    text: String,
    value: Value,
    reread: Reread,
}

impl Fixture {
    fn is_minimal(&self) -> bool {
        self.name.ends_with(".minimal")
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn type_of(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// Every fixture of version 1, by name.
fn fixtures() -> Vec<Fixture> {
    let entries = std::fs::read_dir(folder().join("v1")).expect("the folder of fixtures");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| fixture(path)).collect()
}

fn fixture(path: &Path) -> Fixture {
    let file = path.file_name().and_then(|name| name.to_str()).expect("a name");
    let name = file.strip_suffix(".json").unwrap_or_else(|| panic!("{file} is no .json file")).to_owned();
    let text = std::fs::read_to_string(path).expect("UTF-8");
    let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    let reread = WIRE.iter().find(|(known, _)| *known == type_of(&name)).map(|(_, reread)| *reread);
    let reread = reread.unwrap_or_else(|| panic!("{file}: no such type in tests/wire/types.rs"));
    Fixture { name, text, value, reread }
}

fn one(name: &str) -> Value {
    fixture(&folder().join("v1").join(format!("{name}.json"))).value
}

#[test]
fn every_fixture_parses_and_becomes_the_same_json_again() {
    for fixture in fixtures() {
        let again = (fixture.reread)(fixture.text.as_bytes());
        let again = again.unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
        if fixture.is_minimal() {
            assert!(objects::holds(&again, &fixture.value), "{}: {again:#}", fixture.name);
        } else {
            assert_eq!(again, fixture.value, "{}", fixture.name);
        }
    }
}

#[test]
fn every_wire_type_and_every_variant_of_it_has_a_fixture() {
    let names: BTreeSet<String> = fixtures().into_iter().map(|fixture| fixture.name).collect();
    for (wire, _) in WIRE {
        let whole = |name: &String| type_of(name) == *wire && !name.ends_with(".minimal");
        assert!(names.iter().any(whole), "no fixture for {wire}");
    }
    let kinds = TaskKind::ALL.iter().map(|kind| kind.word());
    let variants = kinds.flat_map(|kind| [format!("TaskSpec.{kind}"), format!("TaskOutput.{kind}")]);
    for name in variants.chain(types::VARIANTS.iter().map(|name| (*name).to_owned())) {
        assert!(names.contains(&name), "no fixture {name}.json");
    }
}

#[test]
fn every_type_that_can_be_read_is_a_wire_type_or_a_part_of_one() {
    let listed: BTreeSet<&str> = WIRE.iter().map(|(name, _)| *name).chain(PARTS.iter().copied()).collect();
    let declared = types::declared(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").as_path());
    assert!(declared.len() > 80, "only {} types found: the search is broken", declared.len());
    for name in declared {
        assert!(
            listed.contains(name.as_str()),
            "{name} is neither in WIRE nor in PARTS of tests/wire/types.rs"
        );
    }
}

#[test]
fn an_unknown_field_is_refused_at_every_depth() {
    for fixture in fixtures() {
        for pointer in objects::pointers(&fixture.value) {
            let mut value = fixture.value.clone();
            let object = value.pointer_mut(&pointer).and_then(Value::as_object_mut).expect("an object");
            if objects::takes_any_field(type_of(&fixture.name), &pointer, object) {
                continue;
            }
            object.insert("of_tomorrow".to_owned(), Value::from(1));
            let read = (fixture.reread)(value.to_string().as_bytes());
            assert!(read.is_err(), "{} takes an unknown field at `{pointer}`", fixture.name);
        }
    }
}

#[test]
fn every_truncated_fixture_is_refused() {
    for fixture in fixtures() {
        let bytes = fixture.value.to_string().into_bytes();
        for cut in 0..bytes.len() {
            assert!((fixture.reread)(&bytes[..cut]).is_err(), "{} cut at byte {cut}", fixture.name);
        }
    }
}

#[test]
fn fixtures_are_never_rewritten() {
    let list = folder().join("v1.sha256");
    let stored = std::fs::read_to_string(&list).unwrap_or_default();
    let mut hashes: BTreeMap<&str, String> = stored
        .lines()
        .map(|line| line.split_once("  ").expect("`<sha256>  v1/<name>.json`"))
        .map(|(hash, name)| (name, hash.to_owned()))
        .collect();
    let found: BTreeMap<String, String> =
        fixtures().into_iter().map(|it| (format!("v1/{}.json", it.name), sha256(&it.text))).collect();
    let bless = std::env::var_os("HAFS_BLESS").is_some();
    for (name, hash) in &found {
        let known = hashes.entry(name).or_insert_with(|| if bless { hash.clone() } else { String::new() });
        assert!(!known.is_empty(), "{name} is not in v1.sha256; with HAFS_BLESS=1 this test adds it");
        assert_eq!(known, hash, "{name} was rewritten: put it back and add a fixture under a new name");
    }
    for name in hashes.keys() {
        assert!(
            found.contains_key(*name),
            "{name} was removed: what was written under version 1 still exists"
        );
    }
    if bless {
        let lines: String = hashes.iter().map(|(name, hash)| format!("{hash}  {name}\n")).collect();
        std::fs::write(&list, lines).expect("the list can be written");
    }
}

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn hashes_that_libraries_have_stored_are_computed_as_before() {
    let seed: Seed = serde_json::from_value(one("Seed")).expect("a seed");
    assert_eq!(seed.content_hash, seed.draft.content_hash());
    let stored: Sample = serde_json::from_value(one("Sample.accepted")).expect("a sample");
    assert_eq!(stored.content_hash, sample::content_hash(&stored.instruction, &stored.input, &stored.output));
}

/// A worker that was updated sends the results of its spool under keys whose receipts an older worker has earned.
#[test]
fn bodies_of_deliveries_hash_as_before() {
    let completion: Completion = serde_json::from_value(one("Completion")).expect("a completion");
    assert_eq!(completion.body_hash().to_string(), types::COMPLETION_BODY);
    let failure: Failure = serde_json::from_value(one("Failure")).expect("a failure");
    assert_eq!(failure.body_hash().to_string(), types::FAILURE_BODY);
}

#[test]
fn a_lease_token_of_version_1_still_verifies() {
    let completion: Completion = serde_json::from_value(one("Completion")).expect("a completion");
    let sample: Sample = serde_json::from_value(one("Sample.accepted")).expect("a sample");
    let (key, worker) = (LeaseKey::new([7; 32]), sample.lineage.worker);
    assert!(key.verify(&completion.token, completion.task, worker));
    assert_eq!(key.sign(completion.task, worker, Generation(3), Attempt(1)), completion.token);
}
