//! What texts say.

use super::*;
use crate::diagnose::Code;
use crate::opcodes::Mnemonic;

fn kinds(text: &str, dialect: Option<Dialect>) -> Vec<StatementKind<'_>> {
    parse(text, dialect).unwrap().statements.into_iter().map(|statement| statement.kind).collect()
}

fn codes(text: &str) -> Vec<Code> {
    codes_in(text, None)
}

fn codes_in(text: &str, dialect: Option<Dialect>) -> Vec<Code> {
    parse(text, dialect).unwrap().diagnostics.into_iter().map(|found| found.code).collect()
}

fn instructions(text: &str, dialect: Option<Dialect>) -> Vec<Mnemonic> {
    let instruction =
        |kind| if let StatementKind::Instruction(found) = kind { Some(found.mnemonic) } else { None };
    kinds(text, dialect).into_iter().filter_map(instruction).collect()
}

fn labels(text: &str, dialect: Dialect) -> Vec<(&str, LabelKind)> {
    let label =
        |kind| if let StatementKind::Label(label) = kind { Some((label.name, label.kind)) } else { None };
    kinds(text, Some(dialect)).into_iter().filter_map(label).collect()
}

#[test]
fn labels_of_every_kind_are_labels() {
    let asar = "Main:\n.sub\n..deep:\n+ nop\n-- : nop\n?local:\n#_00801B: CLC\n";
    let local = LabelKind::Local;
    assert_eq!(
        labels(asar, Dialect::Asar),
        [
            ("Main", LabelKind::Plain),
            (".sub", local(1)),
            ("..deep", local(2)),
            ("+", LabelKind::Anonymous),
            ("--", LabelKind::Anonymous),
            ("?local", LabelKind::Macro),
            ("_00801B", LabelKind::Aside)
        ]
    );
    assert_eq!(
        labels("main:\n@loop: bne @loop\n: bra :-\n", Dialect::Ca65),
        [("main", LabelKind::Plain), ("@loop", local(1)), (":", LabelKind::Anonymous)]
    );
    assert_eq!(
        labels("main\n_in:\n- lda $00\n  bne -\nend rts\n", Dialect::Wla),
        [("main", LabelKind::Plain), ("_in", local(1)), ("-", LabelKind::Anonymous)]
    );
}

#[test]
fn several_statements_stand_on_one_line_in_asar() {
    assert_eq!(
        instructions("REP #$30 : LDA #$1234 : STA $00\n", Some(Dialect::Asar)),
        [Mnemonic::Rep, Mnemonic::Lda, Mnemonic::Sta]
    );
}

#[test]
fn a_directive_is_never_an_error() {
    for text in [
        "org $8000\ndb $00,\"text\",'a',-1\nincsrc \"a.asm\"\nfreecode\nautoclean JSL Main\nprint \"x\", pc\n",
        ".segment \"CODE\"\n.proc main\n.byte <x, >x, ^x\n.endproc\n.feature c_comments\n.nothing at ) all (\n",
        ".BANK 0 SLOT 0\n.SECTION \"a b\" FREE\n.db 1 2 3\n.ENDS\n.MACRO x ARGS a\n lda \\1\n.ENDM\n",
        "if !x == 1\nnop\nelseif defined(\"y\")\nnop\nelse\nnop\nendif\n",
        "macro m(a,b)\nLDA <a>\nST<b> $00\n<a>_<b>:\n%<a>()\nendmacro\n%m(1, 2)\n",
    ] {
        assert_eq!(codes(text), [], "{text}");
    }
}

#[test]
fn operands_of_every_shape_are_read() {
    for operand in [
        "",
        " A",
        " #$12",
        " #<label",
        " #-1",
        " $12",
        " $12,x",
        " ($12)",
        " ($12,x)",
        " ($12),y",
        " [$12]",
        " [$12],y",
        " $1234,y",
        " $123456,x",
        " $01,s",
        " ($01,s),y",
        " (label+2)*2",
        " label-1,x",
        " +",
        " -",
        " --",
        " #(1<<4)|%101",
        " .sub",
        " #'A'",
        " #$12+label&$FF",
        " label_one-label_two+1",
        " $02,S",
        " #!define|$10",
        " #bank(label)",
        " .sub+1,x",
    ] {
        let text = format!("\tLDA{operand} ; comment\n");
        assert_eq!(codes_in(&text, Some(Dialect::Asar)), [], "{text}");
        assert_eq!(instructions(&text, Some(Dialect::Asar)), [Mnemonic::Lda], "{text}");
    }
    for text in ["lda z:foo,x", "lda f:foo", "lda #.lobyte(x)", "bra :+", "lda a:b::c", "jmp (tab,x)"] {
        assert_eq!(codes_in(text, Some(Dialect::Ca65)), [], "{text}");
    }
    for text in ["lda.w $12,x", "lda foo.b", "lda #:label", "lda $10.w"] {
        assert_eq!(codes_in(text, Some(Dialect::Wla)), [], "{text}");
    }
}

#[test]
fn operands_that_cannot_be_read_are_named() {
    for (text, code) in [
        (" LDA #", Code::Malformed),
        (" LDA #$GG", Code::BadNumber),
        (" LDA ($12", Code::Unbalanced),
        (" LDA $12)", Code::Unbalanced),
        (" LDA $12,,x", Code::Malformed),
        (" LDA ($12),q", Code::Malformed),
        (" LDA #$12 $34", Code::Malformed),
        (" db \"x\"\n LDA #\"abc", Code::Unbalanced),
        (" LDA.q $12", Code::BadAddressing),
        (" MOV $12", Code::UnknownMnemonic),
        (" LDQ #$12", Code::UnknownMnemonic),
        (" endif", Code::BlockMismatch),
        (" macro x()", Code::BlockMismatch),
    ] {
        assert_eq!(codes_in(text, Some(Dialect::Asar)), [code], "{text}");
    }
}

#[test]
fn a_branch_to_a_label_called_set_is_a_branch() {
    for dialect in [None, Some(Dialect::Asar)] {
        assert_eq!(instructions("a:\n BNE .set\n.set RTS\n", dialect), [Mnemonic::Bne, Mnemonic::Rts]);
    }
    assert_eq!(instructions("a .set 5\nb equ 6\n", None), []);
}

#[test]
fn an_error_costs_its_own_line_only() {
    let text = " LDA #\n STA $00\n XYZ 12\n RTS\n";
    assert_eq!(codes(text), [Code::Malformed, Code::UnknownMnemonic]);
    assert_eq!(instructions(text, None), [Mnemonic::Sta, Mnemonic::Rts]);
}

#[test]
fn words_of_other_files_are_macros_where_macros_are_not_marked() {
    assert_eq!(codes_in(".include \"m.inc\"\n add #1\n", Some(Dialect::Ca65)), []);
    assert_eq!(codes_in(" add #1\n", Some(Dialect::Ca65)), [Code::UnknownMnemonic]);
    assert_eq!(codes_in(".macro add x\n clc\n adc x\n.endmacro\n add #1\n", Some(Dialect::Ca65)), []);
}

#[test]
fn text_for_another_processor_is_let_pass() {
    assert_eq!(codes("arch spc700\n mov a,#$12\narch 65816\n lda #$12\n"), []);
}

#[test]
fn places_are_byte_ranges_of_the_text() {
    let text = "; é\n LDA #$GG\n";
    let program = parse(text, None).unwrap();
    assert_eq!(&text[program.diagnostics[0].span.range()], "$GG");
    assert_eq!(program.statements[0].line, 2);
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_without_panic_and_all_places_lie_in_it(text in "(?s).{0,200}", which in 0_usize..4) {
        check(&text, which);
    }

    #[test]
    fn nearly_assembly_is_read_without_panic(text in "([ \n\t:;,#$%!<>()\\[\\]+*.@?\\\\'\"{}/-]|lda|A|x|\\.b|12|F|macro|if|db){0,60}", which in 0_usize..4) {
        check(&text, which);
    }
}

fn check(text: &str, which: usize) {
    let dialects = [None, Some(Dialect::Asar), Some(Dialect::Ca65), Some(Dialect::Wla)];
    let program = parse(text, dialects[which]).unwrap();
    for span in program.statements.iter().map(|statement| statement.span) {
        assert!(text.get(span.range()).is_some());
    }
    for found in &program.diagnostics {
        assert!(text.get(found.span.range()).is_some());
    }
}

#[test]
fn macro_labels_of_asar_are_labels_wherever_they_stand() {
    let local = "?main:\n  BEQ ?+\n  BRA ?.sub\n?.sub LDA #$12\n?+ RTL\n?- BRA ?-\n";
    assert_eq!(codes_in(local, Some(Dialect::Asar)), []);
    assert_eq!(
        labels(local, Dialect::Asar),
        ["?main", "?.sub", "?+", "?-"].map(|name| (name, LabelKind::Macro))
    );
    assert_eq!(instructions(local, Some(Dialect::Asar)).len(), 5);
}

#[test]
fn a_condition_of_asar_with_its_statements_behind_it_ends_with_its_line() {
    let text = "if !x : nop\nRTS\nif !y\nRTL\nendif\n";
    assert_eq!(codes_in(text, Some(Dialect::Asar)), []);
    assert_eq!(codes_in("if !y\nRTL\n", Some(Dialect::Asar)), [Code::BlockMismatch]);
}

#[test]
fn conditions_and_macros_may_overlap() {
    let text = ".ifndef A\n.else\n.macro M\n.endif\n rts\n.ifndef A\n.else\n.endmacro\n.endif\n";
    assert_eq!(codes_in(text, Some(Dialect::Ca65)), []);
    assert_eq!(codes_in(".ifndef A\n.endmacro\n.endif\n", Some(Dialect::Ca65)), []);
    assert_eq!(codes_in("rts\n.endmacro\n", Some(Dialect::Ca65)), [Code::BlockMismatch]);
}

#[test]
fn an_unknown_word_with_several_arguments_is_a_macro_unless_it_is_a_slip() {
    assert_eq!(codes_in(".proc a\n dma 0, $18, here\n.endproc\n", Some(Dialect::Ca65)), []);
    for slip in ["lad $10, $12", "mov a, #$12", "dma $10", "dma $10,x"] {
        assert_eq!(codes_in(slip, Some(Dialect::Ca65)), [Code::UnknownMnemonic], "{slip}");
    }
    assert_eq!(codes_in("dma 0, 1, 2\n", Some(Dialect::Asar)), [Code::UnknownMnemonic], "a % marks macros");
}

#[test]
fn names_of_wla_are_written_with_values_and_children_and_its_macros_may_have_a_dot() {
    let text = ".accu 8\nMain:\n.rept 4 index i\n@in_{i}_{i+1}: lda Items.{i+1}.x,x\n bra @in_{i}_{i}\n.endr\n\
                @end: lda #bankbyte(Main@end) ~ 3\n .Wait 4\n rts\n";
    assert_eq!(codes_in(text, Some(Dialect::Wla)), []);
    let found = kinds(text, Some(Dialect::Wla));
    assert!(found.contains(&StatementKind::MacroCall(".Wait")), "{found:?}");
    let far = format!("Main:\n@in: nop\nOther:\n{} bra Main@in\n", "nop\n".repeat(200));
    let found = crate::check::check(&far, Some(Dialect::Wla)).unwrap().diagnostics;
    assert_eq!(found.iter().map(|found| found.code).collect::<Vec<_>>(), [Code::BranchRange]);
}
