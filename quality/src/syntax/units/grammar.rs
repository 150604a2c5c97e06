//! Which nodes of the grammars are units, and what they are called.

use tree_sitter::Node;

use super::UnitKind;
use crate::syntax::language::Language;
use crate::syntax::parse::place;

/// What a node is to the search for units.
pub(super) enum Role {
    /// A unit. Its own path may differ from its name: methods of `impl Trait for Type` belong to `Type`.
    Unit { kind: UnitKind, name: String, scope: Option<String> },
    /// No unit, but a part of the names inside it.
    Namespace(String),
    /// Neither.
    Other,
}

impl Role {
    /// The name that what stands inside is qualified with.
    pub(super) fn scope_name(&self) -> String {
        match self {
            Self::Unit { name, scope, .. } => scope.clone().unwrap_or_else(|| name.clone()),
            Self::Namespace(name) => name.clone(),
            Self::Other => String::new(),
        }
    }
}

pub(super) fn is_comment(node: Node<'_>) -> bool {
    matches!(node.kind(), "comment" | "line_comment" | "block_comment")
}

/// The definition inside a template head, under decorators or in a declaration of variables, or the node itself.
pub(super) fn definition(node: Node<'_>) -> Node<'_> {
    let mut inner = node;
    while let Some(child) = defined_in(inner) {
        inner = child;
    }
    inner
}

fn defined_in(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        "template_declaration" | "decorated_definition" => {
            node.named_child(u32::try_from(node.named_child_count()).ok()?.checked_sub(1)?)
        }
        // `typedef struct A { ... } A;`
        "type_definition" | "declaration" | "field_declaration" => {
            node.child_by_field_name("type").filter(|inner| inner.child_by_field_name("body").is_some())
        }
        _ => None,
    }
}

/// Whether functions inside a unit are methods.
pub(super) const fn is_type(kind: UnitKind) -> bool {
    match kind {
        UnitKind::Class | UnitKind::Struct | UnitKind::Trait | UnitKind::Impl => true,
        UnitKind::Function | UnitKind::Method | UnitKind::Enum | UnitKind::Macro => false,
    }
}

pub(super) fn role(language: Language, node: Node<'_>, text: &str, in_type: bool) -> Role {
    match language {
        Language::Rust => rust(node, text, in_type),
        Language::Cpp => cpp(node, text, in_type),
        Language::Python => python(node, text, in_type),
        Language::Bash => named(node, text, &[("function_definition", UnitKind::Function)]),
        Language::Json => Role::Other,
    }
}

fn rust(node: Node<'_>, text: &str, in_type: bool) -> Role {
    let function = if in_type { UnitKind::Method } else { UnitKind::Function };
    match node.kind() {
        "mod_item" => name_of(node, text).map_or(Role::Other, Role::Namespace),
        "impl_item" => implementation(node, text),
        _ => named(
            node,
            text,
            &[
                ("function_item", function),
                ("struct_item", UnitKind::Struct),
                ("union_item", UnitKind::Struct),
                ("enum_item", UnitKind::Enum),
                ("trait_item", UnitKind::Trait),
                ("macro_definition", UnitKind::Macro),
            ],
        ),
    }
}

fn implementation(node: Node<'_>, text: &str) -> Role {
    let Some(on) = node.child_by_field_name("type") else { return Role::Other };
    let on = one_line(&text[place(text, on)]);
    let of = node.child_by_field_name("trait").map(|of| one_line(&text[place(text, of)]));
    let name = of.map_or_else(|| format!("impl {on}"), |of| format!("impl {of} for {on}"));
    let bare = on.split('<').next().unwrap_or(&on).trim().to_owned();
    Role::Unit { kind: UnitKind::Impl, name, scope: Some(bare) }
}

fn cpp(node: Node<'_>, text: &str, in_type: bool) -> Role {
    if node.kind() == "namespace_definition" {
        return Role::Namespace(name_of(node, text).unwrap_or_default());
    }
    if node.child_by_field_name("body").is_none() {
        return Role::Other;
    }
    let kind = match node.kind() {
        "function_definition" => return function(node, text, in_type),
        "class_specifier" => UnitKind::Class,
        "struct_specifier" | "union_specifier" => UnitKind::Struct,
        "enum_specifier" => UnitKind::Enum,
        _ => return Role::Other,
    };
    let name = name_of(node, text).or_else(|| typedef_name(node, text));
    name.map_or(Role::Other, |name| Role::Unit { kind, name, scope: None })
}

/// `B`, of `typedef struct { ... } B;`
fn typedef_name(node: Node<'_>, text: &str) -> Option<String> {
    let typedef = node.parent().filter(|parent| parent.kind() == "type_definition")?;
    let name = typedef.child_by_field_name("declarator").filter(|name| name.kind() == "type_identifier")?;
    Some(one_line(&text[place(text, name)]))
}

fn function(node: Node<'_>, text: &str, in_type: bool) -> Role {
    let Some(name) = declared_name(node, text).filter(|name| !is_control(name)) else { return Role::Other };
    let kind = if in_type || name.contains("::") { UnitKind::Method } else { UnitKind::Function };
    Role::Unit { kind, name, scope: None }
}

/// The last piece of a definition: the semicolon of a type of C++, without which it does not compile, else itself.
pub(super) fn end(language: Language, outer: Node<'_>) -> Node<'_> {
    let next = outer.next_sibling().filter(|next| next.kind() == ";");
    next.filter(|_| language == Language::Cpp && outer.kind().ends_with("_specifier")).unwrap_or(outer)
}

/// Whether a block is no function: beside a macro the grammar takes `catch (e) {` and the like for one.
fn is_control(name: &str) -> bool {
    matches!(name, "if" | "else" | "for" | "while" | "do" | "switch" | "try" | "catch" | "return")
}

/// The name in a declarator: pointers, references and parameters taken off.
fn declared_name(node: Node<'_>, text: &str) -> Option<String> {
    let mut at = node.child_by_field_name("declarator")?;
    loop {
        if at.kind() == "operator_cast" {
            return Some(conversion(at, text));
        }
        if at.kind() == "function_declarator" {
            let name = at.child_by_field_name("declarator")?;
            return Some(one_line(&text[place(text, name)]));
        }
        // References hold their declarator without a field name.
        let last = u32::try_from(at.named_child_count()).ok()?.checked_sub(1);
        at = at.child_by_field_name("declarator").or_else(|| at.named_child(last?))?;
    }
}

/// `operator bool`, of a conversion: all in front of its empty parameters.
fn conversion(node: Node<'_>, text: &str) -> String {
    let end =
        node.child_by_field_name("declarator").map_or(node.end_byte(), |parameters| parameters.start_byte());
    one_line(&text[text.floor_char_boundary(node.start_byte())..text.floor_char_boundary(end)])
}

fn python(node: Node<'_>, text: &str, in_type: bool) -> Role {
    let function = if in_type { UnitKind::Method } else { UnitKind::Function };
    named(node, text, &[("function_definition", function), ("class_definition", UnitKind::Class)])
}

fn named(node: Node<'_>, text: &str, kinds: &[(&str, UnitKind)]) -> Role {
    let kind = kinds.iter().find(|(kind, _)| *kind == node.kind());
    match (kind, name_of(node, text)) {
        (Some(&(_, kind)), Some(name)) => Role::Unit { kind, name, scope: None },
        _ => Role::Other,
    }
}

fn name_of(node: Node<'_>, text: &str) -> Option<String> {
    node.child_by_field_name("name").map(|name| one_line(&text[place(text, name)]))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
