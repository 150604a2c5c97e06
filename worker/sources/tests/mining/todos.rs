use hafs_proto::SeedKind;

use crate::support::{Place, mine_all};

/// The marker, put together so that this file has none.
const MARK: &str = concat!("TO", "DO");

#[test]
fn a_todo_has_its_place_its_code_and_its_age() {
    let place = Place::repository();
    let code = format!("fn a() {{\n    // {MARK}(alice): handle the empty list\n    b();\n}}\n");
    place.write("src/a.rs", &code);
    place.commit("Add the first version of a");
    place.write("src/a.rs", format!("// A head line.\n{code}"));
    place.commit("Say what the file is about");
    let haul = mine_all(place.git_settings());
    let todos = haul.of(SeedKind::Todo);
    assert_eq!(todos.len(), 1, "{haul:?}");
    let todo = todos[0];
    assert_eq!(todo.title.to_string(), format!("{MARK}: handle the empty list"));
    assert_eq!(&*todo.provenance.locator, "src/a.rs:3");
    assert_eq!(todo.provenance.lines, Some((3, 3)));
    assert_eq!(&*todo.context["age_days"], "10");
    assert_eq!(&*todo.context["introduced_at"], "2026-01-01T00:00:00.000Z");
    assert!(todo.text.contains("fn a() {") && todo.text.contains("    b();"), "{}", todo.text);
    assert!(haul.seeds.iter().all(|seed| seed.kind != SeedKind::Todo || !seed.text.contains("alice")));
}

#[test]
fn a_marker_in_a_string_or_a_document_is_none() {
    let place = Place::repository();
    place.write(
        "a.rs",
        format!("const A: &str = \"{MARK}: this is text and not a task\";\nfn b() {{\n    c();\n}}\n"),
    );
    place.write("a.md", format!("{MARK}: write these pages some day soon"));
    place.commit("Add a constant and a page");
    let haul = mine_all(place.git_settings());
    assert!(haul.of(SeedKind::Todo).is_empty(), "{haul:?}");
}

#[test]
fn todos_are_left_alone_when_configured_so() {
    let place = Place::repository();
    place.write("a.rs", format!("// {MARK}: handle the empty list\nfn b() {{\n    c();\n}}\n"));
    place.commit("Add a function with a task in it");
    let mut settings = place.git_settings();
    settings.todo = false;
    let haul = mine_all(settings);
    assert!(haul.of(SeedKind::Todo).is_empty() && !haul.seeds.is_empty(), "{haul:?}");
}
