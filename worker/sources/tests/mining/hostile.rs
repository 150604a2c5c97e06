//! Repositories that want their miner to run something.

use std::path::Path;

use crate::support::{FUNCTION, PROSE, Place, mine_all};

/// A script that leaves a file behind when it is run.
fn trap(place: &Place, name: &str, canary: &Path) -> String {
    use std::os::unix::fs::PermissionsExt;
    let script = place.write(
        name,
        format!("#!/bin/sh\necho \"$0 $*\" >> '{}'\ncat 2>/dev/null\nexit 0\n", canary.display()),
    );
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("executable");
    script.display().to_string()
}

#[test]
fn nothing_that_a_repository_configures_is_run() {
    let place = Place::repository();
    let outside = Place::folder();
    let canary = outside.path().join("canary");
    let trap_path = trap(&outside, "trap.sh", &canary);
    place.write(".gitattributes", "*.rs diff=evil filter=evil merge=evil\n*.md diff=evil filter=evil\n");
    place.write("src/a.rs", FUNCTION);
    place.write("docs/a.md", format!("# A\n\n{PROSE}\n"));
    place.commit("Add a sum and a page about the queue");
    let task = concat!("TO", "DO: take more than two numbers");
    place.write("src/a.rs", format!("// {task}\n{}", FUNCTION.replace("sum", "total")));
    place.commit("Call the sum a total, as the page does");
    for hook in
        ["post-index-change", "reference-transaction", "pre-auto-gc", "post-checkout", "fsmonitor-watchman"]
    {
        let path = place.write(&format!(".git/hooks/{hook}"), format!("#!/bin/sh\nexec '{trap_path}'\n"));
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .expect("executable");
    }
    let settings = [
        "core.fsmonitor",
        "core.hooksPath",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.askPass",
        "core.gitProxy",
        "core.alternateRefsCommand",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "merge.evil.driver",
        "gpg.program",
        "credential.helper",
        "pager.diff-tree",
        "pager.rev-list",
        "pager.blame",
        "interactive.diffFilter",
        "alias.rev-list",
        "alias.diff-tree",
        "alias.ls-tree",
        "alias.cat-file",
        "sequence.editor",
        "uploadpack.packObjectsHook",
        "trace2.normalTarget",
    ];
    let config = place.path().join(".git/config");
    let mut text = std::fs::read_to_string(&config).expect("a config");
    for setting in settings {
        let (section, key) = setting.rsplit_once('.').expect("two parts");
        let header = match section.split_once('.') {
            Some((section, sub)) => format!("[{section} \"{sub}\"]"),
            None => format!("[{section}]"),
        };
        let bang = if section == "alias" { "!" } else { "" };
        text.push_str(&format!("{header}\n\t{key} = \"{bang}{trap_path}\"\n"));
    }
    text.push_str("[log]\n\tshowSignature = true\n[diff]\n\trenames = copies\n[core]\n\tpager = less\n");
    std::fs::write(&config, text).expect("writes");
    let haul = mine_all(place.git_settings());
    assert!(haul.seeds.len() >= 4, "{haul:?}");
    assert!(!canary.exists(), "ran: {}", std::fs::read_to_string(&canary).unwrap_or_default());
    place.git(&["diff", "HEAD~1", "HEAD"]);
    assert!(canary.exists(), "the trap works: plain git runs it");
}

#[test]
fn a_lazy_clone_does_not_run_its_remote_helper() {
    let origin = Place::repository();
    origin.write("a.md", format!("# A\n\n{PROSE}\n"));
    origin.commit("Add a page about the queue of tasks");
    origin.write("a.md", format!("# B\n\n{PROSE}\n"));
    origin.commit("Give the page about tasks another title");
    origin.git(&["config", "uploadpack.allowFilter", "true"]);
    let outside = Place::folder();
    let canary = outside.path().join("canary");
    let trap = trap(&outside, "trap.sh", &canary);
    let clone = Place::folder();
    clone.git(&["clone", "-q", "--filter=blob:none", &format!("file://{}", origin.path().display()), "copy"]);
    let copy = Place::folder();
    std::fs::rename(clone.path().join("copy"), copy.path().join("copy")).expect("moves");
    let config = copy.path().join("copy/.git/config");
    let mut text = std::fs::read_to_string(&config).expect("a config");
    text.push_str(&format!(
        "[remote \"origin\"]\n\turl = ext::{trap}\n\tuploadpack = {trap}\n[protocol]\n\tallow = always\n[protocol \"ext\"]\n\tallow = always\n"
    ));
    std::fs::write(&config, text).expect("writes");
    let haul = mine_all(crate::support::git_settings(&copy.path().join("copy")));
    assert!(haul.skipped("unreadable") >= 1 && !canary.exists(), "{:?}", haul.skipped);
}

#[test]
fn a_configuration_that_git_refuses_is_an_error_and_no_hang() {
    let place = Place::repository();
    std::fs::write(place.path().join(".git/config"), "[core\nnonsense").expect("writes");
    let error = hafs_sources::open(place.git_settings()).err().expect("refused").to_string();
    assert!(error.contains("bad config"), "{error}");
}
