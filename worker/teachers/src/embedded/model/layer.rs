//! One layer: attention over all tokens so far, then the feed-forward part.

use candle_core::Tensor;
use candle_nn::ops::{rms_norm, silu, softmax_last_dim};
use candle_nn::rotary_emb::{rope, rope_i};

use super::cache::KvCache;
use super::gguf::{LoadError, ModelFile, Rotary, Shape};
use super::matrix::{Matrix, Pass};

/// A projection with or without a bias.
#[derive(Debug)]
struct Projection {
    weight: Matrix,
    bias: Option<Tensor>,
}

impl Projection {
    fn load(file: &mut ModelFile, name: &str) -> Result<Self, LoadError> {
        let bias = format!("{name}.bias");
        let bias = if file.has(&bias) { Some(file.vector(&bias)?) } else { None };
        Ok(Self { weight: file.matrix(&format!("{name}.weight"))?, bias })
    }

    fn forward(&self, input: &Tensor, pass: Pass) -> candle_core::Result<Tensor> {
        let output = self.weight.forward(input, pass)?;
        match &self.bias {
            Some(bias) => output.broadcast_add(bias),
            None => Ok(output),
        }
    }
}

/// The weights of one layer.
#[derive(Debug)]
pub(super) struct Layer {
    attention_norm: Tensor,
    query: Projection,
    key: Projection,
    value: Projection,
    output: Projection,
    feed_norm: Tensor,
    gate: Matrix,
    up: Matrix,
    down: Matrix,
}

/// What all layers share in one step.
pub(super) struct Step<'a> {
    pub(super) shape: &'a Shape,
    pub(super) pass: Pass,
    pub(super) cos: Tensor,
    pub(super) sin: Tensor,
    /// For several tokens at once: minus infinity where a token would look ahead.
    pub(super) mask: Option<Tensor>,
}

impl Layer {
    pub(super) fn load(file: &mut ModelFile, index: usize) -> Result<Self, LoadError> {
        let name = |part: &str| format!("blk.{index}.{part}");
        Ok(Self {
            attention_norm: file.vector(&name("attn_norm.weight"))?,
            query: Projection::load(file, &name("attn_q"))?,
            key: Projection::load(file, &name("attn_k"))?,
            value: Projection::load(file, &name("attn_v"))?,
            output: Projection::load(file, &name("attn_output"))?,
            feed_norm: file.vector(&name("ffn_norm.weight"))?,
            gate: file.matrix(&name("ffn_gate.weight"))?,
            up: file.matrix(&name("ffn_up.weight"))?,
            down: file.matrix(&name("ffn_down.weight"))?,
        })
    }

    /// `input` is `(tokens, width)`; so is what comes out.
    pub(super) fn forward(
        &self,
        input: &Tensor,
        step: &Step<'_>,
        cache: &KvCache,
        index: usize,
    ) -> candle_core::Result<Tensor> {
        let normed = rms_norm(input, &self.attention_norm, step.shape.norm_epsilon)?;
        let attended = (self.attend(&normed, step, cache, index)? + input)?;
        let normed = rms_norm(&attended, &self.feed_norm, step.shape.norm_epsilon)?;
        let hidden =
            (silu(&self.gate.forward(&normed, step.pass)?)? * self.up.forward(&normed, step.pass)?)?;
        self.down.forward(&hidden, step.pass)? + attended
    }

    fn attend(
        &self,
        input: &Tensor,
        step: &Step<'_>,
        cache: &KvCache,
        index: usize,
    ) -> candle_core::Result<Tensor> {
        let Shape { heads, kv_heads, head_size, .. } = *step.shape;
        let tokens = input.dim(0)?;
        let group = heads / kv_heads;
        let query = turned(&split(&self.query.forward(input, step.pass)?, heads, head_size)?, step)?;
        let key = turned(&split(&self.key.forward(input, step.pass)?, kv_heads, head_size)?, step)?;
        let value = split(&self.value.forward(input, step.pass)?, kv_heads, head_size)?;
        let (keys, values) = cache.extend(index, &key, &value)?;

        // The heads that share keys are rows of one product, so that the keys need not be repeated.
        #[expect(clippy::cast_precision_loss, reason = "a head has a few hundred numbers")]
        let scale = 1.0 / (head_size as f64).sqrt();
        let query = (query.reshape((kv_heads, group * tokens, head_size))? * scale)?;
        let mut scores = query.matmul(&keys.t()?)?;
        if let Some(mask) = &step.mask {
            let all = keys.dim(1)?;
            scores = scores.reshape((heads, tokens, all))?.broadcast_add(mask)?;
            scores = scores.reshape((kv_heads, group * tokens, all))?;
        }
        let mixed = softmax_last_dim(&scores)?.matmul(&values)?;
        let mixed = mixed.reshape((heads, tokens, head_size))?.transpose(0, 1)?.contiguous()?;
        self.output.forward(&mixed.reshape((tokens, heads * head_size))?, step.pass)
    }
}

/// `(tokens, heads * size)` to `(heads, tokens, size)`.
fn split(input: &Tensor, heads: usize, size: usize) -> candle_core::Result<Tensor> {
    input.reshape((input.dim(0)?, heads, size))?.transpose(0, 1)?.contiguous()
}

/// Turns each head by its position.
fn turned(heads: &Tensor, step: &Step<'_>) -> candle_core::Result<Tensor> {
    let batch = heads.unsqueeze(0)?;
    let turned = match step.shape.rotary {
        Rotary::Interleaved => rope_i(&batch, &step.cos, &step.sin)?,
        Rotary::Halves => rope(&batch, &step.cos, &step.sin)?,
    };
    turned.squeeze(0)
}
