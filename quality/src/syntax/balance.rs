//! Brackets of C++ and Rust, counted past comments, strings, characters and preprocessor lines.
//!
//! A grammar without a preprocessor cannot read every honest file: macros stand for half statements. Brackets balance
//! all the same, so they are the judge where only macros disturb the grammar.

use super::language::Language;
use super::tokens::{Kind, Lexer};

/// Whether every bracket is closed by its partner.
///
/// The branches of `#if ... #else ... #endif` stand for one another: the first one counts, and each of the others has to
/// do to the brackets around it what the first does. Where two conditions go together, one opens what the other closes,
/// so two such groups differ; a single one that differs has lost a bracket. A branch that ends in `#error`, and one
/// under `#if 0`, may hold anything. Other lines of the preprocessor do not count, with their continuations.
#[must_use]
pub fn is_balanced(language: Language, code: &str) -> bool {
    let mut lexer = Lexer::new(language, code);
    let mut groups = vec![Group::default()];
    groups[0].begin(false);
    while let Some(token) = lexer.next() {
        match token.kind {
            Kind::Bracket(bracket) => on_top(&mut groups).effect.add(bracket),
            Kind::If { dead } => {
                let is_dead = dead || lexer.is_dead;
                let mut group = Group { was_dead: lexer.is_dead, ..Group::default() };
                group.begin(is_dead);
                groups.push(group);
                lexer.is_dead = is_dead;
            }
            Kind::Else { dead } if groups.len() > 1 => {
                // Proof: the outermost group is never left, so there is one more.
                if let Some(group) = groups.last_mut() {
                    lexer.is_dead = group.was_dead || dead;
                    group.begin(lexer.is_dead);
                }
            }
            Kind::Endif if groups.len() > 1 => lexer.is_dead = end(&mut groups),
            Kind::Error => on_top(&mut groups).is_dead = true,
            Kind::Else { .. } | Kind::Endif => {}
            Kind::Word | Kind::Literal | Kind::Sign(_) | Kind::Directive => {}
        }
    }
    while groups.len() > 1 {
        end(&mut groups);
    }
    let whole = groups.remove(0);
    whole.differing != 1 && whole.branches.iter().all(|branch| branch.effect == Effect::default())
}

/// What some code does to the brackets around it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Effect {
    /// The openers that it wants before it, the nearest first.
    closes: Vec<u8>,
    /// The openers that it leaves behind.
    opens: Vec<u8>,
    /// Whether a bracket met one of another kind.
    crossed: bool,
}

impl Effect {
    fn add(&mut self, bracket: u8) {
        match bracket {
            b'(' | b'[' | b'{' => self.opens.push(bracket),
            b')' => self.close(b'('),
            b']' => self.close(b'['),
            _ => self.close(b'{'),
        }
    }

    fn close(&mut self, opener: u8) {
        match self.opens.pop() {
            None => self.closes.push(opener),
            Some(opened) => self.crossed |= opened != opener,
        }
    }

    fn then(&mut self, next: &Self) {
        next.closes.iter().for_each(|opener| self.close(*opener));
        self.opens.extend(&next.opens);
        self.crossed |= next.crossed;
    }
}

/// One branch of a conditional.
#[derive(Debug, Default)]
struct Branch {
    effect: Effect,
    /// Whether it may hold anything: nobody compiles it.
    is_dead: bool,
}

/// A conditional: its branches so far.
#[derive(Debug, Default)]
struct Group {
    branches: Vec<Branch>,
    /// Conditionals inside whose branches do different things, or one if only this one does.
    differing: usize,
    /// Whether it stands in a branch that nobody compiles.
    was_dead: bool,
}

impl Group {
    fn begin(&mut self, is_dead: bool) {
        self.branches.push(Branch { effect: Effect::default(), is_dead });
    }

    /// What it does, and how many conditionals of it differ.
    fn sum_up(self) -> (Effect, usize) {
        let mut alive =
            self.branches.into_iter().filter(|branch| !branch.is_dead).map(|branch| branch.effect);
        let first = alive.next().unwrap_or_default();
        let differs = alive.any(|other| other != first);
        (first, if self.differing == 0 { usize::from(differs) } else { self.differing })
    }
}

/// The branch that is being read.
fn on_top(groups: &mut [Group]) -> &mut Branch {
    // Proof: a group is made with its first branch, and the outermost is never left.
    let branch = groups.last_mut().and_then(|group| group.branches.last_mut());
    branch.expect("a group has a branch")
}

/// Ends the innermost conditional. Returns whether what surrounds it is dead.
fn end(groups: &mut Vec<Group>) -> bool {
    let Some(group) = groups.pop() else { return false };
    let was_dead = group.was_dead;
    let (effect, differing) = group.sum_up();
    on_top(groups).effect.then(&effect);
    if let Some(around) = groups.last_mut().filter(|_| !was_dead) {
        around.differing += differing;
    }
    was_dead
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_characters_comments_and_macros_do_not_count() {
        for code in [
            "f(\"(\", '(', \"\\\"{\"); // {\n/* ( */",
            "auto s = R\"x()\" ( )x\"; int n = 1'000'000 + 0xff'ff;",
            "switch (c) { case'{': return u8'('; }",
            "e += STR\" (\" + e + STR\")\"; auto s = u8R\"({)\";",
            "#define OPEN {\n#define TWO ( \\\n  (\nint x;",
            "#if A\nvoid f() {\n#else\nvoid g() {\n#endif\n}",
        ] {
            assert!(is_balanced(Language::Cpp, code), "{code}");
        }
        for code in [
            "fn f<'a>(x: &'a str) -> char { '{' }",
            "let s = r#\"(\"{\"#; let t = br\"[\"; /* /* { */ ( */",
            "let c = ['\\'', '\\u{7f}', '\u{e9}', '('];",
            "let var = \"\\\\\"; g(r);",
        ] {
            assert!(is_balanced(Language::Rust, code), "{code}");
        }
    }

    #[test]
    fn branches_of_a_conditional_do_the_same_and_two_that_differ_may_belong_together() {
        for code in [
            "#if A\nvoid f() {\n#elif B\nvoid g() {\n#else\n#error \"don't\"\n#endif\n}",
            "#ifdef A\nif (x) {\n#else\n#endif\nf();\n#ifdef A\n}\n#else\n#endif",
            "#if 0\nit's { prose (\n#endif\nint x;",
            "#if 0\n{\n#else\nint y;\n#endif",
            "#if A\n#if B\nf({\n#else\nf([{\n#endif\n#if B\n})\n#else\n}])\n#endif\n#endif;",
            "#else\n#endif",
        ] {
            assert!(is_balanced(Language::Cpp, code), "{code}");
        }
        for code in [
            "#if A\nvoid f() {}\n#else\nvoid g() {\n#endif",
            "#if A\nvoid f() {}\n#elif B\nvoid g() }\n#else\nvoid g() {}\n#endif",
            "#if A\nint a;\n#else\n#if B\nint b;\n#else\nint c[2;\n#endif\n#endif",
            "#if A\nint a;\n#else\n#if B\nint b[;\n#endif\n#endif",
            "#if A\nf(\n#else\nf[\n#endif\n)",
            "#ifdef A\n#else\n#if B\n{\n#endif\n{\n#endif",
        ] {
            assert!(!is_balanced(Language::Cpp, code), "{code}");
        }
    }

    #[test]
    fn one_bracket_too_few_or_too_many_is_noticed() {
        for code in ["f(", "f)", "{ ( }", "a[1", "} {", "if (x) { \"}\" "] {
            assert!(!is_balanced(Language::Cpp, code), "{code}");
            assert!(!is_balanced(Language::Rust, code), "{code}");
        }
    }
}
