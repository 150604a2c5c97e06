//! The encoder beside real assemblers, byte for byte.

#![expect(clippy::print_stdout, reason = "a test that is skipped says so")]

use std::fs;
use std::path::Path;
use std::process::Command;

use hafs_asm65816::encode::{Options, encode};
use hafs_asm65816::names::names;
use hafs_asm65816::opcodes::{Mode, OPCODES};
use hafs_asm65816::syntax::{Dialect, parse};

const ORIGIN: u32 = 0x8000;

fn ours(text: &str, dialect: Dialect) -> Vec<u8> {
    let program = parse(text, Some(dialect)).expect("a short text");
    assert_eq!(program.diagnostics, []);
    let encoded = encode(&program, &names(&program), &Options { origin: ORIGIN, symbols: &|_| None });
    assert_eq!(encoded.diagnostics, []);
    encoded.whole().expect("every byte is known")
}

/// Runs a tool; none when it is not installed.
fn tool(program: &str, arguments: &[&str], folder: &Path) -> Option<(bool, String)> {
    let output = match Command::new(program).args(arguments).current_dir(folder).output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("SKIPPED: {program} is not installed");
            return None;
        }
        Err(error) => panic!("{program}: {error}"),
    };
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

fn ca65(text: &str) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.s"), text).expect("written");
    let (fine, said) = tool("ca65", &["a.s", "-o", "a.o"], folder.path())?;
    assert!(fine, "{said}");
    let (fine, said) = tool("ld65", &["-t", "none", "a.o", "-o", "a.bin"], folder.path())?;
    assert!(fine, "{said}");
    Some(fs::read(folder.path().join("a.bin")).expect("bytes"))
}

/// The bytes from the origin on; asar writes into an image, here one of 64 KiB in the LoROM map.
fn asar(text: &str, len: usize) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.asm"), text).expect("written");
    fs::write(folder.path().join("a.sfc"), vec![0; 1 << 16]).expect("written");
    let (fine, said) =
        tool("asar", &["--no-title-check", "--fix-checksum=off", "a.asm", "a.sfc"], folder.path())?;
    assert!(fine, "{said}");
    Some(fs::read(folder.path().join("a.sfc")).expect("bytes")[..len].to_vec())
}

/// How a mode is written with an operand of its own length.
fn operand(mode: Mode, wide: bool, dialect: Dialect) -> &'static str {
    match mode {
        Mode::Implied => "",
        Mode::Accumulator => " a",
        Mode::Immediate8 if dialect == Dialect::Ca65 => " $12",
        Mode::ImmediateM | Mode::ImmediateX if wide => " #$1234",
        Mode::Immediate8 | Mode::ImmediateM | Mode::ImmediateX => " #$12",
        Mode::Direct => " $12",
        Mode::DirectX => " $12,x",
        Mode::DirectY => " $12,y",
        Mode::Indirect => " ($12)",
        Mode::IndirectX => " ($12,x)",
        Mode::IndirectY => " ($12),y",
        Mode::IndirectLong => " [$12]",
        Mode::IndirectLongY => " [$12],y",
        Mode::Absolute => " $1234",
        Mode::AbsoluteX => " $1234,x",
        Mode::AbsoluteY => " $1234,y",
        Mode::Long => " $123456",
        Mode::LongX => " $123456,x",
        Mode::AbsoluteIndirect => " ($1234)",
        Mode::AbsoluteIndirectX => " ($1234,x)",
        Mode::AbsoluteIndirectLong => " [$1234]",
        Mode::Relative | Mode::RelativeLong => " here",
        Mode::Stack => " $12,s",
        Mode::StackIndirectY => " ($12,s),y",
        Mode::BlockMove if dialect == Dialect::Ca65 => " #$12,#$34",
        Mode::BlockMove => " $12,$34",
    }
}

/// Every opcode once, branches at a label right before them.
fn all_opcodes(dialect: Dialect, wide: bool) -> String {
    let mut text = String::new();
    for (mnemonic, mode) in OPCODES {
        let is_branch = matches!(mode, Mode::Relative | Mode::RelativeLong);
        let label = format!("l{:x}", text.len());
        let line = operand(mode, wide, dialect).replace("here", &label);
        let label = if is_branch { format!("{label}:\n") } else { String::new() };
        // `REP` and `SEP` are to be encoded, not to be followed.
        text += &format!("{label} {}{line}\n", mnemonic.to_string().to_lowercase());
    }
    text
}

#[test]
fn all_256_opcodes_agree_with_ca65_in_both_widths() {
    for (wide, widths) in [(false, ".a8\n.i8\n"), (true, ".a16\n.i16\n")] {
        let text = format!(".p816\n.org $8000\n{widths}{}", all_opcodes(Dialect::Ca65, wide));
        // ca65 takes `rep` and `sep` with their mark only.
        let text = text.replace("rep $", "rep #$").replace("sep $", "sep #$");
        let Some(theirs) = ca65(&text) else { return };
        let ours = ours(&text, Dialect::Ca65);
        assert_eq!(ours, theirs);
        assert_eq!(ours.len(), 256 + all_operands(wide));
    }
}

#[test]
fn all_256_opcodes_agree_with_asar_in_both_widths() {
    for wide in [false, true] {
        let text = format!("org $008000\n{}", all_opcodes(Dialect::Asar, wide));
        let ours = ours(&text, Dialect::Asar);
        let Some(theirs) = asar(&text, ours.len()) else { return };
        assert_eq!(ours, theirs);
        assert_eq!(ours.len(), 256 + all_operands(wide));
    }
}

fn all_operands(wide: bool) -> usize {
    OPCODES.iter().map(|(_, mode)| usize::try_from(mode.operand_len(wide)).expect("a length")).sum()
}

#[test]
fn a_program_with_labels_data_and_expressions_agrees_with_ca65() {
    let text = "\
.p816\n.smart\n.org $8000\ncount = 4\ntable_bank = $7e\n\
main:\n  rep #$30\n  lda #count * 2 + 1\n  ldx #table\n@loop:\n  lda a:table,x\n  sta f:$7e2000,x\n  dex\n  bne @loop\n\
  sep #$20\n  lda #<table\n  lda #>table\n  lda #^table\n  jsr sub\n: bit $4212\n  bpl :-\n  bra :+\n  nop\n: rts\n\
sub:\n  lda (count),y\n  lda [count],y\n  mvn #table_bank, #$7f\n  pea table\n  per main\n  rtl\n\
table:\n  .byte 1, 2, <main, \"text\"\n  .word main, sub\n  .faraddr main\n  .dword $12345678\n  .res 3, $ff\n";
    let Some(theirs) = ca65(text) else { return };
    assert_eq!(ours(text, Dialect::Ca65), theirs);
}

#[test]
fn a_program_with_labels_data_and_expressions_agrees_with_asar() {
    let text = "\
lorom\norg $008000\n!count = 4\n!long = $7E0010\ncounter = $0012\nfar = $7E0010\n\
Main:\n  REP #$30 : LDA #!count*2\n  LDX.w #Table\n.loop\n  LDA Table,x : STA $7E2000,x\n  DEX : BNE .loop\n\
  SEP #$20\n  LDA.b #Table\n  LDA.b #Table>>8\n  LDA.b #Table>>16\n  JSR Sub\n- BIT $4212\n  BPL -\n  BRA +\n  NOP\n+ RTS\n\
Sub:\n.loop\n  LDA !long\n  LDA.b counter\n  LDA counter\n  LDA #counter\n  STA far,x\n  LDA ($10),y\n  BRA .loop\n  MVN $7E,$7F\n  PEA Table\n  PER Main\n  JML Main\n  RTL\n\
Table:\n  db 1,2,Main,\"text\"\n  dw Main,Sub\n  dl Main\n  dd $12345678\n";
    let ours = ours(text, Dialect::Asar);
    let Some(theirs) = asar(text, ours.len()) else { return };
    assert_eq!(ours, theirs);
}
