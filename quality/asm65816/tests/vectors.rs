//! The interpreter beside public test vectors, which are no part of this repository: `HAFS_65816_VECTORS` names a folder
//! with the files of SingleStepTests/65816 (`00.e.json` and so on) and with `cputest.sfc` and `cputest.lbl` of
//! gilyon/snes-tests (built with `ca65 -g` and `ld65 -Ln`). Empty files are counted as not there.

#![expect(clippy::print_stdout, reason = "a test that is skipped says so")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use hafs_asm65816::machine::{Bus, Cpu, Registers};
use hafs_asm65816::opcodes::Flags;
use serde_json::Value;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("HAFS_65816_VECTORS").map(PathBuf::from);
    if folder.is_none() {
        println!("SKIPPED: HAFS_65816_VECTORS names no folder with test vectors");
    }
    folder
}

#[derive(Default)]
struct Ram(BTreeMap<u32, u8>);

impl Bus for Ram {
    fn read(&mut self, address: u32) -> u8 {
        self.0.get(&address).copied().unwrap_or(0)
    }

    fn write(&mut self, address: u32, value: u8) {
        self.0.insert(address, value);
    }
}

fn number<T: TryFrom<u64>>(value: &Value) -> T {
    let number = value.as_u64().expect("a number");
    T::try_from(number).ok().expect("a number in range")
}

fn registers(state: &Value) -> Registers {
    Registers {
        a: number(&state["a"]),
        x: number(&state["x"]),
        y: number(&state["y"]),
        s: number(&state["s"]),
        d: number(&state["d"]),
        dbr: number(&state["dbr"]),
        pbr: number(&state["pbr"]),
        pc: number(&state["pc"]),
        p: Flags(number(&state["p"])),
        e: state["e"] == 1,
    }
}

fn ram(state: &Value) -> BTreeMap<u32, u8> {
    let bytes = state["ram"].as_array().expect("bytes");
    bytes.iter().map(|pair| (number(&pair[0]), number(&pair[1]))).collect()
}

/// Whether one case comes out as it should, cycles included.
fn passes(case: &Value) -> bool {
    let mut bus = Ram(ram(&case["initial"]));
    let mut cpu = Cpu { r: registers(&case["initial"]) };
    let took = cpu.step(&mut bus).ok().map(|cycles| usize::try_from(cycles).expect("in range"));
    let expected = case["cycles"].as_array().map(Vec::len);
    cpu.r == registers(&case["final"])
        && ram(&case["final"]).iter().all(|(at, byte)| bus.0.get(at) == Some(byte))
        && (took.is_none() || took == expected)
}

#[test]
fn every_case_of_the_single_step_vectors_passes() {
    let Some(folder) = folder() else { return };
    let (mut total, mut failed) = (0_usize, BTreeMap::new());
    for entry in std::fs::read_dir(folder).expect("the folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".json") {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).expect("a file");
        let Ok(Value::Array(cases)) = serde_json::from_str(&text) else { continue };
        let wrong = cases.iter().filter(|case| !passes(case)).count();
        total += cases.len();
        println!("{name}: {} of {} cases pass", cases.len() - wrong, cases.len());
        if wrong > 0 {
            let first = cases.iter().find(|case| !passes(case)).map(ToString::to_string);
            failed.insert(name, (wrong, first));
        }
    }
    println!("{total} cases");
    assert!(failed.is_empty(), "{failed:#?}");
}

/// The console around the test program: 256 KiB in the LoROM map, work memory, and a blanking bit that toggles.
struct Console {
    rom: Vec<u8>,
    work: Vec<u8>,
    blank: u8,
}

impl Bus for Console {
    fn read(&mut self, address: u32) -> u8 {
        let (bank, low) = (address >> 16, usize::try_from(address & 0xffff).expect("in range"));
        match (bank & 0x7f, low) {
            (0x7e | 0x7f, _) if bank < 0x80 => {
                self.work[usize::try_from(address & 0x1_ffff).expect("in range")]
            }
            (_, 0x8000..) => {
                let at = usize::try_from(bank & 0x7f).expect("in range") * 0x8000 + (low & 0x7fff);
                self.rom[at % self.rom.len()]
            }
            (0..0x40, 0..0x2000) => self.work[low],
            (0..0x40, 0x4210 | 0x4212) => {
                self.blank ^= 0x80;
                self.blank
            }
            _ => 0,
        }
    }

    fn write(&mut self, address: u32, value: u8) {
        let (bank, low) = (address >> 16, usize::try_from(address & 0xffff).expect("in range"));
        match (bank & 0x7f, low) {
            (0x7e | 0x7f, _) if bank < 0x80 => {
                self.work[usize::try_from(address & 0x1_ffff).expect("in range")] = value
            }
            (0..0x40, 0..0x2000) => self.work[low] = value,
            _ => {}
        }
    }
}

#[test]
fn the_test_program_for_every_instruction_and_mode_ends_well() {
    let Some(folder) = folder() else { return };
    let (Ok(rom), Ok(labels)) =
        (std::fs::read(folder.join("cputest.sfc")), std::fs::read_to_string(folder.join("cputest.lbl")))
    else {
        println!("SKIPPED: cputest.sfc and cputest.lbl are not in the folder of the test vectors");
        return;
    };
    let label = |name: &str| {
        let line = labels.lines().find(|line| line.ends_with(&format!(" .{name}"))).expect("a label");
        u32::from_str_radix(line.split(' ').nth(1).expect("an address"), 16).expect("hexadecimal")
    };
    let (fail, success, number) =
        (label("fail"), label("success"), usize::try_from(label("test_num")).expect("in range"));
    let mut console = Console { rom, work: vec![0; 0x2_0000], blank: 0 };
    let start = u16::from_le_bytes([console.read(0xfffc), console.read(0xfffd)]);
    let mut cpu = Cpu { r: Registers { pc: start, e: true, ..Registers::default() } };
    for _ in 0..100_000_000_u32 {
        let at = cpu.r.program();
        let test = u16::from_le_bytes([console.work[number], console.work[number + 1]]);
        assert_ne!(at, fail, "test {test:04x} fails");
        if at == success {
            println!("all {} tests of the test program pass", u32::from(test) + 1);
            return;
        }
        assert!(cpu.step(&mut console).is_ok(), "test {test:04x} stops");
    }
    panic!("the test program does not end");
}
