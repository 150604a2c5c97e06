//! What attention remembers of the tokens before: keys and values of every layer.

use candle_core::{DType, Device, Result, Tensor};

/// Positions by which the memory grows.
const GROWTH: usize = 256;

/// Keys and values of one layer, `(heads, capacity, head size)` each.
#[derive(Debug)]
struct Pair {
    keys: Tensor,
    values: Tensor,
}

impl Pair {
    fn new(heads: usize, capacity: usize, size: usize) -> Result<Self> {
        let zeros = || Tensor::zeros((heads, capacity, size), DType::F32, &Device::Cpu);
        Ok(Self { keys: zeros()?, values: zeros()? })
    }
}

/// The state of one conversation. Tensors are written in place, so it is never cloned, only forked.
#[derive(Debug)]
pub(crate) struct KvCache {
    layers: Vec<Pair>,
    heads: usize,
    size: usize,
    capacity: usize,
    length: usize,
}

impl KvCache {
    /// An empty state for a model with so many layers and heads of that size.
    pub(super) fn new(layers: usize, heads: usize, size: usize) -> Result<Self> {
        let layers = (0..layers).map(|_| Pair::new(heads, GROWTH, size)).collect::<Result<_>>()?;
        Ok(Self { layers, heads, size, capacity: GROWTH, length: 0 })
    }

    /// Tokens that are remembered.
    pub(crate) const fn len(&self) -> usize {
        self.length
    }

    /// Forgets all but the first `length` tokens.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// A state of its own that remembers the first `length` tokens.
    pub(crate) fn fork(&self, length: usize) -> Result<Self> {
        let length = length.min(self.length);
        let mut fork = Self::new(0, self.heads, self.size)?;
        fork.capacity = capacity_for(length);
        fork.length = length;
        fork.layers =
            self.layers.iter().map(|pair| self.copy(pair, fork.capacity, length)).collect::<Result<_>>()?;
        Ok(fork)
    }

    /// Makes room for `more` tokens.
    pub(super) fn reserve(&mut self, more: usize) -> Result<()> {
        let needed = capacity_for(self.length + more);
        if needed > self.capacity {
            let grown =
                self.layers.iter().map(|pair| self.copy(pair, needed, self.length)).collect::<Result<_>>()?;
            self.layers = grown;
            self.capacity = needed;
        }
        Ok(())
    }

    fn copy(&self, pair: &Pair, capacity: usize, length: usize) -> Result<Pair> {
        let copy = Pair::new(self.heads, capacity, self.size)?;
        if length > 0 {
            copy.keys.slice_set(&pair.keys.narrow(1, 0, length)?.contiguous()?, 1, 0)?;
            copy.values.slice_set(&pair.values.narrow(1, 0, length)?.contiguous()?, 1, 0)?;
        }
        Ok(copy)
    }

    /// Adds the keys and values of new tokens to one layer and gives all that it has, new ones included. Room was
    /// made before, and [`Self::advance`] follows once all layers have them.
    pub(super) fn extend(&self, layer: usize, keys: &Tensor, values: &Tensor) -> Result<(Tensor, Tensor)> {
        let pair = &self.layers[layer];
        pair.keys.slice_set(keys, 1, self.length)?;
        pair.values.slice_set(values, 1, self.length)?;
        let all = self.length + keys.dim(1)?;
        Ok((pair.keys.narrow(1, 0, all)?, pair.values.narrow(1, 0, all)?))
    }

    pub(super) const fn advance(&mut self, tokens: usize) {
        self.length += tokens;
    }
}

const fn capacity_for(length: usize) -> usize {
    length.div_ceil(GROWTH) * GROWTH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(from: u32, count: u32) -> Tensor {
        Tensor::arange(from, from + count, &Device::Cpu)
            .and_then(|t| t.to_dtype(DType::F32)?.reshape((1, count as usize, 1)))
            .expect("a tensor")
    }

    fn remembered(cache: &KvCache) -> Vec<f32> {
        cache.layers[0]
            .keys
            .narrow(1, 0, cache.len())
            .and_then(|t| t.flatten_all()?.to_vec1())
            .expect("numbers")
    }

    #[test]
    fn a_fork_keeps_its_own_memory_and_growing_loses_nothing() {
        let mut cache = KvCache::new(1, 1, 1).expect("a cache");
        for step in 0..3 {
            cache.reserve(100).expect("room");
            cache.extend(0, &tokens(step * 100, 100), &tokens(0, 100)).expect("added");
            cache.advance(100);
        }
        let mut fork = cache.fork(2).expect("forked");
        fork.extend(0, &tokens(7, 1), &tokens(7, 1)).expect("added");
        fork.advance(1);
        assert_eq!(remembered(&fork), [0.0, 1.0, 7.0]);
        assert_eq!(remembered(&cache).len(), 300);
        assert_eq!(remembered(&cache)[299], 299.0);
        cache.truncate(1);
        assert_eq!(remembered(&cache), [0.0]);
    }
}
