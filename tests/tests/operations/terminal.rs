//! The view of `watch` at a real terminal: it draws, it leaves, and it gives the terminal back.
#![cfg(target_os = "linux")]

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use hafs_tests::process::{Process, program, until};

use super::{SOON, build};

const TAKEN: &str = "\u{1b}[?1049h";
const GIVEN_BACK: &str = "\u{1b}[?1049l";

/// A program at a terminal of 80 columns and 24 lines; killed when dropped.
struct Terminal {
    child: Child,
    shown: Arc<Mutex<Vec<u8>>>,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Either it lives and is killed, or it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Terminal {
    /// Nothing where there is no `script`, which makes the terminal.
    fn open(home: &Path) -> Option<Self> {
        let watch =
            format!("stty cols 80 rows 24; echo pid $$.; exec '{}' watch", program("hafs-factory").display());
        let child = Command::new("script")
            .args(["--quiet", "--return", "--flush", "--command", &watch, "/dev/null"])
            .current_dir(home)
            .env("TERM", "xterm-256color")
            .env("HOME", home)
            .env("HAFS_HOME", home.join("data"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut child) = child else {
            println!("SKIPPED: no `script` to make a terminal with");
            return None;
        };
        let (shown, mut out) = (Arc::new(Mutex::new(Vec::new())), child.stdout.take().unwrap());
        let kept = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut chunk = [0; 4_096];
            while let Ok(read @ 1..) = out.read(&mut chunk) {
                kept.lock().unwrap().extend_from_slice(&chunk[..read]);
            }
        });
        Some(Self { child, shown })
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned()
    }

    async fn shows(&self, words: &str) {
        until(&format!("{words:?} on the terminal"), SOON, || self.text().contains(words).then_some(()))
            .await;
    }

    fn press(&mut self, keys: &str) {
        let input = self.child.stdin.as_mut().unwrap();
        input.write_all(keys.as_bytes()).unwrap();
        input.flush().unwrap();
    }

    /// Waits until it has ended; gives its exit code.
    async fn ended(&mut self) -> i32 {
        let child = &mut self.child;
        until("the end", SOON, || child.try_wait().unwrap()).await.code().unwrap()
    }

    /// The process id of the program at the terminal.
    fn pid(&self) -> String {
        let text = self.text();
        text.split("pid ").nth(1).and_then(|rest| rest.split('.').next()).unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_view_draws_answers_keys_and_gives_the_terminal_back_to_q_and_to_a_signal() {
    let home = tempfile::tempdir().unwrap();
    let teacher = build(home.path(), 2_000, "").await;
    let _run = Process::start("hafs-factory", home.path(), &["run", "--no-export", "--json"]);
    until("some calls", SOON, || (teacher.calls() >= 5).then_some(())).await;
    let Some(mut terminal) = Terminal::open(home.path()) else { return };
    for words in [TAKEN, "overview", "accepted", "2,000"] {
        terminal.shows(words).await;
    }
    terminal.press("3");
    terminal.shows("trusted").await;
    terminal.press("\r");
    terminal.shows("machine:").await;
    terminal.press("qq");
    assert_eq!(terminal.ended().await, 0, "{}", terminal.text());
    terminal.shows(GIVEN_BACK).await;

    let Some(mut other) = Terminal::open(home.path()) else { return };
    other.shows("accepted").await;
    assert!(Command::new("kill").args(["-TERM", &other.pid()]).status().unwrap().success());
    assert_eq!(other.ended().await, 0, "{}", other.text());
    other.shows(GIVEN_BACK).await;
}
