//! The engine inside this process, for machines that have neither Ollama nor a key: Llama and Qwen2 models in GGUF
//! files answer prompts, MiniLM makes embeddings.
//!
//! Each file of weights has one engine with one thread and a short queue, so calls to it are made one after another.
//! Weights are loaded by the first call. The arithmetic uses one thread, or as many as the machine has physical cores
//! where that is measured to be faster; `RAYON_NUM_THREADS` sets another number for the process.

mod budget;
mod encoder;
mod engine;
mod gear;
mod generate;
mod model;
mod prefixes;
mod sampler;
mod schema;
mod teacher;
mod vocabulary;

pub(crate) use engine::Engines;
pub(crate) use teacher::{EmbeddedEmbedder, EmbeddedTeacher};
