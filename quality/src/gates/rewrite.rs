//! A routine that was to be rewritten must still do what it did, and what it was rewritten for.

use hafs_asm65816::rewrites::{Judgement, Original};
use hafs_proto::check::Field;
use hafs_proto::{BoundedText, Finding, Outcome, Reason};

use super::view::{Demand, GatePolicy, SampleView};
use crate::fences;

/// Not applicable to samples of any other kind. Unchecked when the routine of the input cannot be run alone.
pub(super) fn run(sample: &SampleView<'_>, _: &GatePolicy) -> Outcome {
    let Demand::Rewritten(goal) = sample.demand else { return Outcome::NotApplicable };
    let original = match Original::read(sample.input, goal) {
        Ok(original) => original,
        Err(error) => {
            let why = format!("the routine of the input: {error}");
            return Outcome::Unchecked { why: BoundedText::clipped(&why) };
        }
    };
    let (reason, why) = match original.judge(&fences::code(sample.output)) {
        Ok(Judgement::Holds { .. }) => return Outcome::Pass,
        Ok(Judgement::Broken { why }) => (Reason::WrongResult, why),
        Err(error) => (Reason::ValidationFailed, format!("the rewritten routine: {error}")),
    };
    Outcome::from_findings(vec![Finding::new(reason, Field::Output, &why)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use hafs_asm65816::rewrites::Goal;

    const SLOW: &str = "Clear:\n  LDA #$00\n  STA $10\n  LDA #$00\n  STA $11\n  RTS\n";

    fn outcome(demand: Demand<'_>, input: &str, output: &str) -> Outcome {
        let instruction = "Make it faster.";
        let view = SampleView { instruction, input, output, domain: "asm", seed: None, demand };
        run(&view, &GatePolicy::default())
    }

    #[test]
    fn what_does_the_same_faster_passes_and_what_does_less_is_wrong() {
        let faster = Demand::Rewritten(Goal::Faster);
        let fast = "```asm\nClear:\n  LDA #$00\n  STA $10\n  STA $11\n  RTS\n```";
        assert_eq!(outcome(faster, SLOW, fast), Outcome::Pass);
        let Outcome::Fail { findings } = outcome(faster, SLOW, &fast.replace("  STA $11\n", "")) else {
            panic!("$11 keeps what it had")
        };
        assert_eq!(findings[0].reason, Reason::WrongResult);
        assert!(findings[0].message.contains("$7E0011"), "{}", findings[0].message);
    }

    #[test]
    fn what_cannot_be_run_is_never_passed() {
        let faster = Demand::Rewritten(Goal::Faster);
        assert!(matches!(outcome(faster, "f:\n  JSR g\n  RTS\n", SLOW), Outcome::Unchecked { .. }));
        let Outcome::Fail { findings } = outcome(faster, SLOW, "It is fast already.") else {
            panic!("that is no code")
        };
        assert_eq!(findings[0].reason, Reason::ValidationFailed);
        assert_eq!(outcome(Demand::Nothing, SLOW, SLOW), Outcome::NotApplicable);
    }
}
