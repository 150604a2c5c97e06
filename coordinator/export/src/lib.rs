//! Samples to files: formats, splits, manifest and data-set card.
