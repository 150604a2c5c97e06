//! Links of an answer that stay within its source: whether there is what they lead to. The names of files are looked at, and
//! the headings of documents; nothing is fetched and no program runs.

use std::path::{Path, PathBuf};

use hafs_proto::check::Field;
use hafs_proto::task::CheckSpec;
use hafs_proto::{
    BoundedText, CheckName, ContentHash, Domain, Finding, Outcome, Provenance, Reason, ToolUse,
};
use hafs_quality::links::{Link, Links, links};
use hafs_sandbox::Stop;
use percent_encoding::percent_decode_str;

use crate::findings::MAX_FINDINGS;
use crate::place::{Folders, within};
use crate::settings::ValidatorSettings;
use crate::validator::{Examined, Validator, unchecked};

/// Endings of documents that sites are made of.
const DOCUMENTS: [&str; 6] = ["md", "mdx", "markdown", "rst", "adoc", "ipynb"];
/// A document whose headings are read.
const MAX_DOCUMENT: u64 = 4 << 20;

/// Looks for what links lead to.
#[derive(Debug)]
pub struct LinkTargets {
    settings: ValidatorSettings,
    folders: Folders,
}

/// Where a link leads.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    There,
    /// What is not there.
    Missing(String),
    /// Out of the folder, or into a file that cannot be read.
    Unknown,
}

impl LinkTargets {
    /// The validator of these settings.
    ///
    /// # Errors
    /// Which folder is not there.
    pub fn new(settings: &ValidatorSettings) -> Result<Self, String> {
        if settings.sources.is_empty() {
            return Err(
                "a validator of kind `links` needs `sources`: those whose files links lead to".to_owned()
            );
        }
        Ok(Self { settings: settings.clone(), folders: Folders::open(&settings.sources)? })
    }

    fn look(&self, output: &str, origin: Option<&Provenance>) -> Examined {
        let found = links(output);
        let inside: Vec<&Link> = found.links.iter().filter(|link| link.stays_inside()).collect();
        if inside.is_empty() {
            return Examined { outcome: Outcome::NotApplicable, tool: None };
        }
        let Some((folder, origin)) =
            origin.and_then(|origin| Some((self.folders.of(&origin.source)?, origin)))
        else {
            return Examined { outcome: unchecked("the folder of its source is not open here"), tool: None };
        };
        let place = Place::of(folder, origin);
        let targets: Vec<(&Link, Target)> =
            inside.into_iter().map(|link| (link, place.target(&link.to, &found))).collect();
        let tool = Some(files_seen(&targets));
        Examined { outcome: outcome(targets), tool }
    }
}

/// Two workers may have different states of one source: what each saw stands for the version of its tool, so that neither
/// contradicts the other.
fn files_seen(targets: &[(&Link, Target)]) -> ToolUse {
    let seen: Vec<String> = targets.iter().map(|(link, target)| format!("{} {target:?}", link.to)).collect();
    ToolUse {
        version: BoundedText::clipped("names of files and headings in the source"),
        hash: ContentHash::of_parts(seen.iter().map(String::as_str)),
        sandbox: BoundedText::clipped("no program"),
        notes: Vec::new(),
    }
}

fn outcome(targets: Vec<(&Link, Target)>) -> Outcome {
    let mut findings = Vec::new();
    let mut open = None;
    for (link, target) in targets {
        match target {
            Target::There => {}
            Target::Missing(what) => {
                findings.push(Finding::new(Reason::DeadLink, Field::Output, &what).at(link.range.clone()));
            }
            Target::Unknown => open = open.or(Some(&link.to)),
        }
    }
    findings.truncate(MAX_FINDINGS);
    match open {
        Some(to) if findings.is_empty() => unchecked(&format!("whether `{to}` is there is not known here")),
        Some(_) | None => Outcome::from_findings(findings),
    }
}

/// Where links begin.
struct Place<'a> {
    folder: &'a Path,
    /// The seed's own file, from the folder.
    file: Option<&'a Path>,
}

impl<'a> Place<'a> {
    fn of(folder: &'a Path, origin: &'a Provenance) -> Self {
        Self { folder, file: origin.path.as_ref().map(|path| Path::new(path.as_str())) }
    }

    /// An answer about a file links from that file's folder, or from the top of its source.
    fn target(&self, to: &str, own: &Links) -> Target {
        let (path, anchor) = to.split_once('#').map_or((to, None), |(path, anchor)| (path, Some(anchor)));
        let path = path.split('?').next().unwrap_or_default();
        let path = percent_decode_str(path).decode_utf8_lossy();
        if path.is_empty() {
            return self.own_heading(anchor.unwrap_or_default(), own);
        }
        let above = self.file.and_then(Path::parent).unwrap_or(Path::new(""));
        let (starts, is_of_site): (Vec<&Path>, bool) = match path.strip_prefix('/') {
            // The top of a site may be any folder above, and the site may have pages that are no files.
            Some(_) => (above.ancestors().collect(), true),
            None => (vec![above, Path::new("")], false),
        };
        let path = path.trim_start_matches('/');
        let Some(first) = within(&above.join(path)) else { return Target::Unknown };
        let others = starts.iter().filter_map(|start| within(&start.join(path)));
        match std::iter::once(first).chain(others).find_map(|place| self.existing(&place)) {
            Some(found) => anchor.map_or(Target::There, |anchor| heading(&found, anchor)),
            None if is_of_site => Target::Unknown,
            None => Target::Missing(format!("a link leads to `{path}`, which is not there")),
        }
    }

    /// A heading of the answer, or of the file that it is about.
    fn own_heading(&self, anchor: &str, own: &Links) -> Target {
        if own.has_anchor(anchor) {
            return Target::There;
        }
        match self.file.and_then(|file| self.existing(&within(file)?)) {
            Some(file) => heading(&file, anchor),
            None if own.anchors.len() > 1 => missing_heading(anchor),
            None => Target::Unknown,
        }
    }

    /// A file or folder below the folder, and not elsewhere by way of a link of the file system; or the document that becomes
    /// this page of a site.
    fn existing(&self, place: &Path) -> Option<PathBuf> {
        let found = |place: &Path| {
            self.folder.join(place).canonicalize().ok().filter(|found| found.starts_with(self.folder))
        };
        found(place).or_else(|| documents(place).iter().find_map(|place| found(place)))
    }
}

/// The documents that a page of a site may be made of: `a.html` or `a` of `a.md`, `a/index.html` of `a/README.md`.
fn documents(page: &Path) -> Vec<PathBuf> {
    let is_page = match page.extension() {
        None => true,
        Some(kind) => ["html", "htm"].iter().any(|known| kind.eq_ignore_ascii_case(known)),
    };
    if !is_page || page.as_os_str().is_empty() {
        return Vec::new();
    }
    let mut found: Vec<PathBuf> = DOCUMENTS.iter().map(|kind| page.with_extension(kind)).collect();
    if page.file_stem().is_some_and(|stem| stem == "index") {
        found.extend(DOCUMENTS.iter().map(|kind| page.with_file_name(format!("README.{kind}"))));
        found.extend(page.parent().map(Path::to_owned));
    }
    found
}

/// Only documents have headings; an anchor into other files is a line of them, which the site shows in any case.
fn heading(file: &Path, anchor: &str) -> Target {
    let is_document = file
        .extension()
        .is_some_and(|kind| ["md", "markdown"].iter().any(|known| kind.eq_ignore_ascii_case(known)));
    if !is_document {
        return Target::There;
    }
    let fits = std::fs::metadata(file).is_ok_and(|facts| facts.is_file() && facts.len() <= MAX_DOCUMENT);
    let Some(text) = fits.then(|| std::fs::read(file).ok()).flatten() else { return Target::Unknown };
    if links(&String::from_utf8_lossy(&text)).has_anchor(anchor) {
        Target::There
    } else {
        missing_heading(anchor)
    }
}

fn missing_heading(anchor: &str) -> Target {
    Target::Missing(format!("a link leads to the heading `#{anchor}`, which is not there"))
}

impl Validator for LinkTargets {
    fn name(&self) -> &CheckName {
        &self.settings.name
    }

    fn version(&self) -> u32 {
        1
    }

    fn domains(&self) -> &[Domain] {
        &self.settings.domains
    }

    fn examine(&self, asked: &CheckSpec, _: &Stop) -> Examined {
        self.look(&asked.sample.output, asked.origin.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUIDE: &str = "# The guide\n\n## Set up\n\n## Set up\n\n<a name=\"old\"></a>\n";

    fn validator() -> (tempfile::TempDir, LinkTargets) {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("source");
        for (path, text) in
            [("docs/guide.md", GUIDE), ("docs/a b.md", "# A\n"), ("src/main.rs", "fn main() {}\n")]
        {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        std::fs::write(home.path().join("secret.md"), "# Secret\n").expect("written");
        #[cfg(unix)]
        std::os::unix::fs::symlink(home.path().join("secret.md"), folder.join("out.md")).expect("a link");
        let name = "links".parse().expect("a name");
        let mut settings = ValidatorSettings::new(
            name,
            crate::ValidatorKind::Links,
            vec!["docs".parse().expect("a domain")],
        );
        settings.sources.push(("repo".parse().expect("a source"), folder));
        let made = LinkTargets::new(&settings).expect("the folder is there");
        (home, made)
    }

    fn origin(source: &str) -> Provenance {
        Provenance {
            source: source.parse().expect("a source"),
            locator: BoundedText::clipped("docs/guide.md"),
            group: BoundedText::clipped("docs/guide.md"),
            revision: None,
            path: Some(BoundedText::clipped("docs/guide.md")),
            lines: None,
            license: None,
            redactions: 0,
        }
    }

    #[test]
    fn links_to_what_is_there_pass() {
        let (_home, links) = validator();
        for text in [
            "[a](guide.md) [b](./guide.md#set-up) [c](guide.md#set-up-1) [d](guide.md#old)",
            "[a](../src/main.rs#L1) [b](src/main.rs) [c](/docs/guide.md?raw=1) [d](a%20b.md) [e](../src)",
            "# One\n\n[a](#one) [b](#set-up) [c](#top)",
            "[a](guide.html#set-up) [b](./guide) [c](/guide) [d](index.html)",
        ] {
            assert_eq!(links.look(text, Some(&origin("repo"))).outcome, Outcome::Pass, "{text}");
        }
    }

    #[test]
    fn each_link_to_what_is_not_there_is_a_finding_with_its_place() {
        let (_home, links) = validator();
        for text in [
            "[a](gone.md)",
            "[a](guide.md#gone)",
            "[a](#gone)",
            "![a](img/x.png)",
            "[a](guide.md) [b](../docs/gone.md)",
        ] {
            let Outcome::Fail { findings } = links.look(text, Some(&origin("repo"))).outcome else {
                panic!("{text}")
            };
            assert_eq!(findings.len(), 1, "{text}");
            assert_eq!(findings[0].reason, Reason::DeadLink);
            let span = findings[0].span.expect("a place");
            assert!(text[span.start as usize..span.end as usize].contains("]("), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_known_is_unchecked_and_what_has_no_links_is_not_looked_at() {
        let (_home, links) = validator();
        let repo = origin("repo");
        for (text, from) in [
            ("[a](../../issues)", Some(&repo)),
            ("[a](/pricing)", Some(&repo)),
            ("[a](guide.md)", Some(&origin("other"))),
            ("[a](guide.md)", None),
        ] {
            assert!(matches!(links.look(text, from).outcome, Outcome::Unchecked { .. }), "{text}");
        }
        assert_eq!(
            links.look("[a](https://example.org/gone.md)", Some(&repo)).outcome,
            Outcome::NotApplicable
        );
        assert!(
            matches!(links.look("[a](../out.md)", Some(&repo)).outcome, Outcome::Fail { .. }),
            "out of the folder"
        );
    }
}
