//! What those who keep a factory running rely on: backups that come back, a bundle without secrets, a terminal that is
//! given back, and runbooks whose commands exist.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test program")]

mod backups;
mod commands;
mod support;
mod terminal;

use std::path::Path;
use std::time::Duration;

use hafs_tests::call::factory;
use hafs_tests::plant::{self, Plan};
use hafs_tests::scripted::{Script, ScriptedTeacher};

/// Longer than anything takes on a busy machine.
const SOON: Duration = Duration::from_secs(120);

/// A factory on disk whose teacher takes its time; `keys` are added to its section `coordinator`.
async fn build(home: &Path, sections: usize, keys: &str) -> ScriptedTeacher {
    let script = Script { latency: Duration::from_millis(60), ..Script::default() };
    let teacher = ScriptedTeacher::start(script).await.unwrap();
    let (url, listen) = (teacher.base_url(), plant::free_address());
    let plan = Plan { home, teacher: &url, sections, target: sections, slots: 3, listen, more: "" };
    let config = plant::build(&plan);
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replacen("data_dir = \"data\"", &format!("data_dir = \"data\"\n{keys}"), 1))
        .unwrap();
    teacher
}

/// Asks the factory at `home` until `check` is content with what it says.
async fn asked<T>(home: &Path, args: &[&str], check: impl Fn(&serde_json::Value) -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + SOON;
    loop {
        let ended = factory(home, args).await;
        let document = serde_json::from_str(&ended.stdout).unwrap_or_default();
        if let Some(found) = check(&document) {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "{args:?} in vain: {ended:?}");
    }
}
