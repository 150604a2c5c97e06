//! Whether the model that a provider says it served is the one that was asked for.
//!
//! The rule: letter case and the path before the last `/` do not count, nor does a tag `latest`. After that the
//! served name must be the asked name, or the asked name and a version: `-` or `:` or `@` followed by `v` and digits,
//! a date or build of at least three digits, or a digest. So `gpt-4o` may be served as `gpt-4o-2024-08-06` and
//! `all-minilm` as `all-minilm:latest`, but `gpt-4o-mini` is another model, and a sample that says it came from
//! the one must not come from the other. What a server answers under yet another name, for example the path of a
//! file, has to be listed in the teacher's config as an alias.

fn canonical(name: &str) -> String {
    let lower = name.trim().to_lowercase();
    let last = lower.rsplit('/').next().unwrap_or_default();
    let plain = last.strip_suffix(":latest").or_else(|| last.strip_suffix("-latest")).unwrap_or(last);
    plain.to_owned()
}

fn is_version(suffix: &str) -> bool {
    let Some(rest) = suffix.strip_prefix(['-', ':', '@']) else { return false };
    let digest = rest.strip_prefix("sha256:").unwrap_or(rest);
    let is_digest = digest.len() >= 12 && digest.bytes().all(|b| b.is_ascii_hexdigit());
    let (numbers, fewest) = rest.strip_prefix('v').map_or((rest, 3), |numbers| (numbers, 1));
    let mut groups = numbers.split(['-', '.', ':']);
    let long_enough = groups.clone().next().is_some_and(|first| first.len() >= fewest);
    let numeric = groups.all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    is_digest || (numeric && long_enough)
}

/// Whether `served` is `asked`, or one of its `aliases`, by the rule of this module.
#[must_use]
pub fn is_same_model(asked: &str, served: &str, aliases: &[String]) -> bool {
    let served_name = canonical(served);
    if aliases.iter().any(|alias| alias == served || canonical(alias) == served_name) {
        return true;
    }
    let asked_name = canonical(asked);
    served_name.strip_prefix(&asked_name).is_some_and(|suffix| suffix.is_empty() || is_version(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_tags_are_the_same_model_and_siblings_are_not() {
        for (asked, served) in [
            ("gpt-4o", "gpt-4o-2024-08-06"),
            ("all-minilm", "all-minilm:latest"),
            ("openai/gpt-4o", "gpt-4o"),
            ("Qwen2.5-Coder:0.5B", "qwen2.5-coder:0.5b"),
            ("claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022"),
            ("gemini-2.0-flash", "models/gemini-2.0-flash-001"),
        ] {
            assert!(is_same_model(asked, served, &[]), "{asked} served as {served}");
        }
        for (asked, served) in [
            ("gpt-4o", "gpt-4o-mini"),
            ("gpt-4o-mini", "gpt-4o"),
            ("qwen2.5-coder:14b", "qwen2.5-coder:0.5b"),
            ("qwen2.5-coder", "qwen2.5-coder:0.5b"),
            ("llama-3", "llama-3-70"),
            ("smollm2:135m", "/models/smollm2.gguf"),
        ] {
            assert!(!is_same_model(asked, served, &[]), "{asked} served as {served}");
        }
    }

    #[test]
    fn an_alias_of_the_config_counts_as_the_model() {
        assert!(is_same_model("smollm2:135m", "/models/smollm2.gguf", &["/models/smollm2.gguf".to_owned()]));
    }
}
