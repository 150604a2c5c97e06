//! What a rule is.

use super::Class;

/// A text in pieces. Examples are stored so that no whole secret, not even an invented one, stands in the
/// repository, where other scanners would report it.
pub(super) type Pieces = &'static [&'static str];

/// One rule: how a kind of secret is recognised.
pub(super) struct Rule {
    /// A slug; it stands in the placeholder.
    pub name: &'static str,
    pub class: Class,
    /// Lower-case words of which one must occur for the expression to be tried. Empty: it is always tried.
    pub keywords: &'static [&'static str],
    /// The expression. A group named `key` is context; the first other group that takes part is the secret, or the
    /// whole match when there is none.
    pub pattern: &'static str,
    /// Whether a match is a secret.
    pub accept: fn(&Candidate<'_>) -> bool,
    /// Whether the expression is precise enough to be tried on decoded base64 and across line breaks.
    pub precise: bool,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test of the table"))]
    pub found: &'static [Pieces],
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test of the table"))]
    pub harmless: &'static [Pieces],
}

/// A match of a rule's expression.
pub(super) struct Candidate<'a> {
    /// The whole text.
    pub text: &'a str,
    /// What the `key` group matched.
    pub key: &'a str,
    /// What would be redacted.
    pub secret: &'a str,
    /// Where it begins.
    pub start: usize,
}

impl Candidate<'_> {
    /// The text before the secret, at most `bytes` long.
    pub(super) fn before(&self, bytes: usize) -> &str {
        let from = self.text.ceil_char_boundary(self.start.saturating_sub(bytes));
        &self.text[from.min(self.start)..self.start]
    }

    /// The text behind the secret.
    pub(super) fn after(&self) -> &str {
        &self.text[self.start + self.secret.len()..]
    }
}

impl Rule {
    /// A precise rule for a key that its form gives away.
    pub(super) const fn key(
        name: &'static str,
        keywords: &'static [&'static str],
        pattern: &'static str,
        found: &'static [Pieces],
        harmless: &'static [Pieces],
    ) -> Self {
        Self { name, class: Class::Key, keywords, pattern, accept: |_| true, precise: true, found, harmless }
    }

    /// A rule for private data.
    pub(super) const fn pii(
        name: &'static str,
        keywords: &'static [&'static str],
        pattern: &'static str,
        found: &'static [Pieces],
        harmless: &'static [Pieces],
    ) -> Self {
        let rule = Self::key(name, keywords, pattern, found, harmless);
        Self { class: Class::Pii, precise: false, ..rule }
    }

    /// The same rule with a further test of each match.
    pub(super) const fn when(mut self, accept: fn(&Candidate<'_>) -> bool) -> Self {
        self.accept = accept;
        self
    }

    /// The same rule, tried on the text itself only.
    pub(super) const fn plain_only(mut self) -> Self {
        self.precise = false;
        self
    }
}
