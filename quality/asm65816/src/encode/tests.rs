//! What operands become, and what is said of those that become nothing.

use super::*;
use crate::diagnose::Code;
use crate::names::names;
use crate::syntax::{Dialect, parse};

const NONE: Options<'static> = Options { origin: 0x8000, symbols: &|_| None };

fn bytes(text: &str, dialect: Dialect) -> Vec<u8> {
    let program = parse(text, Some(dialect)).unwrap();
    assert_eq!(program.diagnostics, [], "{text}");
    let encoded = encode(&program, &names(&program), &NONE);
    assert_eq!(encoded.diagnostics, [], "{text}");
    encoded.whole().unwrap_or_else(|| panic!("{text} is not encoded"))
}

fn codes(text: &str, dialect: Option<Dialect>) -> Vec<Code> {
    let program = parse(text, dialect).unwrap();
    let names = names(&program);
    let found = [
        program.diagnostics.clone(),
        operands(&program, &names),
        branches(&program, &names),
        crate::names::undefined(&program, &names),
        crate::names::duplicates(&program, &names),
    ];
    found.into_iter().flatten().map(|found| found.code).collect()
}

#[test]
fn asar_sizes_operands_by_their_digits() {
    for (text, want) in [
        ("LDA #$12", vec![0xa9, 0x12]),
        ("LDA #$0012", vec![0xa9, 0x12, 0x00]),
        ("LDA #300", vec![0xa9, 0x2c, 0x01]),
        ("LDA $12", vec![0xa5, 0x12]),
        ("LDA $0012", vec![0xad, 0x12, 0x00]),
        ("LDA $000012", vec![0xaf, 0x12, 0x00, 0x00]),
        ("LDA.w $12,x", vec![0xbd, 0x12, 0x00]),
        ("LDA $12,y", vec![0xb9, 0x12, 0x00]),
        ("MVN $7E,$7F", vec![0x54, 0x7e, 0x7f]),
        ("ASL #3", vec![0x0a, 0x0a, 0x0a]),
        ("BRK", vec![0x00, 0x00]),
        ("lab: BRA lab", vec![0x80, 0xfe]),
        ("BRA $10", vec![0x80, 0x10]),
        ("!x = $7E0010\nLDA !x", vec![0xaf, 0x10, 0x00, 0x7e]),
        ("BEQ +\nNOP\n+ RTS", vec![0xf0, 0x01, 0xea, 0x60]),
        ("a:\n.s: BRA .s\nb:\n.s: BRA .s", vec![0x80, 0xfe, 0x80, 0xfe]),
        ("JML [$1234]", vec![0xdc, 0x34, 0x12]),
        ("PEI ($12)", vec![0xd4, 0x12]),
    ] {
        assert_eq!(bytes(text, Dialect::Asar), want, "{text}");
    }
}

#[test]
fn ca65_sizes_operands_by_their_values_and_immediates_by_directives() {
    for (text, want) in [
        ("lda #$12", vec![0xa9, 0x12]),
        (".a16\nlda #$12", vec![0xa9, 0x12, 0x00]),
        (".smart\nrep #$20\nlda #1", vec![0xc2, 0x20, 0xa9, 0x01, 0x00]),
        ("lda $0012", vec![0xa5, 0x12]),
        ("lda a:$12", vec![0xad, 0x12, 0x00]),
        ("lda f:$12", vec![0xaf, 0x12, 0x00, 0x00]),
        ("x = $7e0010\nlda x", vec![0xaf, 0x10, 0x00, 0x7e]),
        ("mvn #$7e,#$7f", vec![0x54, 0x7f, 0x7e]),
        (": dex\nbne :-", vec![0xca, 0xd0, 0xfd]),
        ("brk", vec![0x00]),
        ("jml ($1234)", vec![0xdc, 0x34, 0x12]),
        ("bra *+2", vec![0x80, 0x00]),
        ("lda #<$1234", vec![0xa9, 0x34]),
    ] {
        assert_eq!(bytes(text, Dialect::Ca65), want, "{text}");
    }
}

#[test]
fn modes_that_the_processor_does_not_have_are_named() {
    for text in [
        "STA #$12",
        "STX $12,x",
        "LDX $12,x",
        "LDA [$12],x",
        "LDA ($12),x",
        "JMP $1234,x",
        "BRA $12,x",
        "TAX A",
        "RTS $12",
        "STZ $1234,y",
        "TRB $12,x",
        "PEI #$12",
        "LDA A",
        "LDA",
        "INX $12",
        "JSR ($12)",
        "ROL $12,y",
        "ADC ($12,x),y",
        "PHA #$12",
        "CPX $12,y",
        "BNE #$10",
        "STX.l $123456",
        "NOP $12",
        "LDA $12,$34",
    ] {
        assert_eq!(codes(text, Some(Dialect::Asar)), [Code::BadAddressing], "{text}");
        assert_eq!(codes(text, None), [Code::BadAddressing], "{text}");
    }
}

#[test]
fn values_that_do_not_fit_are_named() {
    for text in [
        "LDA #$12345",
        "LDA.b #$1234",
        "REP #$1234",
        "LDA $12345678",
        "LDA ($1234),y",
        "LDA $123,s",
        "STX $1234,y",
        "LDA.b $1234",
        "STX $123456",
        "MVN $123,$12",
        "COP #$100",
        "PEA $12345",
        "JSR $123456789",
        "LDA [$1234]",
    ] {
        assert_eq!(codes(text, Some(Dialect::Asar)), [Code::OperandRange], "{text}");
        assert_eq!(codes(text, None), [Code::OperandRange], "{text}");
    }
}

#[test]
fn what_may_be_right_elsewhere_is_let_pass() {
    for text in [
        "LDA !unknown",
        "LDA #!unknown",
        "STA !x,y",
        "LDA label",
        "LDA (label),y",
        "JSL label",
        "BRA label",
        "LDA.b label",
        "LDA #label",
        "!x = \"a b\"\nLDA !x",
        "LDA.l #$0000",
        "LDA ($12+4),x",
    ] {
        assert_eq!(codes(text, Some(Dialect::Asar)), [], "{text}");
    }
}

#[test]
fn a_branch_that_certainly_cannot_reach_is_named() {
    let far = |count: usize| format!("a: {}\nBRA a\n", "NOP : ".repeat(count).trim_end_matches(" : "));
    assert_eq!(codes(&far(126), Some(Dialect::Asar)), []);
    assert_eq!(codes(&far(127), Some(Dialect::Asar)), [Code::BranchRange]);
    let ahead = |count: usize| format!("BNE +\n{}+ RTS\n", "NOP\n".repeat(count));
    assert_eq!(codes(&ahead(127), Some(Dialect::Asar)), []);
    assert_eq!(codes(&ahead(128), Some(Dialect::Asar)), [Code::BranchRange]);
}

#[test]
fn local_labels_that_nothing_defines_and_labels_defined_twice_are_named() {
    assert_eq!(codes("a:\nBRA .x\nb:\n.x RTS\n", Some(Dialect::Asar)), [Code::UndefinedLabel]);
    assert_eq!(codes("BEQ +\nRTS\n", Some(Dialect::Asar)), [Code::UndefinedLabel]);
    assert_eq!(codes("a:\nNOP\na:\nRTS\n", Some(Dialect::Asar)), [Code::DuplicateLabel]);
    assert_eq!(codes("BRA .x\n%maybe()\n", Some(Dialect::Asar)), []);
    assert_eq!(codes("if !x\na:\nelse\na:\nendif\n", Some(Dialect::Asar)), []);
}

#[test]
fn labels_of_asar_are_found_by_any_spelling_of_their_whole_name() {
    for text in [
        "Main:\n.a\n..b\nBRA .a_b\nBRA Main_a_b\n",
        "Main_x:\nMain:\nBRA .x\n",
        "A:\n.a\n..b\n...c\n....d\nBRA ....d\n.e\n..b\n...c\n....d\nBRA ....d\n",
        "namespace x\nMain:\n.a\nRTS\nnamespace off\nnamespace y\nMain:\nJMP x_Main_a\n",
        "namespace nested on\nnamespace t\nnamespace x\nA:\npushns\nnamespace x\nA:\npullns\nB:\nRTS\n",
    ] {
        assert_eq!(codes(text, Some(Dialect::Asar)), [], "{text}");
    }
    let twice = "namespace x\nMain:\nRTS\nnamespace off\nnamespace x\nMain:\nRTS\n";
    assert_eq!(codes(twice, Some(Dialect::Asar)), [Code::DuplicateLabel]);
    let far = format!("A:\n.a\n..b\n{}.c\n..b\nBRA ..b\n", "NOP\n".repeat(200));
    assert_eq!(codes(&far, Some(Dialect::Asar)), [], "the nearer one is meant");
    let far = format!("A:\n.a\n..b\n{}BRA A_a_b\n", "NOP\n".repeat(200));
    assert_eq!(codes(&far, Some(Dialect::Asar)), [Code::BranchRange]);
}

#[test]
fn a_label_that_may_be_another_is_no_proof() {
    let text = |label: &str| format!("{label}\n@x:\n{}{label}\n@x:\nBRA @x\n", "NOP\n".repeat(200));
    assert_eq!(codes(&text("PUBLIC a"), Some(Dialect::Ca65)), [], "the macro may open a scope");
    // Only one of the two is there: the immediate behind it may be reached with either width.
    let widths = "SEP #$20\nif !a\nNOP\nGo:\nelse\nGo:\nendif\nLDA #$1234\nREP #$20\nBRA Go\n";
    let checked = crate::check::check(widths, Some(Dialect::Asar)).unwrap();
    assert_eq!(checked.diagnostics, []);
}

#[test]
fn asar_takes_one_byte_for_a_bank_as_it_spells_it() {
    for (operand, bytes) in [
        ("#foo>>16", 1),
        ("#foo/65536", 1),
        ("#foo/$10000", 1),
        ("#$7E1234>>16", 1),
        ("#(foo>>16)", 2),
        ("#foo>>16+0", 2),
        ("#foo>>$10", 2),
        ("#foo>>8", 2),
        ("#(+)>>16", 1),
        ("#(+)", 2),
    ] {
        let text = format!("foo:\nLDA {operand}\n+ RTS\n");
        assert_eq!(self::bytes(&text, Dialect::Asar).len(), 2 + bytes, "{operand}");
    }
}

#[test]
fn what_a_define_from_elsewhere_stands_for_has_any_size() {
    for operand in ["!a", "!a+$40", "!a>>16", "(!a)>>16"] {
        let checked = |width| {
            let text = format!("{width} #$30\nLDA #{operand}\nRTS\n");
            crate::check::check(&text, Some(Dialect::Asar)).unwrap().diagnostics
        };
        assert_eq!([checked("REP"), checked("SEP")], [[], []], "{operand}");
    }
    let known = "!a = $7E0000\nREP #$30\nLDA #!a>>16\nRTS\n";
    let found = crate::check::check(known, Some(Dialect::Asar)).unwrap().diagnostics;
    assert_eq!(found.iter().map(|found| found.code).collect::<Vec<_>>(), [Code::WidthMismatch]);
}

#[test]
fn ca65_counts_bits_with_products() {
    for (sum, value) in
        [("4+1&3", 5), ("1+2<<3", 17), ("8|4+3", 15), ("2*3&5", 4), ("7^2+1", 6), ("(4+1)&3", 1)]
    {
        assert_eq!(bytes(&format!(".byte {sum}\n"), Dialect::Ca65), [value], "{sum}");
    }
}

#[test]
fn a_sum_of_asar_that_depends_on_the_order_is_open() {
    let whole = |sum: &str| {
        let text = format!("db {sum}\n");
        let program = parse(&text, Some(Dialect::Asar)).unwrap();
        encode(&program, &names(&program), &NONE).whole()
    };
    for (sum, value) in
        [("2*3+4", 10), ("2+(3*4)", 14), ("(1<<2)+3", 7), ("1+2+3", 6), ("$A9|($10<<1)", 0xa9)]
    {
        assert_eq!(whole(sum), Some(vec![value]), "{sum}");
    }
    for open in ["2+3*4", "1|$20>>4", "8|6&3"] {
        assert_eq!(whole(open), None, "{open}");
    }
}

#[test]
fn sums_in_brackets_and_names_behind_names_are_counted_once_each() {
    let brackets = format!("db {}1{}\n", "(".repeat(38), "+1)".repeat(38));
    let names: String = (0..40)
        .map(|nth| {
            format!("!d{} = {}\n", nth + 1, ["!d", "!d", "!d"].map(|name| format!("{name}{nth}")).join("+"))
        })
        .collect();
    let forward = format!("!d0 = 0\n{names}db !d40\n");
    let mut lines: Vec<&str> = names.lines().collect();
    lines.reverse();
    let backward = format!("db !d16\n{}\n!d0 = 0\n", lines.join("\n"));
    for (text, value) in [(brackets, 39), (forward, 0)] {
        assert_eq!(bytes(&text, Dialect::Asar), [value]);
        assert_eq!(codes(&text, Some(Dialect::Asar)), []);
    }
    assert_eq!(codes(&backward, Some(Dialect::Asar)), [], "however deep they lie");
    let circle = "!a = !b+!b\n!b = !c+!c\n!c = !a+!a\nlda #!a\n";
    assert_eq!(codes(circle, Some(Dialect::Asar)), []);
}
