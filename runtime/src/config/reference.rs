//! The table of keys for `docs/CONFIG.md`.

use super::SECTIONS;
use super::schema::{Bound, Effect, Key, SectionSpec, prose};

const HEAD: &str = "# Configuration

`hafs.toml` in the working folder (or the file that `--config` or `HAFS_CONFIG` names), then environment
variables, then flags. `HAFS_<SECTION>__<KEY>` sets a key of a section, `HAFS_<SECTION>__<NAME>__<KEY>` one of a
named item, such as `HAFS_PROVIDERS__OLLAMA__BASE_URL`; list items are separated by commas. An unknown key or a
wrong value is an error that names file, line, key, value, bound and remedy; `hafs-factory config check` reports
all of them at once, and with `--json` every value with its origin.

In paths, `~` is the home folder, `{data}` is `HAFS_HOME` or `~/.local/share/hafs-factory`, and `{cache}` is
`~/.cache/hafs-factory`. Relative paths start from the folder of the file. API keys never stand in the file:
`key_env` names a variable, `key_file` a file.

Keys marked *results* decide which samples come out and are part of the configuration's fingerprint; two runs
with the same fingerprint, seed and library differ only by what the teachers answer.

This page is made from the program; a test compares the two.
";

/// The page, as Markdown.
#[must_use]
pub fn reference() -> String {
    let sections: String = SECTIONS.iter().map(|section| page(section, "")).collect();
    format!("{HEAD}{sections}")
}

fn page(section: &SectionSpec, parent: &str) -> String {
    let name = format!("{parent}{}", section.name);
    let title = if section.many { format!("[[{name}]]") } else { format!("[{name}]") };
    let about = joined(section.about);
    let rows: String = section.keys.iter().map(row).collect();
    let lists: String = section.lists.iter().map(|list| page(list, &format!("{name}."))).collect();
    format!(
        "\n## `{title}`\n\n{about}\n\n| key | value | default | meaning |\n|---|---|---|---|\n{rows}{lists}"
    )
}

fn row(key: &Key) -> String {
    let bound = match key.bound {
        Bound::Any => String::new(),
        Bound::Between(least, greatest) => format!(", {least} to {greatest}"),
    };
    let default = (key.default)();
    let default = match (default.is_null(), key.optional) {
        (false, _) => format!("`{default}`"),
        (true, true) => "not set".to_owned(),
        (true, false) => "**required**".to_owned(),
    };
    let effect = match key.effect {
        Effect::Results => " *(results)*",
        Effect::Operation => "",
    };
    format!("| `{}` | {}{bound} | {default} | {}{effect} |\n", key.name, (key.form)(), joined(key.about))
}

fn joined(about: &'static str) -> String {
    prose(about).collect::<Vec<_>>().join(" ")
}
