use hafs_asm65816::syntax::{Dialect, parse};
use hafs_proto::graph::{Certainty, Claim};

use super::{Known, facts};

/// The edges of a text, as `FROM relation TO`, with a mark behind those that are not exact.
fn edges(dialect: Dialect, text: &str) -> Vec<String> {
    let program = parse(text, Some(dialect)).expect("short");
    let mut known = Known::default();
    for _ in 0..2 {
        let before = std::mem::take(&mut known);
        known.learn(text, &program, &before);
    }
    let facts = facts("a.asm", text, &program, &known);
    let told = |claim: &Claim| match claim {
        Claim::Edge(edge) => {
            let mark = match edge.certainty {
                Certainty::Exact => "",
                Certainty::Assumed => " ?",
                Certainty::Undecided => " ??",
            };
            let relation = format!("{:?}", edge.relation).to_lowercase();
            Some(format!("{} {relation} {}{mark}", edge.from.name(), edge.to.name()))
        }
        Claim::Node(_) | Claim::Name(_) => None,
    };
    facts.claims().filter_map(|(claim, _)| told(claim)).collect()
}

fn nodes(dialect: Dialect, text: &str) -> Vec<String> {
    let program = parse(text, Some(dialect)).expect("short");
    let mut known = Known::default();
    known.learn(text, &program, &Known::default());
    let facts = facts("a.asm", text, &program, &known);
    let told = |claim: &Claim| match claim {
        Claim::Node(node) => Some(format!("{:?} {}", node.kind, node.id.name())),
        Claim::Name(name) => Some(format!("{} is {}", name.name, name.id.name())),
        Claim::Edge(_) => None,
    };
    facts.claims().filter_map(|(claim, _)| told(claim)).collect()
}

#[track_caller]
fn has(found: &[String], wanted: &[&str]) {
    for line in wanted {
        assert!(found.iter().any(|it| it == line), "{line} is not among {found:#?}");
    }
}

#[test]
fn labels_defines_and_macros_of_every_dialect_are_nodes() {
    let asar = "!Timer = $7E0010\n!Lives = $03\nmacro Wait(n)\n nop\nendmacro\nMain:\n.loop\n lda #$00\nData:\n db $01\n";
    has(
        &nodes(Dialect::Asar, asar),
        &[
            "Constant !Timer",
            "Constant !Lives",
            "!Timer is $7E0010",
            "Macro %Wait",
            "Routine Main",
            "LocalLabel Main.loop",
            "Symbol Data",
            "Ram $7E0010",
        ],
    );
    let ca65 = "INIDISP = $2100\n.proc Main\n@loop: lda #0\n.endproc\nTable: .word Main\n";
    has(
        &nodes(Dialect::Ca65, ca65),
        &[
            "Constant INIDISP",
            "INIDISP is $002100",
            "Register $002100",
            "Routine Main",
            "LocalLabel Main@loop",
            "Symbol Table",
        ],
    );
}

#[test]
fn calls_and_jumps_lead_from_routine_to_routine() {
    let text = "Main:\n jsr Sub\n jsl Far\n jmp Other\n.loop\n bne .loop\n bra Main\nSub:\n rts\nOther:\n jsl $078000\n jml (Table)\nTable:\n dw Sub, Main+1\n";
    let found = edges(Dialect::Asar, text);
    has(
        &found,
        &[
            "Main calls Sub",
            "Main calls Far ??",
            "Main jumps Other",
            "Other calls $078000",
            "Other reads Table",
            "Table references Sub",
            "Table references Main",
        ],
    );
    assert!(!found.iter().any(|it| it == "Main jumps Main" || it.contains(".loop")), "{found:#?}");
}

#[test]
fn places_are_exact_where_the_text_decides_them_and_marked_where_it_does_not() {
    let text = "Main:\n lda $7E0010\n sta $2100\n inc $22\n lda $8000,x\n lda ($30),y\n lda $05,s\n lda #$2100\n asl A\n";
    let found = edges(Dialect::Asar, text);
    has(
        &found,
        &[
            "Main reads $7E0010",
            "Main writes $002100 ?",
            "Main reads $7E0022 ?",
            "Main writes $7E0022 ?",
            "Main reads $008000 ??",
            "Main reads $7E0030 ?",
        ],
    );
    assert_eq!(found.iter().filter(|it| it.starts_with("Main ")).count(), 6, "{found:#?}");
}

#[test]
fn a_bank_and_a_page_that_were_set_are_certain_until_a_label_or_a_call() {
    let bank = "Main:\n lda #$7F\n pha\n plb\n lda $1000\n jsr Sub\n lda $1002\nSub:\n rts\n";
    has(&edges(Dialect::Asar, bank), &["Main reads $7F1000", "Main reads $7E1002 ?"]);
    let page = "Main:\n pea $4300\n pld\n stz $02\nNext:\n stz $03\n";
    has(&edges(Dialect::Asar, page), &["Main writes $004302", "Next writes $7E0003 ?"]);
    let both = "Main:\n pea $7E80\n plb\n lda $2100\n plb\n lda $2100\n";
    has(&edges(Dialect::Asar, both), &["Main reads $002100", "Main reads $7E2100"]);
    let status = "Main:\n lda #$7F\n php\n plb\n lda $1000\n";
    has(&edges(Dialect::Asar, status), &["Main reads $7E1000 ?"]);
}

#[test]
fn defines_stand_for_their_places_also_through_other_defines() {
    let text =
        "!Base = $7E0F00\n!Hp = !Base+2\n!Dp = $22\nMain:\n lda !Hp\n sta !Dp\n lda.w !Hp\n lda !Nowhere\n";
    has(
        &edges(Dialect::Asar, text),
        &["!Hp denotes $7E0F02", "Main reads $7E0F02", "Main writes $7E0022 ?", "Main reads $7E0F02 ?"],
    );
}

#[test]
fn a_macro_has_its_own_edges_and_callers() {
    let text = "macro Off()\n lda #$8F\n sta $002100\nendmacro\nMain:\n %Off()\n rts\n";
    has(&edges(Dialect::Asar, text), &["%Off writes $002100", "Main calls %Off"]);
}

#[test]
fn a_mark_of_an_address_is_the_address_of_its_label_and_no_name() {
    let text = "Main:\n#_078000: lda $7E0010\n#_078004: rts\n";
    let program = parse(text, Some(Dialect::Asar)).expect("short");
    let mut known = Known::default();
    known.learn(text, &program, &Known::default());
    let facts = facts("a.asm", text, &program, &known);
    let said: Vec<String> = facts.claims().map(|(claim, line)| format!("{line} {claim:?}")).collect();
    assert!(
        said.iter()
            .any(|it| it.starts_with("1 Node") && it.contains("asm:Main") && it.contains("Some(491520)")),
        "{said:#?}"
    );
    assert!(!said.iter().any(|it| it.contains("_0780")), "{said:#?}");
}
