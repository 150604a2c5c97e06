//! Who asked what, and when.

use std::collections::BTreeMap;
use std::time::Duration;

use hafs_proto::ContentHash;
use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// Every call, by prompt and by conversation.
#[derive(Debug, Default)]
pub(super) struct Book {
    prompts: BTreeMap<ContentHash, u64>,
    /// Conversations by what opens them; each with its number, from 1.
    numbers: BTreeMap<ContentHash, u64>,
    calls: BTreeMap<u64, Vec<Instant>>,
    open: u64,
    answered: Vec<Instant>,
    /// Every call, and whether it was one too many for its minute.
    log: Vec<(Instant, bool)>,
    /// The tokens of each call that was not.
    tokens: Vec<(Instant, u64)>,
}

/// What any minute may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Minute {
    /// Calls.
    pub(super) calls: Option<u64>,
    /// Tokens of prompts and replies together.
    pub(super) tokens: Option<u64>,
}

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The conversation, from 1 in the order in which they began.
    pub(super) conversation: u64,
    /// The call in it, from 0.
    pub(super) call: usize,
    /// Whether it is one too many for its minute.
    pub(super) too_many: bool,
}

impl Book {
    /// Writes a call of so many tokens down.
    pub(super) fn enter(
        &mut self,
        prompt: ContentHash,
        conversation: ContentHash,
        (minute, tokens): (Minute, u64),
    ) -> Place {
        let now = Instant::now();
        let recent = self.tokens.iter().rev().take_while(|(at, _)| now - *at < MINUTE);
        let (calls, taken) = recent.fold((0, 0), |(calls, taken), (_, one)| (calls + 1, taken + one));
        let too_many = minute.calls.is_some_and(|most| calls >= most)
            || minute.tokens.is_some_and(|most| taken + tokens > most);
        self.log.push((now, too_many));
        if !too_many {
            self.tokens.push((now, tokens));
        }
        *self.prompts.entry(prompt).or_insert(0) += 1;
        let next = self.numbers.len() as u64 + 1;
        let conversation = *self.numbers.entry(conversation).or_insert(next);
        let calls = self.calls.entry(conversation).or_default();
        calls.push(now);
        self.open += 1;
        Place { conversation, call: calls.len() - 1, too_many }
    }

    /// Writes down a call that came in a batch, which no minute counts.
    pub(super) fn batched(&mut self, prompt: ContentHash) {
        *self.prompts.entry(prompt).or_insert(0) += 1;
    }

    /// Every call, and whether it was one too many for its minute.
    pub(super) fn log(&self) -> &[(Instant, bool)] {
        &self.log
    }

    /// When each call came that was not one too many, with its tokens.
    pub(super) fn tokens(&self) -> &[(Instant, u64)] {
        &self.tokens
    }

    /// A call is over: it was answered, or nobody waits for the answer any more.
    pub(super) fn leave(&mut self) {
        self.open -= 1;
        self.answered.push(Instant::now());
    }

    /// Calls whose answer has not been given, or not for so long.
    pub(super) fn in_flight(&self, settled_after: Duration) -> u64 {
        let recent = self.answered.iter().rev().take_while(|at| at.elapsed() < settled_after);
        self.open + recent.count() as u64
    }

    /// Calls in all.
    pub(super) fn calls(&self) -> u64 {
        self.prompts.values().sum()
    }

    /// Calls beyond the first for the same prompt.
    pub(super) fn repeated(&self) -> u64 {
        self.prompts.values().map(|count| count - 1).sum()
    }

    /// Time between the first two calls of a conversation.
    pub(super) fn pause(&self, conversation: u64) -> Option<Duration> {
        let [first, second, ..] = self.calls.get(&conversation)?.as_slice() else { return None };
        Some(*second - *first)
    }
}
