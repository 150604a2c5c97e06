//! Whole-system tests, contract tests and benchmarks; nothing depends on it.
