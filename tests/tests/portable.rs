//! What the worker is made of on Windows: nothing that only Unix has.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

const TARGET: &str = "x86_64-pc-windows-gnu";

/// Crates that build nowhere but on Unix, or that we use nowhere else.
const UNIX_ONLY: [&str; 6] = ["landlock", "seccompiler", "nix", "rustix", "signal-hook", "inotify"];

/// Crates without which the worker would lack a part of its behaviour there.
const WANTED: [&str; 2] = ["windows-service", "win32job"];

/// Names of all packages of a program's tree on [`TARGET`], build and test tools apart; or why it cannot be said.
fn tree(root: &str) -> Result<BTreeSet<String>, String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", TARGET])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("packages").iter();
    let names: BTreeMap<&str, &str> = packages
        .map(|package| (package["id"].as_str().expect("an id"), package["name"].as_str().expect("a name")))
        .collect();
    let nodes = metadata["resolve"]["nodes"].as_array().expect("a tree").iter();
    let nodes: BTreeMap<&str, &Value> =
        nodes.map(|node| (node["id"].as_str().expect("an id"), &node["deps"])).collect();
    let mut open: Vec<&str> = names.iter().filter(|(_, name)| **name == root).map(|(id, _)| *id).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            let dependencies = nodes[id].as_array().expect("dependencies").iter();
            let normal = dependencies.filter(|dependency| {
                dependency["dep_kinds"].as_array().expect("kinds").iter().any(|kind| kind["kind"].is_null())
            });
            open.extend(normal.filter_map(|dependency| dependency["pkg"].as_str()));
        }
    }
    Ok(seen.into_iter().map(|id| names[id].to_owned()).collect())
}

#[test]
fn the_worker_has_nothing_in_its_tree_on_windows_that_only_unix_has() {
    let found = match tree("hafs-worker") {
        Ok(found) => found,
        Err(why) => return println!("SKIPPED: the tree for Windows cannot be had: {why}"),
    };
    let wrong: Vec<_> = UNIX_ONLY.iter().filter(|name| found.contains(**name)).collect();
    assert!(
        wrong.is_empty(),
        "{wrong:?} must stand under target.'cfg(unix)' or 'cfg(target_os = \"linux\")'"
    );
    let missing: Vec<_> = WANTED.iter().filter(|name| !found.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:?} must be in it");
}
