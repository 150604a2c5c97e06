//! A routine that was asked for with a reference must give what the reference gives.

use hafs_asm65816::routines::{Proof, Task};
use hafs_proto::check::Field;
use hafs_proto::{BoundedText, Finding, Outcome, Reason};

use super::view::{Demand, GatePolicy, SampleView};
use crate::fences;

/// Not applicable to samples of any other kind. A task of another version of the catalogue is unchecked: the reference
/// that it was made from is not known here.
pub(super) fn run(sample: &SampleView<'_>, _: &GatePolicy) -> Outcome {
    let Demand::Routine(id) = sample.demand else { return Outcome::NotApplicable };
    let Some(task) = Task::parse(id) else {
        let why = format!("there is no routine `{id}` in this version of the factory; mine its source again");
        return Outcome::Unchecked { why: BoundedText::clipped(&why) };
    };
    let (reason, why) = match task.prove(&fences::code(sample.output)) {
        Ok(Proof::Holds { .. }) => return Outcome::Pass,
        Ok(Proof::Broken { why }) => (Reason::WrongResult, format!("the routine is wrong: {why}")),
        Err(error) => (Reason::ValidationFailed, error.to_string()),
    };
    Outcome::from_findings(vec![Finding::new(reason, Field::Output, &why)])
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = "STX $00\nCLC\nADC $00\nBCC +\nLDA #$FF\n+\nRTL";

    fn outcome(routine: Option<&str>, output: &str) -> Outcome {
        let demand = routine.map_or(Demand::Nothing, Demand::Routine);
        let view =
            SampleView { instruction: "Write it.", input: "", output, domain: "asm", seed: None, demand };
        run(&view, &GatePolicy::default())
    }

    #[test]
    fn what_gives_the_right_results_passes_plain_and_fenced() {
        let id = Some("1/add_saturating/0");
        assert_eq!(outcome(id, RIGHT), Outcome::Pass);
        assert_eq!(outcome(id, &format!("It adds:\n\n```asm\n{RIGHT}\n```\nand returns.")), Outcome::Pass);
        let (head, tail) = RIGHT.split_at(RIGHT.find("BCC").expect("is there"));
        assert_eq!(outcome(id, &format!("```asm\n{head}```\nThen:\n```asm\n{tail}\n```")), Outcome::Pass);
    }

    #[test]
    fn a_wrong_result_is_told_with_its_inputs() {
        let Outcome::Fail { findings } = outcome(Some("1/add_saturating/0"), "STX $00\nCLC\nADC $00\nRTL")
        else {
            panic!("it wraps around")
        };
        assert_eq!(findings[0].reason, Reason::WrongResult);
        assert!(findings[0].message.contains("with left = $"), "{}", findings[0].message);
    }

    #[test]
    fn prose_is_no_routine_and_a_routine_that_is_not_known_is_not_passed() {
        let Outcome::Fail { findings } = outcome(Some("1/add_saturating/0"), "It adds them and returns.")
        else {
            panic!("that is no code")
        };
        assert_eq!(findings[0].reason, Reason::ValidationFailed);
        assert!(matches!(outcome(Some("99/add_saturating/0"), RIGHT), Outcome::Unchecked { .. }));
        assert_eq!(outcome(None, RIGHT), Outcome::NotApplicable);
    }
}
