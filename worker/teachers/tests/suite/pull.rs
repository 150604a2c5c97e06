//! Fetching models: from a scripted hub, and, when asked for, from the real sources.

use std::path::Path;
use std::sync::Mutex;

use hafs_teachers::catalogue::{PullError, PullEvent, Puller, Report, locate};
use tokio_util::sync::CancellationToken;

use crate::support::{Act, Scripted, answer, client};

const SMALL: &str = "smollm2-135m-instruct";
const MINILM: &str = "all-minilm-l6-v2";
/// The first file of the embedding model, as the catalogue has it.
const CONFIG: &str = include_str!("../fixtures/minilm-config.json");

/// Pulls the embedding model from a scripted hub until its first file is settled.
async fn first_file_from(script: Vec<Act>, dir: &Path) -> Vec<PullEvent> {
    let server = Scripted::start(vec![script]);
    let client = client();
    let events = Mutex::new(Vec::new());
    let cancel = CancellationToken::new();
    let report = |event: PullEvent| {
        if matches!(event, PullEvent::Installed { .. } | PullEvent::Failed { .. }) {
            cancel.cancel();
        }
        events.lock().expect("events").push(event);
    };
    let puller = Puller { hub: server.base_url.clone(), ..Puller::new(&client, dir, &report) };
    let ended = puller.pull(MINILM, &cancel).await;
    assert!(matches!(ended, Err(PullError::Cancelled)), "{ended:?}");
    events.into_inner().expect("events")
}

#[tokio::test]
async fn an_interrupted_download_goes_on_where_it_stopped() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().join(MINILM);
    std::fs::create_dir(&folder).expect("made");
    std::fs::write(folder.join("config.json.partial"), &CONFIG[..200]).expect("written");
    let events = first_file_from(answer(206, &[], &CONFIG[200..]), dir.path()).await;
    assert!(matches!(events.last(), Some(PullEvent::Installed { .. })), "{events:?}");
    assert_eq!(std::fs::read_to_string(folder.join("config.json")).expect("there"), CONFIG);
    assert!(!folder.join("config.json.partial").exists());
}

#[tokio::test]
async fn a_hub_that_does_not_resume_is_read_from_the_beginning() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().join(MINILM);
    std::fs::create_dir(&folder).expect("made");
    std::fs::write(folder.join("config.json.partial"), "other bytes").expect("written");
    let events = first_file_from(answer(200, &[], CONFIG), dir.path()).await;
    assert!(matches!(events.last(), Some(PullEvent::Installed { .. })), "{events:?}");
}

#[tokio::test]
async fn other_bytes_a_longer_file_and_an_error_are_never_installed() {
    let changed = CONFIG.replace("gelu", "relu");
    let longer = format!("{CONFIG} ");
    let cases = [(200, changed.as_str(), "SHA-256"), (200, &longer, "more bytes"), (404, "", "404")];
    for (status, body, words) in cases {
        let dir = tempfile::tempdir().expect("a folder");
        let events = first_file_from(answer(status, &[], body), dir.path()).await;
        let Some(PullEvent::Failed { why, .. }) = events.last() else { panic!("{events:?}") };
        assert!(why.contains(words), "{why}");
        assert!(!dir.path().join(MINILM).join("config.json").exists());
    }
}

#[tokio::test]
async fn a_model_that_nobody_knows_is_refused_with_the_names_there_are() {
    let dir = tempfile::tempdir().expect("a folder");
    let silent: Report<'_> = &|_| {};
    let ended = Puller::new(&client(), dir.path(), silent).pull("nope", &CancellationToken::new()).await;
    let Err(PullError::Unknown { known, .. }) = ended else { panic!("{ended:?}") };
    assert!(known.contains(SMALL));
}

#[tokio::test]
async fn a_model_is_fetched_once_by_whichever_source_can_be_reached() {
    if std::env::var_os("HAFS_TEST_PULL").is_none() {
        return println!("SKIPPED: set HAFS_TEST_PULL to fetch {SMALL} (93 MB) for real");
    }
    let dir = tempfile::tempdir().expect("a folder");
    let (client, cancel) = (client(), CancellationToken::new());
    let report: Report<'_> = &|event| println!("{event:?}");
    let puller = Puller::new(&client, dir.path(), report);
    assert!(puller.pull(SMALL, &cancel).await.expect("fetched").fetched);
    assert!(locate(dir.path(), SMALL).is_ok());
    assert!(!puller.pull(SMALL, &cancel).await.expect("there").fetched);
    assert_eq!(std::fs::read_dir(dir.path()).expect("a folder").count(), 1, "nothing else is left");
}
