//! Private data: addresses, numbers, user names in paths.

use std::net::Ipv4Addr;

use crate::secrets::rule::{Candidate, Rule};

/// Endings that look like a domain's and are a file's or a unit's.
const NOT_DOMAINS: [&str; 20] = [
    "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "js", "ts", "css", "rs", "py", "md", "json", "toml",
    "service", "target", "timer", "socket", "mount",
];

/// Hosts of addresses that belong to nobody.
const NOBODY: [&str; 8] = [
    "example.com",
    "example.org",
    "example.net",
    "example.edu",
    "users.noreply.github.com",
    "noreply.github.com",
    "localhost.localdomain",
    "domain.com",
];

/// User names that name a role or nobody.
const ROLES: [&str; 24] = [
    "user",
    "username",
    "users",
    "name",
    "you",
    "me",
    "runner",
    "runneradmin",
    "ubuntu",
    "debian",
    "root",
    "vscode",
    "app",
    "node",
    "jovyan",
    "public",
    "shared",
    "default",
    "all",
    "admin",
    "administrator",
    "nobody",
    "linuxbrew",
    "yourname",
];

pub(super) const RULES: &[Rule] = &[
    Rule::pii(
        "email",
        &["@"],
        r"\b[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b",
        &[&["mail jane.doe", "@", "corp.internal.org today"], &["<a+b", "@", "mail.co>"]],
        &[
            &["git@github.com:a/b.git"],
            &["x@example.com"],
            &["logo@2x.png"],
            &["getty@tty1.service"],
            &["noreply@host.org"],
            &["pkg@1.2.3"],
        ],
    )
    .when(is_email),
    Rule::pii(
        "phone",
        &[],
        r"(?:\+\d{1,3}[ .-]\(?\d{2,4}\)?[ .-]\d{3,4}[ .-]?\d{3,4}\b|\(\d{3}\) ?\d{3}-\d{4}\b|\b\d{3}-\d{3}-\d{4}\b)",
        &[&["call +49 171 ", "234 5678"], &["(415) ", "234-5678"], &["415-", "234-5678"]],
        &[&["555-555-0123"], &["(555) 555-0100"], &["+1 2 3"], &["2024-01-02"], &["123456789"], &["1-415-234-56789"]],
    )
    .when(is_phone),
    Rule::pii(
        "ipv4",
        &[],
        r"\b(?:\d{1,3}\.){3}\d{1,3}\b",
        &[&["from 81.2.", "69.142 at"], &["203.12.", "5.77:443"]],
        &[
            &["127.0.0.1"],
            &["192.168.1.20"],
            &["10.0.0.1"],
            &["version 1.2.3.4"],
            &["v4.3.2.1"],
            &["1.2.3.4.5"],
            &["203.0.113.9"],
            &["8.8.8.8"],
            &["999.1.1.1"],
            &["172.20.3.4"],
            &["oid 2.5.4.30"],
        ],
    )
    .when(is_public_address),
    Rule::pii(
        "user-path",
        &["/home/", "/users/", "\\users\\"],
        r"(?:/home/|/Users/|\b[A-Za-z]:\\{1,2}Users\\{1,2})([A-Za-z][A-Za-z0-9._-]{1,31})",
        &[&["/home/", "jdoe", "/src"], &["/Users/", "jane.doe", "/x"], &["C:\\Users\\", "JDoe", "\\x"]],
        &[&["/home/user/src"], &["/home/runner/work"], &["/Users/Shared"], &["C:\\Users\\Public"], &["/home/$USER"]],
    )
    .when(|found| !ROLES.contains(&found.secret.to_ascii_lowercase().trim_end_matches('.'))),
];

fn is_email(found: &Candidate<'_>) -> bool {
    let lower = found.secret.to_ascii_lowercase();
    let Some((local, host)) = lower.split_once('@') else { return false };
    let ending = host.rsplit('.').next().unwrap_or("");
    let remote = local == "git"
        || found.after().starts_with(':')
            && found.after()[1..].starts_with(|c: char| c.is_ascii_alphabetic());
    !remote
        && !NOT_DOMAINS.contains(&ending)
        && !NOBODY.iter().any(|nobody| host == *nobody || host.ends_with(&format!(".{nobody}")))
        && !local.contains("noreply")
        && !local.contains("no-reply")
}

/// Numbers with 555 in the exchange are fictional; digits around the match make it a part of something else.
fn is_phone(found: &Candidate<'_>) -> bool {
    let digits: String = found.secret.chars().filter(char::is_ascii_digit).collect();
    let fictional = digits.len() >= 10 && &digits[digits.len() - 7..digits.len() - 4] == "555";
    let joined = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    !fictional
        && !found.before(1).ends_with(joined)
        && !found.after().starts_with(|c: char| c.is_ascii_digit())
}

/// Public addresses, but not well-known resolvers, documentation, or numbers of versions and objects, whose first three
/// parts are small.
fn is_public_address(found: &Candidate<'_>) -> bool {
    let Ok(address) = found.secret.parse::<Ipv4Addr>() else { return false };
    let octets = address.octets();
    let [first, second, third, fourth] = octets;
    let reserved = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_broadcast()
        || first == 0
        || first >= 224
        || (first == 100 && (64..128).contains(&second))
        || (first == 198 && (18..20).contains(&second));
    let well_known =
        first == second && third == fourth && first == third || matches!((first, second), (1, 0) | (8, 8));
    let before = found.before(16).to_ascii_lowercase();
    let version = before.contains("ver") || before.ends_with(['v', '.', '-', '=', '_', '@', '^', '~']);
    let version = version || octets[..3].iter().all(|octet| *octet < 30);
    let longer =
        found.after().strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    !reserved && !well_known && !version && !longer
}
