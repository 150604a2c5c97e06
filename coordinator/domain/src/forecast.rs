//! What a run will cost before it starts: from averages of earlier calls where there are some, else careful guesses.

use std::collections::BTreeMap;
use std::time::Duration;

use hafs_proto::people::{Forecast, TeacherForecast};
use hafs_proto::quota::{Limits, Prices};
use hafs_proto::task::Lane;
use hafs_proto::{BoundedText, MicroUsd, RunSpec, TeacherName, TeacherTerms};

use crate::lane;

/// Samples from which on their fate says something about the next ones.
const ENOUGH: u64 = 20;
/// Without experience: of so many samples one is accepted.
const GUESSED_REJECTS: u64 = 2;
/// Prompt tokens of a call without experience: the mined text that a prompt holds, and what the teacher is told.
const GUESSED_INPUT: u64 = 2_800;
/// A judge answers in few words.
const JUDGE_OUTPUT: u64 = 320;
const DAY_S: u64 = 24 * 3_600;

/// Tokens of one call, on the average.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerCall {
    /// Prompt tokens.
    pub input: u64,
    /// Of these, read from a cache.
    pub cached: u64,
    /// Generated tokens.
    pub output: u64,
}

/// What the library knows of earlier calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Experience {
    /// Samples that were decided.
    pub made: u64,
    /// Of these, accepted.
    pub accepted: u64,
    /// Verdicts given.
    pub verdicts: u64,
    /// Calls that generated.
    pub generate_calls: u64,
    /// Calls that generated, by teacher.
    pub generate: BTreeMap<TeacherName, PerCall>,
    /// Calls that judged, by teacher.
    pub judge: BTreeMap<TeacherName, PerCall>,
}

/// How many calls of each teacher a run needs.
struct Calls {
    generated: u64,
    generate: u64,
    judge: u64,
}

/// Forecasts a run.
#[must_use]
pub fn forecast(
    spec: &RunSpec,
    terms: &BTreeMap<TeacherName, TeacherTerms>,
    experience: &Experience,
) -> Forecast {
    let mut assumptions = Vec::new();
    let calls = calls(spec, experience, &mut assumptions);
    let mut names: Vec<&TeacherName> = spec.teachers.iter().chain(&spec.judges).collect();
    names.sort();
    names.dedup();
    let teachers: Vec<TeacherForecast> = names
        .into_iter()
        .map(|name| of_teacher(spec, name, &calls, (terms.get(name), experience), &mut assumptions))
        .collect();
    if teachers.iter().any(|teacher| teacher.seconds.is_some()) {
        assumptions.push("the time is that of the limits alone: models and seeds may take longer".to_owned());
    }
    let cost: Option<MicroUsd> = teachers.iter().map(|teacher| teacher.cost).sum();
    Forecast {
        target: spec.target,
        generated: calls.generated,
        cost,
        seconds: teachers.iter().filter_map(|teacher| teacher.seconds).max(),
        teachers,
        budget: spec.budget,
        assumptions: assumptions.iter().map(|text| BoundedText::clipped(text)).collect(),
    }
}

fn calls(spec: &RunSpec, experience: &Experience, assumptions: &mut Vec<String>) -> Calls {
    let target = u64::from(spec.target);
    let Experience { made, accepted, verdicts, generate_calls, .. } = *experience;
    let known = made >= ENOUGH && accepted > 0;
    let (generated, generate) = if known {
        let generated = share(target, made, accepted);
        assumptions.push(format!("{accepted} of {made} samples were accepted, as in the library"));
        (generated, share(generated, generate_calls.max(made), made))
    } else {
        assumptions.push(format!(
            "one sample of {GUESSED_REJECTS} is accepted: a guess, for the library has too few"
        ));
        (target * GUESSED_REJECTS, target * GUESSED_REJECTS)
    };
    let most = u64::from(spec.policy.of).min(u64::try_from(spec.judges.len()).unwrap_or(u64::MAX));
    let judge = if most == 0 {
        0
    } else if known && verdicts > 0 {
        share(generated, verdicts, made).min(generated * most)
    } else {
        assumptions.push(format!("every sample is looked at by {most} judges"));
        generated * most
    };
    Calls { generated, generate, judge }
}

fn of_teacher(
    spec: &RunSpec,
    name: &TeacherName,
    calls: &Calls,
    (terms, experience): (Option<&TeacherTerms>, &Experience),
    assumptions: &mut Vec<String>,
) -> TeacherForecast {
    let writers = u64::try_from(spec.teachers.len()).unwrap_or(1).max(1);
    let generate_calls = if spec.teachers.contains(name) { calls.generate.div_ceil(writers) } else { 0 };
    // Judges are asked in their order: the first looks at everything, the next at what it leaves open.
    let seat = spec.judges.iter().position(|judge| judge == name).and_then(|seat| u64::try_from(seat).ok());
    let judge_calls =
        seat.map_or(0, |seat| calls.judge.saturating_sub(seat * calls.generated).min(calls.generated));
    let (known, of_judge) = (experience.generate.get(name), experience.judge.get(name));
    let guess = PerCall { input: GUESSED_INPUT, cached: 0, output: spec.max_tokens.into() };
    let per_call = known.copied().unwrap_or(guess);
    let judged = PerCall {
        input: GUESSED_INPUT + u64::from(spec.max_tokens),
        output: JUDGE_OUTPUT.min(spec.max_tokens.into()),
        ..guess
    };
    let per_judge = of_judge.copied().unwrap_or(judged);
    let sum = |of: fn(&PerCall) -> u64| of(&per_call) * generate_calls + of(&per_judge) * judge_calls;
    let tokens =
        PerCall { input: sum(|it| it.input), cached: sum(|it| it.cached), output: sum(|it| it.output) };
    let measured = (generate_calls == 0 || known.is_some()) && (judge_calls == 0 || of_judge.is_some());
    if !measured {
        assumptions.push(format!(
            "{name} reads {} tokens a call and writes its longest reply each time: a guess, for the library has no call \
             of it",
            guess.input
        ));
    }
    let lane = lane::choose(spec, Duration::ZERO, terms);
    let terms = terms.map(|terms| lane::terms_in(lane, terms));
    let prices = terms.as_ref().and_then(|terms| terms.prices);
    if prices.is_none() {
        assumptions.push(format!("the price of {name} is not known"));
    }
    let limits = terms.filter(|_| lane == Lane::Now).map(|terms| terms.limits);
    if lane == Lane::Batch {
        assumptions.push(format!(
            "{name} is asked in batches: each of its calls may take a day, and a task that asks again or waits for a judge \
             another one"
        ));
    }
    TeacherForecast {
        teacher: name.clone(),
        generate_calls,
        judge_calls,
        input_tokens: tokens.input,
        cached_tokens: tokens.cached,
        output_tokens: tokens.output,
        cost: prices.map(|prices| cost(&prices, tokens)),
        seconds: limits.and_then(|limits| seconds(&limits, generate_calls + judge_calls, tokens)),
        measured,
    }
}

fn cost(prices: &Prices, tokens: PerCall) -> MicroUsd {
    let cached = tokens.cached.min(tokens.input);
    MicroUsd::for_tokens(tokens.input - cached, prices.input)
        + MicroUsd::for_tokens(cached, prices.cached_input)
        + MicroUsd::for_tokens(tokens.output, prices.output)
}

/// How long the slowest of the limits takes.
fn seconds(limits: &Limits, calls: u64, tokens: PerCall) -> Option<u64> {
    let minutes = |amount: u64, limit: Option<u64>| limit.map(|limit| share(amount, 60, limit));
    [
        minutes(calls, limits.requests_per_minute),
        limits.requests_per_day.map(|limit| share(calls, DAY_S, limit)),
        minutes(tokens.input, limits.input_tokens_per_minute),
        minutes(tokens.output, limits.output_tokens_per_minute),
        minutes(tokens.input.saturating_add(tokens.output), limits.tokens_per_minute),
    ]
    .into_iter()
    .flatten()
    .max()
}

/// `amount * part / whole`, rounded up.
fn share(amount: u64, part: u64, whole: u64) -> u64 {
    let exact = u128::from(amount) * u128::from(part);
    u64::try_from(exact.div_ceil(u128::from(whole.max(1)))).unwrap_or(u64::MAX)
}
