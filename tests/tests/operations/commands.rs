//! Every command that a page names exists, with every option that the page gives it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hafs_tests::call::factory;

const PAGES: [&str; 4] = ["README.md", "docs/OPERATIONS.md", "docs/CLI.md", "docs/VALIDATORS.md"];

/// The commands in a text, each with its words up to the end of its code: `hafs-factory runs pause RUN`.
fn commands(page: &str) -> Vec<Vec<String>> {
    let code =
        page.split("hafs-factory ").skip(1).map(|rest| rest.split(['`', '\n', '|', ';', '#', '(']).next());
    code.flatten().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

/// What names the command, and the options that are given to it.
fn parts(words: &[String]) -> (Vec<String>, BTreeSet<String>) {
    let is_name = |word: &&String| word.chars().all(|c| c.is_ascii_lowercase());
    let name = words.iter().take_while(is_name).take(2).cloned().collect();
    let option = |word: &String| {
        let plain = word.split('=').next().unwrap_or_default().trim_end_matches([',', '.', ')', ':', '"']);
        plain.starts_with("--").then(|| plain.to_owned())
    };
    (name, words.iter().filter_map(option).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_and_option_of_the_pages_is_known_to_the_program() {
    let home = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut named: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    for page in PAGES {
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        for words in commands(&text) {
            let (name, options) = parts(&words);
            named.entry(name).or_default().extend(options);
        }
    }
    named.retain(|name, _| !name.is_empty() && *name != ["help"]);
    assert!(named.len() > 40, "{named:?}");
    let mut unknown = Vec::new();
    for (name, options) in named {
        let args: Vec<&str> = name.iter().map(String::as_str).chain(["--help"]).collect();
        let help = factory(home.path(), &args).await;
        if help.code != Some(0) {
            unknown.push(format!("{}: {}", name.join(" "), help.stderr));
        }
        unknown.extend(
            options
                .iter()
                .filter(|option| !help.stdout.contains(*option))
                .map(|option| format!("{}: no option {option}", name.join(" "))),
        );
    }
    assert_eq!(unknown, Vec::<String>::new());
}
