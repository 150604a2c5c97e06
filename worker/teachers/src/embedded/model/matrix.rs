//! Multiplication by quantised weights: packed for one token, unpacked for many.

use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{Device, Module, Result, Tensor};

/// What the model is doing. A prompt is read with unpacked weights, however short the rest of it is: for many tokens
/// that is several times as fast as multiplying packed weights with each, and the rounding of a token then does
/// not depend on how much of the prompt was remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Reading a prompt.
    Read,
    /// Writing, one token at a time.
    Write,
}

/// A matrix of weights, `(outputs, inputs)`.
#[derive(Debug)]
pub(super) struct Matrix {
    packed: Option<Arc<QTensor>>,
    product: QMatMul,
}

impl Matrix {
    pub(super) fn new(tensor: Arc<QTensor>) -> Result<Self> {
        let tensor = with_fast_kernel(tensor)?;
        let plain = matches!(tensor.dtype(), GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16);
        let packed = (!plain).then(|| Arc::clone(&tensor));
        Ok(Self { packed, product: QMatMul::from_arc(tensor)? })
    }

    /// `(tokens, inputs)` to `(tokens, outputs)`.
    pub(super) fn forward(&self, input: &Tensor, pass: Pass) -> Result<Tensor> {
        match (&self.packed, pass) {
            (Some(packed), Pass::Read) => input.matmul(&packed.dequantize(&Device::Cpu)?.t()?),
            (Some(_), Pass::Write) | (None, Pass::Read | Pass::Write) => self.product.forward(input),
        }
    }
}

/// Packs anew, as eight bits a weight, what candle has no vector code for: up to two thirds of a call went into such
/// weights. The rounding error is below 1/250 of the largest weight of its block, the memory up to twice as much.
fn with_fast_kernel(tensor: Arc<QTensor>) -> Result<Arc<QTensor>> {
    if !matches!(tensor.dtype(), GgmlDType::Q4_1 | GgmlDType::Q5_0 | GgmlDType::Q5_1) {
        return Ok(tensor);
    }
    QTensor::quantize(&tensor.dequantize(&Device::Cpu)?, GgmlDType::Q8_0).map(Arc::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_give_the_same_but_for_rounding() {
        let weights = Tensor::rand(-1.0_f32, 1.0, (32, 64), &Device::Cpu).expect("weights");
        let packed = Arc::new(QTensor::quantize(&weights, GgmlDType::Q8_0).expect("packed"));
        let matrix = Matrix::new(packed).expect("a matrix");
        let input = Tensor::rand(-1.0_f32, 1.0, (3, 64), &Device::Cpu).expect("an input");
        let product = |pass| matrix.forward(&input, pass).and_then(|out| out.flatten_all()?.to_vec1::<f32>());
        let (read, written) = (product(Pass::Read).expect("numbers"), product(Pass::Write).expect("numbers"));
        for (a, b) in read.iter().zip(&written) {
            assert!((a - b).abs() < 0.15, "{a} and {b}: only the rounding of the packed input differs");
        }
    }
}
