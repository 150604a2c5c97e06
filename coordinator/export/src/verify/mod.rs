//! Checks a data-set folder with nothing but the folder: hashes, sizes, counts, the schema of every row, the
//! round trip of every text, and the splits.

mod defect;
mod file;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use hafs_proto::people::ExportFormat;
use hafs_proto::{ContentHash, SampleId};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

pub use defect::Defect;

use crate::folder::{hex, not_a_folder};
use crate::manifest::{self, FileEntry, Manifest, SCHEMA, SplitsFile};
use crate::split::Split;
use defect::Defects;
use rows::FormatRows;

/// What was found in a data-set folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Verification {
    /// Its manifest, if that could be read.
    pub manifest: Option<Manifest>,
    /// SHA-256 of the manifest, to be held against what the library noted when it was written: a folder proves
    /// nothing about itself to someone who may have rewritten the manifest too.
    pub manifest_sha256: Option<String>,
    /// The accepted samples found in it, to be held against the library: one that is not accepted any more
    /// taints the data set.
    pub samples: BTreeSet<SampleId>,
    /// What is wrong; empty when the folder is whole.
    pub defects: Vec<Defect>,
}

/// Checks a data-set folder. Reads every file once; follows no link.
#[must_use]
pub fn verify_folder(folder: &Path) -> Verification {
    let mut defects = Defects::default();
    let mut found =
        Verification { manifest: None, manifest_sha256: None, samples: BTreeSet::new(), defects: Vec::new() };
    if let Err(defect) = plain_folder(folder) {
        defects.report(defect);
    } else if let Some((manifest, sha256)) = read_manifest(folder, &mut defects) {
        found.samples = check(folder, &manifest, &mut defects);
        found.manifest = Some(manifest);
        found.manifest_sha256 = Some(sha256);
    }
    found.defects = defects.into_list();
    found
}

fn plain_folder(folder: &Path) -> Result<(), Defect> {
    let file = folder.display().to_string();
    match not_a_folder(folder) {
        Ok(None) => Ok(()),
        Ok(Some(found)) => Err(Defect::NotPlain { file, found }),
        Err(error) => Err(Defect::Unreadable { file, why: error.to_string() }),
    }
}

fn read_manifest(folder: &Path, defects: &mut Defects) -> Option<(Manifest, String)> {
    let bytes = defects.take(file::read(folder, manifest::FILE))?;
    let manifest: Manifest = defects.take(parse(manifest::FILE, &bytes))?;
    if manifest.schema != SCHEMA {
        let why =
            format!("it has schema {}, this program reads {SCHEMA}: use a newer program", manifest.schema);
        defects.report(Defect::Unreadable { file: manifest::FILE.to_owned(), why });
        return None;
    }
    Some((manifest, hex(&Sha256::digest(&bytes))))
}

fn parse<T: DeserializeOwned>(file: &str, bytes: &[u8]) -> Result<T, Defect> {
    serde_json::from_slice(bytes)
        .map_err(|error| Defect::Unreadable { file: file.to_owned(), why: error.to_string() })
}

/// Everything that hangs on the manifest. Gives the accepted samples found.
fn check(folder: &Path, manifest: &Manifest, defects: &mut Defects) -> BTreeSet<SampleId> {
    for why in manifest.contradictions() {
        defects.report(Defect::Contradiction { why });
    }
    check_listing(folder, manifest, defects);
    let splits = read_splits(folder, manifest, defects);
    for name in [manifest::SPLITS_FILE, manifest::CARD_FILE] {
        if let Some(entry) = manifest.files.get(name) {
            defects.take(file::check(folder, name, entry, |_, _| {}));
        }
    }
    let mut samples = BTreeSet::new();
    for format in &manifest.formats {
        let rows = check_format(folder, *format, manifest, &splits, defects);
        samples.extend(rows.good);
    }
    samples
}

fn read_splits(folder: &Path, manifest: &Manifest, defects: &mut Defects) -> BTreeMap<ContentHash, Split> {
    let bytes = defects.take(file::read(folder, manifest::SPLITS_FILE)).unwrap_or_default();
    let Some(splits) = defects.take(parse::<SplitsFile>(manifest::SPLITS_FILE, &bytes)) else {
        return BTreeMap::new();
    };
    for split in Split::ALL {
        let found = splits.groups.values().filter(|of| **of == split).count() as u64;
        let stated = manifest.splits.groups.get(&split).copied().unwrap_or(0);
        if found != stated {
            let why = format!("splits.groups.{} is {stated} but splits.json has {found}", split.word());
            defects.report(Defect::Contradiction { why });
        }
    }
    splits.groups
}

/// The names that a data set can have, so that a manifest cannot lead out of its folder.
fn known_paths(manifest: &Manifest) -> BTreeSet<String> {
    let data = manifest
        .formats
        .iter()
        .flat_map(|format| Split::ALL.map(|split| manifest::data_file(*format, split)));
    data.chain([manifest::SPLITS_FILE.to_owned(), manifest::CARD_FILE.to_owned()]).collect()
}

/// Files that should not be there or are not listed.
fn check_listing(folder: &Path, manifest: &Manifest, defects: &mut Defects) {
    let known = known_paths(manifest);
    for path in manifest.files.keys().filter(|path| !known.contains(*path)) {
        defects.report(Defect::UnknownPath { file: path.clone() });
    }
    for needed in [manifest::SPLITS_FILE, manifest::CARD_FILE] {
        if !manifest.files.contains_key(needed) {
            defects.report(Defect::Contradiction { why: format!("{needed} is not listed") });
        }
    }
    let folders = manifest.formats.iter().map(|format| format.word());
    for within in [""].into_iter().chain(folders) {
        for name in defects.take(names(folder, within)).unwrap_or_default() {
            let is_folder = within.is_empty() && manifest.formats.iter().any(|format| format.word() == name);
            let path = if within.is_empty() { name } else { format!("{within}/{name}") };
            if !is_folder && path != manifest::FILE && !manifest.files.contains_key(&path) {
                defects.report(Defect::Unlisted { file: path });
            }
        }
    }
}

/// Names in a folder of the data set, sorted.
fn names(folder: &Path, within: &str) -> Result<Vec<String>, Defect> {
    let fail = |error: std::io::Error| Defect::Unreadable { file: within.to_owned(), why: error.to_string() };
    let mut names = Vec::new();
    plain_folder(&folder.join(within))?;
    for entry in fs::read_dir(folder.join(within)).map_err(fail)? {
        names.push(entry.map_err(fail)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn check_format(
    folder: &Path,
    format: ExportFormat,
    manifest: &Manifest,
    splits: &BTreeMap<ContentHash, Split>,
    defects: &mut Defects,
) -> FormatRows {
    let mut rows = FormatRows::default();
    for split in Split::ALL {
        let path = manifest::data_file(format, split);
        if let Some(entry) = manifest.files.get(&path) {
            let at = rows::Place { folder, path: &path, split, splits };
            rows.check_file(format, &at, entry, defects);
        }
    }
    for why in rows.contradictions(format, manifest) {
        defects.report(Defect::Contradiction { why });
    }
    rows
}

fn differences(file: &str, stated: &FileEntry, found: &FileEntry) -> Option<Defect> {
    let file = file.to_owned();
    if stated.bytes != found.bytes {
        Some(Defect::Size { file, stated: stated.bytes, found: found.bytes })
    } else if stated.sha256 != found.sha256 {
        Some(Defect::Hash { file })
    } else if stated.lines != found.lines {
        Some(Defect::Lines { file, stated: stated.lines, found: found.lines })
    } else {
        None
    }
}
