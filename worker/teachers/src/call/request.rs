//! What a teacher is asked.

use std::time::Duration;

use hafs_proto::{ContentHash, TeacherName};
use serde_json::Value;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The one who asks.
    User,
    /// The teacher, in an earlier turn.
    Assistant,
}

impl Role {
    /// The word that every wire format uses for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One turn of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl Message {
    /// A turn of the one who asks.
    #[must_use]
    pub fn user(content: impl Into<String>) -> Self {
        Self { role: Role::User, content: content.into() }
    }

    /// An earlier turn of the teacher.
    #[must_use]
    pub fn assistant(content: impl Into<String>) -> Self {
        Self { role: Role::Assistant, content: content.into() }
    }
}

/// One call. The same request gives the same `prompt_hash`, whenever and wherever it is made.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// What the teacher is told to be; empty for nothing. Keep it byte-identical between calls: providers and
    /// the embedded engine reuse their work on a common beginning.
    pub system: String,
    /// The turns, the last of them the user's.
    pub messages: Vec<Message>,
    /// The JSON schema of the reply, if it has to be JSON.
    pub schema: Option<Value>,
    /// The longest reply, in tokens.
    pub max_tokens: u32,
    /// Sampling temperature; 0 takes the likeliest token each time.
    pub temperature: f32,
    /// Seed of the sampling, where the provider honours one.
    pub seed: u64,
    /// Context window in tokens; `None` takes the teacher's configured one.
    pub num_ctx: Option<u32>,
    /// The longest that the whole call may take, waiting for a slot included.
    pub deadline: Duration,
}

impl ChatRequest {
    /// Hash of the teacher, the rendered prompt and every setting that changes the reply. The deadline does not.
    #[must_use]
    pub fn prompt_hash(&self, teacher: &TeacherName) -> ContentHash {
        let schema = self.schema.as_ref().map(Value::to_string).unwrap_or_default();
        let settings = format!(
            "max_tokens={} temperature={} seed={} num_ctx={:?}",
            self.max_tokens, self.temperature, self.seed, self.num_ctx
        );
        let head = [teacher.as_str(), &settings, &schema, &self.system];
        let turns = self.messages.iter().flat_map(|turn| [turn.role.word(), turn.content.as_str()]);
        ContentHash::of_parts(head.into_iter().chain(turns))
    }

    /// Bytes of everything that the teacher reads.
    #[must_use]
    pub fn prompt_bytes(&self) -> usize {
        self.system.len() + self.messages.iter().map(|turn| turn.content.len()).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn request(system: &str, user: &str) -> ChatRequest {
        ChatRequest {
            system: system.to_owned(),
            messages: vec![Message::user(user)],
            schema: None,
            max_tokens: 8,
            temperature: 0.0,
            seed: 1,
            num_ctx: None,
            deadline: Duration::from_secs(1),
        }
    }

    proptest! {
        #[test]
        fn a_prompt_hash_depends_on_every_byte_and_not_on_the_deadline(a in ".{0,20}", b in ".{1,20}") {
            let teacher: TeacherName = "ollama/x".parse().expect("a teacher");
            let base = request(&a, &b);
            let later = ChatRequest { deadline: Duration::from_secs(9), ..base.clone() };
            prop_assert_eq!(base.prompt_hash(&teacher), later.prompt_hash(&teacher));
            let moved = request(&format!("{a}{b}"), "");
            prop_assert_ne!(base.prompt_hash(&teacher), moved.prompt_hash(&teacher));
            let warmer = ChatRequest { temperature: 0.5, ..base.clone() };
            prop_assert_ne!(base.prompt_hash(&teacher), warmer.prompt_hash(&teacher));
        }
    }
}
