//! The words of C++ that tell a macro's place from a name's.

/// Words of compilers that the grammar does not need to see.
pub(super) const EXTENSIONS: &[&str] = &[
    "__attribute__",
    "__attribute",
    "__declspec",
    "__extension__",
    "__restrict",
    "__restrict__",
    "__forceinline",
    "__inline",
    "__inline__",
    "_Nonnull",
    "_Nullable",
];

/// What may stand between the parameters of a function and its body.
pub(super) const TRAILING: &[&str] =
    &["const", "volatile", "noexcept", "override", "final", "mutable", "try", "throw", "requires"];

/// Words that may stand in front of a declaration and say nothing of its type.
const SPECIFIERS: &[&str] = &[
    "static",
    "inline",
    "constexpr",
    "consteval",
    "constinit",
    "virtual",
    "explicit",
    "friend",
    "extern",
    "typedef",
    "mutable",
    "thread_local",
    "register",
    "public",
    "protected",
    "private",
    "export",
];

/// The other keywords of C++ that a macro or a name cannot be. Source: ISO C++20, \[lex.key\].
const KEYWORDS: &[&str] = &[
    "alignas",
    "alignof",
    "and",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char8_t",
    "char16_t",
    "char32_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const",
    "const_cast",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "false",
    "float",
    "for",
    "goto",
    "if",
    "int",
    "long",
    "namespace",
    "new",
    "noexcept",
    "not",
    "nullptr",
    "operator",
    "or",
    "override",
    "final",
    "reinterpret_cast",
    "requires",
    "return",
    "short",
    "signed",
    "sizeof",
    "static_assert",
    "static_cast",
    "struct",
    "switch",
    "template",
    "this",
    "throw",
    "true",
    "try",
    "typeid",
    "typename",
    "union",
    "unsigned",
    "using",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
];

pub(super) fn is_specifier(word: &str) -> bool {
    SPECIFIERS.contains(&word)
}

pub(super) fn is_keyword(word: &str) -> bool {
    is_specifier(word) || KEYWORDS.contains(&word)
}

/// Whether a word is a name, not a keyword and not nothing.
pub(super) fn is_name(word: &str) -> bool {
    !word.is_empty() && !is_keyword(word)
}
