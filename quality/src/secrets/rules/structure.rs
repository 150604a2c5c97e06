//! Secrets that their structure gives away: key blocks, web tokens, addresses with a password, headers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::bits::{A, B, H};
use crate::secrets::judgement::{entropy, is_placeholder};
use crate::secrets::rule::{Candidate, Rule};

/// Bytes of key material without which a key block is only mentioned.
const KEY_MATERIAL: usize = 32;

pub(super) const RULES: &[Rule] = &[
    Rule::key(
        "private-key",
        &["private key"],
        r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?:[^-]|-{1,4}[^-])*-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----|(?:(?:\s|\\[nr])*(?:[A-Za-z-]{2,32}: [^\n]*|[A-Za-z0-9+/=]{20,}))*(?:(?:\s|\\[nr])*[A-Za-z0-9+/]{1,75}={1,2})?)",
        &[
            &["-----BEGIN RSA PRIV", "ATE KEY-----\n", A, B, A, "\n", B, "=\n-----END RSA PRIV", "ATE KEY-----"],
            &["-----BEGIN OPENSSH PRIV", "ATE KEY-----\\n", A, B, "\\n-----END OPENSSH PRIV", "ATE KEY-----"],
            &["-----BEGIN PGP PRIV", "ATE KEY BLOCK-----\n\n", A, B, A, "\n"],
            &["-----BEGIN PRIV", "ATE KEY-----\n", A, B, A, B],
        ],
        &[
            &["text.starts_with(\"-----BEGIN PRIV", "ATE KEY-----\")"],
            &["-----BEGIN PUBLIC KEY-----\n", A, B, "\n-----END PUBLIC KEY-----"],
        ],
    )
    .when(has_key_material)
    .plain_only(),
    Rule::key(
        "age-key",
        &["age-secret-key-1"],
        r"\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b",
        &[&["AGE-SECRET", "-KEY-1", "Q7XK2VZ9LM4RTB8SQ7XK2VZ9LM4RTB8S", "Q7XK2VZ9LM4RTB8SQ7XK2VZ9LM"]],
        &[&["AGE-SECRET-KEY-1..."]],
    ),
    Rule::key(
        "jwt",
        &["eyj"],
        r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
        &[&["ey", "JhbGciOiJIUzI1NiJ9", ".ey", "JzdWIiOiIxMjM0NSJ9", ".", A]],
        &[&["eyJust.text.here"]],
    ),
    Rule::key(
        "url-password",
        &["://"],
        r#"(?i)\b(?P<key>[a-z][a-z0-9+.-]{1,20}://[^\s:/@\[\]"'<>`]{0,64}):([^\s/@\[\]"'<>`]{3,128})@"#,
        &[&["postgres://app:", "k7Qp2vXz", "@db.internal/x"], &["https://u:", "hunter2x", "@git.internal"]],
        &[
            &["postgres://postgres:postgres@localhost/x"],
            &["https://user:password@host"],
            &["https://$USER:$PASSWORD@host"],
            &["http://localhost:8080/a@b"],
            &["ssh://git@host/path"],
        ],
    )
    .when(is_url_password)
    .plain_only(),
    Rule::key(
        "authorization-header",
        &["bearer", "basic"],
        r#"(?i)\b(?:(?P<key>bearer)\s+["']?([A-Za-z0-9._~+/=-]{16,})|authorization["']?\s*[:=]\s*["']?basic\s+([A-Za-z0-9+/=]{8,}))"#,
        &[&["Authorization: Bearer ", A, B], &["authorization: Basic ", "dXNlcjpodW50", "ZXIyMg=="]],
        &[
            &["Bearer authentication-is-required"],
            &["the bearer token"],
            &["Authorization: Basic credentials"],
            &["bearer tokens with scopes"],
        ],
    )
    .when(is_authorization)
    .plain_only(),
    Rule::key(
        "netrc-password",
        &["machine"],
        r"(?m)\bmachine\s+\S+\s+login\s+\S+\s+password\s+(\S{4,128})",
        &[&["machine git.internal login bot password ", A]],
        &[&["machine host login name password <password>"]],
    )
    .when(|found| !is_placeholder(found.secret))
    .plain_only(),
    Rule::key(
        "password-hash",
        &["$2a$", "$2b$", "$2y$", "$argon2", "$6$", "$5$", "$y$"],
        r"\$(?:2[aby]\$\d\d\$[./A-Za-z0-9]{53}|argon2id?\$v=\d+\$[^\s$]{5,64}\$[A-Za-z0-9+/]{8,}\$[A-Za-z0-9+/]{16,}|[56y]\$[./A-Za-z0-9$=]{40,})",
        &[&["$2b", "$12$", A, B, A, "abCde"]],
        &[&["$2b is the second argument"], &["cost $6$ or more"], &[H]],
    )
    .plain_only(),
];

/// Whether a block holds a key and not only its first line: a run of base64 behind the header.
fn has_key_material(found: &Candidate<'_>) -> bool {
    let body = found.secret.split("-----").nth(2).unwrap_or("");
    let longest =
        body.split(|c: char| !(c.is_ascii_alphanumeric() || c == '+' || c == '/')).map(str::len).max();
    longest.unwrap_or(0) >= KEY_MATERIAL
}

fn is_url_password(found: &Candidate<'_>) -> bool {
    let user = found.key.rsplit('/').next().unwrap_or("");
    let stock = ["password", "pass", "passwd", "pwd", "secret", "token", "guest", "admin", "root"];
    found.secret != user && !stock.contains(&found.secret) && !is_placeholder(found.secret)
}

fn is_authorization(found: &Candidate<'_>) -> bool {
    if !found.key.is_empty() {
        return found.secret.bytes().filter(u8::is_ascii_digit).count() >= 2
            && entropy(found.secret) >= 3.0
            && !is_placeholder(found.secret);
    }
    let decoded = STANDARD.decode(found.secret).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.is_some_and(|pair| pair.contains(':'))
}
