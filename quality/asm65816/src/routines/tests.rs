use std::collections::BTreeSet;

use super::catalogue::{Kind, Place, ROUTINES};
use super::solutions::solution;
use super::{CASES, NotEncoded, Proof, Task};

/// The solution of a task, with its own addresses and numbers.
fn written(task: &Task) -> String {
    let mut code = solution(task.routine.name).to_owned();
    for at in 0..task.routine.takes.len() + task.routine.gives.len() {
        code = code.replace(&format!("{{m{at}}}"), &format!("${:06X}", task.address(at)));
    }
    for (at, value) in task.constants().iter().enumerate() {
        code = code.replace(&format!("{{c{at}}}"), &format!("${value:02X}"));
    }
    code.replace("{n}", &task.length().to_string()).replace("{last}", &(task.length() - 1).to_string())
}

fn holds(task: &Task, code: &str) -> bool {
    matches!(task.prove(code), Ok(Proof::Holds { cases: CASES, .. }))
}

fn broken(code: &str) -> String {
    match task("1/add_saturating/0").prove(code) {
        Ok(Proof::Broken { why }) => why,
        other => panic!("{code}: {other:?}"),
    }
}

fn task(id: &str) -> Task {
    Task::parse(id).expect(id)
}

#[test]
fn every_routine_can_be_written_and_its_right_solution_holds_with_any_numbers_and_places() {
    for number in 0..200 {
        let task = Task::numbered(number);
        assert_eq!(
            task.prove(&written(&task)).map(|proof| matches!(proof, Proof::Holds { .. })),
            Ok(true),
            "{task}:\n{}\n{:?}",
            task.brief(),
            task.prove(&written(&task))
        );
    }
}

/// A line may be one that nothing depends on; of the lines of right solutions very few are.
#[test]
fn a_solution_that_lacks_a_line_is_found_out() {
    let (mut tried, mut survivors) = (0, Vec::new());
    for number in 0..u32::try_from(ROUTINES.len()).expect("few") {
        let task = Task::numbered(number);
        let code = written(&task);
        let lines: Vec<&str> = code.lines().collect();
        for without in (0..lines.len()).filter(|at| lines[*at].contains(' ') && !lines[*at].starts_with('+'))
        {
            let rest: Vec<&str> =
                lines.iter().enumerate().filter(|(at, _)| *at != without).map(|(_, line)| *line).collect();
            tried += 1;
            if holds(&task, &rest.join("\n")) {
                survivors.push(format!("{task} without `{}`", lines[without]));
            }
        }
    }
    assert!(tried > 150 && survivors.len() * 50 < tried, "{} of {tried}: {survivors:#?}", survivors.len());
}

#[test]
fn what_breaks_the_contract_is_told_with_the_inputs() {
    for (code, what) in [
        ("RTL", "must be"),
        ("SEP #$20\n- BRA -", "has not returned"),
        ("STP", "halts"),
        ("STX $00\nCLC\nADC $00\nBCC +\nLDA #$FF\n+ RTS", "it "),
        ("PHA\nRTL", "it "),
        ("STX $00\nCLC\nADC $00\nBCC +\nLDA #$FF\n+ REP #$10\nRTL", "the register widths changed"),
        (
            "STX $00\nCLC\nADC $00\nBCC +\nLDA #$FF\n+ PEA $0000\nPLD\nPHB\nPHK\nPLB\nPLX\nRTL",
            "the data bank changed",
        ),
        ("STX $20\nRTL", "writes to $7E0020"),
        ("STX.w $2000\nRTL", "writes to $7E2000"),
        ("STA.l $004202\nRTL", "the hardware register $4202"),
    ] {
        let why = broken(code);
        assert!(why.starts_with("with left = $") && why.contains(what), "{code}: {why}");
    }
}

#[test]
fn code_that_cannot_stand_alone_is_not_run() {
    let task = task("1/multiply/0");
    for code in ["JSL elsewhere\nRTL", "", "; nothing", "MOV A,B"] {
        assert_eq!(task.prove(code), Err(NotEncoded), "{code}");
    }
}

#[test]
fn ids_name_one_task_each_and_other_texts_none() {
    let mut briefs = BTreeSet::new();
    for number in 0..1_000 {
        let task = Task::numbered(number);
        assert_eq!(Task::parse(&task.id()).map(|task| task.id()), Some(task.id()));
        assert!(briefs.insert(task.brief()), "{task} asks for what another does");
    }
    for id in [
        "",
        "1/multiply",
        "2/multiply/0",
        "1/multiply/00",
        "1/nothing/0",
        "1/multiply/0/0",
        "1/swap_nibbles/1",
    ] {
        assert!(Task::parse(id).is_none(), "{id}");
    }
}

#[test]
fn a_brief_says_all_that_one_has_to_know() {
    let brief = task("1/crc8/2").brief();
    for part in
        ["JSL", "RTL", "8-bit accumulator", "bytes (", " bytes) at $7E2", "POLYNOMIAL = $", "crc (byte) in A"]
    {
        assert!(brief.contains(part), "{part}: {brief}");
    }
    for routine in ROUTINES {
        let task = Task::parse(&format!("1/{}/0", routine.name)).expect(routine.name);
        assert!(task.reference().starts_with(&format!("fn {}(", routine.name)), "{}", task.reference());
        assert!(task.brief().lines().all(|line| !line.trim().is_empty()), "{}", task.brief());
        for constant in routine.constants {
            assert!(task.brief().contains(constant.name));
        }
    }
}

#[test]
fn values_fit_the_registers_that_hold_them() {
    for routine in ROUTINES {
        for slot in routine.takes.iter().chain(routine.gives) {
            let fits = match (slot.place, slot.kind) {
                (Place::Memory, _) => true,
                (_, Kind::Bytes) => false,
                (_, Kind::Byte | Kind::Digits) => true,
                (Place::A, Kind::Word) => routine.widths.wide_a,
                (Place::X | Place::Y, Kind::Word) => routine.widths.wide_x,
            };
            assert!(fits, "{} of {}", slot.name, routine.name);
        }
    }
}
