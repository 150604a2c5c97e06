use hafs_proto::SeedKind;
use hafs_sources::{HarvestError, SourceError, SourceKind, SourceSettings, open};

use crate::support::{FUNCTION, PROSE, Place, git_settings, mine, mine_all, page, source};

/// A repository with something of every kind.
fn full() -> Place {
    let place = Place::repository();
    let task = concat!("TO", "DO: take more than two numbers");
    place.write("docs/a.md", format!("# Queue\n\n{PROSE}\n"));
    place.write("src/a.rs", format!("// {task}\n{FUNCTION}"));
    place.commit("Add a page about the queue and a sum");
    place.write("src/a.rs", format!("// {task}\n{}", FUNCTION.replace("sum", "total")));
    place.commit("Call the sum a total, as the page does");
    place
}

#[test]
fn one_repository_gives_every_kind_of_seed_on_its_first_page() {
    let place = full();
    let first = page(&*source(place.git_settings()), None, 4).expect("a page");
    let mut kinds: Vec<_> = first.seeds.iter().map(|seed| seed.kind).collect();
    kinds.sort_unstable();
    let mined: Vec<_> = SeedKind::ALL.iter().filter(|kind| **kind != SeedKind::Routine).copied().collect();
    assert_eq!(kinds, mined);
}

#[test]
fn a_repository_with_long_object_ids_is_mined_like_any_other() {
    let place = Place::folder();
    place.git(&["init", "-q", "--object-format=sha256"]);
    place.write("a.rs", FUNCTION);
    place.commit("Add a function that adds two numbers");
    let haul = mine_all(place.git_settings());
    assert_eq!(haul.of(SeedKind::Commit)[0].provenance.revision.as_deref().map(str::len), Some(64));
}

#[test]
fn a_bare_repository_gives_the_same_as_its_origin() {
    let place = full();
    let bare = Place::folder();
    bare.git(&["clone", "-q", "--bare", place.path().to_str().expect("a path"), "copy.git"]);
    let copy = mine_all(git_settings(&bare.path().join("copy.git")));
    assert_eq!(copy, mine_all(place.git_settings()));
}

#[test]
fn a_path_that_is_no_repository_is_said_to_be_none() {
    let place = Place::folder();
    let file = place.write("sub/file.md", PROSE);
    for (path, expected) in [
        (place.path().join("missing"), "does not exist"),
        (file, "is not a folder"),
        (place.path().to_owned(), "is not the top of a git repository"),
    ] {
        let error = open(git_settings(&path)).err().expect("an error").to_string();
        assert!(error.contains(expected) && error.contains("`code`"), "{error}");
    }
    let repository = full();
    let inside = open(git_settings(&repository.path().join("src"))).err().expect("an error");
    assert!(matches!(inside, SourceError::NotARepository { .. }), "a folder inside is not the top: {inside}");
}

#[test]
fn an_empty_repository_and_an_empty_folder_are_errors() {
    let place = Place::repository();
    let error = mine(&*source(place.git_settings()), 9).expect_err("nothing there");
    assert!(matches!(error, HarvestError::NoCommits { .. }), "{error}");
    let folder = Place::folder();
    let error = mine(&*source(folder.folder_settings()), 9).expect_err("nothing there");
    assert!(error.to_string().contains("nothing to mine in `notes`: it holds no files"), "{error}");
    folder.write("a.png", [0_u8; 9]);
    let error = mine(&*source(folder.folder_settings()), 9).expect_err("nothing there");
    assert!(error.to_string().contains("unsupported 1"), "{error}");
}

#[test]
fn the_edge_of_a_shallow_clone_is_not_taken_for_a_change() {
    let place = full();
    let clone = Place::folder();
    let origin = format!("file://{}", place.path().display());
    clone.git(&["clone", "-q", "--depth", "1", &origin, "copy"]);
    let haul = mine_all(git_settings(&clone.path().join("copy")));
    assert_eq!(haul.skipped("shallow_boundary"), 1);
    assert!(haul.of(SeedKind::Commit).is_empty());
    assert!(haul.of(SeedKind::Todo)[0].context.contains_key("age_days_at_least"));
    assert!(!haul.of(SeedKind::CodeUnit).is_empty());
}

#[test]
fn what_a_partial_clone_lacks_is_counted_and_never_fetched() {
    let place = full();
    place.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = Place::folder();
    let origin = format!("file://{}", place.path().display());
    clone.git(&["clone", "-q", "--filter=blob:none", &origin, "copy"]);
    let haul = mine_all(git_settings(&clone.path().join("copy")));
    assert!(haul.skipped("unreadable") >= 1, "{:?}", haul.skipped);
    assert!(!haul.of(SeedKind::DocSection).is_empty(), "the files of HEAD are there");
}

#[test]
fn a_worktree_and_a_detached_head_are_repositories_like_any_other() {
    let place = full();
    place.git(&["worktree", "add", "-q", "--detach", "tree", "HEAD~1"]);
    let haul = mine_all(git_settings(&place.path().join("tree")));
    assert_eq!(haul.of(SeedKind::Commit).len(), 1);
}

#[test]
fn links_submodules_and_odd_names_in_a_tree_do_no_harm() {
    let place = full();
    let other = full();
    place.git(&["submodule", "add", "-q", other.path().to_str().expect("a path"), "sub"]);
    place.write("docs/with space.md", format!("# A\n\n{PROSE}\n"));
    place.write("huge.md", "word ".repeat(400_000));
    place.write("latin.md", [b"Gr\xfc\xdfe ".repeat(50), PROSE.as_bytes().to_vec()].concat());
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        place.write("docs/new\nline.md", format!("# B\n\n{PROSE}\n"));
        std::os::unix::fs::symlink("/etc/passwd", place.path().join("passwd.md")).expect("links");
        let odd = std::ffi::OsStr::from_bytes(b"docs/caf\xe9.md");
        std::fs::write(place.path().join(odd), format!("# C\n\n{PROSE}\n")).expect("writes");
    }
    place.commit("Add pages with all kinds of names");
    let haul = mine_all(place.git_settings());
    assert_eq!(haul.skipped("submodule"), 1, "{:?}", haul.skipped);
    assert_eq!(haul.skipped("too_large"), 1, "{:?}", haul.skipped);
    assert!(haul.skipped("not_utf8") >= 1, "{:?}", haul.skipped);
    let paths = haul.paths(SeedKind::DocSection);
    assert!(paths.contains(&"docs/with space.md"), "{paths:?}");
    if cfg!(unix) {
        assert_eq!(haul.skipped("symlink"), 1, "{:?}", haul.skipped);
        assert!(paths.contains(&"docs/new\nline.md") && paths.contains(&"docs/caf\u{fffd}.md"), "{paths:?}");
        let locators: Vec<_> = haul.seeds.iter().map(|seed| seed.provenance.locator.to_string()).collect();
        assert!(locators.iter().all(|locator| !locator.contains('\n')), "{locators:?}");
    }
}

#[test]
fn a_revision_that_is_gone_and_a_foreign_cursor_are_told() {
    let place = full();
    let source = source(place.git_settings());
    let gone = format!("h1 rev={}", "0123456789".repeat(4));
    let error = page(&*source, Some(&gone), 9).expect_err("gone");
    assert!(matches!(error, HarvestError::RevisionGone { .. }), "{error}");
    for foreign in ["", "commits:12", "h1 docs=x#0", "h1 rev=HEAD"] {
        let error = page(&*source, Some(foreign), 9).expect_err("foreign");
        assert!(matches!(error, HarvestError::BadCursor { .. }), "{foreign}: {error}");
    }
}

#[test]
fn the_domain_of_the_configuration_wins_over_the_language() {
    let place = full();
    let mut settings =
        SourceSettings::new("code".parse().expect("a name"), SourceKind::Git { path: place.path().into() });
    settings.domain = Some("queueing".parse().expect("a domain"));
    assert!(mine_all(settings).seeds.iter().all(|seed| seed.domain.as_str() == "queueing"));
}
