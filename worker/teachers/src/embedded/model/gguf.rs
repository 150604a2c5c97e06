//! Reading a GGUF file: what it says of itself, and its tensors.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::{Device, Tensor};
use thiserror::Error;

use super::matrix::Matrix;

/// Why a model could not be loaded.
#[derive(Debug, Error)]
pub(crate) enum LoadError {
    #[error("could not open the model {}", path.display())]
    Open {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{} is not a GGUF file that can be read: {why}", path.display())]
    Format { path: PathBuf, why: String },
    #[error(
        "{} has the architecture `{architecture}`; the embedded engine runs `llama` and `qwen2`, use Ollama for others",
        path.display()
    )]
    Architecture { path: PathBuf, architecture: String },
    #[error("{} lacks what the engine needs: {why}", path.display())]
    Incomplete { path: PathBuf, why: String },
}

/// How the pairs of a rotary embedding lie in a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rotary {
    /// Neighbours: GGUF's Llama has its heads permuted for this.
    Interleaved,
    /// One from each half.
    Halves,
}

/// The shape of a model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) kv_heads: usize,
    pub(super) head_size: usize,
    pub(super) context: usize,
    pub(super) norm_epsilon: f32,
    pub(super) rotary_base: f32,
    pub(super) rotary: Rotary,
}

/// An open GGUF file whose header is read.
pub(crate) struct ModelFile {
    path: PathBuf,
    content: Content,
    reader: BufReader<File>,
    architecture: String,
}

impl ModelFile {
    /// Opens a file and reads its header.
    pub(crate) fn open(path: &Path) -> Result<Self, LoadError> {
        let opened = File::open(path).map_err(|source| LoadError::Open { path: path.to_owned(), source })?;
        let mut reader = BufReader::new(opened);
        let content = Content::read(&mut reader)
            .map_err(|error| LoadError::Format { path: path.to_owned(), why: error.to_string() })?;
        let architecture = content
            .metadata
            .get("general.architecture")
            .and_then(|value| value.to_string().ok())
            .cloned()
            .unwrap_or_default();
        Ok(Self { path: path.to_owned(), content, reader, architecture })
    }

    pub(crate) const fn content(&self) -> &Content {
        &self.content
    }

    /// A metadata value.
    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        self.content.metadata.get(key)
    }

    /// An error that names this file.
    pub(crate) fn incomplete(&self, why: impl Into<String>) -> LoadError {
        LoadError::Incomplete { path: self.path.clone(), why: why.into() }
    }

    /// The shape of the model, checked so far that no later arithmetic can fail.
    pub(super) fn shape(&self) -> Result<Shape, LoadError> {
        let rotary = match self.architecture.as_str() {
            "llama" => Rotary::Interleaved,
            "qwen2" => Rotary::Halves,
            other => {
                let architecture = if other.is_empty() { "(none)".to_owned() } else { other.to_owned() };
                return Err(LoadError::Architecture { path: self.path.clone(), architecture });
            }
        };
        if self.value("llama.expert_count").is_some_and(|count| count.to_u32().unwrap_or(1) > 0) {
            return Err(self.incomplete("models with experts are not supported"));
        }
        let (width, heads, kv_heads) = (
            self.number("embedding_length")?,
            self.number("attention.head_count")?,
            self.number("attention.head_count_kv")?,
        );
        if heads == 0 || kv_heads == 0 || !width.is_multiple_of(heads) || !heads.is_multiple_of(kv_heads) {
            return Err(
                self.incomplete(format!("{width} numbers cannot be shared by {heads} heads over {kv_heads}"))
            );
        }
        let turned = self.number("rope.dimension_count").unwrap_or(width / heads);
        if turned != width / heads {
            return Err(self.incomplete("heads of which only a part is turned by position are not supported"));
        }
        Ok(Shape {
            layers: self.number("block_count")?,
            heads,
            kv_heads,
            head_size: width / heads,
            context: self.number("context_length")?,
            norm_epsilon: self.float("attention.layer_norm_rms_epsilon").unwrap_or(1e-5),
            rotary_base: self.float("rope.freq_base").unwrap_or(10_000.0),
            rotary,
        })
    }

    fn number(&self, key: &str) -> Result<usize, LoadError> {
        let key = format!("{}.{key}", self.architecture);
        let number = self.value(&key).and_then(|value| value.to_u32().ok());
        number
            .and_then(|number| usize::try_from(number).ok())
            .ok_or_else(|| self.incomplete(format!("its header has no number `{key}`")))
    }

    fn float(&self, key: &str) -> Option<f32> {
        self.value(&format!("{}.{key}", self.architecture)).and_then(|value| value.to_f32().ok())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    pub(super) fn quantised(&mut self, name: &str) -> Result<Arc<QTensor>, LoadError> {
        let read = self.content.tensor(&mut self.reader, name, &Device::Cpu);
        read.map(Arc::new).map_err(|error| self.incomplete(format!("tensor `{name}`: {error}")))
    }

    pub(super) fn matrix(&mut self, name: &str) -> Result<Matrix, LoadError> {
        let tensor = self.quantised(name)?;
        Matrix::new(tensor).map_err(|error| self.incomplete(format!("tensor `{name}`: {error}")))
    }

    pub(super) fn vector(&mut self, name: &str) -> Result<Tensor, LoadError> {
        let tensor = self.quantised(name)?;
        tensor.dequantize(&Device::Cpu).map_err(|error| self.incomplete(format!("tensor `{name}`: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_gguf_or_not_there_is_named() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("x.gguf");
        for content in [None, Some("hello"), Some("GGUF")] {
            if let Some(content) = content {
                std::fs::write(&path, content).expect("written");
            }
            let error = ModelFile::open(&path).err().expect("no model");
            assert!(error.to_string().contains("x.gguf"), "{error}");
        }
    }
}
