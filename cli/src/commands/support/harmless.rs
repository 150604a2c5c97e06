//! What may leave the machine: the last look at everything that goes into a bundle.

use hafs_quality::secrets;
use serde_json::Value;

/// Longest text of a bundle; codes, versions, paths and names of models are shorter.
const LONGEST: usize = 400;

/// The document with every text made harmless.
#[must_use]
pub fn document(value: Value) -> Value {
    match value {
        Value::String(words) => Value::String(text(&words)),
        Value::Array(items) => items.into_iter().map(document).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(key, value)| (text(&key), document(value))).collect()
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
    }
}

/// A text without secrets, without what follows the host of an address, and not longer than a line.
#[must_use]
pub fn text(words: &str) -> String {
    let plain: Vec<String> = words.split(' ').map(address).collect();
    let (plain, _) = secrets::redact(&plain.join(" "));
    match plain.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &plain[..end]),
        None => plain,
    }
}

/// An address without user, password, path and query; any other word as it is.
fn address(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let rest: &str = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = rest.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses_lose_their_passwords_and_paths_and_secrets_their_letters() {
        let key = ["sk", "-ant-", "api03-", &"Ab1".repeat(31), "AA"].concat();
        let told = document(json!({
            "url": "postgres://somebody:hidden@db.example:5432/factory?password=hidden",
            "list": [key.clone(), "https://x.example/v1?key=hidden"],
            "number": 7,
        }));
        assert_eq!(told["url"], "postgres://db.example:5432");
        assert_eq!((&told["list"][1], &told["number"]), (&json!("https://x.example"), &json!(7)));
        assert!(!told.to_string().contains("hidden") && !told.to_string().contains(&key), "{told}");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(text(&"word ".repeat(1_000)).chars().count(), LONGEST + 1);
    }
}
