//! `[prompts]`: templates of one's own.

use std::path::PathBuf;

use super::rules::Rules;
use super::section::section;

section! {
    /// Prompt templates of your own.
    Prompts = "prompts" {
        /// Folder whose templates replace the built-in ones of the same name. Each sample records the version
        /// of the template that it was made with.
        dir: Option<PathBuf> = null | "prompts", Operation;
    }
}

impl Rules for Prompts {}
