//! What g++ and clang++ say, line by line: `in.cpp:3:5: error: ...`.

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    Error,
    Warning,
}

/// One line of a compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Diagnostic {
    pub(super) severity: Severity,
    /// The line of the snippet, from 1.
    pub(super) line: usize,
    pub(super) message: String,
}

/// Lines that are read; a compiler gives up long before.
const MAX_LINES: usize = 200;

/// Words of errors that come from what the snippet does not bring along. Source: the messages of g++ 12 and clang 14.
const SURROUNDINGS: &[&str] = &[
    "was not declared in this scope",
    "has not been declared",
    "does not name a type",
    "No such file or directory",
    "file not found",
    "use of undeclared identifier",
    "unknown type name",
    "undeclared",
    "no template named",
    "is not a member of",
    "no member named",
    "has no member named",
    "incomplete type",
    "expected class name",
    "expected class-name",
    "does not refer to a",
    "no type named",
    "is not a class, namespace, or enumeration",
    "is not a class or namespace",
    "is not a template",
    "invalid use of 'this'",
    "no declaration matches",
    "out-of-line definition of",
    "is not a namespace-name",
    "expected namespace name",
    "there are no arguments to",
    // A member that overrides one of a class, a specialisation of a template, a member of one.
    "but does not override",
    "can be marked 'override'",
    "is not a class template",
    "is not a function template",
    "no function template matches",
    "explicit specialization of undeclared template",
    "does not name a template type",
    "expected template-name",
    "expected nested-name-specifier",
    "expected a qualified name",
    "expected initializer before '<' token",
    "expected type-specifier before",
    // An overload, or a base, of the class that the frame stands for.
    "HafsFrame",
    // A constructor, when its class is not there.
    "forbids declaration of",
    "expected constructor, destructor, or type conversion",
    "a type specifier is required for all declarations",
];

/// Words of errors that come from where the snippet was put, not from itself: a function inside of a function, a member
/// outside of a class. Source: the messages of g++ 12 and clang 14.
const MISFITS: &[&str] = &[
    "function-definition is not allowed here",
    "function definition is not allowed here",
    "cannot appear at block scope",
    "can only be declared in namespace or class scope",
    "cannot have cv-qualifier",
    "non-member function cannot have",
    "must be a non-static member function",
];

impl Diagnostic {
    /// Whether it says that the snippet does not belong where it was put.
    pub(super) fn is_about_the_frame(&self) -> bool {
        MISFITS.iter().any(|words| self.message.contains(words))
    }

    /// Whether it says that a name, a type or a header is not known.
    pub(super) fn is_about_surroundings(&self) -> bool {
        // g++ puts names into quotes that depend on the locale; ours is C.
        SURROUNDINGS.iter().any(|words| self.message.contains(words))
    }

    /// The same, counted from the snippet's first line; beyond it, it stands at its last.
    pub(super) fn within(self, above: usize, lines: usize) -> Self {
        Self { line: self.line.saturating_sub(above).clamp(1, lines), ..self }
    }
}

/// Errors and warnings about the file of this name.
pub(super) fn read(said: &str, file: &str) -> Vec<Diagnostic> {
    said.lines().take(MAX_LINES).filter_map(|line| diagnostic(line, file)).collect()
}

fn diagnostic(line: &str, file: &str) -> Option<Diagnostic> {
    let rest = line.strip_prefix(file)?.strip_prefix(':')?;
    let (number, rest) = rest.split_once(':')?;
    let number = number.parse().ok()?;
    // A column, which some lines lack.
    let rest = rest
        .split_once(':')
        .filter(|(column, _)| column.parse::<u32>().is_ok())
        .map_or(rest, |(_, rest)| rest);
    let rest = rest.trim_start();
    let words =
        [("fatal error: ", Severity::Error), ("error: ", Severity::Error), ("warning: ", Severity::Warning)];
    words.iter().find_map(|(word, severity)| {
        let message = rest.strip_prefix(word)?;
        Some(Diagnostic { severity: *severity, line: number, message: message.trim().to_owned() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_warnings_are_read_with_their_lines_and_notes_are_not() {
        let said = "in.cpp: In function 'int f()':\nin.cpp:4:9: error: expected ';' before '}' token\n\
                    in.cpp:2: warning: unused\nin.cpp:1:1: note: here\nother.h:1:1: error: no\n\
                    in.cpp:1:10: fatal error: nope.h: No such file or directory\ncompilation terminated.\n";
        let found = read(said, "in.cpp");
        let seen: Vec<_> = found.iter().map(|one| (one.severity, one.line)).collect();
        assert_eq!(seen, [(Severity::Error, 4), (Severity::Warning, 2), (Severity::Error, 1)]);
        assert!(found[2].is_about_surroundings() && !found[0].is_about_surroundings());
        assert_eq!(found[0].clone().within(2, 9).line, 2);
        assert_eq!(found[0].clone().within(9, 9).line, 1);
    }
}
