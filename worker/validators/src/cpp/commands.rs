//! The options that a project is compiled with, by its `compile_commands.json`. Source: Clang's documentation, "JSON
//! Compilation Database Format Specification".

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Where the list lies in a project, by how build systems are told to make it.
const PLACES: &[&str] =
    &["compile_commands.json", "build/compile_commands.json", "out/compile_commands.json"];
/// Where headers lie when nobody says so.
const HEADERS: &[&str] = &["", "include", "src"];

/// Options that say how code is read, with their value in the same word or in the next one.
const PATHS: &[&str] = &["-I", "-isystem", "-iquote", "-include"];
const WORDS: &[&str] = &["-D", "-U"];

/// One entry of the list.
#[derive(Debug, Deserialize)]
struct Entry {
    directory: PathBuf,
    file: PathBuf,
    command: Option<String>,
    arguments: Option<Vec<String>>,
}

/// How the files of a project are compiled.
#[derive(Debug)]
pub(super) struct Commands {
    folder: PathBuf,
    /// Each file with its options, of those that the list names.
    listed: Vec<(PathBuf, Vec<String>)>,
}

impl Commands {
    /// What a project's list says, or nothing but the usual folders of headers where it has none.
    ///
    /// # Errors
    /// What is wrong with a list that is there.
    pub(super) fn of(folder: &Path) -> Result<Self, String> {
        let list = PLACES.iter().map(|place| folder.join(place)).find(|path| path.is_file());
        let listed = list.map_or_else(
            || Ok(Vec::new()),
            |path| {
                read(&path).map_err(|error| format!("{}: {error}; make it anew or delete it", path.display()))
            },
        )?;
        Ok(Self { folder: folder.to_owned(), listed })
    }

    /// The options for a file: its own, or those of the file that lies nearest to it, as headers have none.
    pub(super) fn options(&self, file: &Path) -> Vec<String> {
        let near = |listed: &Path| {
            let shared = listed.components().zip(file.components()).take_while(|(a, b)| a == b).count();
            (listed == file, listed.with_extension("") == file.with_extension(""), shared)
        };
        match self.listed.iter().max_by_key(|(listed, _)| near(listed)) {
            Some((_, options)) => options.clone(),
            None => {
                let folders = HEADERS.iter().map(|name| self.folder.join(name)).filter(|path| path.is_dir());
                folders.map(|path| format!("-I{}", path.display())).collect()
            }
        }
    }
}

fn read(path: &Path) -> Result<Vec<(PathBuf, Vec<String>)>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let entries: Vec<Entry> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let listed = entries.into_iter().map(|entry| {
        let words = match (entry.arguments, &entry.command) {
            (Some(words), _) => words,
            (None, Some(line)) => shlex::split(line).ok_or_else(|| format!("a quote is open in: {line}"))?,
            (None, None) => return Err(format!("{} has no command", entry.file.display())),
        };
        Ok((entry.directory.join(&entry.file), reading(&words, &entry.directory)))
    });
    listed.collect()
}

/// Of a compiler's words those that say how code is read, with whole paths.
fn reading(words: &[String], directory: &Path) -> Vec<String> {
    let (mut kept, mut at) = (Vec::new(), 0);
    while let Some(word) = words.get(at) {
        at += 1;
        if word.starts_with("-std=") {
            kept.push(word.clone());
            continue;
        }
        let Some(option) = PATHS.iter().chain(WORDS).find(|option| word.starts_with(**option)) else {
            continue;
        };
        let value = match &word[option.len()..] {
            "" => {
                at += 1;
                words.get(at - 1).cloned().unwrap_or_default()
            }
            value => value.to_owned(),
        };
        let value = if PATHS.contains(option) { directory.join(value).display().to_string() } else { value };
        kept.extend([(*option).to_owned(), value]);
    }
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(list: &str) -> (tempfile::TempDir, Result<Commands, String>) {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("build")).expect("made");
        std::fs::write(folder.path().join("build/compile_commands.json"), list).expect("written");
        let commands = Commands::of(folder.path());
        (folder, commands)
    }

    #[test]
    fn options_that_say_how_code_is_read_are_kept_with_whole_paths() {
        let command = "g++ -I../include -isystem /sdk '-DNAME=\"a b\"' -D X -O2 -std=c++17 -fplugin=evil.so -o a.o -c ../src/a.cpp";
        let list = json!([
            {"directory": "/p/build", "file": "../src/a.cpp", "command": command},
            {"directory": "/p", "file": "/p/lib/b.cpp", "arguments": ["cc", "-Iinc", "-UY", "b.cpp"]},
        ]);
        let (_folder, commands) = with(&list.to_string());
        let commands = commands.expect("a list");
        let first =
            ["-I", "/p/build/../include", "-isystem", "/sdk", "-D", "NAME=\"a b\"", "-D", "X", "-std=c++17"];
        assert_eq!(commands.options(Path::new("/p/build/../src/a.cpp")), first);
        assert_eq!(commands.options(Path::new("/p/lib/b.h")), ["-I", "/p/inc", "-U", "Y"]);
    }

    #[test]
    fn a_project_without_a_list_has_its_own_folders_and_a_broken_list_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("include")).expect("made");
        let options = Commands::of(folder.path()).expect("no list").options(&folder.path().join("a.cpp"));
        assert_eq!(options.len(), 2, "{options:?}");
        assert!(options[1].ends_with("/include"));
        let entry = |command: Option<&str>| json!([{"directory": "/", "file": "a.cpp", "command": command}]);
        for list in ["[".to_owned(), entry(None).to_string(), entry(Some("g++ 'a")).to_string()] {
            let (_folder, commands) = with(&list);
            assert!(commands.expect_err("broken").contains("compile_commands.json: "), "{list}");
        }
    }
}
