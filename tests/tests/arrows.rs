//! Which crate may depend on which: the table of `ARCHITECTURE.md`, held against `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

const ARROWS: &[(&str, &[&str])] = &[
    ("hafs-proto", &[]),
    ("hafs-asm65816", &[]),
    ("hafs-quality", &["hafs-proto", "hafs-asm65816"]),
    ("hafs-graph", &["hafs-proto", "hafs-asm65816", "hafs-quality"]),
    ("hafs-runtime", &["hafs-proto"]),
    ("hafs-domain", &["hafs-proto"]),
    ("hafs-queue", &["hafs-proto", "hafs-domain"]),
    ("hafs-library", &["hafs-proto"]),
    ("hafs-export", &["hafs-proto"]),
    ("hafs-pages", &["hafs-proto"]),
    (
        "hafs-coordinator",
        &[
            "hafs-proto",
            "hafs-domain",
            "hafs-queue",
            "hafs-library",
            "hafs-export",
            "hafs-pages",
            "hafs-runtime",
            "hafs-quality",
            "hafs-graph",
        ],
    ),
    ("hafs-teachers", &["hafs-proto", "hafs-runtime"]),
    ("hafs-sources", &["hafs-proto", "hafs-asm65816", "hafs-quality"]),
    ("hafs-sandbox", &["hafs-proto", "hafs-runtime"]),
    ("hafs-validators", &["hafs-proto", "hafs-asm65816", "hafs-quality", "hafs-sandbox"]),
    (
        "hafs-worker",
        &[
            "hafs-proto",
            "hafs-runtime",
            "hafs-quality",
            "hafs-teachers",
            "hafs-sources",
            "hafs-sandbox",
            "hafs-validators",
        ],
    ),
];

/// Crates that decide or judge: they know neither time nor network nor disk.
const PURE: &[&str] =
    &["hafs-proto", "hafs-asm65816", "hafs-quality", "hafs-graph", "hafs-domain", "hafs-pages"];
const IMPURE: &[&str] =
    &["tokio", "redis", "axum", "hyper", "reqwest", "rusqlite", "tokio-postgres", "rand", "getrandom"];

/// Normal dependencies of each crate of the workspace.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let normal = package["dependencies"].as_array().expect("dependencies").iter();
            let normal = normal.filter(|dependency| dependency["kind"].is_null());
            let names = normal.filter_map(|dependency| dependency["name"].as_str()).map(str::to_owned);
            (package["name"].as_str().expect("a name").to_owned(), names.collect())
        })
        .collect()
}

#[test]
fn crates_depend_on_nothing_but_what_the_architecture_allows() {
    let dependencies = dependencies();
    for (name, allowed) in ARROWS {
        let found = dependencies.get(*name).unwrap_or_else(|| panic!("{name} is not in the workspace"));
        let ours = found.iter().filter(|dependency| dependency.starts_with("hafs-"));
        let wrong: Vec<_> = ours.filter(|dependency| !allowed.contains(&dependency.as_str())).collect();
        assert!(wrong.is_empty(), "{name} must not depend on {wrong:?}");
    }
}

#[test]
fn every_crate_is_in_the_table_or_is_one_that_may_see_all() {
    for name in dependencies().keys() {
        let known = ARROWS.iter().any(|(known, _)| known == name);
        assert!(known || ["hafs-factory", "hafs-tests"].contains(&name.as_str()), "{name} has no row");
    }
}

#[test]
fn crates_that_decide_know_no_network_no_disk_and_no_randomness() {
    let dependencies = dependencies();
    for name in PURE {
        let wrong: Vec<_> = IMPURE.iter().filter(|impure| dependencies[*name].contains(**impure)).collect();
        assert!(wrong.is_empty(), "{name} must not depend on {wrong:?}");
    }
}
