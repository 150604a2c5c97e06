//! Keys of model providers, and our own tokens.

use super::bits::{A, B, C, H};
use crate::secrets::rule::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule::key(
        "hafs-token",
        &["hafsj_", "hafsw_", "hafsp_", "hafs_"],
        r"\bhafs(?:[a-z]|_[a-z]{1,12})?_[A-Za-z0-9_-]{16,}",
        &[&["hafs", "j_", A, B], &["hafs", "w_", H, H], &["hafs", "p_", A, B]],
        &[&["hafs_tasks_completed_total"], &["hafs_queue_oldest_ready_age_seconds"], &["hafsw_token"]],
    )
    .when(|found| found.secret.bytes().filter(u8::is_ascii_digit).count() >= 2),
    Rule::key(
        "anthropic-key",
        &["sk-ant-"],
        r"\bsk-ant-[A-Za-z0-9_-]{20,}",
        &[&["sk-", "ant-", "api03-", A, B, "-", A, "AA"]],
        &[&["sk-ant-short"]],
    ),
    Rule::key(
        "openai-key",
        &["sk-"],
        r"\bsk-(?:(?:proj|svcacct|admin|None|or-v1)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{20,})",
        &[
            &["sk-", "proj-", A, B, "_", A],
            &["sk-", A, C, "T3Bl", "bkFJ", B, C],
            &["sk-", "or-v1-", H, H, H, H],
        ],
        &[
            &["sk-learn is a package"],
            &["risk-assessmentofthewholeproject"],
            &["sk-abcdefghijklmnopqrstuvwxyz"],
        ],
    )
    .when(|found| found.secret.bytes().any(|b| b.is_ascii_digit())),
    Rule::key(
        "hugging-face-token",
        &["hf_", "api_org_"],
        r"\b(?:hf_[A-Za-z0-9]{30,}|api_org_[A-Za-z0-9]{30,})\b",
        &[&["h", "f_", A, B, "xy"], &["api", "_org_", A, B, "xy"]],
        &[&["hf_hub_download"], &["hf_transfer"]],
    ),
    Rule::key(
        "groq-key",
        &["gsk_"],
        r"\bgsk_[A-Za-z0-9]{40,}\b",
        &[&["gs", "k_", A, B, A, C]],
        &[&["gsk_widget_new"]],
    ),
    Rule::key(
        "xai-key",
        &["xai-"],
        r"\bxai-[A-Za-z0-9]{60,}\b",
        &[&["xa", "i-", A, B, A, B]],
        &[&["xai-grok"]],
    ),
    Rule::key(
        "replicate-key",
        &["r8_"],
        r"\br8_[A-Za-z0-9]{37}\b",
        &[&["r", "8_", A, B, "abCd3"]],
        &[&["r8_unorm"]],
    ),
    Rule::key(
        "perplexity-key",
        &["pplx-"],
        r"\bpplx-[A-Za-z0-9]{40,}\b",
        &[&["pp", "lx-", A, B, A]],
        &[&["pplx-api"]],
    ),
];
