//! The terms on which a teacher can be used: which key, which limits, which prices.

use hafs_proto::{BoundedText, ContentHash, KeyName, Limits, TeacherName, TeacherTerms};

use crate::call::Secret;
use crate::config::TeacherConfig;
use crate::connect::ConnectError;
use crate::models::{ModelBook, batch_pricing, pricing};

/// Letters of a key's name: enough to tell a household of keys apart, too few to say anything of the key.
const LETTERS: usize = 12;

/// The terms of a teacher. Nothing is called.
///
/// # Errors
/// [`ConnectError`] when the config does not lead to a teacher.
pub fn terms(config: &TeacherConfig) -> Result<TeacherTerms, ConnectError> {
    let teacher = TeacherName::new(&config.provider, &config.model).map_err(ConnectError::Name)?;
    let book = ModelBook::with(config.models_file.as_deref())
        .map_err(|source| ConnectError::Models { teacher: teacher.clone(), source })?;
    let card = book.card(&config.model, config.kind);
    Ok(TeacherTerms {
        key: key_name(config, &teacher)?,
        limits: over(config.limits, card.limits),
        prices: pricing(config, &card),
        batch: batch_pricing(config, &card),
        day_budget: config.day_budget,
        teacher,
    })
}

/// The family of a teacher's model, as the table of models says it; nothing where nobody has said it.
///
/// # Errors
/// [`ConnectError`] when the config does not lead to a teacher.
pub fn family(config: &TeacherConfig) -> Result<Option<String>, ConnectError> {
    let teacher = TeacherName::new(&config.provider, &config.model).map_err(ConnectError::Name)?;
    let book = ModelBook::with(config.models_file.as_deref())
        .map_err(|source| ConnectError::Models { teacher, source })?;
    let card = book.card(&config.model, config.kind);
    Ok(card.family_said.then_some(card.family))
}

/// Whether the whole fleet has to share a teacher: it is asked with a key, or somebody has said a limit.
#[must_use]
pub fn is_shared(config: &TeacherConfig, terms: &TeacherTerms) -> bool {
    config.key.is_some()
        || terms.batch.is_some()
        || terms.day_budget.is_some()
        || terms.limits != Limits::default()
}

fn key_name(config: &TeacherConfig, teacher: &TeacherName) -> Result<KeyName, ConnectError> {
    let key = config.key.as_ref().map(Secret::load).transpose();
    let key = key.map_err(|source| ConnectError::Key { teacher: teacher.clone(), source })?;
    let base = config.base_url.as_deref().or(config.kind.default_base_url()).unwrap_or_default();
    let secret = key.as_ref().map_or("", Secret::expose);
    let hash = ContentHash::of_parts(["name of a key", base, secret]).to_string();
    let letters: String = hash.chars().rev().take(LETTERS).collect();
    Ok(BoundedText::clipped(&letters))
}

fn over(own: Limits, table: Limits) -> Limits {
    Limits {
        requests_per_minute: own.requests_per_minute.or(table.requests_per_minute),
        requests_per_day: own.requests_per_day.or(table.requests_per_day),
        input_tokens_per_minute: own.input_tokens_per_minute.or(table.input_tokens_per_minute),
        output_tokens_per_minute: own.output_tokens_per_minute.or(table.output_tokens_per_minute),
        tokens_per_minute: own.tokens_per_minute.or(table.tokens_per_minute),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::SecretSource;
    use crate::config::TeacherKind;

    fn config(key: &str, folder: &std::path::Path) -> TeacherConfig {
        let path = folder.join(ContentHash::of(key.as_bytes()).to_string().replace(':', "-"));
        std::fs::write(&path, key).expect("writes");
        let mut config = TeacherConfig::new(TeacherKind::OpenAi, "cloud", "large");
        config.base_url = Some("https://api.example.com/v1".to_owned());
        config.key = Some(SecretSource::File(path));
        config
    }

    #[test]
    fn two_workers_with_one_key_share_it_and_its_name_does_not_tell_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, other) = (["first", "key"].concat(), ["second", "key"].concat());
        let name = |key: &str| terms(&config(key, folder.path())).expect("terms").key;
        assert_eq!(name(&one), name(&one));
        assert_ne!(name(&one), name(&other));
        assert!(name(&one).len() == LETTERS && !name(&one).contains(&one));
        let mut elsewhere = config(&one, folder.path());
        elsewhere.base_url = Some("https://other.example.com/v1".to_owned());
        assert_ne!(terms(&elsewhere).expect("terms").key, name(&one));
    }

    #[test]
    fn limits_of_the_config_come_before_those_of_the_table_and_make_a_teacher_shared() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("models.toml");
        let table = "[models.\"large\"]\nlimits = { requests_per_minute = 9, tokens_per_minute = 7 }\n";
        std::fs::write(&file, table).expect("writes");
        let mut config = TeacherConfig::new(TeacherKind::OpenAi, "near", "large");
        config.base_url = Some("http://127.0.0.1:1/v1".to_owned());
        let plain = terms(&config).expect("terms");
        assert!(!is_shared(&config, &plain) && plain.prices.is_some(), "one's own hardware is nobody else's");
        config.models_file = Some(file);
        config.limits.requests_per_minute = Some(5);
        let told = terms(&config).expect("terms");
        assert_eq!((told.limits.requests_per_minute, told.limits.tokens_per_minute), (Some(5), Some(7)));
        assert!(is_shared(&config, &told));
    }
}
