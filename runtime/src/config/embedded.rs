//! `[embedded]`: the engine inside this program.

use std::path::PathBuf;

use super::rules::Rules;
use super::section::section;

section! {
    /// The engine that runs small models inside this program.
    Embedded = "embedded" {
        /// Folder of the models that were pulled.
        models_dir: PathBuf = "{cache}/models", Operation;
        /// Whether the engine keeps to one thread. Otherwise it uses all cores where that is measured to be faster.
        one_thread: bool = false, Operation;
        /// Longest prompt and reply together, in tokens.
        max_context: u32 = 4096, Results, 256.0 to 131_072.0;
    }
}

impl Rules for Embedded {}
