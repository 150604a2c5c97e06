//! The pages that problem documents point to.

use std::fmt::Write;

use hafs_proto::ProblemType;

/// What can be done about a kind of problem. `docs/OPERATIONS.md` says the same at more length.
#[must_use]
pub const fn remedy(kind: ProblemType) -> &'static str {
    match kind {
        ProblemType::MalformedRequest => "Send one JSON value as described in /openapi.json.",
        ProblemType::Unauthenticated => {
            "Send `Authorization: Bearer TOKEN`. `hafs-factory token create` makes a token."
        }
        ProblemType::Forbidden => "Use a token with the scope that the problem names.",
        ProblemType::NotFound => "Check the id or the address; /openapi.json lists the addresses.",
        ProblemType::MethodNotAllowed => "See /openapi.json for the methods of this address.",
        ProblemType::RequestTimeout => "Send the whole request without long pauses.",
        ProblemType::StaleLease => "Drop the task: another worker holds it or has done it.",
        ProblemType::Conflict => "Look at the state of the thing and decide anew.",
        ProblemType::Superseded => {
            "If the machine or its state folder was copied, delete the copy's credential.json and let it join by itself."
        }
        ProblemType::TooLarge => "Send smaller batches.",
        ProblemType::UnsupportedMediaType => "Send `Content-Type: application/json`, UTF-8, not compressed.",
        ProblemType::Invalid => "Mend the fields that `errors` names.",
        ProblemType::KeyReused => "Mint a new key for a new result; repeat the old body under the old key.",
        ProblemType::Misdirected => {
            "Use its address, or set `coordinator.public_url` to the name that you use."
        }
        ProblemType::UpgradeNeeded => "Install a worker of the coordinator's version.",
        ProblemType::TooManyRequests => "Wait for `Retry-After` and try again.",
        ProblemType::Internal => "Look in the coordinator's log for the request id.",
        ProblemType::Draining => "Try again when the coordinator is back; keep results in the spool.",
        ProblemType::Rebuilding => "Try again in a moment; completing works all the while.",
        ProblemType::Overloaded => "Wait for `Retry-After` and try again.",
        ProblemType::DiskFull => "Free space on the coordinator's disk; nothing acknowledged is lost.",
    }
}

/// The page of one kind, as plain text.
#[must_use]
pub fn page(slug: &str) -> Option<String> {
    let kind = ProblemType::ALL.iter().copied().find(|kind| kind.slug() == slug)?;
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{} ({})\n\n{}\n\n{}", kind.slug(), kind.status(), kind.title(), remedy(kind));
    Some(text)
}
