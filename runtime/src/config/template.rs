//! The commented `hafs.toml` that `init` writes.

use std::fmt::Write;
use std::sync::LazyLock;

use super::SECTIONS;
use super::schema::{Key, SectionSpec, prose};

const HEAD: &str = r#"# The configuration of hafs-factory.
#
# A line that begins with `#` and no space holds a key with its default: remove the `#` and change the value.
# `HAFS_<SECTION>__<KEY>` (for example HAFS_RUN__TARGET=500) wins over this file, and a flag over both;
# `hafs-factory config check` shows every value and where it comes from, and every mistake at once.
#
# In paths, `~` is the home folder, {data} is HAFS_HOME or ~/.local/share/hafs-factory, and {cache} is
# ~/.cache/hafs-factory. Relative paths start from the folder of this file.
"#;

/// A `hafs.toml` with every key, its default and its meaning. It parses, and is the same as no file at all.
#[must_use]
pub fn template() -> &'static str {
    static TEMPLATE: LazyLock<String> = LazyLock::new(|| {
        let mut text = HEAD.to_owned();
        for section in SECTIONS {
            write_section(section, "", &mut text);
        }
        text
    });
    &TEMPLATE
}

fn write_section(section: &SectionSpec, parent: &str, text: &mut String) {
    text.push('\n');
    prose(section.about).for_each(|line| write_line(text, &format!("# {line}")));
    let name = format!("{parent}{}", section.name);
    // An item is a comment as a whole: even an empty one would be an item.
    write_line(text, &if section.many { format!("#[[{name}]]") } else { format!("[{name}]") });
    section.keys.iter().for_each(|key| write_key(text, key));
    section.lists.iter().for_each(|list| write_section(list, &format!("{name}."), text));
}

fn write_key(text: &mut String, key: &Key) {
    prose(key.about).for_each(|line| write_line(text, &format!("# {line}")));
    let default = (key.default)();
    let value = if default.is_null() { (key.example)() } else { default };
    write_line(text, &format!("#{} = {value}", key.name));
}

fn write_line(text: &mut String, line: &str) {
    // Proof: writing to a string cannot fail.
    let _cannot_fail = writeln!(text, "{line}");
}
