//! The index of open tasks: one trait, its in-memory implementation and the conformance suite.
