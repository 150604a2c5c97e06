//! Entities that a text speaks of.
//!
//! When is a word a name? In prose, only with a shape that no word of a language has (`Link_Main`, `!Timer`, `$7E0010`,
//! `Rom::Load`, `LoadRom()`), or in capitals as the graph
//! spells a register (`INIDISP`; `ROOM` may be a label and is a word); addresses without a bank (`$2100`) are registers there. `Link`, `Main` and `loop` are
//! words there, whatever the graph holds. In code every word may be a name, and has to have the graph's spelling.

use std::collections::BTreeSet;
use std::ops::Range;

use hafs_asm65816::syntax::{LabelKind, StatementKind, parse};
use hafs_proto::graph::EntityId;
use hafs_quality::gates::assembly_snippets;

use super::words::{Ground, Word, words};
use crate::address::{Place, Region, Spelled};
use crate::lexicon::Lexicon;

/// Letters of a word in capitals that may be a name.
const CAPITALS: usize = 4;
/// Names that are looked for among the unknown of one text; more of them change nothing.
const MOST_UNKNOWN: usize = 64;

/// What the graph knows of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It means these, which are one thing or have one name.
    Known(Vec<EntityId>),
    /// The graph does not have it, though it would if there were such a thing.
    Unknown {
        /// The known name that differs by a letter.
        nearest: Option<String>,
    },
}

/// A name in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// As it is written.
    pub text: String,
    /// Where.
    pub range: Range<usize>,
    /// What it is to the graph.
    pub standing: Standing,
}

/// The names in a text, in order. `own` holds names that the sample brings along itself, which nothing is said of.
#[must_use]
pub fn mentions(text: &str, lexicon: &Lexicon, own: &BTreeSet<String>) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut unknown = 0;
    for word in words(text) {
        if own.contains(word.text) {
            continue;
        }
        if let Some(ids) = known(&word, lexicon) {
            found.push(mention(&word, Standing::Known(ids)));
        } else if word.is_shaped && unknown < MOST_UNKNOWN && could_be_unknown(&word, lexicon) {
            unknown += 1;
            let nearest = lexicon.nearest(word.text).map(str::to_owned);
            found.push(mention(&word, Standing::Unknown { nearest }));
        }
    }
    found
}

fn mention(word: &Word<'_>, standing: Standing) -> Mention {
    Mention { text: word.text.to_owned(), range: word.range.clone(), standing }
}

fn known(word: &Word<'_>, lexicon: &Lexicon) -> Option<Vec<EntityId>> {
    let in_capitals = || {
        word.text.len() >= CAPITALS
            && word.text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    let may_be = word.is_shaped || word.ground == Ground::Code || in_capitals();
    let exact = lexicon.has(word.text) || Spelled::read(word.text).is_some() || word.text.starts_with('!');
    if !may_be || !exact {
        return None;
    }
    let ids = lexicon.resolve(word.text);
    // Labels in capitals are words as often as not, and short numbers anything; registers are neither.
    let short = Spelled::read(word.text).is_some_and(|spelled| !spelled.has_bank);
    let plain = word.ground == Ground::Prose && (!word.is_shaped || short);
    let is_register = |id: &EntityId| Place::of_entity(id).is_some_and(|it| it.region() == Region::Register);
    let meant = !plain || ids.iter().any(is_register);
    (meant && !ids.is_empty()).then_some(ids)
}

/// Addresses in prose may be sums of money; other spellings of a known name are slips of the reader's, not of the writer's.
fn could_be_unknown(word: &Word<'_>, lexicon: &Lexicon) -> bool {
    let address = Spelled::read(word.text).is_some();
    let placed = !address || word.ground == Ground::Code;
    placed && !lexicon.has_like(word.text) && lexicon.claims(word.text)
}

/// The names that the assembly in a text defines: labels, also those behind others, and assigned names.
#[must_use]
pub(super) fn defined(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for range in assembly_snippets(text) {
        let Ok(program) = parse(&text[range], None) else { continue };
        for statement in &program.statements {
            match &statement.kind {
                StatementKind::Label(label) if matches!(label.kind, LabelKind::Plain | LabelKind::Aside) => {
                    names.insert(label.name.to_owned());
                }
                StatementKind::Assign { name, .. } => {
                    names.insert((*name).to_owned());
                }
                StatementKind::Label(_)
                | StatementKind::Instruction(_)
                | StatementKind::Directive(_)
                | StatementKind::MacroCall(_)
                | StatementKind::Opaque => {}
            }
        }
    }
    names
}
