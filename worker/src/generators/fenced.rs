//! Code as an answer shows it.

/// Code between fences with its language. The fence is longer than any that the code holds.
pub(super) fn fenced(language: &str, code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}", code.trim_end_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_cannot_close_its_fence() {
        assert_eq!(fenced("rust", "fn f() {}\n"), "```rust\nfn f() {}\n```");
        assert_eq!(fenced("python", "x = '```'"), "````python\nx = '```'\n````");
    }
}
