//! How much memory a model needs, before it was ever loaded.

use hafs_proto::TeacherName;

use crate::config::TeacherConfig;
use crate::connect::ConnectError;
use crate::models::ModelBook;
use crate::probe::OfferedModel;

/// Bytes of a gigabyte as the table of models counts them.
const GIGABYTE: u64 = 1_000_000_000;

/// Bytes that a model is expected to take on a GPU: what the table of models says, else its weights, a fifth more for what
/// it computes and half a gigabyte for the conversation.
///
/// # Errors
/// [`ConnectError`] when the config does not lead to a teacher.
pub fn memory_needed(config: &TeacherConfig, found: Option<&OfferedModel>) -> Result<u64, ConnectError> {
    let teacher = || TeacherName::new(&config.provider, &config.model).map_err(ConnectError::Name);
    let book = match ModelBook::with(config.models_file.as_deref()) {
        Ok(book) => book,
        Err(source) => return Err(ConnectError::Models { teacher: teacher()?, source }),
    };
    let told = book.card(&config.model, config.kind).vram_gb.map(|gb| u64::from(gb) * GIGABYTE);
    let weights = found.and_then(|model| model.bytes).unwrap_or_default();
    Ok(told.unwrap_or_else(|| weights.saturating_add(weights / 5).saturating_add(GIGABYTE / 2)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TeacherKind;

    #[test]
    fn the_table_comes_before_the_weights() {
        let of = |model| memory_needed(&TeacherConfig::new(TeacherKind::Ollama, "here", model), None);
        assert_eq!(of("qwen2.5-coder:14b").expect("known"), 12 * GIGABYTE);
        assert_eq!(of("nobody-knows-me").expect("unknown"), GIGABYTE / 2);
    }
}
