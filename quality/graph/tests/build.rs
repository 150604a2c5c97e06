//! A graph does not depend on the order in which its files are read.
#![expect(clippy::unwrap_used, reason = "a test program")]

use hafs_graph::build::{Input, Reading, build};
use hafs_proto::ContentHash;
use proptest::prelude::*;

fn input(path: &str, text: &str) -> Input {
    let reading = Reading::of_path(path).unwrap();
    Input { path: path.to_owned(), text: text.to_owned(), hash: ContentHash::of(text.as_bytes()), reading }
}

fn files() -> Vec<Input> {
    vec![
        input("a/ram.asm", "!Base = $7E0F00\n!Same = $10\n"),
        input("b/hp.asm", "!Hp = !Base+2\n!Far = !Deep\n!Same = $11\n"),
        input("c/main.asm", "Main:\n lda !Hp\n sta !Same\n jsr Sub\n lda !Far\n"),
        input("d/sub.asm", "!Deep = $7E0FF0\nSub:\n sta $2100\n rts\n"),
        input("e/a.cpp", "void f() { g(); }\n"),
        input("e/b.cpp", "void g() { h(); }\nvoid h() {}\n"),
        input("f/read.md", "# Read\n[a](../c/main.asm) [b](gone.md)\n"),
        input("g/game.sym", "[labels]\n00:8000 Main\n7e:0f02 Hp\n"),
    ]
}

fn bytes(inputs: &[Input]) -> String {
    serde_json::to_string(&build(inputs).unwrap().sources).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn two_builds_of_shuffled_files_give_the_same_bytes(order in Just(files()).prop_shuffle()) {
        prop_assert_eq!(bytes(&files()), bytes(&order));
    }
}

#[test]
fn files_that_are_read_together_know_each_others_names() {
    let said = bytes(&files());
    for part in [
        r#""from":"asm:Main","relation":"reads","to":"mem:$7E0F02"}"#,
        r#""from":"asm:Main","relation":"reads","to":"mem:$7E0FF0"}"#,
        r#""from":"asm:Main","relation":"calls","to":"asm:Sub"}"#,
        r#""from":"cpp:f","relation":"calls","to":"cpp:g","certainty":"assumed"}"#,
        r#""from":"file:f/read.md","relation":"links","to":"file:c/main.asm"}"#,
        r#""from":"file:f/read.md","relation":"links","to":"file:f/gone.md","certainty":"undecided"}"#,
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert!(
        !said.contains("writes\",\"to\":\"mem:$7E001"),
        "two files give it two values, so it has none: {said}"
    );
}

#[test]
fn a_file_that_says_too_much_for_one_source_becomes_several() {
    let text: String = (0..15_000).map(|n| format!("Label_{n}:\n nop\n")).collect();
    let built = build(&[input("big.asm", &text)]).unwrap();
    let names: Vec<&str> = built.sources.iter().map(|source| source.source.as_str()).collect();
    assert_eq!(names, ["big.asm", "big.asm#2"]);
    let facts: usize = built.sources.iter().map(|source| source.facts.len()).sum();
    assert_eq!(facts, 30_001, "the file, and each label with its edge");
    assert!(built.sources.iter().all(hafs_proto::graph::SourceFacts::is_settled));
}
