//! The configuration from the outside: every mistake at once, every layer, every key.

mod defaults;
mod keys;
mod layers;
mod mistakes;
mod runs;

use std::path::Path;

use hafs_runtime::config::{Config, Mistakes, Override, parse};
use hafs_runtime::env::Environment;

/// Two providers, a source, and nothing else.
const SMALL: &str = r#"
[[providers]]
name = "ollama"
kind = "ollama"
[[providers.models]]
name = "qwen2.5-coder:14b"
tier = "coding"
[[providers.models]]
name = "qwen3:8b"

[[providers]]
name = "cloud"
kind = "openai"
base_url = "https://teacher.example/v1"
key_env = "CLOUD_KEY"
[[providers.models]]
name = "judge-1"
role = ["judge"]

[[sources]]
name = "repo"
kind = "git"
path = "repo"
"#;

/// The environment of a user with a home folder, and more variables.
fn env(more: &[(&str, &str)]) -> Environment {
    [("HOME", "/home/ada")].iter().chain(more).copied().collect()
}

fn read(text: &str) -> Result<Config, Mistakes> {
    parse(text, Path::new("conf/hafs.toml"), &env(&[]), &[])
}

fn good(text: &str) -> Config {
    read(text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// The mistakes, one a line.
fn bad(text: &str) -> Vec<String> {
    read(text).expect_err("mistakes").0.iter().map(ToString::to_string).collect()
}

fn flag(key: &str, value: &str, flag: &str) -> Override {
    Override { key: key.to_owned(), value: value.to_owned(), flag: flag.to_owned() }
}
