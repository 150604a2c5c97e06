//! Runs the rules.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::{Captures, Regex};

use super::disguise;
use super::rule::{Candidate, Rule};
use super::{Hit, rules};

/// A rule with its compiled expression.
struct Compiled {
    rule: &'static Rule,
    regex: Regex,
}

/// The rules, ready to run.
struct Engine {
    compiled: Vec<Compiled>,
    keywords: AhoCorasick,
    /// The rule that each keyword belongs to.
    owners: Vec<usize>,
}

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::new);

/// A finding with the place of its rule in the table; earlier rules are more precise.
#[derive(Debug, Clone)]
pub(super) struct Match {
    pub(super) priority: usize,
    pub(super) range: Range<usize>,
}

/// All findings of a text, merged where they overlap.
pub(super) fn scan(text: &str) -> Vec<Hit> {
    let mut matches = ENGINE.find(text, |_| true);
    matches.extend(disguise::encoded(text));
    let broken = disguise::broken(text, &matches);
    matches.extend(broken);
    merge(matches)
}

/// The findings of the precise rules for keys.
pub(super) fn find_precise(text: &str) -> Vec<Match> {
    ENGINE.find(text, |rule| rule.precise)
}

impl Engine {
    fn new() -> Self {
        let compiled: Vec<Compiled> = rules::all()
            .map(|rule| Compiled {
                rule,
                // Proof: the test of the rules compiles each of these constant patterns.
                regex: Regex::new(rule.pattern).expect("a rule's pattern compiles"),
            })
            .collect();
        let (owners, words): (Vec<usize>, Vec<&str>) = compiled
            .iter()
            .enumerate()
            .flat_map(|(owner, compiled)| compiled.rule.keywords.iter().map(move |&word| (owner, word)))
            .unzip();
        let keywords = AhoCorasick::builder().ascii_case_insensitive(true).build(words);
        // Proof: a few hundred short constant words are far below the automaton's limits.
        Self { compiled, keywords: keywords.expect("the keywords fit an automaton"), owners }
    }

    fn find(&self, text: &str, wanted: fn(&Rule) -> bool) -> Vec<Match> {
        let present = self.present(text);
        let mut matches = Vec::new();
        for (priority, compiled) in self.compiled.iter().enumerate() {
            if !present[priority] || !wanted(compiled.rule) {
                continue;
            }
            for captures in compiled.regex.captures_iter(text) {
                if let Some(range) = accepted(compiled, &captures, text) {
                    matches.push(Match { priority, range });
                }
            }
        }
        matches
    }

    /// Which rules have a keyword in the text, or need none.
    fn present(&self, text: &str) -> Vec<bool> {
        let mut present: Vec<bool> = self.compiled.iter().map(|c| c.rule.keywords.is_empty()).collect();
        for found in self.keywords.find_overlapping_iter(text) {
            present[self.owners[found.pattern().as_usize()]] = true;
        }
        present
    }
}

fn accepted(compiled: &Compiled, captures: &Captures<'_>, text: &str) -> Option<Range<usize>> {
    let groups = compiled.regex.capture_names().zip(captures.iter()).skip(1);
    let secret = groups.filter(|(name, _)| *name != Some("key")).find_map(|(_, group)| group);
    let secret = secret.or_else(|| captures.get(0))?;
    let key = captures.name("key").map_or("", |key| key.as_str());
    let candidate = Candidate { text, key, secret: secret.as_str(), start: secret.start() };
    let redacted = candidate.secret.contains("[REDACTED:") && !candidate.secret.contains('\n');
    (!secret.is_empty() && !redacted && (compiled.rule.accept)(&candidate)).then(|| secret.range())
}

/// Orders findings by place and joins those that overlap; the most telling rule gives the name.
fn merge(mut matches: Vec<Match>) -> Vec<Hit> {
    matches.sort_by_key(|found| (found.range.start, found.priority));
    let mut merged: Vec<Match> = Vec::with_capacity(matches.len());
    for found in matches {
        match merged.last_mut() {
            Some(last) if found.range.start < last.range.end => {
                last.range.end = last.range.end.max(found.range.end);
                last.priority = last.priority.min(found.priority);
            }
            Some(_) | None => merged.push(found),
        }
    }
    merged.into_iter().map(|found| hit(&found)).collect()
}

fn hit(found: &Match) -> Hit {
    let rule = ENGINE.compiled[found.priority].rule;
    Hit { rule: rule.name, class: rule.class, range: found.range.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Class;

    #[test]
    fn every_rule_finds_its_examples_and_leaves_the_harmless_ones_alone() {
        for (priority, compiled) in ENGINE.compiled.iter().enumerate() {
            let rule = compiled.rule;
            assert!(
                !rule.found.is_empty() && !rule.harmless.is_empty(),
                "{} has examples of both",
                rule.name
            );
            let finds = |pieces: &[&str]| {
                ENGINE.find(&pieces.concat(), |_| true).iter().any(|found| found.priority == priority)
            };
            for pieces in rule.found {
                assert!(finds(pieces), "{} misses {:?}", rule.name, pieces.concat());
            }
            for pieces in rule.harmless {
                assert!(!finds(pieces), "{} finds {:?}", rule.name, pieces.concat());
            }
        }
    }

    #[test]
    fn rules_have_unique_slugs_keywords_in_lower_case_and_keys_before_private_data() {
        let mut seen = std::collections::BTreeSet::new();
        let mut last = Class::Key;
        for rule in rules::all() {
            assert!(seen.insert(rule.name), "{} twice", rule.name);
            assert!(rule.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            assert!(rule.keywords.iter().all(|word| *word == word.to_ascii_lowercase()), "{}", rule.name);
            assert!(last <= rule.class, "{}: keys come first, so that they name a merged finding", rule.name);
            last = rule.class;
        }
        assert!(seen.len() >= 45, "{}", seen.len());
    }

    #[test]
    fn overlapping_findings_become_one_with_the_most_telling_name() {
        let text = ["export GITHUB_TOKEN=gh", "p_", "k7Qp2vXz9LmN4RtB", "8sWd3FhJ6yCg5TaE", "aB3d"].concat();
        let hits = scan(&text);
        assert_eq!(hits.iter().map(|hit| hit.rule).collect::<Vec<_>>(), ["github-token"]);
    }
}
