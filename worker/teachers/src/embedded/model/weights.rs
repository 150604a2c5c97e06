//! All weights of a model, and one step through them.

use std::sync::Arc;

use candle_core::quantized::QTensor;
use candle_core::{Device, Tensor};
use candle_nn::ops::rms_norm;

use super::cache::KvCache;
use super::gguf::{LoadError, ModelFile, Shape};
use super::layer::{Layer, Step};
use super::matrix::{Matrix, Pass};

/// The longest context for which positions are prepared; memory for keys and values grows with use only.
const LONGEST_CONTEXT: usize = 32_768;

/// The weights. They do not change; what a conversation adds is in its [`KvCache`].
pub(crate) struct Weights {
    shape: Shape,
    embedding: Arc<QTensor>,
    layers: Vec<Layer>,
    norm: Tensor,
    output: Matrix,
    cos: Tensor,
    sin: Tensor,
}

impl Weights {
    /// Reads all tensors of a file.
    pub(crate) fn load(file: &mut ModelFile) -> Result<Self, LoadError> {
        let mut shape = file.shape()?;
        shape.context = shape.context.min(LONGEST_CONTEXT);
        let embedding = file.quantised("token_embd.weight")?;
        let layers = (0..shape.layers).map(|index| Layer::load(file, index)).collect::<Result<_, _>>()?;
        let norm = file.vector("output_norm.weight")?;
        // Small models use one table for both ends.
        let output = match file.has("output.weight") {
            true => file.matrix("output.weight")?,
            false => {
                Matrix::new(Arc::clone(&embedding)).map_err(|error| file.incomplete(error.to_string()))?
            }
        };
        let (cos, sin) = positions(&shape).map_err(|error| file.incomplete(error.to_string()))?;
        Ok(Self { shape, embedding, layers, norm, output, cos, sin })
    }

    /// The longest conversation, in tokens.
    pub(crate) const fn context(&self) -> usize {
        self.shape.context
    }

    /// A conversation that has not begun.
    pub(crate) fn new_cache(&self) -> candle_core::Result<KvCache> {
        KvCache::new(self.shape.layers, self.shape.kv_heads, self.shape.head_size)
    }

    /// Goes on with `tokens` from where `cache` stands, and gives the logits of what may follow the last.
    pub(crate) fn forward(
        &self,
        tokens: &[u32],
        pass: Pass,
        cache: &mut KvCache,
    ) -> candle_core::Result<Vec<f32>> {
        let (past, count) = (cache.len(), tokens.len());
        cache.reserve(count)?;
        let step = Step {
            shape: &self.shape,
            pass,
            cos: self.cos.narrow(0, past, count)?,
            sin: self.sin.narrow(0, past, count)?,
            mask: if count > 1 { Some(look_back(count, past)?) } else { None },
        };
        let mut state = self.embedding.embedding(&Tensor::new(tokens, &Device::Cpu)?)?;
        for (index, layer) in self.layers.iter().enumerate() {
            state = layer.forward(&state, &step, cache, index)?;
        }
        cache.advance(count);
        let last = state.narrow(0, count - 1, 1)?.contiguous()?;
        let normed = rms_norm(&last, &self.norm, self.shape.norm_epsilon)?;
        self.output.forward(&normed, Pass::Write)?.flatten_all()?.to_vec1()
    }
}

/// Cosine and sine of every position and pair.
fn positions(shape: &Shape) -> candle_core::Result<(Tensor, Tensor)> {
    let pairs = shape.head_size / 2;
    #[expect(clippy::cast_precision_loss, reason = "positions and head sizes are far below 2^24")]
    let angles: Vec<f32> = (0..shape.context)
        .flat_map(|position| {
            (0..pairs).map(move |pair| {
                let exponent = 2.0 * pair as f32 / shape.head_size as f32;
                position as f32 / shape.rotary_base.powf(exponent)
            })
        })
        .collect();
    let angles = Tensor::from_vec(angles, (shape.context, pairs), &Device::Cpu)?;
    Ok((angles.cos()?, angles.sin()?))
}

/// `(count, past + count)`: zero where a token may look, minus infinity ahead of it.
fn look_back(count: usize, past: usize) -> candle_core::Result<Tensor> {
    let all = past + count;
    let mask: Vec<f32> = (0..count)
        .flat_map(|row| (0..all).map(move |column| if column > past + row { f32::NEG_INFINITY } else { 0.0 }))
        .collect();
    Tensor::from_vec(mask, (count, all), &Device::Cpu)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_sees_itself_and_everything_before_it() {
        let mask: Vec<Vec<f32>> = look_back(2, 1).and_then(|mask| mask.to_vec2()).expect("a mask");
        assert_eq!(mask, [[0.0, 0.0, f32::NEG_INFINITY], [0.0, 0.0, 0.0]]);
    }
}
