//! Choosing the next token.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Tokens less likely than this share of the likeliest are only taken if no likelier one is allowed: small models
/// have a long tail of nonsense.
const LEAST_SHARE: f32 = 0.05;
/// Puts such tokens behind all others while keeping their order.
const LAST: f32 = 1e6;

/// Draws tokens. The same seed and logits give the same tokens.
pub(super) struct Sampler {
    temperature: f32,
    state: u64,
}

impl Sampler {
    pub(super) const fn new(temperature: f32, seed: u64) -> Self {
        Self { temperature, state: seed }
    }

    /// The first token that `allowed` lets pass. Without temperature that is the likeliest; with it, one drawn from the
    /// distribution over the allowed tokens alone: adding Gumbel noise to all and taking the largest draws from
    /// the softmax, and taking the next largest draws from what is left.
    /// Source: Maddison, Tarlow and Minka, "A* Sampling", NIPS 2014, section 2.
    pub(super) fn pick(&mut self, mut logits: Vec<f32>, mut allowed: impl FnMut(u32) -> bool) -> Option<u32> {
        if self.temperature > 0.0 {
            self.perturb(&mut logits);
        }
        let likeliest = ranked(&logits).max()?;
        if allowed(likeliest.token) {
            return Some(likeliest.token);
        }
        let mut rest: BinaryHeap<Ranked> = ranked(&logits).collect();
        while let Some(next) = rest.pop() {
            if next.token != likeliest.token && allowed(next.token) {
                return Some(next.token);
            }
        }
        None
    }

    fn perturb(&mut self, logits: &mut [f32]) {
        let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let least = top + self.temperature * LEAST_SHARE.ln();
        for logit in logits {
            if *logit < least {
                *logit -= LAST;
            } else {
                *logit = (*logit - top) / self.temperature + self.gumbel();
            }
        }
    }

    fn gumbel(&mut self) -> f32 {
        let uniform = self.uniform();
        -(-uniform.ln()).ln()
    }

    /// A number strictly between 0 and 1. Source: SplitMix64, Steele, Lea and Flood, OOPSLA 2014.
    fn uniform(&mut self) -> f32 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        // The upper 23 bits fit a float exactly, and the half keeps both ends out.
        #[expect(clippy::cast_precision_loss, reason = "23 bits fit the mantissa")]
        let number = ((mixed >> 41) as f32 + 0.5) / 8_388_608.0;
        number
    }
}

#[derive(Clone, Copy)]
struct Ranked {
    logit: f32,
    token: u32,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.logit.total_cmp(&other.logit).then(other.token.cmp(&self.token))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

/// All tokens but those whose logit is not a number.
fn ranked(logits: &[f32]) -> impl Iterator<Item = Ranked> {
    (0_u32..)
        .zip(logits.iter().copied())
        .filter(|(_, logit)| !logit.is_nan())
        .map(|(token, logit)| Ranked { logit, token })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_temperature_the_likeliest_allowed_token_is_taken() {
        let mut sampler = Sampler::new(0.0, 1);
        assert_eq!(sampler.pick(vec![0.1, 3.0, 2.0, f32::NAN], |_| true), Some(1));
        assert_eq!(sampler.pick(vec![0.1, 3.0, 2.0], |token| token != 1), Some(2));
        assert_eq!(sampler.pick(vec![0.1, 3.0], |_| false), None);
    }

    #[test]
    fn with_temperature_tokens_come_as_often_as_their_probability_says() {
        let mut sampler = Sampler::new(1.0, 7);
        let logits = vec![2.0_f32.ln(), 1.0_f32.ln(), 1.0_f32.ln()];
        let mut drawn = [0_u32; 3];
        for _ in 0..8_000 {
            let token = sampler.pick(logits.clone(), |token| token != 2).expect("two are allowed");
            drawn[token as usize] += 1;
        }
        assert!((5_100..5_560).contains(&drawn[0]), "two thirds of 8,000, not {}", drawn[0]);
        assert_eq!(drawn[2], 0);
    }

    #[test]
    fn the_same_seed_draws_the_same_tokens() {
        let draw = |seed| {
            let mut sampler = Sampler::new(0.8, seed);
            (0..20).map(|_| sampler.pick(vec![1.0, 1.1, 0.9, 1.05], |_| true)).collect::<Vec<_>>()
        };
        assert_eq!(draw(3), draw(3));
        assert_ne!(draw(3), draw(4));
    }
}
