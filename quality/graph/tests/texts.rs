//! Entities in texts, and the three answers of the check.
#![expect(clippy::unwrap_used, reason = "a test program")]

use std::collections::BTreeSet;

use hafs_graph::build::{Input, Reading, build};
use hafs_graph::lexicon::Lexicon;
use hafs_graph::registers;
use hafs_graph::text::{Standing, consistency, mentions};
use hafs_proto::{ContentHash, Outcome, Reason};
use hafs_quality::gates::{Demand, SampleView};

const CODE: &str = "ROOM:\n rts\n!INIDISP = $2100\n!LinkX = $7E0022\nLink_Main:\n rts\nLink_Move:\n rts\nLink_Stop:\n rts\nMain:\n rts\nloop:\n rts\nLoadSprites:\n rts\n";
const CPP: &str = "namespace zelda3 { class Rom { void Load() {} }; }\n";

fn lexicon() -> Lexicon {
    let input = |path: &str, text: &str| Input {
        path: path.to_owned(),
        text: text.to_owned(),
        hash: ContentHash::of(b""),
        reading: Reading::of_path(path).unwrap(),
    };
    let mut lexicon = Lexicon::default();
    for source in build(&[input("bank_07.asm", CODE), input("rom.cpp", CPP)]).unwrap().sources {
        source.facts.iter().for_each(|fact| lexicon.add(&fact.claim));
    }
    registers::facts().claims().for_each(|(claim, _)| lexicon.add(claim));
    lexicon
}

/// Names of a text with what they mean: `name=entity`, `name?nearest`.
fn found(text: &str) -> Vec<String> {
    let told = |standing: &Standing| match standing {
        Standing::Known(ids) => format!("={}", ids.last().unwrap()),
        Standing::Unknown { nearest } => format!("?{}", nearest.as_deref().unwrap_or("")),
    };
    let found = mentions(text, &lexicon(), &BTreeSet::new());
    for mention in &found {
        assert_eq!(text[mention.range.clone()], mention.text);
    }
    found.iter().map(|mention| format!("{}{}", mention.text, told(&mention.standing))).collect()
}

#[test]
fn every_spelling_of_a_thing_is_found_with_its_place() {
    assert_eq!(
        found(
            "Write $2100, $00:2100, INIDISP or !INIDISP; LDA $7E0022 and !LinkX; then Link_Main, LoadSprites() and zelda3::Rom::Load."
        ),
        [
            "$2100=mem:$002100",
            "$00:2100=mem:$002100",
            "INIDISP=mem:$002100",
            "!INIDISP=mem:$002100",
            "$7E0022=mem:$7E0022",
            "!LinkX=mem:$7E0022",
            "Link_Main=asm:Link_Main",
            "LoadSprites=asm:LoadSprites",
            "zelda3::Rom::Load=cpp:zelda3::Rom::Load",
        ]
    );
}

#[test]
fn english_words_are_words_whatever_the_graph_holds() {
    assert_eq!(
        found("Main is the loop that Link runs; Load it. NOTE: it costs $2,100, or $9999. ROOM 0x2100."),
        Vec::<String>::new()
    );
    assert_eq!(found("Call `Main` first."), ["Main=asm:Main"], "in code they are names");
}

#[test]
fn what_the_graph_would_have_and_does_not_is_unknown_with_the_nearest_name() {
    assert_eq!(
        found("Link_Fly and Link_Mian and !LinkQ and LoadSprite()"),
        ["Link_Fly?", "Link_Mian?Link_Main", "!LinkQ?", "LoadSprite?LoadSprites"]
    );
    assert_eq!(found("`$21FE` and zelda3::Rom::Save"), ["$21FE?", "zelda3::Rom::Save?"]);
    assert_eq!(found("my_own_name, std::vector, snake_case_word, $7E1234, JOY5L"), Vec::<String>::new());
}

fn outcome(output: &str) -> Outcome {
    let sample = SampleView {
        instruction: "Explain it.",
        input: "",
        output,
        domain: "asm",
        seed: None,
        demand: Demand::Nothing,
    };
    consistency(&sample, &lexicon())
}

fn reasons(output: &str) -> Vec<Reason> {
    let outcome = outcome(output);
    let Outcome::Fail { findings } = outcome else { panic!("{outcome:?}") };
    assert!(findings.iter().all(|finding| finding.span.is_some()), "{findings:?}");
    findings.into_iter().map(|finding| finding.reason).collect()
}

#[test]
fn no_entity_is_not_the_same_as_all_known() {
    assert_eq!(outcome("The frame ends here."), Outcome::NotApplicable);
    assert_eq!(outcome("Link_Main writes INIDISP ($2100)."), Outcome::Pass);
    let empty = consistency(
        &SampleView {
            instruction: "x",
            input: "",
            output: "Link_Main",
            domain: "asm",
            seed: None,
            demand: Demand::Nothing,
        },
        &Lexicon::default(),
    );
    assert!(matches!(empty, Outcome::Unchecked { .. }));
}

#[test]
fn unknown_names_wrong_addresses_and_dead_links_fail_each_with_its_reason() {
    assert_eq!(reasons("Link_Fly ends the frame."), [Reason::UnknownEntity]);
    assert_eq!(reasons("INIDISP ($2105) turns the screen off."), [Reason::KgInconsistent]);
    assert_eq!(reasons("`INIDISP` is at `$2101`, and Link_Main runs."), [Reason::KgInconsistent]);
    assert_eq!(reasons("See [it](bank_09.asm)."), [Reason::DeadLink]);
    assert_eq!(outcome("See [it](bank_07.asm)."), Outcome::Pass);
}

#[test]
fn names_that_a_sample_defines_itself_are_its_own() {
    assert_eq!(
        outcome("```asm\nLink_Fly:\n INC $22\n RTS\n```\nLink_Fly is new; Link_Main calls it."),
        Outcome::Pass
    );
}
