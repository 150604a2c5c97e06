//! Medians and percentiles.

/// The value at this share (0 to 1) of the sorted values, by the nearest rank; 0 when there is none.
pub(super) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    // Ranks are far below 2^32, and a share outside 0 to 1 is clipped.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small rank, not negative")]
    let rank = (share.clamp(0.0, 1.0) * float(sorted.len())).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// The middle value.
pub(super) fn median(values: &[f64]) -> f64 {
    percentile(values, 0.5)
}

/// A count as a number for arithmetic.
#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^53")]
pub(super) const fn float(count: usize) -> f64 {
    count as f64
}

/// Seconds as milliseconds.
pub(super) fn millis(duration: std::time::Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Bytes as binary megabytes.
#[expect(clippy::cast_precision_loss, reason = "memory of a machine is far below 2^53 bytes")]
pub(super) const fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let values = [5.0, 1.0, 4.0, 2.0, 3.0];
        assert_eq!([median(&values), percentile(&values, 0.99), percentile(&values, 0.0)], [3.0, 5.0, 1.0]);
        assert_eq!(median(&[]), 0.0);
    }
}
