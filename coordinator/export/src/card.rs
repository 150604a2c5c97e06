//! The data-set card: `README.md` with the front matter that the Hugging Face hub reads. It is made from the
//! manifest alone; texts that come from outside (licences, model names, names of runs) are escaped, and no text
//! of a sample is in it.

use hafs_proto::people::ExportFormat;

use crate::formats::meta::UNKNOWN_LICENSE;
use crate::input::Reviewed;
use crate::manifest::{ExclusionReason, Manifest, data_file};
use crate::split::Split;

/// Licences that the hub knows by the lower-case form of their SPDX name.
const HUB_LICENSES: [&str; 9] = [
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MPL-2.0",
    "GPL-3.0",
    "CC0-1.0",
    "CC-BY-4.0",
];

/// The card of a data set whose data files have been written.
pub(crate) fn render(manifest: &Manifest) -> String {
    let sections = [
        front_matter(manifest),
        introduction(manifest),
        files(manifest),
        counts(manifest),
        sources(manifest),
        makers(manifest),
        loading(manifest),
        limitations(manifest),
    ];
    let mut card = sections.join("\n");
    card.truncate(card.trim_end().len());
    card.push('\n');
    card
}

fn front_matter(manifest: &Manifest) -> String {
    let mut yaml = format!(
        "---\npretty_name: \"{}\"\nlicense: {}\ntask_categories:\n- text-generation\nsize_categories:\n- {}\ntags:\n- synthetic\n- instruction-tuning\nconfigs:\n",
        manifest.name,
        hub_license(manifest),
        size_category(manifest.exported)
    );
    for (at, format) in manifest.formats.iter().enumerate() {
        yaml.push_str(&format!("- config_name: {}\n", format.word()));
        if at == 0 {
            yaml.push_str("  default: true\n");
        }
        yaml.push_str("  data_files:\n");
        for split in Split::ALL {
            let path = data_file(*format, split);
            if manifest.files.contains_key(&path) {
                yaml.push_str(&format!("  - split: {}\n    path: {path}\n", split.hub_name()));
            }
        }
    }
    yaml + "---\n"
}

/// One known licence of all sources, or `other`.
fn hub_license(manifest: &Manifest) -> String {
    let mut found = manifest.sources.iter().map(|source| source.license.as_str());
    let first = found.next().unwrap_or(UNKNOWN_LICENSE);
    let single = found.all(|license| license == first) && HUB_LICENSES.contains(&first);
    if single { first.to_ascii_lowercase() } else { "other".to_owned() }
}

const fn size_category(samples: u64) -> &'static str {
    match samples {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        _ => "n>1M",
    }
}

fn introduction(manifest: &Manifest) -> String {
    format!(
        "# {}\n\nInstruction-tuning samples that language models wrote from mined sources and that passed every gate of the runs.\n\
         Written by hafs-factory {} from {} run{}; it shows the library as of {}.\n",
        plain(&manifest.name),
        plain(&manifest.code_version),
        manifest.runs.len(),
        if manifest.runs.len() == 1 { "" } else { "s" },
        manifest.as_of
    )
}

fn files(manifest: &Manifest) -> String {
    let rows = |format: ExportFormat, split| {
        manifest.files.get(&data_file(format, split)).map_or(0, |entry| entry.lines).to_string()
    };
    let lines = manifest.formats.iter().map(|format| {
        let [train, val, test] = Split::ALL.map(|split| rows(*format, split));
        vec![format.word().to_owned(), shape(*format).to_owned(), train, val, test]
    });
    let mut section = String::from("## Files\n\n");
    section += &table(&["format", "row", "train", "validation", "test"], lines);
    section.push_str(
        "\nEvery row has `metadata` with its source, licence, teacher, generator, checks, votes and split group. Relatives\n\
         (one source item, one seed, one parent or one prompt) never stand in two splits; `splits.json` has the split of each\n\
         group. `manifest.json` has the SHA-256 of every file.\n",
    );
    for absent in &manifest.absent {
        section.push_str(&format!("\nNo {} file: {}.\n", absent.format.word(), plain(&absent.why)));
    }
    for split in &manifest.splits.starved {
        section.push_str(&format!("\nThe {} split is empty: there are too few groups.\n", split.hub_name()));
    }
    section
}

const fn shape(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Alpaca => "`instruction, input, output`",
        ExportFormat::Messages => "`messages: [{role, content}]`",
        ExportFormat::Sharegpt => "`conversations: [{from, value}]`",
        ExportFormat::Dpo => "`prompt, chosen, rejected` as messages",
        ExportFormat::Kto => "`prompt, completion` as messages, `label`",
        ExportFormat::Text => "`text`",
    }
}

fn counts(manifest: &Manifest) -> String {
    let counts = &manifest.counts;
    let left_out = |why| {
        manifest.excluded.iter().filter(|excluded| excluded.accepted && excluded.why == why).count() as u64
    };
    let rows = [
        ("generations attempted", manifest.attempted),
        ("given up", counts.failed),
        ("samples generated", counts.generated),
        ("rejected", counts.rejected),
        ("set aside", counts.quarantined),
        ("not decided", counts.candidates),
        ("accepted", counts.accepted),
        ("accepted, left out for special tokens", left_out(ExclusionReason::SpecialTokens)),
        (
            "accepted, left out as one identity's unverified samples",
            left_out(ExclusionReason::UnverifiedShare),
        ),
        ("accepted and exported", manifest.exported),
        ("rejected, used as bad answers", manifest.negatives),
    ];
    let rows = rows.into_iter().map(|(what, count)| vec![what.to_owned(), count.to_string()]);
    let mut section = String::from("## Counts\n\n");
    section += &table(&["what", "count"], rows);
    let reasons = [
        ("### Why samples were rejected (first reason)", &counts.rejected_by_first_reason),
        ("### Why generations were given up", &counts.failed_by_reason),
    ];
    for (heading, reasons) in reasons {
        if !reasons.is_empty() {
            let rows = reasons.iter().map(|(reason, count)| {
                vec![format!("`{}`", reason.code()), reason.describe().to_owned(), count.to_string()]
            });
            section.push_str(&format!("\n{heading}\n\n{}", table(&["reason", "meaning", "count"], rows)));
        }
    }
    section
}

fn sources(manifest: &Manifest) -> String {
    let rows = manifest.sources.iter().map(|source| {
        vec![plain(source.source.as_str()), plain(&source.license), source.used.samples.to_string()]
    });
    format!(
        "## Sources and licences\n\nThe licences are those found at the sources; whether they allow training is for the user to judge.\n\n{}",
        table(&["source", "licence", "samples"], rows)
    )
}

fn makers(manifest: &Manifest) -> String {
    let teachers = manifest.teachers.iter().map(|teacher| {
        let samples = teacher.used.samples.to_string();
        vec![plain(teacher.teacher.as_str()), plain(&teacher.served_model), samples]
    });
    let generators = manifest.generators.iter().map(|generator| {
        let template = format!("{} {}", generator.template, generator.version);
        vec![plain(generator.generator.as_str()), plain(&template), generator.used.samples.to_string()]
    });
    let judges = manifest.judges.iter().map(|judge| {
        let models: Vec<String> = judge.served_models.keys().map(|model| plain(model)).collect();
        vec![plain(judge.judge.as_str()), models.join(", "), judge.verdicts.to_string()]
    });
    let mut section = String::from("## Teachers, judges, generators\n\n");
    section += &table(&["teacher", "served model", "samples"], teachers);
    if manifest.judges.is_empty() {
        section.push_str("\nNo judge was asked: checks alone decided.\n\n");
    } else {
        section.push('\n');
        section += &table(&["judge", "served models", "verdicts"], judges);
        section.push('\n');
    }
    section + &table(&["generator", "template", "samples"], generators)
}

fn loading(manifest: &Manifest) -> String {
    let config = manifest.formats.first().map_or("alpaca", |format| format.word());
    format!(
        "## Loading\n\n```python\nfrom datasets import load_dataset\n\ndata = load_dataset(\"path/to/{}\", \"{config}\")\n```\n\n\
         `hafs-factory verify` checks hashes, counts, rows and splits again.\n",
        manifest.name
    )
}

fn limitations(manifest: &Manifest) -> String {
    let mut section = String::from(
        "## Limitations\n\n\
         - Models wrote the samples. Checks and judges find many errors, not all.\n\
         - What the sources and the teachers favour or leave out, the samples favour or leave out.\n\
         - Secrets are removed by rules where the sources are mined and again before acceptance; rules miss some.\n\
         - What was decided or set aside after the time above is not reflected.\n",
    );
    if let Some(unverified) = manifest.unverified.as_ref().filter(|it| !it.identities.is_empty()) {
        let samples: u64 = unverified.identities.iter().map(|it| it.used.samples).sum();
        section.push_str(&format!(
            "- {samples} samples have no executable proof and were made by workers that were not trusted at the time.\n"
        ));
    }
    let reviewed = [
        (Reviewed::Edited, "have texts that a person has put in the place of a model's"),
        (Reviewed::Accepted, "were accepted by a person, whatever judges said"),
        (
            Reviewed::DespiteChecks,
            "were accepted by a person although checks had failed them or could not run",
        ),
    ];
    for (what, said) in reviewed {
        if let Some(samples) = manifest.reviewed.get(&what) {
            section.push_str(&format!("- {samples} samples {said}.\n"));
        }
    }
    let used = |license: &str| manifest.sources.iter().any(|source| source.license == license);
    if used(UNKNOWN_LICENSE) {
        section.push_str("- Some sources state no licence that could be found.\n");
    }
    section
}

/// A Markdown table. Cells must be escaped already.
fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
    let rule = vec!["---".to_owned(); head.len()];
    let body: String = rows.map(|cells| line(&cells)).collect();
    line(&head) + &line(&rule) + &body
}

/// A text that Markdown and HTML leave as it is.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '|' => escaped.push_str("&#124;"),
            '-' | '.' | '/' | ':' => escaped.push(c),
            c if c.is_ascii_punctuation() => escaped.extend(['\\', c]),
            c if c.is_control() || c.is_whitespace() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_from_outside_are_never_markup() {
        let hostile = "<script>alert(1)</script>\n# x | `y` [z](http://q) **b** &lt; _i_\u{2028}";
        let text = plain(hostile);
        assert!(!text.contains(['<', '>', '\n', '|', '\u{2028}']), "{text}");
        assert!(text.contains(r"\# x") && text.contains(r"\[z\]\(") && text.contains(r"\*\*b"), "{text}");
    }
}
