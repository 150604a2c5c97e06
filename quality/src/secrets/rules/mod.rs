//! The rules, most telling first. Forms of keys are facts that their issuers publish; expressions and examples are
//! our own.

mod assigned;
mod hosting;
mod models;
mod pii;
mod services;
mod structure;

use super::rule::Rule;

/// Every rule. The order is the priority: keys by their form, then by what they are assigned to, then private data.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    [hosting::RULES, models::RULES, services::RULES, structure::RULES, assigned::RULES, pii::RULES]
        .into_iter()
        .flatten()
}

/// Pieces of invented keys; see [`super::rule::Pieces`].
mod bits {
    /// Sixteen letters and digits.
    pub(super) const A: &str = "k7Qp2vXz9LmN4RtB";
    /// Sixteen others.
    pub(super) const B: &str = "8sWd3FhJ6yCg5TaE";
    /// Four more.
    pub(super) const C: &str = "aB3d";
    /// Sixteen hexadecimal digits.
    pub(super) const H: &str = "9f3a7c1e5b2d8046";
    /// Sixteen capitals and digits.
    pub(super) const U: &str = "Q7XK2VZ9LM4RTB8S";
}
