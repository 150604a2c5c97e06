use hafs_proto::SeedKind;
use hafs_sources::open;

use crate::support::{FUNCTION, PROSE, Place, mine_all};

fn page_of(title: &str) -> String {
    format!("# {title}\n\n{PROSE}\n")
}

#[test]
fn a_folder_gives_sections_and_units_with_their_lines() {
    let place = Place::folder();
    place.write("guide/a.md", format!("{}\n## Deep\n\n{PROSE}\n", page_of("Top")));
    place.write("src/a.rs", FUNCTION);
    place.write("notes.txt", PROSE);
    let haul = mine_all(place.folder_settings());
    let sections = haul.of(SeedKind::DocSection);
    assert_eq!(haul.paths(SeedKind::DocSection), ["guide/a.md", "guide/a.md", "notes.txt"]);
    assert_eq!(&*sections[1].context["heading_path"], "Top > Deep");
    assert_eq!(&*sections[1].provenance.locator, "guide/a.md:5-7");
    assert_eq!(sections[0].domain.as_str(), "docs");
    let units = haul.of(SeedKind::CodeUnit);
    assert_eq!(units.len(), 1);
    assert_eq!((&*units[0].title, units[0].domain.as_str()), ("add", "rust"));
    assert_eq!(&*units[0].context["doc"], "Adds.");
    assert_eq!(units[0].provenance.revision, None);
}

#[test]
fn ignored_hidden_and_excluded_files_are_not_seen() {
    let place = Place::folder();
    place.write(".gitignore", "ignored/\n");
    for name in
        ["ignored/a.md", ".hidden/a.md", "x/build/y/a.md", "build/a.md", "kept/a.md", "kept/secret.md"]
    {
        place.write(name, page_of("A"));
    }
    let mut settings = place.folder_settings();
    settings.exclude = vec!["**/build/**".into(), "secret.md".into()];
    assert_eq!(mine_all(settings.clone()).paths(SeedKind::DocSection), ["kept/a.md"]);
    settings.hidden = true;
    assert_eq!(mine_all(settings.clone()).paths(SeedKind::DocSection), [".hidden/a.md", "kept/a.md"]);
    settings.include = vec![".hidden/".into()];
    assert_eq!(mine_all(settings).paths(SeedKind::DocSection), [".hidden/a.md"]);
}

#[test]
fn a_glob_that_does_not_parse_stops_the_source_from_opening() {
    let place = Place::folder();
    let mut settings = place.folder_settings();
    settings.include = vec!["a/[".into()];
    let error = open(settings).err().expect("refused").to_string();
    assert!(error.contains("`include` has the glob `a/[`"), "{error}");
}

#[test]
fn binary_foreign_large_and_unknown_files_are_counted() {
    let place = Place::folder();
    place.write("good.md", page_of("A"));
    place.write("binary.md", [b"ab\0".to_vec(), PROSE.into()].concat());
    place.write("latin.md", b"Gr\xfc\xdfe ".repeat(60));
    place.write("large.md", "word ".repeat(300_000));
    place.write("a.png", "x");
    place.write("a.lua", "-- x");
    place.write("Cargo.lock", "x");
    place.write("short.md", "# Only\n\nFew words.\n");
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(page_of("Wide").encode_utf16().flat_map(u16::to_le_bytes)).collect();
    place.write("wide.md", utf16);
    let haul = mine_all(place.folder_settings());
    assert_eq!(haul.paths(SeedKind::DocSection), ["good.md", "wide.md"]);
    for word in
        ["binary", "not_utf8", "too_large", "unsupported", "no_grammar", "generated", "section_too_short"]
    {
        assert_eq!(haul.skipped(word), 1, "{word}: {:?}", haul.skipped);
    }
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_and_loops_end() {
    use std::os::unix::fs::symlink;
    let place = Place::folder();
    let outside = Place::folder();
    outside.write("secret.md", page_of("Outside"));
    place.write("a b/c d.md", page_of("A"));
    symlink(place.path(), place.path().join("a b/loop")).expect("links");
    symlink(outside.path(), place.path().join("out")).expect("links");
    symlink(outside.path().join("secret.md"), place.path().join("secret.md")).expect("links");
    let haul = mine_all(place.folder_settings());
    assert_eq!(haul.paths(SeedKind::DocSection), ["a b/c d.md"]);
    assert_eq!(haul.skipped("symlink"), 3, "{:?}", haul.skipped);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_utf8_and_names_with_separators_are_mined() {
    use std::os::unix::ffi::OsStrExt;
    let place = Place::folder();
    for name in [&b"caf\xe9.md"[..], b"new\nline.md", b"h#a=s%h.md", b"\xff\xfe.md"] {
        std::fs::write(place.path().join(std::ffi::OsStr::from_bytes(name)), page_of("A")).expect("writes");
    }
    let source = crate::support::source(place.folder_settings());
    let haul = crate::support::mine(&*source, 1).expect("found");
    assert_eq!(haul.seeds.len(), 4, "{haul:?}");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_opened() {
    let place = Place::folder();
    place.write("a.md", page_of("A"));
    let pipe = place.path().join("pipe.md");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo starts");
    assert!(made.success());
    assert_eq!(mine_all(place.folder_settings()).skipped("special_file"), 1);
}

#[test]
fn the_nearest_licence_counts() {
    let place = Place::folder();
    place.write("LICENSE-MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy shall be included in all copies");
    place.write("LICENSE-APACHE", "Apache License\nVersion 2.0, January 2004");
    place.write("sub/COPYING", "GNU GENERAL PUBLIC LICENSE Version 2, June 1991");
    place.write("a.md", page_of("A"));
    place.write("sub/deep/b.md", page_of("B"));
    let tag = concat!("SPDX-License", "-Identifier: BSD-3-Clause");
    place.write("sub/c.md", format!("<!-- {tag} -->\n{}", page_of("C")));
    let haul = mine_all(place.folder_settings());
    let licences: Vec<_> = haul.seeds.iter().map(|seed| seed.provenance.license.as_deref()).collect();
    assert_eq!(licences, [Some("Apache-2.0 OR MIT"), Some("BSD-3-Clause"), Some("GPL-2.0-only")]);
}
