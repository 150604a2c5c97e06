//! Values that are secrets because of the name that they are given.

use super::bits::{A, B, H};
use crate::secrets::judgement::{entropy, is_name, is_place, is_placeholder, looks_random};
use crate::secrets::rule::{Candidate, Rule};

/// Endings of a name that say that its value is about a secret and not the secret.
const ABOUT: [&str; 24] = [
    "hash", "id", "ids", "name", "type", "kind", "count", "len", "length", "limit", "limits", "max", "min",
    "url", "uri", "path", "file", "expiry", "at", "ttl", "size", "index", "prefix", "usage",
];

pub(super) const RULES: &[Rule] = &[
    Rule::key(
        "exported-secret",
        &["export", "setenv", "set -x", "$env:", "env "],
        r#"(?m)(?:\bexport\s+|\bsetenv\s+|\bset\s+-g?x\s+|\$env:|\benv\s+)(?P<key>\w*(?i:key|token|secret|passw(?:or)?d|passwd|pwd|passphrase|credentials?|auth)\w*)(?:\s*=\s*|\s+)["']?([^\s"'`;|&<>()\[\]{}$]{6,256})"#,
        &[
            &["export DB_PASSWORD=", "hunter22"],
            &["export API_KEY='", A, "'"],
            &["$env:TOKEN = \"", A, "\""],
            &["set -x SERVICE_TOKEN ", A],
        ],
        &[
            &["export TOKEN=$OTHER"],
            &["export KEY=your-key-here"],
            &["export SSH_AUTH_SOCK=/run/agent.sock"],
            &["export KEYMAP=default"],
            &["export TOKEN_FILE=/etc/token1"],
            &["export const tokenKinds = parse2(x)"],
        ],
    )
    .when(is_exported)
    .plain_only(),
    Rule::key(
        "secret-flag",
        &["--password", "--passwd", "--token", "--secret", "--api-key", "--apikey", "--pass", "--access-key", "-u "],
        r#"(?:(?P<key>--(?:password|passwd|pass|token|secret|api-?key|access-key|auth-token|client-secret))(?:\s+|=)["']?([^\s"'`;|&<>()\[\]{}$]{6,256})|\bcurl\b[^\n]{0,200}?\s-u\s+["']?\w[\w.-]{0,64}:([^\s"'`$\[\]<>]{4,128}))"#,
        &[&["login --password ", "hunter22"], &["x --token=", A], &["curl -s -u admin:", "hunter22", " http://h"]],
        &[&["--password <password>"], &["--token $TOKEN"], &["--token string"], &["curl -u user:password http://h"]],
    )
    .when(|found| is_typed(found.secret))
    .plain_only(),
    Rule::key(
        "assigned-secret",
        &[
            "passw", "pwd", "passphrase", "secret", "token", "api_key", "api-key", "apikey", "access_key", "access-key", "accesskey",
            "auth_key", "auth-key", "authkey", "private_key", "private-key", "privatekey", "signing_key", "signing-key",
            "encryption_key", "credential",
        ],
        r#"(?i)\b(?P<key>[a-z0-9_.-]{0,40}(?:passw(?:or)?d|pwd|passphrase|secret|token|(?:api|access|auth|private|signing|encryption)[_-]?key|credential)[a-z0-9_-]{0,20})["']?\s*(?::[\s&'a-z]{0,24}=|=>|:=|==?|:)\s*(?:"([^"\n\[\]]{8,256})"|'([^'\n\[\]]{8,256})'|([^\s"'`,;(){}\[\]<>$&|]{8,256}))"#,
        &[
            &["password = \"", "S3cr3t!Pass", "\""],
            &["api_key: ", A, B],
            &["\"client_secret\": \"", A, "\""],
            &["const API_TOKEN: &str = \"", A, "\";"],
            &["secret=", H, H],
            &["db.password=", "Tr0ub4dor&3"],
        ],
        &[
            &["let token = parser.next_token2();"],
            &["token: Option<TokenKind>"],
            &["password = \"changeme123\""],
            &["secret = \"${SECRET_1_VALUE}\""],
            &["token_id = \"", A, "\""],
            &["token_hash: ", H, H, H, H],
            &["api_key = os.environ[\"API_KEY_2\"]"],
            &["secret_name = \"", A, "\""],
            &["token = \"550e8400-e29b-41d4-a716-446655440000\""],
            &["tokens: 4096 and 8192"],
            &["password: correct horse battery staple"],
            &["api_key_path = \"/etc/keys/k1.pem\""],
        ],
    )
    .when(is_assigned)
    .plain_only(),
];

fn is_about(key: &str) -> bool {
    let last = key.rsplit(['_', '-', '.']).next().unwrap_or("").to_ascii_lowercase();
    ABOUT.contains(&last.as_str())
}

fn is_exported(found: &Candidate<'_>) -> bool {
    !is_about(found.key) && is_typed(found.secret)
}

/// A value that a person typed where a secret belongs: it may be short, but it is no bare word, path or stand-in.
fn is_typed(value: &str) -> bool {
    let mixed = value.bytes().any(|b| b.is_ascii_digit()) && value.bytes().any(|b| b.is_ascii_alphabetic());
    mixed && entropy(value) >= 2.0 && !is_placeholder(value) && !is_place(value)
}

fn is_assigned(found: &Candidate<'_>) -> bool {
    let value = found.secret;
    let quoted = found.before(1).ends_with(['"', '\'']);
    let goes_on = found.after().starts_with(['(', '[', '{', '.', ':', '!', '<']);
    let code =
        value.contains("->") || value.contains("=>") || value.contains('\\') || (!quoted && is_name(value));
    !is_about(found.key)
        && looks_random(value)
        && !value.contains(' ')
        && !is_placeholder(value)
        && !is_place(value)
        && (quoted || !(goes_on || code))
}
