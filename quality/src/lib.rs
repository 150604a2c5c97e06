//! Everything that judges text without I/O: reply parser, syntax, secrets, canonical form, near-duplicate signatures.
