//! What C++, Rust and Python say: functions, methods and types by their qualified names, and who calls whom.
//!
//! A definition is exact. A call names its target by the last word only, so it is an edge where just one definition of
//! the files that are read together has this name, and then it is *assumed*: overloads, imports and shadowing are not
//! followed. Calls of anything else lead outside.

use std::collections::BTreeMap;

use hafs_proto::graph::{Certainty, EntityId, Family, NodeKind, Relation};
use hafs_quality::syntax::{CodeUnit, Language, UnitKind, Unparsed, calls, units};

use crate::facts::Facts;
use crate::fold::simple;

/// The importers' version.
pub const VERSION: u32 = 1;

/// A file of code that has been read.
#[derive(Debug, Clone)]
pub struct Code {
    family: Family,
    units: Vec<CodeUnit>,
    calls: Vec<(usize, String)>,
}

/// Functions of a set of files by the last word of their names; nothing where several have it.
#[derive(Debug, Clone, Default)]
pub struct Functions(BTreeMap<(Family, String), Option<EntityId>>);

/// The importer of a language; none where code of it says nothing to the graph.
#[must_use]
pub const fn importer(language: Language) -> Option<(&'static str, Family)> {
    match language {
        Language::Cpp => Some(("cpp", Family::Cpp)),
        Language::Rust => Some(("rust", Family::Rust)),
        Language::Python => Some(("python", Family::Python)),
        Language::Bash | Language::Json => None,
    }
}

/// Reads a file.
///
/// # Errors
/// [`Unparsed`] when it is empty, too large or too hard to parse.
pub fn read(language: Language, family: Family, text: &str) -> Result<Code, Unparsed> {
    let units = units(language, text)?;
    let calls = calls(language, text)?.into_iter().map(|call| (call.range.start, call.name)).collect();
    Ok(Code { family, units, calls })
}

impl Functions {
    /// Takes in the functions of one file.
    pub fn learn(&mut self, code: &Code) {
        for unit in &code.units {
            let Some((id, NodeKind::Function | NodeKind::Method)) = entity(code.family, unit) else {
                continue;
            };
            let key = (code.family, simple(id.name()).to_owned());
            let known = self.0.entry(key).or_insert_with(|| Some(id.clone()));
            if known.as_ref() != Some(&id) {
                *known = None;
            }
        }
    }
}

/// What a file says. `known` holds the functions of all files that are read together.
#[must_use]
pub fn facts(path: &str, text: &str, code: &Code, known: &Functions) -> Facts {
    let mut facts = Facts::default();
    let Ok(file) = EntityId::new(Family::File, path) else { return facts };
    facts.node(0, &file, NodeKind::File, None);
    for unit in &code.units {
        let Some((id, kind)) = entity(code.family, unit) else { continue };
        let doc = unit.doc.lines().next().unwrap_or("");
        facts.told(unit.lines.0, &id, (kind, None), doc);
        facts.edge(unit.lines.0, (&file, &id), Relation::Contains);
        if simple(id.name()) != id.name() {
            facts.name(unit.lines.0, &id, simple(id.name()));
        }
        if let Some(owner) = owner(code, unit).filter(|_| kind == NodeKind::Method) {
            facts.edge(unit.lines.0, (&owner, &id), Relation::Contains);
        }
    }
    let lines = Lines::of(text);
    for (at, name) in &code.calls {
        let target = known.0.get(&(code.family, name.clone())).and_then(Option::as_ref);
        if let (Some(from), Some(to)) = (caller(code, *at), target) {
            facts.edge_as(lines.of_byte(*at), (&from, to), Relation::Calls, Certainty::Assumed);
        }
    }
    facts
}

/// The entity of a unit. Implementation blocks are no entities; what stands in them belongs to their type.
fn entity(family: Family, unit: &CodeUnit) -> Option<(EntityId, NodeKind)> {
    let kind = match unit.kind {
        UnitKind::Function => NodeKind::Function,
        UnitKind::Method => NodeKind::Method,
        UnitKind::Class | UnitKind::Struct | UnitKind::Enum | UnitKind::Trait => NodeKind::Class,
        UnitKind::Macro => NodeKind::Macro,
        UnitKind::Impl => return None,
    };
    // The mark that tells overloads of one file apart means nothing in another.
    let name = unit.id.split('#').next().unwrap_or(&unit.id);
    EntityId::new(family, name).ok().map(|id| (id, kind))
}

fn owner(code: &Code, unit: &CodeUnit) -> Option<EntityId> {
    let name = unit.id.split('#').next()?;
    let (owner, _) = name.rsplit_once("::")?;
    EntityId::new(code.family, owner).ok()
}

/// The innermost function around a place.
fn caller(code: &Code, at: usize) -> Option<EntityId> {
    // Units are in order of place, so the last one that began before is the innermost, or has ended.
    let behind = code.units.partition_point(|unit| unit.range.start <= at);
    let around = code.units[..behind].iter().rev().take(64).filter(|unit| unit.range.end > at);
    around
        .filter_map(|unit| entity(code.family, unit))
        .find_map(|(id, kind)| matches!(kind, NodeKind::Function | NodeKind::Method).then_some(id))
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    fn of_byte(&self, at: usize) -> u32 {
        u32::try_from(self.0.partition_point(|start| *start <= at)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hafs_proto::graph::Claim;

    fn said(language: Language, family: Family, text: &str) -> Vec<String> {
        let code = read(language, family, text).expect("parses");
        let mut known = Functions::default();
        known.learn(&code);
        let facts = facts("a.x", text, &code, &known);
        let told = |(claim, line): (&Claim, u32)| match claim {
            Claim::Edge(edge) if edge.relation == Relation::Calls => {
                Some(format!("{line} {} -> {}", edge.from, edge.to))
            }
            Claim::Edge(edge) => Some(format!("{} > {}", edge.from, edge.to)),
            Claim::Node(_) | Claim::Name(_) => None,
        };
        facts.claims().filter_map(told).collect()
    }

    #[test]
    fn definitions_belong_to_their_file_and_type_and_calls_to_their_function() {
        let text = "namespace n {\nclass A {\n void go() { help(1); this->stop(); }\n void stop() {}\n};\nvoid help(int) { printf(\"\"); }\n}\n";
        let said = said(Language::Cpp, Family::Cpp, text);
        for line in [
            "file:a.x > cpp:n::A",
            "cpp:n::A > cpp:n::A::go",
            "3 cpp:n::A::go -> cpp:n::help",
            "3 cpp:n::A::go -> cpp:n::A::stop",
        ] {
            assert!(said.iter().any(|it| it == line), "{line}: {said:?}");
        }
        assert!(!said.iter().any(|it| it.contains("printf")), "what leads outside is no edge: {said:?}");
    }

    #[test]
    fn rust_and_python_say_the_same_things() {
        let rust = said(
            Language::Rust,
            Family::Rust,
            "struct A;\nimpl A {\n fn go(&self) { help(); }\n}\nfn help() { A.go() }\n",
        );
        assert!(rust.contains(&"3 rust:A::go -> rust:help".to_owned()), "{rust:?}");
        assert!(rust.contains(&"5 rust:help -> rust:A::go".to_owned()), "{rust:?}");
        let python = said(
            Language::Python,
            Family::Python,
            "class A:\n  def go(self):\n    help()\ndef help():\n  a.go()\n",
        );
        assert!(python.contains(&"3 py:A::go -> py:help".to_owned()), "{python:?}");
        assert!(python.contains(&"5 py:help -> py:A::go".to_owned()), "{python:?}");
    }

    #[test]
    fn a_name_that_two_functions_have_is_nobodys_target() {
        let said =
            said(Language::Rust, Family::Rust, "mod a { fn x() {} }\nmod b { fn x() {} }\nfn y() { x(); }\n");
        assert!(said.iter().all(|it| !it.contains("->")), "{said:?}");
    }
}
