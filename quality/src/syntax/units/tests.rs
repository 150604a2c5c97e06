use proptest::prelude::*;

use super::*;

fn ids(language: Language, text: &str) -> Vec<(String, UnitKind)> {
    units(language, text).expect("parses").into_iter().map(|unit| (unit.id, unit.kind)).collect()
}

const RUST: &str = "
/// Waits in line.
#[derive(Debug)]
pub struct Queue<T> { items: Vec<T> }

impl<T> Queue<T> {
    // Not documentation of the next one.

    /// Takes one.
    pub fn claim(&mut self) -> Option<T> {
        if self.items.is_empty() { return None; }
        loop { match self.items.pop() { x => return x } }
    }
}

impl Default for Queue<u8> {
    fn default() -> Self { Self { items: vec![] } }
}

mod inner {
    pub trait Speak { fn say(&self) { } }
    fn twice() {}
    fn twice() {}
}
macro_rules! m { () => {} }
";

#[test]
fn rust_units_are_named_by_their_type_and_control_blocks_are_none() {
    let expected: Vec<(String, UnitKind)> = [
        ("Queue", UnitKind::Struct),
        ("impl Queue<T>", UnitKind::Impl),
        ("Queue::claim", UnitKind::Method),
        ("impl Default for Queue<u8>", UnitKind::Impl),
        ("Queue::default", UnitKind::Method),
        ("inner::Speak", UnitKind::Trait),
        ("inner::Speak::say", UnitKind::Method),
        ("inner::twice", UnitKind::Function),
        ("inner::twice#2", UnitKind::Function),
        ("m", UnitKind::Macro),
    ]
    .map(|(id, kind)| (id.to_owned(), kind))
    .into();
    assert_eq!(ids(Language::Rust, RUST), expected);
}

#[test]
fn a_unit_has_its_signature_documentation_lines_and_attributes() {
    let found = units(Language::Rust, RUST).expect("parses");
    let queue = &found[0];
    assert_eq!(queue.doc, "Waits in line.");
    assert!(RUST[queue.range.clone()].starts_with("#[derive(Debug)]"), "{}", &RUST[queue.range.clone()]);
    assert_eq!(queue.lines, (3, 4));
    let claim = &found[2];
    assert_eq!(claim.signature, "pub fn claim(&mut self) -> Option<T>");
    assert_eq!(claim.doc, "Takes one.");
}

#[test]
fn cpp_units_have_templates_qualified_names_and_overloads() {
    let text = "
namespace a {
// Holds a value.
template <typename T>
class Box : public Base {
 public:
  Box() = default;
  int get() const { for (;;) { return 1; } }
  int get(int x) const { return x; }
};
}
int& Box::ref() { return x_; }
static void *make(int n) { return 0; }
enum class Color { red, green };
struct forward;
";
    let expected: Vec<(String, UnitKind)> = [
        ("a::Box", UnitKind::Class),
        ("a::Box::get", UnitKind::Method),
        ("a::Box::get#2", UnitKind::Method),
        ("Box::ref", UnitKind::Method),
        ("make", UnitKind::Function),
        ("Color", UnitKind::Enum),
    ]
    .map(|(id, kind)| (id.to_owned(), kind))
    .into();
    assert_eq!(ids(Language::Cpp, text), expected);
    let found = units(Language::Cpp, text).expect("parses");
    assert_eq!(found[0].signature, "template <typename T> class Box : public Base");
    assert_eq!(found[0].doc, "Holds a value.");
}

#[test]
fn python_units_have_decorators_and_docstrings() {
    let text = "class A(Base):\n    \"\"\"Does things.\n\n    More.\n    \"\"\"\n    @property\n    def x(self) -> int:\n        if self.y:\n            return 1\n\ndef f(a, b=2):\n    return a\n";
    let found = units(Language::Python, text).expect("parses");
    let seen: Vec<_> = found.iter().map(|u| (u.id.as_str(), u.signature.as_str(), u.doc.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("A", "class A(Base)", "Does things.\n\nMore."),
            ("A::x", "@property def x(self) -> int", ""),
            ("f", "def f(a, b=2)", ""),
        ]
    );
}

#[test]
fn bash_functions_are_units_and_json_has_none() {
    let text = "# Says hello.\nhello() {\n  echo hi\n}\nfunction bye { echo bye; }\n";
    assert_eq!(ids(Language::Bash, text).len(), 2);
    assert_eq!(units(Language::Bash, text).expect("parses")[0].doc, "Says hello.");
    assert_eq!(ids(Language::Json, "{\"a\": 1}"), []);
}

#[test]
fn a_broken_function_is_left_out_and_the_others_stay() {
    let text = "fn good() {}\nfn bad( { let = ; }\nfn also() {}\n";
    let found = ids(Language::Rust, text);
    assert!(found.iter().any(|(id, _)| id == "good"), "{found:?}");
    assert!(!found.iter().any(|(id, _)| id == "bad"), "{found:?}");
}

proptest! {
    #[test]
    fn ids_are_unique_and_ranges_are_inside_whatever_the_text(
        text in "(fn |a|\\(\\)| \\{|\\}|struct |impl |\n|mod |/// é\n|;|class |def |:\n  ){0,40}",
        which in 0..Language::ALL.len(),
    ) {
        if let Ok(found) = units(Language::ALL[which], &text) {
            let unique: std::collections::BTreeSet<_> = found.iter().map(|unit| &unit.id).collect();
            prop_assert_eq!(unique.len(), found.len());
            for unit in &found {
                prop_assert!(text.get(unit.range.clone()).is_some());
                prop_assert!(unit.lines.0 <= unit.lines.1);
            }
        }
    }
}

#[test]
fn beside_a_macro_a_control_block_is_no_function() {
    let code = "EM_JS(int, open, (), {\n  try {\n    f();\n  } catch (e) {\n    g(e);\n  }\n});\nint real() { return 1; }\n";
    let names: Vec<String> =
        units(Language::Cpp, code).expect("read").into_iter().map(|unit| unit.name).collect();
    assert!(names.contains(&"real".to_owned()) && !names.contains(&"catch".to_owned()), "{names:?}");
}

#[test]
fn a_type_of_cpp_ends_with_its_semicolon_so_that_it_compiles_alone() {
    let code = "struct A {\n  struct B { int x; };\n  B b;\n};\ntemplate <class T>\nstruct C { T t; };\nenum class E { One };\n\
                typedef struct D { int d; } D;\n// Anonymous.\ntypedef struct { int y; } F;\nint f() { return 1; }\n";
    let found = units(Language::Cpp, code).expect("read");
    let names: Vec<&str> = found.iter().map(|unit| unit.id.as_str()).collect();
    assert_eq!(names, ["A", "A::B", "C", "E", "D", "F", "f"]);
    assert_eq!(found[5].doc, "Anonymous.");
    assert!(code[found[5].range.clone()].starts_with("typedef"), "{found:?}");
    let ends: Vec<&str> = found.iter().map(|unit| &code[unit.range.end - 2..unit.range.end]).collect();
    assert_eq!(ends, ["};", "};", "};", "};", "D;", "F;", " }"], "{found:?}");
}
