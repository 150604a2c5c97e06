//! Tokens as text and as bytes, and the frame of a conversation, all from the model's own file.

use candle_core::quantized::gguf_file::Value;
use candle_core::quantized::tokenizer::TokenizerFromGguf;
use tokenizers::Tokenizer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;

use super::model::{LoadError, ModelFile};
use crate::call::{CallFailure, ChatRequest, Role};

/// The vocabulary of a model.
pub(super) struct Vocabulary {
    tokenizer: Tokenizer,
    /// What each token writes; nothing for control tokens.
    bytes: Vec<Option<Box<[u8]>>>,
    turn_begin: u32,
    turn_end: u32,
    stops: Vec<u32>,
}

/// Token types of GGUF that write text: normal, user defined, byte.
const WRITES: [u32; 3] = [1, 4, 6];

impl Vocabulary {
    pub(super) fn load(file: &ModelFile) -> Result<Self, LoadError> {
        let unusable = |why: String| file.incomplete(format!("the tokenizer: {why}"));
        let mut tokenizer =
            Tokenizer::from_gguf(file.content()).map_err(|error| unusable(error.to_string()))?;
        // What stands in a prompt is text, also where it looks like a control token.
        tokenizer.set_encode_special_tokens(true);
        mend_pre_tokenizer(&mut tokenizer, file);
        let id = |text: &str| {
            tokenizer.token_to_id(text).ok_or_else(|| {
                unusable(format!("it has no `{text}`; the engine knows the ChatML form of conversation only"))
            })
        };
        let (turn_begin, turn_end) = (id("<|im_start|>")?, id("<|im_end|>")?);
        let stops =
            ["<|im_end|>", "<|endoftext|>"].into_iter().filter_map(|text| tokenizer.token_to_id(text));
        let declared = file.value("tokenizer.ggml.eos_token_id").and_then(|value| value.to_u32().ok());
        let stops = stops.chain(declared).collect();
        let bytes = token_bytes(file).ok_or_else(|| unusable("its token list cannot be read".to_owned()))?;
        Ok(Self { tokenizer, bytes, turn_begin, turn_end, stops })
    }

    /// The conversation as tokens, ending where the teacher begins to speak.
    pub(super) fn conversation(&self, request: &ChatRequest) -> Result<Vec<u32>, CallFailure> {
        let mut tokens = Vec::new();
        if !request.system.is_empty() {
            self.turn(&mut tokens, "system", &request.system)?;
        }
        for message in &request.messages {
            self.turn(&mut tokens, message.role.word(), &message.content)?;
        }
        tokens.push(self.turn_begin);
        self.text(&mut tokens, &format!("{}\n", Role::Assistant.word()))?;
        Ok(tokens)
    }

    fn turn(&self, tokens: &mut Vec<u32>, role: &str, content: &str) -> Result<(), CallFailure> {
        tokens.push(self.turn_begin);
        self.text(tokens, &format!("{role}\n{content}"))?;
        tokens.push(self.turn_end);
        self.text(tokens, "\n")
    }

    fn text(&self, tokens: &mut Vec<u32>, text: &str) -> Result<(), CallFailure> {
        let encoded = self
            .tokenizer
            .encode_fast(text, false)
            .map_err(|error| CallFailure::invalid(format!("the prompt cannot be tokenised: {error}")))?;
        tokens.extend_from_slice(encoded.get_ids());
        Ok(())
    }

    /// What a token writes; nothing for control tokens and ids beyond the vocabulary.
    pub(super) fn bytes(&self, token: u32) -> Option<&[u8]> {
        self.bytes.get(usize::try_from(token).ok()?)?.as_deref()
    }

    /// Whether the teacher ends its turn with this token.
    pub(super) fn is_stop(&self, token: u32) -> bool {
        self.stops.contains(&token)
    }

    /// The token that writes exactly these bytes.
    pub(super) fn token_of(&self, bytes: &[u8]) -> Option<u32> {
        let index = self.bytes.iter().position(|written| written.as_deref() == Some(bytes))?;
        u32::try_from(index).ok()
    }
}

/// Where candle takes its default, that default puts a blank before every text, and SmolLM2's way of taking each
/// digit for itself is not known to it.
fn mend_pre_tokenizer(tokenizer: &mut Tokenizer, file: &ModelFile) {
    let kind = file.value("tokenizer.ggml.pre").and_then(|value| value.to_string().ok());
    let plain = ByteLevel::new(false, true, true);
    match kind.map(String::as_str) {
        Some("smollm") => {
            let steps = vec![Digits::new(true).into(), plain.into()];
            tokenizer.with_pre_tokenizer(Some(Sequence::new(steps)));
        }
        Some("gpt-2" | "default") | None => {
            tokenizer.with_pre_tokenizer(Some(plain));
        }
        Some(_) => {}
    }
}

fn token_bytes(file: &ModelFile) -> Option<Vec<Option<Box<[u8]>>>> {
    let tokens = file.value("tokenizer.ggml.tokens")?.to_vec().ok()?;
    let kinds = file.value("tokenizer.ggml.token_type").and_then(|kinds| kinds.to_vec().ok());
    let writes = |index: usize| match kinds.and_then(|kinds| kinds.get(index)) {
        Some(Value::I32(kind)) => u32::try_from(*kind).is_ok_and(|kind| WRITES.contains(&kind)),
        Some(Value::U32(kind)) => WRITES.contains(kind),
        Some(_) | None => true,
    };
    let table = byte_of_character();
    let read = |(index, token): (usize, &Value)| {
        let text = token.to_string().ok()?;
        Some(if writes(index) { text.chars().map(&table).collect::<Option<Box<[u8]>>>() } else { None })
    };
    tokens.iter().enumerate().map(read).collect()
}

/// The inverse of the table by which byte-level BPE writes every byte as a visible character: printable Latin-1
/// stands for itself, the other 68 bytes follow in order from U+0100.
/// Source: the GPT-2 encoder, `bytes_to_unicode`.
fn byte_of_character() -> impl Fn(char) -> Option<u8> {
    let itself = |byte: &u8| matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    let hidden: Vec<u8> = (0..=u8::MAX).filter(|byte| !itself(byte)).collect();
    move |character| match u8::try_from(character) {
        Ok(byte) if itself(&byte) => Some(byte),
        Ok(_) => None,
        Err(_) => hidden.get(usize::try_from(u32::from(character)).ok()?.checked_sub(0x100)?).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_one_visible_character() {
        let byte = byte_of_character();
        let mut seen: Vec<u8> = ('\u{21}'..'\u{200}').filter_map(&byte).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..=u8::MAX).collect::<Vec<_>>());
        assert_eq!((byte('Ġ'), byte('Ċ'), byte('a')), (Some(b' '), Some(b'\n'), Some(b'a')));
    }
}
