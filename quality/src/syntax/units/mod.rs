//! The units of a source file: functions, methods and types, never control blocks.

mod grammar;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tree_sitter::{Node, Tree};

use super::balance::is_balanced;
use super::check::{Syntax, check};
use super::language::Language;
use super::masking;
use super::parse::{Unparsed, parse, place};
use grammar::Role;

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitKind {
    /// A free function.
    Function,
    /// A function of a type.
    Method,
    /// A class.
    Class,
    /// A struct or union.
    Struct,
    /// An enumeration.
    Enum,
    /// A trait.
    Trait,
    /// An implementation block.
    Impl,
    /// A macro that defines syntax.
    Macro,
}

impl UnitKind {
    /// The word for people and prompts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Method => "method",
            Self::Class => "class",
            Self::Struct => "struct",
            Self::Enum => "enum",
            Self::Trait => "trait",
            Self::Impl => "impl",
            Self::Macro => "macro",
        }
    }
}

/// One unit of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeUnit {
    /// Unique in the file and stable while other units change: `Queue::claim`, with `#2` behind the second of a name.
    pub id: String,
    /// What it is.
    pub kind: UnitKind,
    /// Its own name.
    pub name: String,
    /// Where it stands in bytes, attributes, decorators and template heads included.
    pub range: Range<usize>,
    /// First and last line, from 1.
    pub lines: (u32, u32),
    /// Its head up to the body, on one line, at most 512 bytes.
    pub signature: String,
    /// The comment above it or its docstring, without comment marks, at most 4,096 bytes; may be empty.
    pub doc: String,
}

/// The units of a file in order of place; a type comes before what stands inside it. Units that do not parse are left
/// out, so a file with one broken function still yields the others.
///
/// # Errors
/// [`Unparsed`] when the file is empty, too large or too hard to parse.
pub fn units(language: Language, text: &str) -> Result<Vec<CodeUnit>, Unparsed> {
    let tree = parse(language, text)?;
    let mut found = Vec::new();
    if language == Language::Cpp && tree.root_node().has_error() {
        for reading in masking::readings(text) {
            let Ok(tree) = parse(language, &reading) else { continue };
            add_new(&mut found, units_of(language, text, &tree));
            if !tree.root_node().has_error() {
                break;
            }
        }
    }
    add_new(&mut found, units_of(language, text, &tree));
    found.sort_by_key(|unit| (unit.range.start, std::cmp::Reverse(unit.range.end)));
    if language == Language::Cpp {
        drop_blocks(&mut found);
    }
    number_repeated_ids(&mut found);
    Ok(found)
}

/// The units of one reading of a text.
fn units_of(language: Language, text: &str, tree: &Tree) -> Vec<CodeUnit> {
    let mut found = Vec::new();
    let mut open = vec![Scope { node: tree.root_node(), path: String::new(), in_type: false }];
    while let Some(scope) = open.pop() {
        visit(language, text, &scope, &mut found, &mut open);
    }
    found
}

/// Adds the units that are not there yet: in another reading one may begin at another word, but it ends at the same
/// bracket.
fn add_new(found: &mut Vec<CodeUnit>, more: Vec<CodeUnit>) {
    let known: BTreeSet<usize> = found.iter().map(|unit| unit.range.end).collect();
    found.extend(more.into_iter().filter(|unit| !known.contains(&unit.range.end)));
}

/// Takes out what is called a function inside of a function: in C++ it is the block of a macro.
fn drop_blocks(found: &mut Vec<CodeUnit>) {
    let mut function_end = 0;
    found.retain(|unit| {
        let is_function = matches!(unit.kind, UnitKind::Function | UnitKind::Method);
        let is_block = unit.kind == UnitKind::Function && unit.range.start < function_end;
        if is_function && !is_block {
            function_end = function_end.max(unit.range.end);
        }
        !is_block
    });
}

/// A node whose children are looked at, and what it is part of.
struct Scope<'tree> {
    node: Node<'tree>,
    path: String,
    in_type: bool,
}

fn visit<'tree>(
    language: Language,
    text: &str,
    scope: &Scope<'tree>,
    found: &mut Vec<CodeUnit>,
    open: &mut Vec<Scope<'tree>>,
) {
    // Comments and attributes directly above the next child.
    let mut above: Vec<Node<'tree>> = Vec::new();
    let mut cursor = scope.node.walk();
    for outer in scope.node.children(&mut cursor) {
        if grammar::is_comment(outer) || outer.kind() == "attribute_item" {
            above.push(outer);
            continue;
        }
        let node = grammar::definition(outer);
        let role = grammar::role(language, node, text, scope.in_type);
        let (path, in_type) = match &role {
            Role::Unit { kind, name, .. } => {
                if !node.has_error() || reads_anyway(language, &text[place(text, node)], *kind) {
                    found.push(unit(
                        Found { language, text, outer, node, above: &above },
                        *kind,
                        name,
                        &scope.path,
                    ));
                }
                (join(&scope.path, &role.scope_name()), grammar::is_type(*kind))
            }
            Role::Namespace(name) => (join(&scope.path, name), false),
            Role::Other => (scope.path.clone(), scope.in_type),
        };
        above.clear();
        if node.child_count() > 0 {
            open.push(Scope { node, path, in_type });
        }
    }
}

/// Whether a definition that the grammar stumbles over is one all the same: its brackets balance, and either macros explain
/// where it stumbles, or it is a type of C++, of which a member that the grammar cannot read is a small part.
fn reads_anyway(language: Language, text: &str, kind: UnitKind) -> bool {
    language == Language::Cpp
        && is_balanced(language, text)
        && (grammar::is_type(kind) || check(language, text) == Syntax::Clean)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() || name.is_empty() { format!("{path}{name}") } else { format!("{path}::{name}") }
}

/// A definition in its surroundings.
struct Found<'a, 'tree> {
    language: Language,
    text: &'a str,
    /// The definition with its template head or decorators.
    outer: Node<'tree>,
    node: Node<'tree>,
    above: &'a [Node<'tree>],
}

fn unit(found: Found<'_, '_>, kind: UnitKind, name: &str, path: &str) -> CodeUnit {
    let Found { language, text, outer, node, above } = found;
    let attached = text::attached(above, outer);
    let first = attached.iter().find(|node| node.kind() == "attribute_item").copied().unwrap_or(outer);
    let last = grammar::end(language, outer);
    let line = |row: usize| u32::try_from(row + 1).unwrap_or(u32::MAX);
    CodeUnit {
        id: join(path, name),
        kind,
        name: name.to_owned(),
        range: place(text, first).start..place(text, last).end,
        lines: (line(first.start_position().row), line(last.end_position().row)),
        signature: text::signature(text, outer, node),
        doc: text::doc(language, text, attached, node),
    }
}

fn number_repeated_ids(units: &mut [CodeUnit]) {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for unit in units {
        let count = seen.entry(unit.id.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            unit.id = format!("{}#{count}", unit.id);
        }
    }
}

#[cfg(test)]
mod tests;
