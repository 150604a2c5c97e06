//! `[training]`: the keys that the older hafs has, with the meaning that its plan gave them.

use std::path::PathBuf;

use hafs_proto::Score;

use super::rules::Rules;
use super::section::section;
use super::words::{ProviderName, TeacherRef, Tier};

section! {
    /// Who teaches, and what is good enough.
    Training = "training" {
        /// Whether runs may be started.
        enabled: bool = true, Operation;
        /// Folder that data sets are written to.
        output_dir: PathBuf = "{data}/datasets", Operation;
        /// Every this many decided samples the library is backed up and the progress recorded.
        checkpoint_interval: u32 = 100, Operation, 1.0 to 1_000_000.0;
        /// Provider whose model generates. Not set: the first provider that has a model for it.
        teacher_provider: Option<ProviderName> = null | "ollama", Results;
        /// Tier of the model that generates. Not set: any.
        teacher_tier: Option<Tier> = null | "coding", Results;
        /// Score from 0 to 1 that a judge must give to agree.
        min_quality_score: Score = 0.7, Results;
        /// Similarity from 0 to 1 at which a sample counts as near-duplicate of another. Higher rejects less.
        diversity_threshold: Score = 0.95, Results;
        /// Whether teachers are told the commonest reasons for which earlier samples were rejected.
        feedback_enabled: bool = false, Results;
        /// Several teachers that share the seeds: providers, or `provider/model`. Empty: one teacher, by
        /// `teacher_provider` and `teacher_tier`.
        multi_teacher: Vec<TeacherRef> = [] | ["ollama", "openai/gpt-5.2"], Results;
        /// Whether seeds of groups with few accepted samples are taken first.
        active_learning: bool = false, Results;
        /// Augmented samples to make, as a share from 0 to 1 of the accepted ones.
        augmentation_ratio: Score = 0, Results;
    }
}

impl Rules for Training {}
