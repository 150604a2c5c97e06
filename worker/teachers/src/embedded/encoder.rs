//! MiniLM and its like: BERT, mean pooling, unit length.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use thiserror::Error;
use tokenizers::{PaddingParams, Tokenizer, TruncationParams};

/// Tokens of a text that are read; sentence-transformers sets the same for this model.
const LONGEST: usize = 256;
/// Texts in one pass.
const BATCH: usize = 16;

/// Why an embedding model could not be loaded.
#[derive(Debug, Error)]
pub(super) enum EncoderError {
    #[error("could not read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{} cannot be used: {why}", path.display())]
    Format { path: PathBuf, why: String },
}

/// Vectors of unit length, and the tokens that were read for them.
#[derive(Debug)]
pub(crate) struct Vectors {
    pub(super) vectors: Vec<Vec<f32>>,
    pub(super) tokens: usize,
}

/// A loaded embedding model.
pub(super) struct Encoder {
    model: BertModel,
    tokenizer: Tokenizer,
}

impl Encoder {
    /// Loads `config.json`, `tokenizer.json` and `model.safetensors` of a folder.
    pub(super) fn load(folder: &Path) -> Result<Self, EncoderError> {
        let read = |name: &str| {
            let path = folder.join(name);
            match std::fs::read(&path) {
                Ok(bytes) => Ok((path, bytes)),
                Err(source) => Err(EncoderError::Read { path, source }),
            }
        };
        let wrong = |path: PathBuf, why: String| EncoderError::Format { path, why };
        let (path, bytes) = read("config.json")?;
        let config: Config =
            serde_json::from_slice(&bytes).map_err(|error| wrong(path, error.to_string()))?;
        let (path, bytes) = read("tokenizer.json")?;
        let tokenizer = tokenizer(&bytes).map_err(|error| wrong(path, error.to_string()))?;
        let (path, bytes) = read("model.safetensors")?;
        let model = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu)
            .and_then(|tensors| BertModel::load(tensors, &config))
            .map_err(|error| wrong(path, error.to_string()))?;
        Ok(Self { model, tokenizer })
    }

    /// One vector for each text, in order. `go_on` is asked between batches; nothing comes back if it says no.
    pub(super) fn embed(
        &self,
        texts: &[String],
        go_on: impl Fn() -> bool,
    ) -> Result<Option<Vectors>, String> {
        // Texts of like length go together, so that little padding is read.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|index| texts[*index].len());
        let mut vectors = vec![Vec::new(); texts.len()];
        let mut read = 0;
        for batch in order.chunks(BATCH) {
            if !go_on() {
                return Ok(None);
            }
            let chosen: Vec<&str> = batch.iter().map(|index| texts[*index].as_str()).collect();
            let encodings = self.tokenizer.encode_batch(chosen, true).map_err(|error| error.to_string())?;
            read += encodings
                .iter()
                .map(|text| text.get_attention_mask().iter().filter(|m| **m == 1).count())
                .sum::<usize>();
            let embedded = self.pass(&encodings).map_err(|error| error.to_string())?;
            for (index, vector) in batch.iter().zip(embedded) {
                vectors[*index] = vector;
            }
        }
        Ok(Some(Vectors { vectors, tokens: read }))
    }

    fn pass(&self, encodings: &[tokenizers::Encoding]) -> candle_core::Result<Vec<Vec<f32>>> {
        let rows = encodings.len();
        let stack = |of: fn(&tokenizers::Encoding) -> &[u32]| {
            let all: Vec<u32> = encodings.iter().flat_map(of).copied().collect();
            let width = all.len() / rows;
            Tensor::from_vec(all, (rows, width), &Device::Cpu)
        };
        let mask = stack(tokenizers::Encoding::get_attention_mask)?;
        let states = self.model.forward(
            &stack(tokenizers::Encoding::get_ids)?,
            &stack(tokenizers::Encoding::get_type_ids)?,
            Some(&mask),
        )?;
        let weights = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
        let means = states.broadcast_mul(&weights)?.sum(1)?.broadcast_div(&weights.sum(1)?)?;
        let lengths = means.sqr()?.sum_keepdim(1)?.sqrt()?;
        means.broadcast_div(&lengths)?.to_vec2()
    }
}

fn tokenizer(bytes: &[u8]) -> tokenizers::Result<Tokenizer> {
    let mut tokenizer = Tokenizer::from_bytes(bytes)?;
    tokenizer.with_padding(Some(PaddingParams::default()));
    tokenizer
        .with_truncation(Some(TruncationParams { max_length: LONGEST, ..TruncationParams::default() }))?;
    Ok(tokenizer)
}
