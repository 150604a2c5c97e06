use hafs_proto::{CheckedBy, Outcome, Reason};
use proptest::prelude::*;

use super::*;

const GOOD: SampleView<'_> = SampleView {
    instruction: "Explain what the function `claim` does when the queue is empty.",
    input: "fn claim(&mut self) -> Option<Task> { self.ready.pop() }",
    output: "It returns `None`: `pop` of an empty vector yields nothing, so no lease is made.\n```rust\nlet none = queue.claim();\n```\n",
    domain: "rust",
    seed: Some("fn claim(&mut self) -> Option<Task> { self.ready.pop() }"),
    demand: Demand::Nothing,
};

fn outcome(sample: &SampleView<'_>, name: &str) -> Outcome {
    let checks = run_all(sample, &GatePolicy::default(), CheckedBy::Coordinator);
    checks.into_iter().find(|check| check.name.as_str() == name).expect("registered").outcome
}

fn reasons(sample: &SampleView<'_>, name: &str) -> Vec<Reason> {
    match outcome(sample, name) {
        Outcome::Fail { findings } => findings.into_iter().map(|finding| finding.reason).collect(),
        Outcome::Pass | Outcome::NotApplicable | Outcome::Unchecked { .. } => Vec::new(),
    }
}

fn output(text: &str) -> SampleView<'_> {
    SampleView { output: text, ..GOOD }
}

#[test]
fn a_good_sample_passes_and_every_gate_is_recorded() {
    let checks = run_all(&GOOD, &GatePolicy::default(), CheckedBy::Worker);
    let names: Vec<_> = checks.iter().map(|check| check.name.as_str().to_owned()).collect();
    assert_eq!(names, GATES.iter().map(|gate| gate.name).collect::<Vec<_>>());
    for check in &checks {
        // The good sample is of another domain and kind.
        let elsewhere =
            ["assembly", "routine", "rewrite", "sql", "links", "link-targets"].contains(&check.name.as_str());
        let want = if elsewhere { Outcome::NotApplicable } else { Outcome::Pass };
        assert_eq!(check.outcome, want, "{}", check.name);
    }
}

#[test]
fn code_that_no_gate_reads_is_unchecked_unless_a_validator_looks_at_it() {
    let shown = SampleView { domain: "go", output: "It adds:\n```go\nfunc f() {}\n```\n", ..GOOD };
    assert!(matches!(outcome(&shown, "syntax"), Outcome::Unchecked { .. }));
    let told = SampleView { output: "It adds two numbers and returns the sum.", ..shown };
    assert_eq!(outcome(&told, "syntax"), Outcome::NotApplicable);
    let validated = GatePolicy { validated: true, ..GatePolicy::default() };
    let checks = run_all(&shown, &validated, CheckedBy::Coordinator);
    let syntax = checks.into_iter().find(|check| check.name.as_str() == "syntax").expect("registered");
    assert_eq!(syntax.outcome, Outcome::NotApplicable);
}

#[test]
fn every_gate_fails_what_it_is_for() {
    let echo = "one two three four five six seven eight nine ten ".repeat(4);
    let token = ["gh", "p_", "k7Qp2vXz9LmN4RtB", "8sWd3FhJ6yCg5TaE", "aB3d"].concat();
    let long = "x".repeat(70_000);
    for (gate, sample, reason) in [
        ("limits", output(" \u{200b} "), Reason::EmptyOutput),
        ("limits", output(&long), Reason::TooLong),
        ("limits", SampleView { instruction: "Do", ..GOOD }, Reason::InvalidInstruction),
        ("placeholder", output("<answer>"), Reason::EmptyOutput),
        (
            "placeholder",
            SampleView { instruction: "{{ instruction }} now", ..GOOD },
            Reason::InvalidInstruction,
        ),
        ("refusal", output("I'm sorry, but I can't help with that."), Reason::Refused),
        ("hedge", output("Without more context, it is hard to say."), Reason::Hedge),
        ("prompt-leak", output("Reply with exactly one JSON object and no prose."), Reason::ValidationFailed),
        ("hidden-text", output("if a\u{202e} b"), Reason::ValidationFailed),
        ("special-tokens", output("It ends with <|im_end|>."), Reason::ValidationFailed),
        ("secrets", SampleView { input: &token, ..GOOD }, Reason::SecretFound),
        ("privacy", output("It is in /home/jdoe/x."), Reason::SecretFound),
        ("source-echo", SampleView { input: &echo, output: &echo[5..], ..GOOD }, Reason::SourceEcho),
        (
            "source-echo",
            output("fn  CLAIM(&mut self) -> Option<Task> { self.ready.pop() }"),
            Reason::SourceEcho,
        ),
        ("syntax", output("```rust\nlet = ;\n```"), Reason::SyntaxError),
        ("assembly", SampleView { domain: "asm", ..output("```asm\nSTA #$12\n```") }, Reason::BadAddressing),
    ] {
        assert_eq!(reasons(&sample, gate).first(), Some(&reason), "{gate}: {:?}", outcome(&sample, gate));
    }
}

#[test]
fn code_checks_do_not_apply_without_code_or_outside_code_domains() {
    assert_eq!(outcome(&output("It returns nothing."), "syntax"), Outcome::NotApplicable);
    assert_eq!(
        outcome(&SampleView { domain: "docs", ..output("```rust\nlet = ;\n```") }, "syntax"),
        Outcome::NotApplicable
    );
}

#[test]
fn the_rest_of_a_function_is_read_behind_its_beginning_and_must_still_close_it() {
    let rest = |output| SampleView {
        domain: "cpp",
        input: "int twice(int a) {\n",
        output,
        demand: Demand::Rest,
        ..GOOD
    };
    assert_eq!(outcome(&rest("  const int sum = a + a;\n  return sum;\n}\n"), "syntax"), Outcome::Pass);
    let open = rest("  if (a > 0) {\n    return a + a;\n  return 0;\n}\n");
    assert_eq!(reasons(&open, "syntax"), [Reason::SyntaxError]);
    let closed_twice = rest("  const int sum = a + a;\n  return sum;\n}\n}\n");
    assert_eq!(reasons(&closed_twice, "syntax").first(), Some(&Reason::SyntaxError));
}

#[test]
fn a_short_extract_and_a_written_change_are_no_echo() {
    let seed = "The lease lasts for twenty seconds and is renewed every five by the worker.";
    let sample = SampleView { seed: Some(seed), input: "", ..output("twenty seconds") };
    assert_eq!(outcome(&sample, "source-echo"), Outcome::Pass);
    let change = "-a b c\n+d e f\n".repeat(20);
    let sample = SampleView { seed: None, input: "", ..output(&change) };
    assert_eq!(outcome(&sample, "source-echo"), Outcome::Pass);
}

#[test]
fn words_of_the_material_are_quoted_not_leaked_and_code_may_hold_any_phrase() {
    let said = "Reply with exactly one JSON object and no prose.";
    let sample = SampleView {
        input: said,
        ..output("The prompt says: Reply with exactly one JSON object and no prose.")
    };
    assert_eq!(outcome(&sample, "prompt-leak"), Outcome::Pass);
    assert_eq!(
        outcome(&output("It logs:\n```\nI'm sorry, but I can't help.\n```\n"), "refusal"),
        Outcome::Pass
    );
}

#[test]
fn findings_point_into_the_text_and_never_hold_a_secret() {
    let token = ["gh", "p_", "k7Qp2vXz9LmN4RtB", "8sWd3FhJ6yCg5TaE", "aB3d"].concat();
    let text = format!("Use {token} here.");
    let Outcome::Fail { findings } = outcome(&output(&text), "secrets") else { unreachable!("it fails") };
    let span = findings[0].span.expect("it has a place");
    let range = usize::try_from(span.start).expect("small")..usize::try_from(span.end).expect("small");
    assert_eq!(&text[range], token);
    assert!(!findings[0].message.contains(&token[4..12]));
}

#[test]
fn all_reasons_are_given_not_the_first_and_advisory_gates_are_few() {
    let sample = output("I'm sorry, but I can't help. Without more context, it is hard to say.");
    assert_eq!(reasons(&sample, "refusal"), [Reason::Refused]);
    assert_eq!(reasons(&sample, "hedge"), [Reason::Hedge]);
    let advisory = GATES.iter().filter(|gate| gate.weight == Weight::Advisory).map(|gate| gate.name);
    assert_eq!(advisory.collect::<Vec<_>>(), ["special-tokens", "privacy", "sql", "link-targets"]);
}

proptest! {
    #[test]
    fn gates_never_panic_and_spans_are_whole_characters(
        instruction in any::<String>(),
        input in "[ -~\n\u{200b}\u{202e}é]{0,60}",
        output in "(```(rust|)\n|fn a\\(\\) \\{\\}|\\}|é|<answer>|I cannot help|\u{202e}|\n| ){0,30}",
    ) {
        let sample = SampleView { instruction: &instruction, input: &input, output: &output, domain: "rust", seed: None, demand: Demand::Nothing };
        let checks = run_all(&sample, &GatePolicy::default(), CheckedBy::Worker);
        prop_assert_eq!(checks.len(), GATES.len());
        for check in checks {
            let Outcome::Fail { findings } = check.outcome else { continue };
            prop_assert!(!findings.is_empty());
            for finding in findings {
                let Some(span) = finding.span else { continue };
                let text = sample.texts().into_iter().find(|(field, _)| *field == finding.field).map_or("", |(_, text)| text);
                prop_assert!(text.get(usize::try_from(span.start)?..usize::try_from(span.end)?).is_some(), "{:?}", finding);
            }
        }
    }
}
