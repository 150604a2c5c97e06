//! Licences by their texts, as SPDX names where the text is a known one.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

/// Bytes of a licence file that are looked at.
pub(crate) const LICENSE_BYTES: u64 = 64 * 1024;
const HEADER_LINES: usize = 15;

/// Phrases that together tell a licence, on the text in lower case with single spaces. The first row that
/// matches wins, so texts that quote others come first. GNU licence texts do not say whether later versions may
/// be chosen; the careful reading is `-only`.
/// Source: the licence texts of the SPDX licence list, <https://spdx.org/licenses/>.
const FINGERPRINTS: &[(&str, &[&str])] = &[
    ("AGPL-3.0-only", &["gnu affero general public license version 3, 19 november 2007"]),
    ("LGPL-3.0-only", &["gnu lesser general public license version 3, 29 june 2007"]),
    ("LGPL-2.1-only", &["gnu lesser general public license version 2.1, february 1999"]),
    ("GPL-3.0-only", &["gnu general public license version 3, 29 june 2007"]),
    ("GPL-2.0-only", &["gnu general public license version 2, june 1991"]),
    ("Apache-2.0", &["apache license", "version 2.0, january 2004"]),
    ("MPL-2.0", &["mozilla public license version 2.0"]),
    ("CC0-1.0", &["cc0 1.0 universal"]),
    ("Unlicense", &["this is free and unencumbered software released into the public domain"]),
    ("BSL-1.0", &["boost software license - version 1.0"]),
    ("Zlib", &["altered source versions must be plainly marked as such", "misrepresented"]),
    (
        "MIT",
        &[
            "permission is hereby granted, free of charge, to any person obtaining a copy",
            "shall be included in all copies",
        ],
    ),
    ("MIT-0", &["permission is hereby granted, free of charge, to any person obtaining a copy"]),
    (
        "ISC",
        &[
            "permission to use, copy, modify, and",
            "distribute this software for any purpose",
            "copyright notice and this permission notice",
        ],
    ),
    ("0BSD", &["permission to use, copy, modify, and", "distribute this software for any purpose"]),
    ("BSD-4-Clause", &["redistribution and use in source and binary forms", "all advertising materials"]),
    ("BSD-3-Clause", &["redistribution and use in source and binary forms", "neither the name"]),
    ("BSD-2-Clause", &["redistribution and use in source and binary forms"]),
];

/// Whether a path is that of a licence file.
pub(crate) fn is_license_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let stem = name.strip_suffix(".md").or_else(|| name.strip_suffix(".txt")).unwrap_or(&name);
    ["license", "licence", "copying", "unlicense"].iter().any(|word| {
        stem.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.']))
    }) && !name.ends_with(".rs")
}

/// The SPDX name of a licence's text.
pub(crate) fn identify(text: &str) -> Option<&'static str> {
    let plain = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let known = |(_, phrases): &&(&str, &[&str])| phrases.iter().all(|phrase| plain.contains(phrase));
    FINGERPRINTS.iter().find(known).map(|(name, _)| *name)
}

/// The licence of a folder by its licence files, `(file name, text)`. Several files named for their licence, as
/// in `LICENSE-MIT` and `LICENSE-APACHE`, are a choice between them; a text that is not known gives the name of
/// its file.
pub(crate) fn of_folder(files: &[(String, String)]) -> Option<String> {
    let mut known: Vec<(&str, &str)> =
        files.iter().filter_map(|(name, text)| Some((identify(text)?, name.as_str()))).collect();
    known.sort_unstable();
    known.dedup_by_key(|(spdx, _)| *spdx);
    match known.as_slice() {
        [] => files.iter().map(|(name, _)| name.clone()).min(),
        [(spdx, _)] => Some((*spdx).to_owned()),
        several if several.iter().all(|(_, name)| names_its_license(name)) => {
            Some(several.iter().map(|(spdx, _)| *spdx).collect::<Vec<_>>().join(" OR "))
        }
        several => Some(several.iter().map(|(spdx, _)| *spdx).collect::<Vec<_>>().join(" AND ")),
    }
}

fn names_its_license(file: &str) -> bool {
    file.contains(['-', '_']) || file.to_ascii_lowercase().starts_with("unlicense")
}

/// The licences of the folders of a tree.
#[derive(Debug, Default)]
pub(crate) struct Licenses(BTreeMap<String, String>);

impl Licenses {
    /// From the licence files of each folder, `(file name, text)`.
    pub(crate) fn new(files: &BTreeMap<String, Vec<(String, String)>>) -> Self {
        Self(files.iter().filter_map(|(folder, files)| Some((folder.clone(), of_folder(files)?))).collect())
    }

    /// The licence of a file: that of the nearest folder which has one.
    pub(crate) fn of(&self, path: &str) -> Option<String> {
        folders_above(path).find_map(|folder| self.0.get(folder).cloned())
    }
}

/// The folders that a path lies in, the nearest first, the root (`""`) last.
pub(crate) fn folders_above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(parent(path), |folder| parent(folder))
}

fn parent(path: &str) -> Option<&str> {
    match path.rsplit_once('/') {
        Some((folder, _)) => Some(folder),
        None => (!path.is_empty()).then_some(""),
    }
}

static HEADER: LazyLock<Regex> = LazyLock::new(|| {
    // Proof: a literal pattern, compiled by every test of this file.
    Regex::new(r"SPDX-License-Identifier:\s*([A-Za-z0-9.+() -]{1,120})").expect("a pattern that parses")
});

/// The licence that a file names in its first lines, as `SPDX-License-Identifier`.
pub(crate) fn header(text: &str) -> Option<String> {
    let found = text.lines().take(HEADER_LINES).find_map(|line| HEADER.captures(line))?;
    let expression = found[1].trim().trim_end_matches(['-', ' ']).to_owned();
    (!expression.is_empty()).then_some(expression)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIT: &str = "MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a\ncopy \
                       of this...\nThe above copyright notice and this permission notice shall be included in all\ncopies";

    #[test]
    fn known_texts_get_their_spdx_name_whatever_their_line_breaks() {
        for (text, name) in [
            (MIT, Some("MIT")),
            ("  Apache License\n   Version 2.0, January 2004\n http://", Some("Apache-2.0")),
            ("GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007", Some("GPL-3.0-only")),
            ("GNU GENERAL PUBLIC LICENSE\n  Version 2, June 1991", Some("GPL-2.0-only")),
            ("GNU LESSER GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007", Some("LGPL-3.0-only")),
            ("GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3, 19 November 2007", Some("AGPL-3.0-only")),
            ("Mozilla Public License Version 2.0\n====", Some("MPL-2.0")),
            ("Redistribution and use in source and binary forms, with or without", Some("BSD-2-Clause")),
            ("Redistribution and use in source\nand binary forms. Neither the name of", Some("BSD-3-Clause")),
            ("This is free and unencumbered software released into the public domain.", Some("Unlicense")),
            ("CC0 1.0 Universal", Some("CC0-1.0")),
            ("All rights reserved.", None),
        ] {
            assert_eq!(identify(text), name, "{text}");
        }
    }

    #[test]
    fn files_named_for_their_licences_are_a_choice_and_unknown_texts_keep_their_name() {
        let apache = "Apache License Version 2.0, January 2004".to_owned();
        let files = vec![("LICENSE-MIT".to_owned(), MIT.to_owned()), ("LICENSE-APACHE".to_owned(), apache)];
        assert_eq!(of_folder(&files).as_deref(), Some("Apache-2.0 OR MIT"));
        assert_eq!(of_folder(&[("COPYING".into(), "ask me".into())]).as_deref(), Some("COPYING"));
        assert_eq!(of_folder(&[]), None);
    }

    #[test]
    fn the_header_of_a_file_is_an_expression_without_comment_ends() {
        // The tag is put together here so that it is no header of this file.
        let tag = concat!("SPDX-License", "-Identifier:");
        assert_eq!(
            header(&format!("/* {tag} GPL-2.0-only OR MIT */")).as_deref(),
            Some("GPL-2.0-only OR MIT")
        );
        assert_eq!(header(&format!("<!-- {tag} MIT -->")).as_deref(), Some("MIT"));
        assert_eq!(header("// no tag"), None);
    }

    #[test]
    fn the_folders_above_a_path_end_with_the_root() {
        assert_eq!(folders_above("a/b/c.rs").collect::<Vec<_>>(), ["a/b", "a", ""]);
        assert_eq!(folders_above("c.rs").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn licence_files_are_told_by_name() {
        for name in ["LICENSE", "a/COPYING.txt", "licence.md", "LICENSE-MIT", "UNLICENSE"] {
            assert!(is_license_name(name), "{name}");
        }
        for name in ["license.rs", "licenses/a.txt", "LICENSED", "README"] {
            assert!(!is_license_name(name), "{name}");
        }
    }
}
