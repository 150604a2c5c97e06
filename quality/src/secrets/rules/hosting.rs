//! Keys of code hosts, package registries and clouds.

use super::bits::{A, B, C, H, U};
use crate::secrets::rule::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule::key(
        "github-token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})",
        &[
            &["gh", "p_", A, B, C],
            &["gh", "o_", A, B, C],
            &["gh", "u_", A, B, C],
            &["gh", "s_", A, B, C],
            &["gh", "r_", A, B, C],
            &["github", "_pat_", A, "_", B, A],
        ],
        &[&["ghp_token"], &["let ghs_len = 36;"]],
    ),
    Rule::key(
        "gitlab-token",
        &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-", "glimt-", "glagent-", "gloas-"],
        r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent|oas)-[A-Za-z0-9_.-]{20,}",
        &[&["gl", "pat-", A, C], &["gl", "rt-", A, C]],
        &[&["glpat-short"]],
    ),
    Rule::key(
        "npm-token",
        &["npm_"],
        r"\bnpm_[A-Za-z0-9]{36}\b",
        &[&["npm", "_", A, B, C]],
        &[&["npm_config_registry"], &["npm_lifecycle_event"]],
    ),
    Rule::key(
        "pypi-token",
        &["pypi-"],
        r"\bpypi-[A-Za-z0-9_-]{50,}",
        &[&["py", "pi-", "AgEIcHlwaS5vcmc", A, B, A, B]],
        &[&["pypi-publish-action-for-every-wheel"]],
    ),
    Rule::key(
        "crates-io-token",
        &["cio"],
        r"\bcio[A-Za-z0-9]{32}\b",
        &[&["ci", "o", A, B]],
        &[&["ciosomethinglowercase"]],
    ),
    Rule::key(
        "docker-token",
        &["dckr_pat_", "dckr_oat_"],
        r"\bdckr_[po]at_[A-Za-z0-9_-]{20,}",
        &[&["dckr", "_pat_", A, B]],
        &[&["dckr_pat_short"]],
    ),
    Rule::key(
        "aws-access-key-id",
        &["akia", "asia", "abia", "acca"],
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
        &[&["AK", "IA", U], &["AS", "IA", U]],
        &[&["ASIA and other continents"], &["AKIALOWERcaseletters"]],
    ),
    Rule::key(
        "aws-secret-access-key",
        &["aws"],
        r#"(?i)\baws[a-z0-9_. -]{0,20}(?:secret|access)[a-z0-9_. -]{0,20}["']?\s*(?:=>|=|:)\s*["']?([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+]|$)"#,
        &[&["aws_secret_access_key = \"", A, "/+", B, C, "zz\""], &["AWS_SECRET_ACCESS_KEY=", A, B, "/QpW/3h8"]],
        &[&["aws_secret_access_key = read_secret()"]],
    )
    .plain_only(),
    Rule::key(
        "google-api-key",
        &["aiza"],
        r"\bAIza[A-Za-z0-9_-]{35}",
        &[&["AI", "za", A, B, "-_3"]],
        &[&["AIza is a prefix"]],
    ),
    Rule::key(
        "google-oauth-token",
        &["ya29.", "gocspx-"],
        r"\b(?:ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{24,})",
        &[&["ya", "29.", A, B], &["GOC", "SPX-", A, B]],
        &[&["ya29.short"]],
    ),
    Rule::key(
        "azure-client-secret",
        &["q~"],
        r"(?:^|[^A-Za-z0-9_~.-])([A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34})(?:[^A-Za-z0-9_~.-]|$)",
        &[&["k7Q", "8Q~", A, B, "."]],
        &[&["abc8Q~short"]],
    )
    .plain_only(),
    Rule::key(
        "azure-shared-key",
        &["accountkey=", "sharedaccesskey="],
        r"(?i)\b(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{40,}={0,2})",
        &[&["AccountKey=", A, B, A, B, A, "7dQ2xV=="], &["SharedAccessKey=", A, B, "h4Ku7dQ2xV0="]],
        &[&["AccountKey=<your key>"]],
    ),
    Rule::key(
        "digitalocean-token",
        &["dop_v1_", "doo_v1_", "dor_v1_"],
        r"\bdo[opr]_v1_[a-f0-9]{64}\b",
        &[&["do", "p_v1_", H, H, H, H]],
        &[&["dop_v1_nothexatall"]],
    ),
    Rule::key(
        "vault-token",
        &["hvs.", "hvb.", "hvr."],
        r"\bhv[sbr]\.[A-Za-z0-9_-]{24,}",
        &[&["hv", "s.", A, B]],
        &[&["hvs.field"]],
    ),
    Rule::key(
        "grafana-token",
        &["glsa_", "glc_"],
        r"\bgl(?:sa_[A-Za-z0-9]{32}_[a-f0-9]{8}|c_[A-Za-z0-9+/]{32,}={0,2})",
        &[&["gl", "sa_", A, B, "_9f3a7c1e"]],
        &[&["glsa_name"]],
    ),
];
