//! One adapter for each teacher wire format behind one trait, and the embedded engine.
