//! Measures the checks. `measure FOLDER [asar|ca65|wla-dx]` says what is found in a folder's sources, how fast, how much
//! of the widths is decided, and how much of seeded nonsense is caught. `measure speed` times the checks and the encoder
//! beside ca65 on the same text in the same run.

#![expect(clippy::print_stdout, reason = "a program whose output is its figures")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hafs_asm65816::check::check;
use hafs_asm65816::diagnose::Code;
use hafs_asm65816::encode::{Options, encode, modes};
use hafs_asm65816::flow::flow;
use hafs_asm65816::names::names;
use hafs_asm65816::opcodes::Register;
use hafs_asm65816::syntax::{Dialect, MAX_SOURCE, Operand, StatementKind, parse};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next().expect("a folder, or `speed`");
    if first == "speed" {
        return speed();
    }
    let dialect = arguments.next().map(|word| match word.as_str() {
        "asar" => Dialect::Asar,
        "ca65" => Dialect::Ca65,
        _ => Dialect::Wla,
    });
    let mut files = Vec::new();
    collect(Path::new(&first), &mut files);
    files.sort();
    report(&files, dialect);
    widths(&files, dialect);
    lengths(&files, dialect);
    nonsense(&files, dialect);
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let ending =
            path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
        if path.is_dir() {
            collect(&path, files);
        } else if ["asm", "s", "inc", "a65"].contains(&ending.as_str()) {
            let bytes = std::fs::read(&path).expect("a file");
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if text.len() < MAX_SOURCE {
                files.push((path, text));
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = std::time::Instant::now();
    let result = work();
    (result, start.elapsed())
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn per_minute(lines: usize, spent: Duration) -> f64 {
    lines as f64 / spent.as_secs_f64() * 60.0 / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn percent(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64 * 100.0
}

fn report(files: &[(PathBuf, String)], dialect: Option<Dialect>) {
    let (mut lines, mut found) = (0, BTreeMap::<Code, usize>::new());
    let mut spent = Duration::ZERO;
    for (path, text) in files {
        let (checked, took) = timed(|| check(text, dialect));
        spent += took;
        lines += text.lines().count();
        for diagnostic in checked.map(|checked| checked.diagnostics).unwrap_or_default() {
            *found.entry(diagnostic.code).or_default() += 1;
            let start = diagnostic.span.range().start;
            let line = text[..start].lines().count();
            let source = text[start..].lines().next().unwrap_or("");
            println!("{}:{line}: {}: {} [{source:.60}]", path.display(), diagnostic.code, diagnostic.message);
        }
    }
    let total: usize = found.values().sum();
    println!(
        "{} files, {lines} lines, {total} found ({:.4} %) {found:?}, {:.1} million lines a minute",
        files.len(),
        percent(total, lines),
        per_minute(lines, spent)
    );
}

/// Immediates whose size is written, and so known: how many have a decided width, and how many of these a wrong one.
fn widths(files: &[(PathBuf, String)], dialect: Option<Dialect>) {
    let (mut all, mut decided, mut wrong) = (0, 0, 0);
    for (path, text) in files {
        let Ok(program) = parse(text, dialect) else { continue };
        let flow = flow(&program, &names(&program));
        for (statement, known) in program.statements.iter().zip(&flow.widths) {
            let StatementKind::Instruction(found) = &statement.kind else { continue };
            let (Some(size), Operand::Immediate(_), Some((m, x))) = (found.size, &found.operand, known)
            else {
                continue;
            };
            let bit = match found.mnemonic.register() {
                Register::Index => x,
                Register::Accumulator => m,
                Register::Fixed => continue,
            };
            all += 1;
            decided += usize::from(bit.bytes().is_some());
            // asar writes two bytes for an immediate with `.l`.
            let is_wrong = bit.bytes().is_some_and(|bytes| bytes != size.bytes().min(2));
            wrong += usize::from(is_wrong);
            if is_wrong && std::env::var_os("HAFS_MISSED").is_some() {
                println!("width: {}:{}", path.display(), statement.line);
            }
        }
    }
    println!(
        "{all} immediates with a written size, {decided} decided ({:.1} %), {wrong} wrong ({:.4} %)",
        percent(decided, all),
        percent(wrong, decided)
    );
}

/// Disassemblies name the address of every instruction in a label (`_00801B`): the bytes between two of them must be as
/// many as their difference.
fn lengths(files: &[(PathBuf, String)], dialect: Option<Dialect>) {
    let (mut right, mut wrong, mut unknown) = (0, 0, 0);
    for (_, text) in files {
        let Ok(program) = parse(text, dialect) else { continue };
        let encoded = encode(&program, &names(&program), &Options { origin: 0, symbols: &|_| None });
        let mut last: Option<(u32, Option<usize>)> = None;
        for (statement, bytes) in program.statements.iter().zip(&encoded.bytes) {
            let len = bytes.as_ref().map(Vec::len).or_else(|| written_len(&statement.kind));
            match address(&statement.kind) {
                Some(address) => {
                    if let Some((from, len)) =
                        last.filter(|(from, _)| (*from + 1..*from + 64).contains(&address))
                    {
                        let expected = usize::try_from(address - from).ok();
                        right += usize::from(len.is_some() && len == expected);
                        if len.is_some() && len != expected && std::env::var_os("HAFS_MISSED").is_some() {
                            println!("length {len:?} and not {expected:?} at {from:06X}");
                        }
                        wrong += usize::from(len.is_some() && len != expected);
                        unknown += usize::from(len.is_none());
                    }
                    last = Some((address, Some(0)));
                }
                None => last = last.map(|(from, sum)| (from, sum.zip(len).map(|(sum, len)| sum + len))),
            }
        }
    }
    println!(
        "lengths between named addresses: {right} right, {wrong} wrong, {unknown} not known from their own file"
    );
}

fn address(kind: &StatementKind<'_>) -> Option<u32> {
    let StatementKind::Label(label) = kind else { return None };
    let digits = label.name.strip_prefix('_').filter(|digits| digits.len() == 6)?;
    u32::from_str_radix(digits, 16).ok()
}

/// The length of an instruction whose value is unknown and whose size is written.
fn written_len(kind: &StatementKind<'_>) -> Option<usize> {
    let StatementKind::Instruction(found) = kind else { return None };
    let modes = modes(found, Some(Dialect::Asar)).ok()?;
    let size = found.size.map(|size| size.bytes());
    let mode = size.map_or_else(
        || modes.smallest().filter(|own| modes.largest() == Some(*own)),
        |size| modes.at_least(size),
    )?;
    let wide = size == Some(2);
    usize::try_from(1 + mode.operand_len(wide)).ok()
}

/// Every 20th line with an operand, spoilt in each of these ways among its neighbours.
fn nonsense(files: &[(PathBuf, String)], dialect: Option<Dialect>) {
    let mut caught: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (_, text) in files {
        let lines: Vec<&str> = text.lines().collect();
        for at in (0..lines.len()).step_by(20) {
            let Some((head, operand)) = instruction(lines[at]) else { continue };
            let from = at.saturating_sub(3);
            let before: String = lines[from..at].iter().map(|line| format!("{line}\n")).collect();
            let after: String = lines[at + 1..].iter().take(3).map(|line| format!("{line}\n")).collect();
            for (kind, line) in spoilt(head, operand) {
                let snippet = format!("{before} {line}\n{after}");
                let place = before.len()..before.len() + line.len() + 2;
                let found =
                    check(&snippet, dialect.or(Some(Dialect::Asar))).map(|checked| checked.diagnostics);
                let hit =
                    found.unwrap_or_default().iter().any(|found| place.contains(&found.span.range().start));
                if !hit && std::env::var_os("HAFS_MISSED").is_some() {
                    println!("missed {kind}: {line}");
                }
                let count = caught.entry(kind).or_default();
                count.0 += usize::from(hit);
                count.1 += 1;
            }
        }
    }
    let (hits, all) = caught.values().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    println!("nonsense: {hits} of {all} caught ({:.3} %) {caught:?}", percent(hits, all));
}

/// A line of one instruction with a hexadecimal operand: what stands before the operand, and the operand.
fn instruction(line: &str) -> Option<(&str, &str)> {
    let code = line.split(';').next()?.trim();
    let code = code
        .split_once(": ")
        .map_or(code, |(label, rest)| if label.starts_with("#_") { rest } else { code })
        .trim();
    let (head, operand) = code.split_once(' ')?;
    let stem = head.split('.').next()?;
    let plain = !operand.contains([':', '!', '<', '%', '"']) && operand.contains('$');
    (hafs_asm65816::opcodes::Mnemonic::parse(stem).is_some() && plain).then_some((head, operand.trim()))
}

fn spoilt(head: &str, operand: &str) -> Vec<(&'static str, String)> {
    let stem = head.split('.').next().unwrap_or(head);
    let mut spoilt = vec![
        ("digit", format!("{head} {}", operand.replacen('$', "$G", 1))),
        ("too long", format!("{stem} {}", operand.replacen('$', "$1234567", 1))),
        ("two operands", format!("{head} {operand} $34")),
        ("open bracket", format!("{head} ({operand}")),
        ("closing bracket", format!("{head} {operand})")),
        ("two commas", format!("{head} {operand},,x")),
        ("other index", format!("{head} {operand},q")),
        ("other processor", format!("MOV {operand}")),
        ("letters swapped", format!("{}{}{} {operand}", &stem[1..2], &stem[..1], &stem[2..])),
        ("implied with operand", format!("RTS {operand}")),
        ("stored immediate", "STA #$12".to_owned()),
        ("no such mode", "STX $12,x".to_owned()),
        ("size", format!("{stem}.q {operand}")),
        ("wrong mark", format!("{head} #{operand},x")),
    ];
    // Some swapped letters are another instruction.
    spoilt.retain(|(kind, line)| {
        *kind != "letters swapped" || hafs_asm65816::opcodes::Mnemonic::parse(&line[..3]).is_none()
    });
    spoilt
}

/// The same text through ca65 and through the checks and the encoder.
fn speed() {
    let mut text = String::from(".p816\n.smart\n.org $8000\n");
    let mut lines = 3;
    for routine in 0..20_000 {
        text += &format!(
            "routine_{routine}:\n  rep #$30 ; wide\n  lda #$1234\n  ldx #{}\n@loop:\n  sta a:$2000,x\n  lda (<$12),y\n  \
             dex\n  bne @loop\n  sep #$20\n  lda #<routine_{routine}\n  sta $10\n  jsr a:routine_{}\n  rts\n",
            routine % 256,
            routine / 2
        );
        lines += 14;
        if routine % 1000 == 999 {
            text += ".org $8000\n";
            lines += 1;
        }
    }
    let (found, took) = timed(|| check(&text, Some(Dialect::Ca65)).map(|checked| checked.diagnostics.len()));
    println!("checks: {lines} lines, {found:?} found, {:.1} million lines a minute", per_minute(lines, took));
    let program = parse(&text, Some(Dialect::Ca65)).expect("a short text");
    let options = Options { origin: 0x8000, symbols: &|_| None };
    let (bytes, took) =
        timed(|| encode(&program, &names(&program), &options).whole().map(|bytes| bytes.len()));
    println!("encoder: {bytes:?} bytes, {:.1} million lines a minute", per_minute(lines, took));
    let folder = std::env::temp_dir().join(format!("hafs-measure-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("a.s"), &text).expect("written");
    let (output, took) =
        timed(|| Command::new("ca65").args(["a.s", "-o", "a.o"]).current_dir(&folder).output());
    match output {
        Ok(output) => {
            println!("ca65: {}, {:.1} million lines a minute", output.status, per_minute(lines, took))
        }
        Err(error) => println!("SKIPPED: ca65 does not run: {error}"),
    }
    std::fs::remove_dir_all(&folder).expect("removed");
}
