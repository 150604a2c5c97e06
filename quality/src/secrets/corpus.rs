//! Clean text in which nothing may be found.

use super::*;

#[test]
fn hashes_ids_and_code_are_not_secrets() {
    let blake = hafs_proto::ContentHash::of(b"x").to_string();
    let clean = [
        "commit 3f2a9c1d5e7b8a6f4c2d1e0b9a8f7c6d5e4b3a29",
        "index 83db48f..bf269f4 100644",
        "id: 550e8400-e29b-41d4-a716-446655440000",
        "checksum = \"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"",
        "integrity sha512-9f3a7c1e5b2d80469f3a7c1e5b2d8046+/9f3a7c1e5b2d80469f3a7c1e5b2d8046==",
        "aGVsbG8gd29ybGQsIHRoaXMgaXMgYSB0ZXN0Cg==",
        "db $80,$2100,$4200,$00FF ; table",
        "let token = self.lexer.next_token(TokenKind::Ident2)?;",
        "pub token: LeaseToken,",
        "fn password_hash(password: &str) -> Result<PasswordHash, Error>",
        "task_0190b2f67c1a7e3f8d2b4c5a6e7f8091",
        "hafs_tasks_completed_total{kind=\"generate\",outcome=\"pass\"} 42",
        "#include <tokenizers/bpe_model_2.hpp>",
        "Authorization: Bearer <token>",
        "max_tokens: 4096, token_budget = 123456789",
        "ghcr.io/org/image@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "0x7ffe12345678 in main () at src/main.cc:42",
        "secret_key = get_secret(name=\"db\")",
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA",
        "listen on 0.0.0.0:8765 and 127.0.0.1",
    ];
    for text in clean.into_iter().chain([blake.as_str()]) {
        assert_eq!(scan(text), [], "{text}");
    }
}

#[test]
fn our_own_sources_have_fewer_findings_than_one_line_in_a_thousand() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut lines, mut findings) = (0, Vec::new());
    for folder in
        ["../proto/src", "src/reply", "src/near", "src/canon", "src/syntax", "src/sections", "src/gates"]
    {
        for entry in std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten() {
            let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
            lines += text.lines().count();
            findings.extend(scan(&text).into_iter().map(|hit| (entry.file_name(), hit)));
        }
    }
    assert!(lines > 1_000, "the sources are there: {lines} lines");
    assert!(findings.len() * 1_000 < lines, "{lines} lines: {findings:?}");
}
