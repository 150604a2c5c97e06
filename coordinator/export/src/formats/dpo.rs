//! DPO: `{pair_id, prompt, chosen, rejected, chosen_id, rejected_id, source, length_ratio, metadata,
//! rejected_metadata}` in the conversational form of TRL: `prompt`, `chosen` and `rejected` are lists of one
//! message, and the answers do not repeat the prompt.

use hafs_proto::reason::Stage;
use hafs_proto::{ContentHash, Reason, SampleId, SampleState};
use serde::{Deserialize, Serialize};

use super::chat::{Message, Role, triple};
use super::meta::chars;
use super::{Answer, Meta};
use crate::selection::{Example, Pair};

/// Who said that one answer is better than the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PairSource {
    /// Deterministic checks.
    Validator,
    /// Judges.
    Judge,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pair_id: ContentHash,
    prompt: [Message; 1],
    chosen: [Message; 1],
    rejected: [Message; 1],
    chosen_id: SampleId,
    rejected_id: SampleId,
    source: PairSource,
    /// Characters of the chosen answer for one of the rejected, to three decimals: training on pairs whose
    /// chosen side is always longer teaches length.
    length_ratio: f64,
    metadata: Meta,
    rejected_metadata: Meta,
}

impl Row {
    pub fn of(pair: &Pair<'_, '_>) -> Self {
        let Pair { chosen, rejected } = pair;
        Self {
            pair_id: ContentHash::of_parts([&*chosen.id().to_string(), &*rejected.id().to_string()]),
            prompt: [Message::prompt(&chosen.texts)],
            chosen: [Message::answer(&chosen.texts)],
            rejected: [Message::answer(&rejected.texts)],
            chosen_id: chosen.id(),
            rejected_id: rejected.id(),
            source: source(rejected),
            length_ratio: length_ratio(&chosen.texts.output, &rejected.texts.output),
            metadata: Meta::of(chosen),
            rejected_metadata: Meta::of(rejected),
        }
    }
}

impl super::Row for Row {
    fn key(&self) -> String {
        self.pair_id.to_string()
    }

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn answers(&self) -> Option<Vec<Answer<'_>>> {
        let ([prompt], [chosen], [rejected]) = (&self.prompt, &self.chosen, &self.rejected);
        let prompt = prompt.said_by(Role::User)?;
        let good = triple(prompt, chosen.said_by(Role::Assistant)?, &self.metadata)?;
        let bad = triple(prompt, rejected.said_by(Role::Assistant)?, &self.rejected_metadata)?;
        Some(vec![
            Answer { sample: self.chosen_id, good: true, triple: good, meta: &self.metadata },
            Answer { sample: self.rejected_id, good: false, triple: bad, meta: &self.rejected_metadata },
        ])
    }
}

/// Judges only when nothing that a check can see was wrong.
fn source(rejected: &Example<'_>) -> PairSource {
    let reasons: &[Reason] = match &rejected.row.sample.state {
        SampleState::Rejected { reasons, .. } => reasons,
        SampleState::Candidate | SampleState::Accepted { .. } | SampleState::Quarantined { .. } => &[],
    };
    let judged = reasons.iter().all(|reason| reason.stage() == Stage::Decide);
    if judged { PairSource::Judge } else { PairSource::Validator }
}

fn length_ratio(chosen: &str, rejected: &str) -> f64 {
    let ratio = f64::from(chars(chosen)) / f64::from(chars(rejected).max(1));
    (ratio * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{row, sibling};
    use crate::formats::{Row as _, line};
    use crate::selection::tests::example;

    #[test]
    fn a_pair_holds_the_prompt_once_and_both_answers_come_back() {
        let good = row(1);
        let bad = sibling(&good, 2, "As an AI...", Reason::LowConsensus);
        let row = Row::of(&Pair { chosen: &example(&good), rejected: &example(&bad) });
        let mut bytes = Vec::new();
        line::write(&mut bytes, &row).expect("writes");
        let json = String::from_utf8(bytes).expect("UTF-8");
        assert_eq!(json.matches("Explain 1.").count(), 1);
        assert!(json.contains(r#""source":"judge","length_ratio":0.727,"#), "{json}");
        let answers = row.answers().expect("has the shape");
        assert_eq!((answers[0].good, answers[1].good), (true, false));
        assert_eq!(answers[1].triple.output, "As an AI...");
    }

    #[test]
    fn a_whole_ratio_is_still_written_as_a_fraction() {
        assert_eq!(serde_json::to_string(&length_ratio("ab", "cd")).expect("serialises"), "1.0");
        assert_eq!(length_ratio("ab", ""), 2.0);
    }
}
