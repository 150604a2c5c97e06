//! The one window that a model is loaded with.
//!
//! Ollama loads a model anew whenever a call asks for another window than the one before. So each model has one, and few
//! different ones are in use: rounded up, a change of the configuration seldom changes what is loaded.

/// Windows that are in use; larger ones are multiples of the last.
const WINDOWS: [u32; 3] = [4_096, 8_192, 16_384];

/// The window in tokens that a model is loaded with if `tokens` are wanted.
///
/// Source: ollama, `server/sched.go`: a runner is kept only if its options are the same.
#[must_use]
pub fn window(tokens: u32) -> u32 {
    let [.., largest] = WINDOWS;
    let fits = WINDOWS.into_iter().find(|window| *window >= tokens);
    fits.unwrap_or_else(|| tokens.checked_next_multiple_of(largest).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_rounded_up_to_one_of_few() {
        let cases = [
            (1, 4_096),
            (4_096, 4_096),
            (4_097, 8_192),
            (12_000, 16_384),
            (16_385, 32_768),
            (u32::MAX, u32::MAX),
        ];
        for (tokens, expected) in cases {
            assert_eq!(window(tokens), expected, "{tokens}");
            assert_eq!(window(window(tokens)), window(tokens), "rounding twice changes nothing");
        }
    }
}
