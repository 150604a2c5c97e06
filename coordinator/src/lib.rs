//! The coordinator service: HTTP, reconcilers, metrics and composition.
