//! A transformer of the Llama family (Llama and Qwen2) on candle's quantised kernels.
//!
//! candle-transformers has both architectures, but there the state of a conversation is part of the weights: Qwen2's
//! cannot be copied at all, so no prompt prefix can be kept; the state is copied whole for every token; every prompt
//! length leaves a mask behind for ever; and Llama ends at 4,096 positions. Here the weights are shared and the
//! state ([`KvCache`]) stands apart: it grows in place, is cut and forked, and nothing else is kept.

mod cache;
mod gguf;
mod layer;
mod matrix;
mod weights;

pub(super) use cache::KvCache;
pub(super) use gguf::{LoadError, ModelFile};
pub(super) use matrix::Pass;
pub(super) use weights::Weights;
