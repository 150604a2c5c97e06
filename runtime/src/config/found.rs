//! Providers that a program has found by itself, held to the same rules as configured ones.

use std::fmt::Write;
use std::path::Path;

use serde_json::json;

use super::document;
use super::mistake::Mistakes;
use super::providers::{Provider, is_loopback};
use super::reader::{Report, sections};
use super::words::{ModelRole, ProviderKind};
use crate::paths::Places;

impl Provider {
    /// A provider with the models that it was found to offer, each with its roles; all other keys have their
    /// defaults. `base_url` may be absent as in the file.
    ///
    /// # Errors
    /// [`Mistakes`] when a name, the URL or their combination is none that the file could have.
    pub fn found(
        name: &str,
        kind: ProviderKind,
        base_url: Option<&str>,
        models: &[(&str, &[ModelRole])],
    ) -> Result<Self, Mistakes> {
        let mut report = Report::default();
        let text = written(name, kind, base_url, models);
        let root = document::parse(&text, Path::new("found"), &mut report.mistakes);
        let found = sections::<Self>(&root, &Places::default(), &mut report).pop();
        match found {
            Some(provider) if report.mistakes.is_empty() => Ok(provider),
            _ => Err(Mistakes(report.mistakes)),
        }
    }
}

/// The section that a person would have written. JSON's texts and lists are TOML's too.
fn written(
    name: &str,
    kind: ProviderKind,
    base_url: Option<&str>,
    models: &[(&str, &[ModelRole])],
) -> String {
    let mut text = format!("[[providers]]\nname = {}\nkind = \"{kind}\"\n", json!(name));
    if let Some(url) = base_url {
        // Proof: writing to a string cannot fail.
        let _cannot_fail = writeln!(text, "base_url = {}", json!(url));
        // Whoever names a machine to look on means that one.
        if kind == ProviderKind::Ollama && url.parse().is_ok_and(|url| !is_loopback(&url)) {
            text.push_str("allow_remote = true\n");
        }
    }
    for (name, roles) in models {
        let roles: Vec<_> = roles.iter().map(ToString::to_string).collect();
        let model = json!(name);
        let _cannot_fail = writeln!(text, "[[providers.models]]\nname = {model}\nrole = {}", json!(roles));
    }
    text
}
