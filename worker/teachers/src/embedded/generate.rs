//! From a request to an answer, token by token.

use std::path::Path;
use std::sync::Arc;

use hafs_proto::task::FailureClass;
use hafs_proto::{Reason, Usage};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::budget::{Budget, Room};
use super::gear::Gear;
use super::model::{KvCache, LoadError, ModelFile, Pass, Weights};
use super::prefixes::Prefixes;
use super::sampler::Sampler;
use super::schema::{Automaton, Grammar};
use super::vocabulary::Vocabulary;
use crate::call::{Answer, CallFailure, ChatRequest, Stop};

/// Prompt tokens read at once; between two such pieces the call can end.
const PIECE: usize = 256;

/// One call, with the limits that it has to keep.
pub(crate) struct Order {
    pub(super) request: ChatRequest,
    pub(super) num_ctx: u32,
    pub(super) deadline: Instant,
    pub(super) cancel: CancellationToken,
}

impl Order {
    /// Why the call has to end now, if it has to.
    fn interruption(&self) -> Option<CallFailure> {
        if self.cancel.is_cancelled() {
            Some(CallFailure::cancelled())
        } else if Instant::now() >= self.deadline {
            Some(CallFailure::timeout("the embedded engine did not finish within the deadline"))
        } else {
            None
        }
    }
}

/// A loaded model with what it remembers of earlier prompts.
pub(super) struct Model {
    weights: Weights,
    vocabulary: Vocabulary,
    prefixes: Prefixes,
    gear: Gear,
    quote: Option<u32>,
}

impl Model {
    pub(super) fn load(path: &Path, gear: Gear) -> Result<Self, LoadError> {
        let mut file = ModelFile::open(path)?;
        let weights = Weights::load(&mut file)?;
        let vocabulary = Vocabulary::load(&file)?;
        let quote = vocabulary.token_of(b"\"");
        Ok(Self { weights, vocabulary, prefixes: Prefixes::default(), gear, quote })
    }

    /// Answers a request.
    pub(super) fn answer(&mut self, order: &Order) -> Answer {
        self.try_answer(order).unwrap_or_else(Answer::failed)
    }

    fn try_answer(&mut self, order: &Order) -> Result<Answer, CallFailure> {
        let mut writer = Writer::new(order)?;
        let tokens = self.vocabulary.conversation(&order.request)?;
        let prompt = tokens.len();
        writer.room = self.room(order, prompt)?;
        let mut cache = self.prefixes.recall(&self.weights, &tokens).map_err(broken)?;
        let cached = cache.len();
        let stop = match self.read(order, &tokens, &mut cache)? {
            Err(interruption) => Stop::Failed(interruption),
            Ok(logits) => self.write(order, &mut writer, &mut cache, logits)?,
        };
        let written = writer.count;
        self.prefixes.keep(tokens, cache);
        let usage = Usage {
            input: count(prompt),
            cached_input: count(cached),
            output: count(written),
            reasoning: 0,
            reported: true,
        };
        Ok(Answer { text: writer.text(), stop, usage, ..Answer::default() })
    }

    /// Tokens that the reply may have.
    fn room(&self, order: &Order, prompt: usize) -> Result<usize, CallFailure> {
        let window = usize::try_from(order.num_ctx).unwrap_or(usize::MAX).min(self.weights.context());
        let left = window.saturating_sub(prompt);
        if left == 0 {
            let message =
                format!("the prompt of {prompt} tokens does not fit the window of {window}; raise `num_ctx`");
            return Err(CallFailure::new(Reason::ProviderError, FailureClass::Poison, message));
        }
        Ok(left.min(usize::try_from(order.request.max_tokens).unwrap_or(usize::MAX)))
    }

    /// Reads what of the prompt is not remembered.
    fn read(
        &self,
        order: &Order,
        prompt: &[u32],
        cache: &mut KvCache,
    ) -> Result<Result<Vec<f32>, CallFailure>, CallFailure> {
        let mut logits = Vec::new();
        for piece in prompt[cache.len()..].chunks(PIECE) {
            if let Some(interruption) = order.interruption() {
                return Ok(Err(interruption));
            }
            logits = self.gear.run(|| self.weights.forward(piece, Pass::Read, cache)).map_err(broken)?;
        }
        Ok(Ok(logits))
    }

    fn write(
        &mut self,
        order: &Order,
        writer: &mut Writer,
        cache: &mut KvCache,
        mut logits: Vec<f32>,
    ) -> Result<Stop, CallFailure> {
        let mut budget = Budget::new(writer.room);
        for _ in 0..writer.room {
            if let Some(interruption) = order.interruption() {
                return Ok(Stop::Failed(interruption));
            }
            let token = match writer.next(self, &mut budget, logits) {
                Next::Token(token) => token,
                Next::End => return Ok(Stop::Complete),
                Next::NoRoom => return Ok(Stop::Length),
            };
            if writer.is_complete() {
                return Ok(Stop::Complete);
            }
            let weights = &self.weights;
            logits = self.gear.step(|| weights.forward(&[token], Pass::Write, cache)).map_err(broken)?;
        }
        Ok(writer.close())
    }
}

/// What comes next.
enum Next {
    Token(u32),
    End,
    NoRoom,
}

/// The reply as it grows.
struct Writer {
    bytes: Vec<u8>,
    /// Tokens written, and how many there may be.
    count: usize,
    room: usize,
    sampler: Sampler,
    automaton: Option<Automaton>,
}

impl Writer {
    fn new(order: &Order) -> Result<Self, CallFailure> {
        let request = &order.request;
        let compile = |schema| {
            Grammar::compile(schema).map(|grammar| Automaton::new(Arc::new(grammar))).map_err(|error| {
                CallFailure::new(Reason::ProviderError, FailureClass::Poison, error.to_string())
            })
        };
        Ok(Self {
            bytes: Vec::new(),
            count: 0,
            room: 0,
            sampler: Sampler::new(request.temperature, request.seed),
            automaton: request.schema.as_ref().map(compile).transpose()?,
        })
    }

    fn next(&mut self, model: &Model, budget: &mut Budget, logits: Vec<f32>) -> Next {
        let next = match self.automaton.take() {
            Some(automaton) => {
                let next = self.next_that_fits(model, budget, logits, &automaton);
                self.automaton = Some(automaton);
                next
            }
            None => self.next_of_all(model, logits),
        };
        if let Next::Token(token) = next {
            let written = model.vocabulary.bytes(token).unwrap_or_default();
            self.bytes.extend_from_slice(written);
            self.count += 1;
            if let Some(automaton) = &mut self.automaton {
                automaton.push_all(written);
            }
        }
        next
    }

    fn next_of_all(&mut self, model: &Model, logits: Vec<f32>) -> Next {
        let vocabulary = &model.vocabulary;
        let allowed = |token| vocabulary.is_stop(token) || vocabulary.bytes(token).is_some();
        match self.sampler.pick(logits, allowed) {
            Some(token) if !vocabulary.is_stop(token) => Next::Token(token),
            Some(_) | None => Next::End,
        }
    }

    fn next_that_fits(
        &mut self,
        model: &Model,
        budget: &mut Budget,
        logits: Vec<f32>,
        automaton: &Automaton,
    ) -> Next {
        match (budget.room(automaton, &self.bytes, self.count), model.quote) {
            (Room::UsedUp, _) => return Next::NoRoom,
            (Room::CloseText, Some(quote)) => return Next::Token(quote),
            (Room::CloseText, None) | (Room::Free, _) => {}
        }
        let mut scratch = automaton.clone();
        let mut wants_to_end = false;
        let vocabulary = &model.vocabulary;
        let picked = self.sampler.pick(logits, |token| {
            wants_to_end |= vocabulary.is_stop(token);
            scratch.copy_from(automaton);
            vocabulary.bytes(token).is_some_and(|bytes| !bytes.is_empty() && scratch.push_all(bytes))
        });
        // A model that would rather end its turn than go on with a string has said what it has to say.
        match (wants_to_end && automaton.can_close_text(), model.quote, picked) {
            (true, Some(quote), _) => Next::Token(quote),
            (_, _, Some(token)) => Next::Token(token),
            (_, _, None) => Next::NoRoom,
        }
    }

    fn is_complete(&self) -> bool {
        self.automaton.as_ref().is_some_and(Automaton::is_complete)
    }

    /// Ends a reply that has no room left: whole if nothing but brackets is missing.
    fn close(&mut self) -> Stop {
        let closing = self.automaton.as_ref().and_then(Automaton::closing);
        match closing.filter(super::schema::Closing::is_only_brackets) {
            Some(closing) => {
                self.bytes.extend(closing.bytes);
                Stop::Complete
            }
            None => Stop::Length,
        }
    }

    fn text(self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

fn broken(error: candle_core::Error) -> CallFailure {
    let said: String = error.to_string().chars().take(300).collect();
    CallFailure::transient(format!("the embedded engine failed: {said}"))
}

fn count(tokens: usize) -> u64 {
    u64::try_from(tokens).unwrap_or(u64::MAX)
}
