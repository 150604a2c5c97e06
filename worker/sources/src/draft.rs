//! From a raw find to a seed: secrets out, limits kept, provenance filled in.

use std::collections::BTreeMap;

use hafs_proto::{BoundedText, Domain, Provenance, SeedDraft, SeedKind};

use crate::dissect;
use crate::files::language;
use crate::settings::SourceSettings;
use crate::skip::Skip;

/// Bytes of the longest path that provenance can name beside the source's name.
pub(crate) const PATH_BYTES: usize = 900;
const TITLE_CHARS: usize = 200;

/// Something found, before its secrets are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Find {
    /// What it is.
    pub(crate) kind: SeedKind,
    /// Its language, which is its domain unless the source says otherwise.
    pub(crate) language: &'static str,
    /// One line for people.
    pub(crate) title: String,
    /// The text itself.
    pub(crate) text: String,
    /// More for generators; `language` is added to it.
    pub(crate) context: BTreeMap<&'static str, String>,
    /// Where it was found.
    pub(crate) place: Place,
}

/// Where something was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Place {
    /// The file, relative to the root, with `/`.
    pub(crate) path: String,
    /// First and last line, from 1.
    pub(crate) lines: Option<(u32, u32)>,
    /// The commit.
    pub(crate) revision: Option<String>,
    /// The licence.
    pub(crate) license: Option<String>,
}

impl Place {
    fn locator(&self, kind: SeedKind) -> String {
        let path: String = self.path.chars().flat_map(one_line).collect();
        let short = self.revision.as_deref().map_or("", |revision| &revision[..revision.len().min(10)]);
        match (kind, self.lines) {
            (SeedKind::Commit, _) => format!("{short} {path}"),
            (_, Some((first, last))) if first == last => format!("{path}:{first}"),
            (_, Some((first, last))) => format!("{path}:{first}-{last}"),
            (_, None) => path,
        }
    }
}

fn one_line(c: char) -> impl Iterator<Item = char> {
    let escaped = c.is_control().then(|| c.escape_default());
    let plain = escaped.is_none().then_some(c);
    escaped.into_iter().flatten().chain(plain)
}

/// Makes the seed: every text redacted, the counts in its provenance.
///
/// # Errors
/// [`Skip::MostlySecret`] when little is left, [`Skip::TooLong`] or [`Skip::PathTooLong`] when it does not fit.
pub(crate) fn draft(settings: &SourceSettings, find: Find) -> Result<SeedDraft, Skip> {
    let mut redactor = Redactor::default();
    let text = redactor.clean(&find.text);
    if redactor.took_most_of(&find.text) {
        return Err(Skip::MostlySecret);
    }
    let title = redactor.clean(&heading(&find.title));
    let mut context = BTreeMap::from([("language".to_owned(), bounded(find.language)?)]);
    for (key, value) in &find.context {
        context.insert((*key).to_owned(), bounded(&redactor.clean(value))?);
    }
    let domain = settings.domain.clone().unwrap_or_else(|| domain_of(find.language));
    let provenance = provenance(settings, &find, redactor.count)?;
    Ok(SeedDraft {
        kind: find.kind,
        domain,
        title: BoundedText::clipped(&title),
        text: bounded(&text)?,
        context,
        provenance,
    })
}

fn provenance(settings: &SourceSettings, find: &Find, redactions: u32) -> Result<Provenance, Skip> {
    let place = &find.place;
    if place.path.len() > PATH_BYTES {
        return Err(Skip::PathTooLong);
    }
    Ok(Provenance {
        source: settings.name.clone(),
        locator: BoundedText::clipped(&place.locator(find.kind)),
        group: bounded(&format!("{}/{}", settings.name, place.path))?,
        revision: place.revision.as_deref().map(bounded).transpose()?,
        path: Some(bounded(&place.path)?),
        lines: place.lines,
        license: place.license.as_deref().map(BoundedText::clipped),
        redactions,
    })
}

/// The domain of a language.
fn domain_of(language: &'static str) -> Domain {
    // Proof: a test parses the domain of every language of the table.
    language::domain(language).parse().expect("the table of languages holds names of domains")
}

/// A text of a seed, whole.
///
/// # Errors
/// [`Skip::TooLong`] when it is over its limit.
pub(crate) fn bounded<const MAX: usize>(text: &str) -> Result<BoundedText<MAX>, Skip> {
    BoundedText::new(text).map_err(|_| Skip::TooLong)
}

/// A title on one line, of a length that fits a table.
fn heading(title: &str) -> String {
    let words: Vec<_> =
        title.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(TITLE_CHARS).collect()
}

/// Replaces secrets and counts them.
#[derive(Debug, Default)]
struct Redactor {
    count: u32,
    removed: usize,
}

impl Redactor {
    fn clean(&mut self, text: &str) -> String {
        let clean = dissect::redact(text);
        self.count = self.count.saturating_add(clean.count);
        self.removed += clean.removed;
        clean.text
    }

    /// Whether more than a third of `text`, the only text cleaned so far, was secret.
    fn took_most_of(&self, text: &str) -> bool {
        self.removed * 3 > text.trim().len()
    }
}
