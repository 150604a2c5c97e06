//! The engine inside this process, for machines that have neither Ollama nor a key: Llama and Qwen2 models in GGUF
//! files answer prompts, MiniLM makes embeddings.
//!
//! Each file of weights has one engine with one thread and a short queue, so calls to it are made one after another.
//! Weights are loaded by the first call. How many threads the arithmetic uses is decided once in a process, by the
//! variable `RAYON_NUM_THREADS` or, where it is absent, by the number of physical cores; two engines that work
//! at the same time share them. On a busy machine one thread is faster than several that wait for each other.

mod budget;
mod encoder;
mod engine;
mod generate;
mod model;
mod prefixes;
mod sampler;
mod schema;
mod teacher;
mod vocabulary;

pub(crate) use engine::Engines;
pub(crate) use teacher::{EmbeddedEmbedder, EmbeddedTeacher};
