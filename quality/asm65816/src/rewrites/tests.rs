use super::*;

const CLEAR: &str = "Clear:\n  LDA #$00\n  STA $10\n  LDA #$00\n  STA $11\n  LDX #$05\n- STA $0200,x\n  DEX\n  BPL -\n  RTS\n";

fn judged(original: &str, rewritten: &str, goal: Goal) -> Judgement {
    Original::read(original, goal).expect("runs alone").judge(rewritten).expect("runs")
}

fn why(judgement: Judgement) -> String {
    let Judgement::Broken { why } = judgement else { panic!("{judgement:?} is not broken") };
    why
}

#[test]
fn a_faster_routine_that_does_the_same_holds_and_says_by_how_much() {
    let shorter = CLEAR.replacen("  LDA #$00\n  STA $11", "  STA $11", 1);
    let found = judged(CLEAR, &shorter, Goal::Faster);
    let Judgement::Holds { states, before, after } = found else { panic!("{found:?}") };
    assert_eq!((states, before - after), (STATES, u64::from(STATES) * 2), "LDA # takes two cycles");
}

#[test]
fn what_is_as_slow_or_does_something_else_is_told_with_its_state() {
    assert!(why(judged(CLEAR, CLEAR, Goal::Faster)).contains("must be faster"));
    let wrong = CLEAR.replacen("  LDA #$00\n  STA $11\n", "", 1);
    let why = why(judged(CLEAR, &wrong, Goal::Faster));
    assert!(why.starts_with("entered with A = $") && why.contains("$7E0011 holds"), "{why}");
}

#[test]
fn a_routine_says_how_wide_its_registers_are() {
    let widths = |text: &str| Original::read(text, Goal::Faster).expect("runs alone").widths();
    assert_eq!(widths(CLEAR), (8, 8));
    assert_eq!(widths("f:\n  LDA #$1234\n  STA $10\n  RTL\n"), (16, 16));
    assert_eq!(widths("f:\n  LDX #$1234\n  LDA #$12\n  STA $10,x\n  RTS\n"), (8, 16));
    assert_eq!(widths("f:\n  REP #$30\n  LDA #$1234\n  STA $10\n  SEP #$30\n  RTS\n"), (8, 8));
}

#[test]
fn a_hook_must_be_called_once_first_and_unnoticed() {
    let routine = "Move:\n  INC $10\n  LDA $10\n  CLC\n  ADC #$04\n  STA $2100\n  RTL\n";
    assert_eq!(Original::read(routine, Goal::Hooked).expect("runs alone").hook(), "Move_Hook");
    let hooked = |prologue: &str| judged(routine, &routine.replacen("Move:\n", prologue, 1), Goal::Hooked);
    let saved = "Move:\n  PHP\n  PHA\n  PHX\n  PHY\n  JSL Move_Hook\n  PLY\n  PLX\n  PLA\n  PLP\n";
    assert!(why(hooked(saved)).contains("A is $"), "the high byte of A is lost");
    let all = "Move:\n  PHP\n  REP #$30\n  PHA\n  PHX\n  PHY\n  PLY\n  PLX\n  PLA\n  PLP\n";
    assert!(why(hooked(all)).contains("called 0 times"));
    let all = all.replace("  PHY\n", "  PHY\n  JSL Move_Hook\n");
    assert!(matches!(hooked(&all), Judgement::Holds { states: STATES, .. }), "{:?}", hooked(&all));
    assert!(why(hooked("Move:\n  JSL Move_Hook\n")).contains("behind one"));
    let late = all.replace("Move:\n", "Move:\n  STZ $0300\n");
    assert!(why(hooked(&late)).contains("before the hook"));
}

#[test]
fn what_calls_hangs_or_cannot_be_assembled_is_not_judged() {
    for (text, expected) in [
        ("f:\n  JSR Other\n  RTS\n", NotAlone::Leaves { line: 2 }),
        ("f:\n  JMP ($1234)\n", NotAlone::Leaves { line: 2 }),
        ("f:\n  LDA $4214\n  STA $10\n  RTS\n", NotAlone::Timed),
        ("f:\n  LDA #$01\n  BNE +\n  STZ $10\n+ RTS\n", NotAlone::Unseen { line: 3 }),
        ("f:\n- BRA -\n", NotAlone::SeldomReturns { returned: 0 }),
        ("  RTS\n", NotAlone::NoName),
        ("f:\n  LDA.b #$12\n  LDX.w #$1234\n  %macro()\n  RTS\n", NotAlone::NotEncoded),
        ("f:\n  LDA #$12\n  LDA #$1234\n  STA $10\n  RTS\n", NotAlone::NoWidths),
    ] {
        assert_eq!(Original::read(text, Goal::Faster).map(|found| found.widths()), Err(expected), "{text}");
    }
    let clear = Original::read(CLEAR, Goal::Faster).expect("runs alone");
    assert_eq!(clear.judge("f:\n  JSL Elsewhere\n  RTS\n"), Err(NotAlone::Leaves { line: 2 }));
}

#[test]
fn what_a_routine_can_be_rewritten_for_is_what_it_is_read_for() {
    for (text, goals) in [
        (CLEAR, vec![Goal::Faster, Goal::Hooked]),
        ("f:\n  LDA $4214\n  STA $10\n  RTS\n", vec![Goal::Hooked]),
        ("f:\n  JSR Other\n  RTS\n", vec![]),
    ] {
        let read: Vec<Goal> =
            Goal::ALL.into_iter().filter(|goal| Original::read(text, *goal).is_ok()).collect();
        assert_eq!((Original::goals(text), read), (goals.clone(), goals), "{text}");
    }
}
