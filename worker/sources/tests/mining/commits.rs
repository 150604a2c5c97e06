use hafs_proto::SeedKind;

use crate::support::{FUNCTION, Place, mine_all};

#[test]
fn a_commit_carries_its_diff_message_files_and_what_was_there_before() {
    let place = Place::repository();
    place.write("LICENSE", "MIT License\nPermission is hereby granted, free of charge, to any person obtaining a copy\nshall be included in all copies");
    place.write("src/sum.rs", FUNCTION);
    place.commit("Initial commit");
    place.write("src/sum.rs", FUNCTION.replace("a + b", "a.saturating_add(b)"));
    place.commit("sum: never overflow, saturate instead\n\nOverflow panics in debug builds.\n\nReviewed-by: Somebody\n");
    let haul = mine_all(place.git_settings());
    let commits = haul.of(SeedKind::Commit);
    assert_eq!(commits.len(), 1, "{haul:?}");
    let commit = commits[0];
    assert_eq!(&*commit.title, "sum: never overflow, saturate instead");
    assert_eq!(commit.domain.as_str(), "rust");
    assert!(
        commit.text.contains("-    let sum = a + b;\n+    let sum = a.saturating_add(b);"),
        "{}",
        commit.text
    );
    assert!(!commit.text.contains("\nindex "), "{}", commit.text);
    assert_eq!(
        &*commit.context["message"],
        "sum: never overflow, saturate instead\n\nOverflow panics in debug builds."
    );
    assert_eq!(&*commit.context["body"], "Overflow panics in debug builds.");
    assert_eq!(&*commit.context["files"], "src/sum.rs");
    assert_eq!(&*commit.context["before"], FUNCTION.trim_end());
    assert_eq!(&*commit.context["language"], "rust");
    let provenance = &commit.provenance;
    assert_eq!(provenance.revision.as_deref().map(str::len), Some(40));
    assert_eq!(provenance.path.as_deref(), Some("src/sum.rs"));
    assert_eq!(&*provenance.group, "code/src/sum.rs");
    assert_eq!(provenance.license.as_deref(), Some("MIT"));
    assert_eq!(haul.skipped("uninformative_message"), 1);
}

#[test]
fn what_teaches_nothing_is_counted_by_its_reason() {
    let place = Place::repository();
    place.write("a.rs", FUNCTION);
    place.commit("Initial commit");
    place.write("logo.png", [0_u8, 1, 2, 3]);
    place.commit("Add the logo that the designers made");
    place.write("Cargo.lock", "x\n");
    place.commit("Lock the versions of all dependencies");
    place.write("big.txt", "a line of text\n".repeat(400));
    place.commit("Add the long list of all words");
    place.write("latin.txt", b"Gr\xfc\xdfe\n");
    place.commit("Add greetings in the German language");
    place.git(&["mv", "a.rs", "b.rs"]);
    place.commit("Rename the file to what it holds");
    place.write("b.rs", "fn b() {}\n");
    place.commit("Revert \"Add the logo that the designers made\"");
    place.write("b.rs", "fn c() {}\n");
    place.commit("wip");
    let haul = mine_all(place.git_settings());
    for (word, count) in [
        ("binary", 1),
        ("generated", 2),
        ("large_diff", 1),
        ("not_utf8", 2),
        ("no_text_change", 1),
        ("revert", 1),
        ("uninformative_message", 2),
    ] {
        assert_eq!(haul.skipped(word), count, "{word}: {:?}", haul.skipped);
    }
    assert!(haul.of(SeedKind::Commit).is_empty(), "{:?}", haul.of(SeedKind::Commit));
}

#[test]
fn merges_are_passed_over_and_both_sides_are_mined() {
    let place = Place::repository();
    place.write("a.rs", FUNCTION);
    place.commit("Add a function that adds two numbers");
    place.git(&["checkout", "-q", "-b", "side"]);
    place.write("b.rs", FUNCTION);
    place.commit("Add the same function to another file");
    place.git(&["checkout", "-q", "main"]);
    place.write("c.rs", FUNCTION);
    place.commit("Add the same function to a third file");
    place.git(&["merge", "-q", "--no-ff", "-m", "Bring the second function in", "side"]);
    let haul = mine_all(place.git_settings());
    assert_eq!(haul.skipped("merge"), 1);
    let mut paths = haul.paths(SeedKind::Commit);
    paths.sort_unstable();
    assert_eq!(paths, ["a.rs", "b.rs", "c.rs"]);
}

#[test]
fn a_lock_file_beside_code_is_left_out_of_the_diff() {
    let place = Place::repository();
    place.write("src/a b.rs", FUNCTION);
    place.write("Cargo.lock", "x\n".repeat(5000));
    place.commit("Add the sum and the crate that it needs");
    let haul = mine_all(place.git_settings());
    let commit = haul.of(SeedKind::Commit)[0];
    assert_eq!(&*commit.context["files"], "src/a b.rs");
    assert!(!commit.text.contains("Cargo.lock"), "{}", commit.text);
}

#[test]
fn no_more_commits_than_configured_are_looked_at() {
    let place = Place::repository();
    for n in 0..5 {
        place.write("a.rs", FUNCTION.replace("sum", &format!("sum{n}")));
        place.commit(&format!("Name the sum after the number {n} of its step"));
    }
    let mut settings = place.git_settings();
    settings.max_commits = 2;
    let haul = mine_all(settings);
    let titles: Vec<_> = haul.of(SeedKind::Commit).iter().map(|seed| seed.title.to_string()).collect();
    assert_eq!(titles.len(), 2);
    assert!(titles[0].contains("number 4") || titles[1].contains("number 4"), "{titles:?}");
}
