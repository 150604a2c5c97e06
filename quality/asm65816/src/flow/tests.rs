//! What is certain, and what is not said because it is not.

use super::*;
use crate::diagnose::Code;
use crate::names::names;
use crate::syntax::{Dialect, parse};

fn codes(text: &str, dialect: Option<Dialect>) -> Vec<Code> {
    let program = parse(text, dialect).unwrap();
    assert_eq!(program.diagnostics, [], "{text}");
    let mut found: Vec<Code> =
        flow(&program, &names(&program)).diagnostics.into_iter().map(|found| found.code).collect();
    found.sort();
    found
}

fn asar(text: &str) -> Vec<Code> {
    codes(text, Some(Dialect::Asar))
}

#[test]
fn an_immediate_of_the_wrong_size_is_named_where_the_width_is_certain() {
    for text in [
        "SEP #$20\nLDA.w #$1234\nRTS",
        "REP #$20\nLDA #$12\nRTS",
        "REP #$30\nLDX.b #$12\nRTS",
        "REP #$20\nPHP\nSEP #$20\nPLP\nLDA #$12\nRTS",
        "SEC\nXCE\nLDA #$1234\nRTS",
        "SEP #$20\nBEQ +\nINX\n+ LDA #$1234\nRTS",
        "main: REP #$20\nJSR sub\nLDA #$12\nRTS\nsub: INX\nRTS",
        "main: JSR sub\nLDA #$12\nRTS\nsub: REP #$20\nRTS",
    ] {
        assert_eq!(asar(text), [Code::WidthMismatch], "{text}");
    }
    assert_eq!(codes("SEP #$20\nLDA #$1234\nRTS", None), [Code::WidthMismatch]);
    assert_eq!(codes("rep #$20\n.a8\nlda #1\nrts", Some(Dialect::Ca65)), [Code::WidthMismatch]);
}

#[test]
fn what_is_not_certain_is_not_said() {
    for text in [
        "LDA #$12\nLDA #$1234\nRTS",
        "BEQ +\nREP #$20\n+ LDA #$12\nRTS",
        "REP #$20\nJSR elsewhere\nLDA #$12\nRTS",
        "REP #$20\n%macro()\nLDA #$12\nRTS",
        "REP #$20\nPLP\nLDA #$12\nRTS",
        "REP #$20\nif !x\nSEP #$20\nendif\nLDA #$12\nRTS",
        "REP #$20\nRTS\nLDA #$12\nRTS",
        "REP #$20\nRTS\ndw sub\nsub: LDA #$12\nRTS",
    ] {
        assert_eq!(asar(text), [], "{text}");
    }
    assert_eq!(codes("REP #$20\nLDA #$12\nRTS", None), [], "another assembler follows REP itself");
    assert_eq!(codes("rep #$20\nlda #1\nrts", Some(Dialect::Ca65)), [], "an option makes it follow REP");
    assert_eq!(codes(".smart\nrep #$20\nlda #1\nrts", Some(Dialect::Ca65)), []);
}

#[test]
fn a_return_through_a_saved_status_or_half_an_address_is_named() {
    for text in ["PHP\nRTS", "PHP\nBEQ +\nINX\n+ RTL", "PHB\nRTS", "SEP #$20\nPHA\nRTS"] {
        assert_eq!(asar(text), [Code::StackImbalance], "{text}");
    }
    for text in [
        "PHP\nPLP\nRTS",
        "PEA $1234\nRTS",
        "PHK\nPEA $1234\nRTL",
        "PLA\nPLA\nRTS",
        "PHA\nRTS",
        "TCS\nPHP\nRTS",
    ] {
        assert_eq!(asar(text), [], "{text}");
    }
}

#[test]
fn a_return_that_does_not_belong_to_its_call_is_named() {
    assert_eq!(asar("main: JSR sub\nRTS\nsub: INX\nRTL"), [Code::ReturnMismatch]);
    assert_eq!(asar("main: JSL sub\nRTS\nsub: INX\nRTS"), [Code::ReturnMismatch]);
    assert_eq!(asar("main: JSR sub\nJSL sub\nRTS\nsub: INX\nRTS"), []);
}
