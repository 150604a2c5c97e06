use std::cell::Cell;

use hafs_proto::SeedDraft;
use hafs_sources::HarvestError;

use crate::support::{FUNCTION, PROSE, Place, mine, mine_all, page, source};

fn many() -> Place {
    let place = Place::repository();
    for n in 0..12 {
        let task = concat!("TO", "DO");
        let name = format!("part{n}");
        let code: String = (0..3).map(|m| FUNCTION.replace("add", &format!("add_{n}_{m}"))).collect();
        place.write(
            &format!("{name}/code.rs"),
            format!("// {task}: see to the number {n} of parts\n{code}fn tiny() {{}}\n"),
        );
        place.write(
            &format!("{name}/page.md"),
            format!("# Part {n}\n\n{PROSE}\n\n## More {n}\n\n{PROSE}\n\n## Short\n"),
        );
        place.write(&format!("{name}/logo.png"), "x");
        place.commit(&if n % 3 == 0 {
            "wip".into()
        } else {
            format!("Add the part number {n} with code and page")
        });
    }
    place
}

fn sorted(seeds: &[SeedDraft]) -> Vec<String> {
    let mut all: Vec<_> = seeds.iter().map(|seed| serde_json::to_string(seed).expect("serialises")).collect();
    all.sort_unstable();
    all
}

#[test]
fn pages_of_any_size_cover_everything_exactly_once() {
    let place = many();
    for settings in [place.git_settings(), place.folder_settings()] {
        let source = source(settings);
        let whole = mine(&*source, 200).expect("found");
        assert_eq!(whole.pages, 1);
        for limit in [1, 3, 7, 40] {
            let paged = mine(&*source, limit).expect("found");
            assert_eq!(sorted(&paged.seeds), sorted(&whole.seeds), "limit {limit}");
            assert_eq!(paged.skipped, whole.skipped, "limit {limit}");
        }
    }
}

#[test]
fn two_harvests_are_equal_byte_for_byte() {
    let place = many();
    for settings in [place.git_settings(), place.folder_settings()] {
        let one = mine(&*source(settings.clone()), 7).expect("found");
        let two = mine(&*source(settings), 7).expect("found");
        let json = |seeds| serde_json::to_vec(seeds).expect("serialises");
        assert_eq!(json(&one.seeds), json(&two.seeds));
    }
}

#[test]
fn a_head_that_moves_between_pages_changes_nothing() {
    let place = many();
    let source = source(place.git_settings());
    let whole = mine(&*source, 200).expect("found");
    let first = page(&*source, None, 5).expect("a page");
    place.write("part0/page.md", "gone");
    std::fs::remove_dir_all(place.path().join("part1")).expect("removes");
    place.commit("Take the first parts out of the repository");
    let mut seeds = first.seeds;
    let mut cursor = first.next_cursor;
    while let Some(at) = cursor {
        let next = page(&*source, Some(&at), 5).expect("a page");
        seeds.extend(next.seeds);
        cursor = next.next_cursor;
    }
    assert_eq!(sorted(&seeds), sorted(&whole.seeds));
}

#[test]
fn a_folder_that_changes_between_pages_ends_and_repeats_nothing() {
    let place = many();
    let source = source(place.folder_settings());
    let first = page(&*source, None, 10).expect("a page");
    std::fs::remove_dir_all(place.path().join("part10")).expect("removes");
    std::fs::remove_dir_all(place.path().join("part0")).expect("removes");
    place.write("zz/new.md", format!("# New\n\n{PROSE}\n"));
    let mut seeds = first.seeds;
    let mut cursor = first.next_cursor;
    while let Some(at) = cursor {
        let next = page(&*source, Some(&at), 10).expect("a page");
        seeds.extend(next.seeds);
        cursor = next.next_cursor;
    }
    let all = sorted(&seeds);
    let mut unique = all.clone();
    unique.dedup();
    assert_eq!(all.len(), unique.len());
    assert!(all.iter().any(|seed| seed.contains("zz/new.md")));
}

#[test]
fn a_cancelled_harvest_ends_with_its_own_error() {
    let place = many();
    for settings in [place.git_settings(), place.folder_settings()] {
        let source = source(settings);
        for after in [0, 1, 5, 20] {
            let asked = Cell::new(0);
            let cancel = || {
                asked.set(asked.get() + 1);
                asked.get() > after
            };
            let error = source.harvest(None, 200, &cancel).expect_err("cancelled");
            assert!(matches!(error, HarvestError::Cancelled { .. }), "after {after}: {error}");
        }
    }
}

#[test]
fn a_page_never_holds_more_than_the_protocol_allows() {
    let place = Place::folder();
    for n in 0..250 {
        place.write(&format!("{n}.md"), format!("# Page {n}\n\n{PROSE}\n"));
    }
    let source = source(place.folder_settings());
    let first = page(&*source, None, usize::MAX).expect("a page");
    assert_eq!(first.seeds.len(), hafs_proto::limits::HARVEST_SEEDS);
    assert_eq!(mine_all(place.folder_settings()).seeds.len(), 250);
}
