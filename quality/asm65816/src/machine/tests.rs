//! What instructions do.

use super::*;
use crate::encode::{Options, encode};
use crate::names::names;
use crate::opcodes::Flags;
use crate::syntax::{Dialect, parse};

const HOME: u32 = 0x00_fff0;

/// Runs a text at $00:8000 until it comes to its end.
fn after(text: &str, start: Registers) -> (Registers, Memory, Run) {
    let program = parse(text, Some(Dialect::Asar)).unwrap();
    let code =
        encode(&program, &names(&program), &Options { origin: 0x8000, symbols: &|_| None }).whole().unwrap();
    let mut memory = Memory::new(Map::Flat, 1);
    memory.load(0x8000, &code);
    let mut cpu = Cpu { r: Registers { pc: 0x8000, ..start } };
    let home = 0x8000 + u32::try_from(code.len()).unwrap();
    let ran = run(&mut cpu, &mut memory, home, 100_000);
    (cpu.r, memory, ran)
}

fn status(bits: u8) -> Registers {
    Registers { p: Flags(bits), ..Registers::default() }
}

#[test]
fn decimal_addition_and_subtraction_carry_digits() {
    for (text, a) in [
        ("SED : CLC : LDA #$19 : ADC #$28", 0x47),
        ("SED : SEC : LDA #$42 : SBC #$17", 0x25),
        ("SED : CLC : LDA #$99 : ADC #$01", 0x00),
    ] {
        assert_eq!(after(text, status(0x30)).0.a, a, "{text}");
    }
    let (r, ..) = after("SED : CLC : LDA #$1999 : ADC #$0001", status(0));
    assert_eq!(r.a, 0x2000);
}

#[test]
fn widths_follow_the_status() {
    let (r, ..) = after("REP #$30 : LDA #$1234 : LDX #$5678 : SEP #$30 : LDA #$FF", status(0x30));
    assert_eq!((r.a, r.x), (0x12ff, 0x78));
    let (r, ..) = after("SEC : XCE", Registers { x: 0x1234, s: 0x1fff, ..status(0) });
    assert!(r.e && r.is(Flags::M) && r.is(Flags::X));
    assert_eq!((r.x, r.s), (0x34, 0x01ff));
}

#[test]
fn a_block_move_copies_and_counts() {
    let text = "LDX #$1000 : LDY #$2000 : LDA #$0003 : MVN $7F,$7E";
    let (r, memory, ran) = after(text, status(0));
    let copied: Vec<u8> = (0..4).map(|at| memory.peek(0x7f_2000 + at)).collect();
    let source: Vec<u8> = (0..4).map(|at| memory.peek(0x7e_1000 + at)).collect();
    assert_eq!(copied, source);
    assert_eq!((r.x, r.y, r.a, r.dbr), (0x1004, 0x2004, 0xffff, 0x7f));
    assert_eq!(ran.cycles, 3 * 3 + 4 * 7);
}

#[test]
fn a_hang_is_a_result() {
    let (_, _, ran) = after("- BRA -", status(0x30));
    assert_eq!((ran.end, ran.steps), (End::OutOfSteps, 100_000));
    assert_eq!(after("STP", status(0x30)).2.end, End::Halted(Halt::Stopped));
}

#[test]
fn devices_are_traced_and_do_not_remember() {
    let mut memory = Memory::new(Map::Snes, 7);
    memory.write(0x80_2100, 0x8f);
    memory.read(0x00_4212);
    memory.write(0x00_0010, 0x55);
    assert_eq!(memory.peek(0x7e_0010), 0x55);
    let [first, second] = memory.trace() else { panic!("two accesses") };
    assert_eq!((first.register, first.written), (0x2100, Some(0x8f)));
    assert_eq!((second.register, second.written), (0x4212, None));
    assert_eq!(memory.written().len(), 1);
}

#[test]
fn memory_that_was_never_written_is_the_same_for_a_seed_and_differs_between_seeds() {
    let bytes = |seed| (0..64).map(|at| Memory::new(Map::Flat, seed).peek(at)).collect::<Vec<_>>();
    assert_eq!(bytes(3), bytes(3));
    assert_ne!(bytes(3), bytes(4));
}

proptest::proptest! {
    #[test]
    fn any_bytes_run_without_panic(code: Vec<u8>, p: u8, e: bool, d: u16, s: u16) {
        let mut memory = Memory::new(Map::Snes, 5);
        memory.load(0x8000, &code);
        let mut cpu = Cpu { r: Registers { pc: 0x8000, p: Flags(p), e, d, s, ..Registers::default() } };
        let ran = run(&mut cpu, &mut memory, HOME, 2_000);
        proptest::prop_assert!(ran.steps <= 2_000);
    }
}
