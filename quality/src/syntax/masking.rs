//! C++ as a grammar without a preprocessor can read it: the words of macros blanked, and of conditionals one branch.
//!
//! A macro is known by where it stands, most by its capitals too: in front of a declaration, behind its parameters, between
//! a pointer and its name, in the head of a class, alone on a line. Blanks take the place of what is hidden, so every place
//! in the tree is a place in the text.

use std::ops::Range;

use super::language::Language;
use super::tokens::{Kind, Lexer, Token, is_capitals, partners};
use super::words::{EXTENSIONS, TRAILING, is_keyword, is_name, is_specifier};

/// The readings of a text beside its own, the closest first: without macros, and where it has conditionals, with the first
/// branch of each alone and with the last.
pub(super) fn readings(code: &str) -> Vec<String> {
    let (lines, tokens): (Vec<Token>, Vec<Token>) =
        Lexer::new(Language::Cpp, code).partition(|token| is_directive(token.kind));
    let macros = Masker::new(code, &tokens).macros();
    let mut readings = vec![blanked(code, &macros)];
    if lines.iter().any(|line| matches!(line.kind, Kind::If { .. })) {
        for choice in [Choice::First, Choice::Last] {
            let hidden = [unread(code, &lines, choice), macros.clone()].concat();
            readings.push(blanked(code, &hidden));
        }
    }
    readings
}

/// C++ without the words that can only be macros, of the same length.
#[must_use]
pub fn without_macros(code: &str) -> String {
    readings(code).swap_remove(0)
}

const fn is_directive(kind: Kind) -> bool {
    match kind {
        Kind::If { .. } | Kind::Else { .. } | Kind::Endif | Kind::Error | Kind::Directive => true,
        Kind::Word | Kind::Literal | Kind::Bracket(_) | Kind::Sign(_) => false,
    }
}

fn blanked(code: &str, hidden: &[Range<usize>]) -> String {
    let mut bytes = code.as_bytes().to_vec();
    for range in hidden {
        bytes[range.clone()].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    }
    // Whole tokens and lines are blanked, so characters stay whole; if not, the text itself is a reading too.
    String::from_utf8(bytes).unwrap_or_else(|_| code.to_owned())
}

/// Which branch of a conditional is read, of those that are not under `#if 0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    First,
    Last,
}

/// The lines of the preprocessor and the branches that are not read.
fn unread(code: &str, lines: &[Token], choice: Choice) -> Vec<Range<usize>> {
    let mut hidden: Vec<Range<usize>> = lines.iter().map(|line| line.range.clone()).collect();
    // The branches of each open conditional, by where they begin and whether they are dead.
    let mut open: Vec<Vec<(usize, bool)>> = Vec::new();
    for line in lines {
        let (begin, end) = (line.range.end, line.range.start);
        match line.kind {
            Kind::If { dead } => open.push(vec![(begin, dead)]),
            Kind::Else { dead } => {
                if let Some(branches) = open.last_mut() {
                    branches.push((begin, dead));
                }
            }
            Kind::Endif => {
                let branches = open.pop().unwrap_or_default();
                let ends = branches.iter().skip(1).map(|(begin, _)| *begin).chain([end]);
                let alive = |branch: &&(usize, bool)| !branch.1;
                let read = match choice {
                    Choice::First => branches.iter().find(alive),
                    Choice::Last => branches.iter().rfind(alive),
                };
                let unread = branches.iter().zip(ends).filter(|(branch, _)| Some(*branch) != read);
                hidden.extend(unread.map(|((begin, _), end)| *begin..end.min(code.len())));
            }
            Kind::Error | Kind::Directive | Kind::Word | Kind::Literal | Kind::Bracket(_) | Kind::Sign(_) => {
            }
        }
    }
    hidden
}

/// What a bracket holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Declarations: a file, a namespace, a class.
    Declarations,
    /// Statements, or the values of an initialiser.
    Code,
    /// Parameters, arguments, an index.
    List,
}

/// What was read of a statement or declaration.
#[derive(Debug, Clone, Copy, Default)]
struct Statement {
    /// Whether more than specifiers stands in it.
    is_past_head: bool,
    /// Whether it has a word that a class, an enumeration or a namespace begins with.
    has_type: bool,
    /// Whether parameters stand in it.
    has_list: bool,
}

/// An open bracket: what it holds, the statement that it stands in, and whether that goes on behind it.
struct Open {
    inside: Inside,
    statement: Statement,
    goes_on: bool,
}

struct Masker<'a> {
    code: &'a str,
    tokens: &'a [Token],
    /// The closing bracket of each opening one.
    partners: Vec<Option<usize>>,
    open: Vec<Open>,
    statement: Statement,
    /// The last three tokens that are not hidden, the nearest first.
    before: [Option<usize>; 3],
    hidden: Vec<Range<usize>>,
}

impl<'a> Masker<'a> {
    fn new(code: &'a str, tokens: &'a [Token]) -> Self {
        Self {
            code,
            tokens,
            partners: partners(tokens),
            open: Vec::new(),
            statement: Statement::default(),
            before: [None; 3],
            hidden: Vec::new(),
        }
    }

    /// The places of the macros.
    fn macros(mut self) -> Vec<Range<usize>> {
        let mut at = 0;
        while at < self.tokens.len() {
            at = match self.macro_end(at) {
                Some(end) => {
                    self.hidden.push(self.tokens[at].range.start..self.tokens[end - 1].range.end);
                    end
                }
                None => self.step(at),
            };
        }
        self.hidden
    }

    fn inside(&self) -> Inside {
        self.open.last().map_or(Inside::Declarations, |open| open.inside)
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// The word at a place, or nothing where something else stands there.
    fn word(&self, at: usize) -> &'a str {
        let token = self.tokens.get(at).filter(|token| token.kind == Kind::Word);
        token.map_or("", |token| &self.code[token.range.clone()])
    }

    fn word_before(&self, back: usize) -> &'a str {
        self.before[back].map_or("", |at| self.word(at))
    }

    fn is(&self, at: usize, signs: &[u8]) -> bool {
        matches!(self.kind(at), Some(Kind::Sign(sign) | Kind::Bracket(sign)) if signs.contains(&sign))
    }

    fn was(&self, back: usize, signs: &[u8]) -> bool {
        self.before[back].is_some_and(|at| self.is(at, signs))
    }

    /// Where the macro that begins here ends, with its arguments, or nothing where none begins.
    fn macro_end(&self, at: usize) -> Option<usize> {
        let word = self.word(at);
        if word.is_empty() {
            return None;
        }
        let has_list = self.is(at + 1, b"(");
        let end = if has_list { self.partners[at + 1]? + 1 } else { at + 1 };
        let hides = EXTENSIONS.contains(&word)
            || (!is_keyword(word)
                && (self.follows_pointer(at)
                    || self.is_block_head(word, has_list, end)
                    || (is_capitals(word) && self.is_attribute(at, has_list, end))));
        hides.then_some(end)
    }

    /// `char* absl_nonnull name`: two names behind a pointer.
    fn follows_pointer(&self, at: usize) -> bool {
        let next = self.word(at + 1);
        let is_first = is_name(next) && (!is_capitals(next) || is_capitals(self.word(at)));
        is_first && self.was(0, b"*&") && !self.statement_calls()
    }

    /// Whether the statement is an expression as far as it was read: `a = b * c d` has no macro that could be known.
    fn statement_calls(&self) -> bool {
        self.was(1, b"=(") && self.inside() == Inside::Code
    }

    /// `FOREACH (a, b) {` and `FOREVER {` among statements, where a function cannot be.
    fn is_block_head(&self, word: &str, has_list: bool, end: usize) -> bool {
        let among_statements = self.inside() == Inside::Code && !self.statement.is_past_head;
        among_statements && self.is(end, b"{") && (has_list || is_capitals(word))
    }

    fn is_attribute(&self, at: usize, has_list: bool, end: usize) -> bool {
        self.is_in_class_head(end)
            || self.is_behind_name(end)
            || match self.inside() {
                Inside::List => self.is_before_parameter(end),
                Inside::Code => self.is_before_declaration(at, has_list, end),
                Inside::Declarations => {
                    self.is_before_declaration(at, has_list, end)
                        || self.is_behind_parameters(end)
                        || self.is_access(at)
                }
            }
    }

    /// `class EXPORT Name`
    fn is_in_class_head(&self, end: usize) -> bool {
        matches!(self.word_before(0), "class" | "struct" | "union" | "enum") && is_name(self.word(end))
    }

    /// `int value GUARDED_BY(lock);` and `T&& value BOUND)`: behind a type and a name.
    fn is_behind_name(&self, end: usize) -> bool {
        let ends = match self.inside() {
            Inside::List => self.is(end, b"),=[") || is_capitals(self.word(end)),
            Inside::Code | Inside::Declarations => self.is(end, b";={[,") || is_capitals(self.word(end)),
        };
        let typed =
            self.was(1, b">*&") || (!self.word_before(1).is_empty() && !is_specifier(self.word_before(1)));
        ends && is_name(self.word_before(0)) && (typed || self.inside() == Inside::List)
    }

    /// `(IN HANDLE name` and `(ATTRIBUTE int name`
    fn is_before_parameter(&self, end: usize) -> bool {
        self.was(0, b"(,") && self.begins_declaration(end)
    }

    /// `EXPORT int name()`, `DEPRECATED("") int name()`, `BEGIN_NAMESPACE` and `IGNORE_WARNING("") ` on a line of their own.
    fn is_before_declaration(&self, at: usize, has_list: bool, end: usize) -> bool {
        if self.statement.is_past_head {
            return false;
        }
        let next = self.word(end);
        let stands_alone = (has_list || self.ends_line(at))
            && (self.is(end, b"}~[#") || end == self.tokens.len() || is_name(next) || is_keyword(next));
        (stands_alone && !TRAILING.contains(&next)) || self.is(end, b"~") || self.begins_declaration(end)
    }

    /// Whether what begins here has a type, so that what stands in front of it is none.
    fn begins_declaration(&self, at: usize) -> bool {
        let word = self.word(at);
        let is_typed =
            is_name(self.word(at + 1)) || is_keyword(self.word(at + 1)) || self.is(at + 1, b"*&:<");
        let label = self.is(at + 1, b":") && !self.is(at + 2, b":");
        (is_keyword(word) && word != "operator" && !TRAILING.contains(&word))
            || (is_name(word) && is_typed && !label)
            || self.is(at, b"[") && self.is(at + 1, b"[")
    }

    /// `void name() const NOTHROW {`
    fn is_behind_parameters(&self, end: usize) -> bool {
        let behind = self.was(0, b")")
            || TRAILING.contains(&self.word_before(0))
            || (self.was(0, b"&") && (self.was(1, b")&") || TRAILING.contains(&self.word_before(1))));
        let ends =
            self.is(end, b"{;=:-") || TRAILING.contains(&self.word(end)) || is_capitals(self.word(end));
        self.statement.has_list && behind && ends
    }

    /// `public Q_SLOTS:`
    fn is_access(&self, at: usize) -> bool {
        matches!(self.word_before(0), "public" | "protected" | "private")
            && self.is(at + 1, b":")
            && !self.is(at + 2, b":")
    }

    fn ends_line(&self, at: usize) -> bool {
        let end = self.tokens[at].range.end;
        let next = self.tokens.get(at + 1).map_or(self.code.len(), |next| next.range.start);
        self.code[end..next].contains('\n')
    }

    /// Reads a token that is no macro; returns where to go on.
    fn step(&mut self, at: usize) -> usize {
        if self.word(at) == "template" && self.is(at + 1, b"<") {
            return self.template_head(at + 1);
        }
        // Proof: `at` is a place among the tokens.
        match self.tokens[at].kind {
            Kind::Word => self.read_word(at),
            Kind::Bracket(bracket) => match bracket {
                b'{' => self.brace(),
                b'(' | b'[' => {
                    let attribute = bracket == b'[' && self.is(at + 1, b"[") && !self.statement.is_past_head;
                    if let Some(end) = self.partners[at].filter(|_| attribute) {
                        return end + 1;
                    }
                    self.statement.has_list |= bracket == b'(';
                    self.statement.is_past_head = true;
                    self.push(Inside::List, true);
                }
                _ => self.close(bracket),
            },
            Kind::Sign(b';') => self.statement = Statement::default(),
            Kind::Sign(b':')
                if matches!(self.word_before(0), "public" | "protected" | "private" | "default") =>
            {
                self.statement = Statement::default();
            }
            Kind::Literal if self.word_before(0) == "extern" => self.statement.has_type = true,
            Kind::Sign(_) | Kind::Literal => self.statement.is_past_head = true,
            Kind::If { .. } | Kind::Else { .. } | Kind::Endif | Kind::Error | Kind::Directive => {}
        }
        self.before = [Some(at), self.before[0], self.before[1]];
        at + 1
    }

    fn read_word(&mut self, at: usize) {
        let word = self.word(at);
        let begins_type = matches!(word, "class" | "struct" | "union" | "enum" | "namespace");
        if begins_type && !self.was(0, b"<,") && !self.statement.has_list {
            self.statement.has_type = true;
        }
        if matches!(word, "else" | "do" | "try") {
            self.statement = Statement::default();
        } else if !is_specifier(word) {
            self.statement.is_past_head = true;
        }
    }

    /// Behind the parameters of a template.
    fn template_head(&self, open: usize) -> usize {
        let (mut depth, mut at) = (0_usize, open);
        while at < self.tokens.len() {
            match self.tokens[at].kind {
                Kind::Sign(b'<') => depth += 1,
                Kind::Sign(b'>') if !(at > 0 && self.is(at - 1, b"-")) => depth -= 1,
                Kind::Bracket(b'(' | b'[' | b'{') => at = self.partners[at].unwrap_or(at),
                Kind::Sign(b';') | Kind::Bracket(_) => break,
                Kind::Word | Kind::Literal | Kind::Sign(_) => {}
                Kind::If { .. } | Kind::Else { .. } | Kind::Endif | Kind::Error | Kind::Directive => {}
            }
            at += 1;
            if depth == 0 {
                break;
            }
        }
        at.max(open + 1)
    }

    fn push(&mut self, inside: Inside, goes_on: bool) {
        self.open.push(Open { inside, statement: self.statement, goes_on });
        self.statement = Statement::default();
    }

    fn brace(&mut self) {
        let Statement { has_type, has_list, .. } = self.statement;
        let behind_list = self.was(0, b")&}") || TRAILING.contains(&self.word_before(0));
        let (inside, goes_on) = match self.inside() {
            Inside::List => (Inside::Code, true),
            Inside::Code if !has_type || behind_list => (Inside::Code, false),
            Inside::Code | Inside::Declarations if has_list && behind_list => (Inside::Code, false),
            Inside::Code | Inside::Declarations if has_type => (Inside::Declarations, false),
            // A member in the list of a constructor, or a body behind the type that it returns: either way, more may come.
            Inside::Code | Inside::Declarations => (Inside::Code, has_list),
        };
        self.push(inside, goes_on);
    }

    fn close(&mut self, bracket: u8) {
        let ends_list = bracket != b'}';
        let matches = self.open.last().is_some_and(|open| (open.inside == Inside::List) == ends_list);
        if let Some(open) = self.open.pop_if(|_| matches) {
            self.statement = if open.goes_on { open.statement } else { Statement::default() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_macros(code: &str) -> String {
        let reading = readings(code).remove(0);
        assert_eq!(reading.len(), code.len());
        reading.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_of_macros_are_hidden_where_only_macros_stand() {
        for (code, plain) in [
            ("MY_API int f();", "int f();"),
            ("MY_CONST constexpr bool operator>=(T a, T b) {}", "constexpr bool operator>=(T a, T b) {}"),
            ("static MY_INLINE slot* to(void* p) {}", "static slot* to(void* p) {}"),
            ("MY_DEPRECATED(\"x\") int f();", "int f();"),
            (
                "class MY_EXPORT A final { MY_INIT void clear() { x(); } };",
                "class A final { void clear() { x(); } };",
            ),
            ("void f() const MY_BOUND { }", "void f() const { }"),
            ("void f() MY_EXCLUDED(lock) { }", "void f() { }"),
            ("It insert(V&& v MY_BOUND) MY_BOUND;", "It insert(V&& v ) ;"),
            ("bool f(const char* my_nonnull p, S* my_nullable q);", "bool f(const char* p, S* q);"),
            ("inline R* my_nullable C::clear() {}", "inline R* C::clear() {}"),
            ("struct S { int n MY_GUARDED(lock) = 0; };", "struct S { int n = 0; };"),
            ("MY_BEGIN\nint x;\nMY_END\n", "int x;"),
            ("void f() { EACH(x, xs) { g(x); } FOREVER { h(); } }", "void f() { { g(x); } { h(); } }"),
            ("void f() { each (x, xs) { g(x); } }", "void f() { { g(x); } }"),
            ("void f() { MY_INIT static S s; }", "void f() { static S s; }"),
            ("int f(IN HANDLE h, MY_OUT int* n);", "int f( HANDLE h, int* n);"),
            ("__attribute__((noinline)) int f();", "int f();"),
            ("class Q { public Q_SLOTS: void f(); };", "class Q { public : void f(); };"),
        ] {
            assert_eq!(without_macros(code), plain);
        }
    }

    #[test]
    fn what_is_no_macro_stays() {
        for code in [
            "DWORD f(DWORD x) { DWORD y = x * FACTOR; return (int)LIMIT; }",
            "TEST(Suite, name) { EXPECT_EQ(a, B); }",
            "FILE* open(FILE* f, int A, int B = MAX);",
            "enum E { A_ONE, B_TWO = A_ONE };",
            "struct stat st; class A; static A INSTANCE; ns::A OTHER(3);",
            "A::A(int x) : x_(x), y_{x} { go(); }",
            "auto f = [](int x) { return x * SCALE; };",
            "template <class T> struct B<T, MAX> : A<T> { };",
            "namespace A { int x; }",
            "void f() { if (x) { g(); } else { h(FLAG | OTHER); } switch (a) { case ONE: break; } }",
        ] {
            assert_eq!(without_macros(code), code);
        }
    }

    #[test]
    fn of_a_conditional_one_branch_is_read() {
        let code = "#if A\nvoid f() {\n#else\nvoid g() {\n#endif\n}\n#if 0\nit's\n#endif\n";
        let plain = |reading: &String| reading.split_whitespace().collect::<Vec<_>>().join(" ");
        let found: Vec<String> = readings(code).iter().skip(1).map(plain).collect();
        assert_eq!(found, ["void f() { }", "void g() { }"]);
    }

    #[test]
    fn any_text_has_readings_of_its_length() {
        let pieces = [
            "(", ")", "{", "}", "[", "template", "<", ">", "ABC", "\u{e9}", "*", "x", ";", "#if 0\n",
            "#endif\n", ":",
        ];
        let mut seed = 7_usize;
        for _ in 0..2_000 {
            let mut code = String::new();
            for _ in 0..24 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                code.push_str(pieces[(seed >> 33) % pieces.len()]);
                code.push(' ');
            }
            assert!(readings(&code).iter().all(|reading| reading.len() == code.len()), "{code}");
        }
    }
}
