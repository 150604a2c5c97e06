//! Rules that hold for every text, and the disguises of a planted key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;

/// Examples of every rule, whole.
fn planted() -> Vec<String> {
    rules::all().flat_map(|rule| rule.found).map(|pieces| pieces.concat()).collect()
}

fn keys(text: &str) -> usize {
    scan(text).iter().filter(|hit| hit.class == Class::Key).count()
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(planted()),
        2 => "[ -~\n]{0,30}",
        1 => any::<String>(),
        1 => prop::sample::select(vec!["[REDACTED:", "]", "password = ", "export KEY=", "://a:", "@", "\n", "-----"])
            .prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn redacting_leaves_nothing_to_find_and_is_idempotent(pieces in prop::collection::vec(piece(), 0..6)) {
        let text = pieces.concat();
        let (clean, _) = redact(&text);
        prop_assert_eq!(scan(&clean), vec![], "{}", clean);
        prop_assert_eq!(redact(&clean), (clean.clone(), 0));
    }

    #[test]
    fn findings_are_ordered_whole_characters_and_apart(pieces in prop::collection::vec(piece(), 0..6)) {
        let text = pieces.concat();
        let mut at = 0;
        for hit in scan(&text) {
            prop_assert!(hit.range.start >= at && hit.range.start < hit.range.end);
            prop_assert!(text.get(hit.range.clone()).is_some());
            at = hit.range.end;
        }
    }
}

#[test]
fn every_planted_secret_is_found_among_prose_and_gone_after_redaction() {
    for secret in planted() {
        let text = format!("Some notes.\n\n{secret}\n\nMore notes.");
        let (clean, count) = redact(&text);
        assert!(count >= 1, "{secret}");
        assert!(!clean.contains(&secret), "{clean}");
        assert!(clean.contains("[REDACTED:"), "{clean}");
        assert!(clean.starts_with("Some notes.") && clean.ends_with("More notes."), "{clean}");
    }
}

#[test]
fn precise_keys_are_found_in_base64_and_across_line_breaks() {
    for rule in rules::all().filter(|rule| rule.precise) {
        let key = rule.found[0].concat();
        let encoded = STANDARD.encode(format!("token={key}\n"));
        assert!(keys(&format!("data: {encoded} end")) >= 1, "{} in base64", rule.name);
        let (head, tail) = key.split_at(key.len() - 9);
        for glue in ["\n", "\\\n", "\"\n    \"", "\" +\n  \"", "\r\n", "\n+"] {
            let broken = format!("x = \"{head}{glue}{tail}\"");
            let (clean, _) = redact(&broken);
            assert!(!clean.contains(tail), "{} broken by {glue:?}: {clean}", rule.name);
        }
    }
}

#[test]
fn a_finding_names_its_rule_and_class_and_never_the_secret() {
    let text = ["key ", "AK", "IA", "Q7XK2VZ9LM4RTB8S", " of /home/", "jdoe", "/x"].concat();
    let hits = scan(&text);
    let seen: Vec<_> = hits.iter().map(|hit| (hit.rule, hit.class)).collect();
    assert_eq!(seen, [("aws-access-key-id", Class::Key), ("user-path", Class::Pii)]);
    assert_eq!(redact(&text).0, "key [REDACTED:aws-access-key-id] of /home/[REDACTED:user-path]/x");
}
