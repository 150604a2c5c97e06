//! Keys of messaging, payment and other services.

use super::bits::{A, B, C, H, U};
use crate::secrets::rule::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule::key(
        "slack-token",
        &["xoxa-", "xoxb-", "xoxe-", "xoxe.", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xoxc-", "xoxd-", "xapp-"],
        r"\b(?:xox[abceoprsd][-.][A-Za-z0-9-]{16,}|xapp-\d-[A-Za-z0-9-]{16,})",
        &[&["xo", "xb-", "2345678901-", A], &["xa", "pp-1-", A, "-", B]],
        &[&["xoxb-token"]],
    ),
    Rule::key(
        "slack-webhook",
        &["hooks.slack.com"],
        r"https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,}",
        &[&["https://hooks.slack", ".com/services/T01234567/B01234567/", A]],
        &[&["https://hooks.slack.com/services/..."]],
    ),
    Rule::key(
        "discord-webhook",
        &["discord.com/api/webhooks", "discordapp.com/api/webhooks"],
        r"https://discord(?:app)?\.com/api/webhooks/\d{15,21}/[A-Za-z0-9_-]{40,}",
        &[&["https://discord", ".com/api/webhooks/123456789012345678/", A, B, A]],
        &[&["https://discord.com/api/webhooks/ID/TOKEN"]],
    ),
    Rule::key(
        "discord-token",
        &["."],
        r"\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}\b",
        &[&["MTk4", A, "Mjg4", ".Cl2FMQ.", A, B]],
        &[&["Module.method.call"], &["NetworkConfiguration.method.call"]],
    )
    .plain_only(),
    Rule::key(
        "stripe-key",
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_"],
        r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}",
        &[&["sk", "_live_", A, B], &["rk", "_test_", A, C]],
        &[&["sk_test_key"]],
    ),
    Rule::key(
        "webhook-secret",
        &["whsec_"],
        r"\bwhsec_[A-Za-z0-9+/]{24,}={0,2}",
        &[&["wh", "sec_", A, B]],
        &[&["whsec_from_env"]],
    ),
    Rule::key(
        "telegram-token",
        &[":aa"],
        r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b",
        &[&["123456789", ":AA", A, B, "x"]],
        &[&["12345678:AAshort"], &["00:AA:11:22"]],
    ),
    Rule::key(
        "twilio-key",
        &["sk", "twilio"],
        r"(?:\bSK[0-9a-f]{32}\b|(?i:twilio)[^\n]{0,40}?(?:\b)([0-9a-f]{32})\b)",
        &[&["S", "K", H, H], &["TWILIO_AUTH_TOKEN=", H, H]],
        &[&["SK is a country code"], &["twilio is a service"]],
    )
    .plain_only(),
    Rule::key(
        "sendgrid-key",
        &["sg."],
        r"\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}",
        &[&["S", "G.", A, "7dQ2xV.", A, B, "h4Ku7dQ2xV0"]],
        &[&["SG.short.key"]],
    ),
    Rule::key(
        "mailgun-key",
        &["key-"],
        r"\bkey-[0-9a-f]{32}\b",
        &[&["key", "-", H, H]],
        &[&["key-value"], &["a key-abcdef"]],
    ),
    Rule::key(
        "databricks-token",
        &["dapi"],
        r"\bdapi[0-9a-f]{32}\b",
        &[&["da", "pi", H, H]],
        &[&["dapi_client"]],
    ),
    Rule::key(
        "shopify-token",
        &["shpat_", "shpca_", "shppa_", "shpss_"],
        r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b",
        &[&["sh", "pat_", H, H]],
        &[&["shpat_x"]],
    ),
    Rule::key(
        "linear-key",
        &["lin_api_"],
        r"\blin_api_[A-Za-z0-9]{40}\b",
        &[&["lin", "_api_", A, B, "abCd3fGh"]],
        &[&["lin_api_client"]],
    ),
    Rule::key(
        "notion-token",
        &["ntn_"],
        r"\bntn_[A-Za-z0-9]{40,}\b",
        &[&["nt", "n_", A, B, "abCd3fGh"]],
        &[&["ntn_name"]],
    ),
    Rule::key(
        "new-relic-key",
        &["nrak-"],
        r"\bNRAK-[A-Z0-9]{27}\b",
        &[&["NR", "AK-", U, "Q7XK2VZ9LM4"]],
        &[&["NRAK-SHORT"]],
    ),
];
