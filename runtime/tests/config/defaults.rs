//! Defaults, template and documentation say the same.

use std::path::Path;

use hafs_runtime::config::{Key, Origin, SECTIONS, SectionSpec, reference, template};

use crate::{bad, good, read};

/// Every key with the section that it is in.
fn keys() -> impl Iterator<Item = (&'static SectionSpec, &'static Key)> {
    SECTIONS
        .iter()
        .flat_map(|section| std::iter::once(section).chain(section.lists))
        .flat_map(|section| section.keys.iter().map(move |key| (section, key)))
}

#[test]
fn no_file_at_all_is_a_complete_configuration() {
    let config = good("");
    assert!(config.sources.is_empty() && config.providers.is_empty());
    assert!(config.values().iter().all(|value| value.origin == Origin::Default));
    assert_eq!(config.export.splits().train, 900);
    assert_eq!(config.coordinator.data_dir, Path::new("/home/ada/.local/share/hafs-factory"));
    assert_eq!(config.embedded.models_dir, Path::new("/home/ada/.cache/hafs-factory/models"));
}

#[test]
fn the_template_parses_and_changes_nothing() {
    assert_eq!(good(template()).values(), good("").values());
}

#[test]
fn the_template_with_every_default_uncommented_changes_nothing() {
    let plain = SECTIONS.iter().filter(|section| !section.many);
    let unset: Vec<_> =
        plain.flat_map(|section| section.keys).filter(|key| (key.default)().is_null()).collect();
    let mut item = false;
    let uncommented = template().lines().map(|line| {
        item = (item || line.starts_with("#[[")) && !line.starts_with('[');
        let key = line.strip_prefix('#').filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
        match key {
            Some(key)
                if !item && !unset.iter().any(|unset| key.starts_with(&format!("{} =", unset.name))) =>
            {
                key
            }
            _ => line,
        }
    });
    let text = uncommented.collect::<Vec<_>>().join("\n");
    let values = |text: &str| {
        good(text).values().into_iter().map(|value| (value.key, value.value)).collect::<Vec<_>>()
    };
    assert!(
        good(&text).values().iter().filter(|value| value.origin != Origin::Default).count() > 40,
        "{text}"
    );
    let expected = values("");
    let found = values(&text);
    assert_eq!(found, expected);
}

#[test]
fn the_template_mentions_every_key_and_section() {
    let lines: Vec<_> = template().lines().collect();
    for section in SECTIONS {
        assert!(lines.iter().any(|line| line.ends_with(&format!("[{}]", section.name))
            || line.ends_with(&format!("[[{}]]", section.name))));
    }
    for (section, key) in keys() {
        assert!(
            lines.iter().any(|line| line.starts_with(&format!("#{} = ", key.name))),
            "{}.{}",
            section.name,
            key.name
        );
    }
}

#[test]
fn every_example_that_a_message_shows_is_good() {
    for (section, key) in keys() {
        let example = (key.example)();
        assert!(!example.is_null(), "{}.{} has neither default nor example", section.name, key.name);
        let line = format!("{} = {example}", key.name);
        let prefix = format!("{}.{}", section.name, key.name);
        let text = match section.name {
            "models" => format!("[[providers]]\n[[providers.models]]\n{line}"),
            _ if section.many => format!("[[{}]]\n{line}", section.name),
            _ => format!("[{}]\n{line}", section.name),
        };
        let complaints = read(&text).err().unwrap_or_default().0;
        let refused = complaints.iter().filter(|mistake| !mistake.reason.starts_with("is required"));
        let about: Vec<_> =
            refused.filter(|mistake| mistake.key.ends_with(&format!(".{}", key.name))).collect();
        assert!(about.is_empty(), "{prefix}: {about:?}");
    }
}

#[test]
fn every_key_has_a_meaning_in_whole_sentences() {
    for (section, key) in keys() {
        let about = key.about.trim();
        assert!(about.len() > 10 && about.ends_with('.'), "{}.{}: {about:?}", section.name, key.name);
    }
}

#[test]
fn an_item_lists_all_its_required_keys_at_once() {
    let found = bad("[[sources]]\ntodo = false\n");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found
            .iter()
            .all(|line| line.starts_with("conf/hafs.toml:1: sources.1.") && line.contains("is required")),
        "{found:?}"
    );
}

/// Set `HAFS_BLESS=1` to write the page anew.
#[test]
fn the_page_of_keys_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/CONFIG.md");
    if std::env::var_os("HAFS_BLESS").is_some() {
        std::fs::write(&path, reference()).expect("written");
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(page == reference(), "docs/CONFIG.md is out of date; run this test with HAFS_BLESS=1");
}
