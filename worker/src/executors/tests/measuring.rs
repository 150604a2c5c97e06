//! What a worker finds out about itself.

use hafs_proto::Route;
use hafs_runtime::config::Preflight;
use hafs_sources::{SourceKind, SourceSettings};
use hafs_teachers::{Connector, TeacherConfig, TeacherKind};

use crate::executors::{EquipmentError, Measured, TeacherSettings};
use crate::trials::Trials;

fn connector(models: &std::path::Path) -> Connector {
    let http = hafs_runtime::http::client(&Default::default(), &Default::default()).expect("a client");
    Connector::new(http, models.to_owned())
}

/// A provider on a port that nothing listens on.
fn absent() -> TeacherSettings {
    let mut config = TeacherConfig::new(TeacherKind::Ollama, "ollama", "qwen");
    config.base_url = Some("http://127.0.0.1:1".to_owned());
    TeacherSettings {
        config,
        embeds: false,
        preflight: Preflight::Call,
        memory: None,
        pull: false,
        temperature: 0.7,
        prompt_tokens: 700,
    }
}

fn trials(folder: &std::path::Path) -> Trials {
    Trials::open(folder, hafs_proto::Timestamp::EPOCH)
}

#[tokio::test]
async fn a_provider_that_is_away_is_reported_and_the_sources_are_offered_in_a_pool_of_their_own() {
    let dir = tempfile::tempdir().expect("a folder");
    let name: hafs_proto::SourceName = "docs".parse().expect("a source");
    let source = SourceSettings::new(name.clone(), SourceKind::Folder { path: dir.path().to_owned() });
    let measured = Measured::take(
        (&connector(dir.path()), &mut trials(dir.path())),
        &[absent()],
        vec![source],
        Default::default(),
        (Default::default(), 2),
    )
    .await
    .expect("something is left");
    assert_eq!(measured.missing.len(), 1);
    let [facts] = measured.teachers.as_slice() else { panic!("one teacher") };
    assert!(facts.withheld.is_some() && facts.trial.is_none(), "it was not asked: {facts:?}");
    assert!(measured.missing[0].starts_with("ollama: "), "{}", measured.missing[0]);
    let [pool] = measured.pools.as_slice() else { panic!("one pool") };
    assert_eq!(
        (pool.name.as_str(), pool.slots, pool.routes.as_slice()),
        ("cpu", 2, [Route::Source(name)].as_slice())
    );
}

#[tokio::test]
async fn a_worker_that_can_do_nothing_says_what_was_tried() {
    let dir = tempfile::tempdir().expect("a folder");
    let error = Measured::take(
        (&connector(dir.path()), &mut trials(dir.path())),
        &[absent()],
        Vec::new(),
        Default::default(),
        Default::default(),
    )
    .await
    .expect_err("nothing is left");
    assert!(matches!(&error, EquipmentError::Nothing { why } if why.contains("ollama")), "{error}");
}
