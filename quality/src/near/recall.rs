//! Measures the bands on planted near-duplicates.

use super::{Shingles, Signature};

/// A small generator of repeatable choices (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn text(&mut self, words: usize) -> Vec<String> {
        (0..words).map(|_| format!("w{}", self.roll(3_000))).collect()
    }

    /// A copy in which each word is replaced with a chance of `permille` in a thousand.
    fn noise(&mut self, words: &[String], permille: u64) -> Vec<String> {
        let mut copy = words.to_vec();
        for word in &mut copy {
            if self.roll(1_000) < permille {
                *word = format!("n{}", self.roll(3_000));
            }
        }
        copy
    }
}

fn shares_a_band(a: &Signature, b: &Signature) -> bool {
    a.bands().iter().zip(b.bands()).any(|(x, y)| *x == y)
}

/// What became of many pairs.
#[derive(Default)]
struct Tally {
    near: u32,
    near_found: u32,
    proposed: u32,
    proposed_right: u32,
    worst_error: f64,
}

fn measure() -> Tally {
    let mut dice = Dice(7);
    let mut tally = Tally::default();
    for round in 0..600 {
        let original = dice.text(60 + (round % 5) * 60);
        let copy = dice.noise(&original, [0, 2, 5, 10, 20, 40, 80, 160][round % 8]);
        let (a, b) = (Shingles::of(&original.join(" ")), Shingles::of(&copy.join(" ")));
        let (x, y) = (Signature::of_shingles(&a).expect("words"), Signature::of_shingles(&b).expect("words"));
        let truth = a.jaccard(&b);
        tally.worst_error = tally.worst_error.max((truth - x.jaccard_estimate(&y)).abs());
        let candidate = shares_a_band(&x, &y);
        let near = truth >= 0.8;
        tally.near += u32::from(near);
        tally.near_found += u32::from(near && candidate);
        let proposed = candidate && x.jaccard_estimate(&y) >= 0.8;
        tally.proposed += u32::from(proposed);
        tally.proposed_right += u32::from(proposed && truth >= 0.7);
    }
    tally
}

#[test]
fn planted_near_duplicates_are_found_and_estimates_are_close() {
    let tally = measure();
    let recall = f64::from(tally.near_found) / f64::from(tally.near);
    let precision = f64::from(tally.proposed_right) / f64::from(tally.proposed);
    println!(
        "pairs at J >= 0.8: {}, recall {recall:.4}, precision of estimates {precision:.4}, worst error {:.3}",
        tally.near, tally.worst_error
    );
    assert!(tally.near >= 200, "the plan has enough near-duplicates: {}", tally.near);
    assert!(recall >= 0.95, "{recall}");
    assert!(precision >= 0.95, "{precision}");
    assert!(tally.worst_error < 0.2, "{}", tally.worst_error);
}

#[test]
fn one_percent_of_noise_leaves_a_copy_near_and_foreign_texts_are_not() {
    let mut dice = Dice(11);
    let original = dice.text(400);
    let shingles = Shingles::of(&original.join(" "));
    let signature = Signature::of_shingles(&shingles).expect("words");
    let mut near = 0;
    for _ in 0..200 {
        let copy = Shingles::of(&dice.noise(&original, 10).join(" "));
        let copied = Signature::of_shingles(&copy).expect("words");
        assert!(shares_a_band(&signature, &copied));
        near += u32::from(shingles.jaccard(&copy) >= 0.8);
        let foreign = Signature::of_shingles(&Shingles::of(&dice.text(400).join(" "))).expect("words");
        assert!(!shares_a_band(&signature, &foreign));
    }
    assert!(near >= 190, "{near} of 200 copies are still near");
}

#[test]
fn the_chance_of_a_common_band_follows_the_documented_curve() {
    // Two sides of 200 words, of which `common` are the same, have similarity common / (400 - common).
    for (common, expected) in [(92, 0.23), (133, 0.87), (165, 1.0)] {
        let rounds = 300;
        let hits: u32 = (0..rounds)
            .map(|round| {
                let side = |name: &str| -> Signature {
                    let words =
                        (0..200).map(|i| format!("{}{round}x{i}", if i < common { "c" } else { name }));
                    let text = words.collect::<Vec<_>>().join(" ");
                    Signature::of_shingles(&Shingles::of_size(&text, 1)).expect("words")
                };
                u32::from(shares_a_band(&side("a"), &side("b")))
            })
            .sum();
        let share = f64::from(hits) / f64::from(rounds);
        assert!((share - expected).abs() < 0.08, "{common} common words: {share}, expected {expected}");
    }
}
