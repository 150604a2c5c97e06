//! Conversations kept for the beginning that they share with the next one.

use candle_core::Result;

use super::model::{KvCache, Weights};

/// Conversations kept. Each holds up to `num_ctx` tokens: about 12 to 28 kB a token for models of 0.5 to 1.5 billion.
const KEPT: usize = 4;

struct Kept {
    prompt: Vec<u32>,
    cache: KvCache,
}

/// The conversations, the last used at the end.
#[derive(Default)]
pub(super) struct Prefixes(Vec<Kept>);

impl Prefixes {
    /// A state that remembers as much as possible of the beginning of `prompt`, at least one token less than all, so
    /// that there is something left to read. The one longest unused makes room.
    pub(super) fn recall(&mut self, weights: &Weights, prompt: &[u32]) -> Result<KvCache> {
        let best = (0..self.0.len()).max_by_key(|index| common(&self.0[*index].prompt, prompt));
        let Some(best) = best else { return weights.new_cache() };
        let shared = common(&self.0[best].prompt, prompt).min(prompt.len().saturating_sub(1));
        if best == 0 && self.0.len() >= KEPT {
            let mut cache = self.0.remove(0).cache;
            cache.truncate(shared);
            return Ok(cache);
        }
        let cache = self.0[best].cache.fork(shared)?;
        let used = self.0.remove(best);
        self.0.push(used);
        if self.0.len() >= KEPT {
            self.0.remove(0);
        }
        Ok(cache)
    }

    /// Keeps the state of a prompt. What was written after it is forgotten: the next prompt hardly ever goes on with it.
    pub(super) fn keep(&mut self, mut prompt: Vec<u32>, mut cache: KvCache) {
        prompt.truncate(cache.len());
        cache.truncate(prompt.len());
        self.0.push(Kept { prompt, cache });
    }
}

fn common(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
