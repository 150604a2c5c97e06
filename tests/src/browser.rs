//! A real headless Chromium, driven over its debugging pipe.
//!
//! The pipe needs no library and no port: Chromium reads commands from file 3 and writes answers to file 4, JSON with a NUL
//! behind each. It ends when the pipe closes, so none outlives its test.
#![expect(clippy::unwrap_used, reason = "only tests use it")]

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, timeout};

/// Longer than anything that a page does here takes, also on a slow machine.
const SOON: Duration = Duration::from_secs(60);
/// What the pipe is moved to; the shell does it, because the standard library cannot.
const SCRIPT: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#;
const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// A Chromium with one open page.
pub struct Browser {
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    session: String,
    last: u64,
    events: Vec<Value>,
    _profile: tempfile::TempDir,
    _process: Child,
}

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// Width in CSS pixels.
    pub width: u32,
    /// Height in CSS pixels.
    pub height: u32,
    /// Whether the reader prefers dark pages.
    pub dark: bool,
}

/// A key of the keyboard: its name in events, its code and what it writes.
#[derive(Debug, Clone, Copy)]
pub struct Key(pub &'static str, pub u32, pub &'static str);

impl Key {
    /// Goes to the next control.
    pub const TAB: Self = Self("Tab", 9, "");
    /// Presses the control.
    pub const ENTER: Self = Self("Enter", 13, "\r");
}

impl Browser {
    /// Starts one; nothing, and a line that says so, when there is none on this machine.
    ///
    /// # Panics
    /// When there is one that cannot be driven.
    #[expect(clippy::print_stdout, reason = "a test says that it was not run")]
    pub async fn start() -> Option<Self> {
        let found = PROGRAMS.into_iter().find(|name| find(name));
        let Some(program) = found else {
            println!("SKIPPED: there is no Chromium (scripts/setup.sh installs it)");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let mut process = Command::new("sh")
            .args(["-c", SCRIPT, program, "--headless=new", "--remote-debugging-pipe", "--no-first-run"])
            // It runs as root in containers, where its own sandbox cannot be set up; it sees pages of ours only.
            .args([
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
            ])
            .args(["--disable-component-update", "--disable-extensions", "--hide-scrollbars", "--mute-audio"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (commands, answers) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let answers = BufReader::new(answers);
        let (session, events) = (String::new(), Vec::new());
        let mut browser =
            Self { commands, answers, session, last: 0, events, _profile: profile, _process: process };
        browser.open().await;
        Some(browser)
    }

    async fn open(&mut self) {
        let target = self.call("Target.createTarget", json!({"url": "about:blank"})).await;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = self.call("Target.attachToTarget", attach).await;
        session["sessionId"].as_str().unwrap().clone_into(&mut self.session);
        for domain in ["Page", "Runtime", "Log", "Network", "DOM"] {
            self.call(&format!("{domain}.enable"), json!({})).await;
        }
    }

    /// Gives a command and waits for its answer; what happens meanwhile is noted.
    ///
    /// # Panics
    /// When it is refused, or takes longer than a minute.
    pub async fn call(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let id = self.last;
        let mut command = json!({"id": id, "method": method, "params": params});
        if !self.session.is_empty() {
            command["sessionId"] = json!(self.session);
        }
        let mut bytes = command.to_string().into_bytes();
        bytes.push(0);
        self.commands.write_all(&bytes).await.unwrap();
        self.commands.flush().await.unwrap();
        loop {
            let message = self.read(method).await;
            if message["id"] != id {
                self.events.push(message);
                continue;
            }
            assert!(message["error"].is_null(), "{method}: {}", message["error"]);
            return message["result"].clone();
        }
    }

    async fn read(&mut self, what: &str) -> Value {
        let mut bytes = Vec::new();
        let read = timeout(SOON, self.answers.read_until(0, &mut bytes)).await;
        let read = read.unwrap_or_else(|_| panic!("{what}: no answer within {SOON:?}")).unwrap();
        assert!(read > 0, "{what}: the browser has ended");
        serde_json::from_slice(bytes.strip_suffix(&[0]).unwrap_or(&bytes)).unwrap()
    }

    /// Looks at pages in another way from now on.
    pub async fn look(&mut self, view: View) {
        let View { width, height, dark } = view;
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", media).await;
    }

    /// Opens an address and waits until it is loaded.
    pub async fn goto(&mut self, url: &str) {
        let before = self.loads();
        let answer = self.call("Page.navigate", json!({"url": url})).await;
        assert!(answer["errorText"].is_null(), "{url}: {answer}");
        self.loaded(before).await;
    }

    /// Does something that opens another page, and waits until that is loaded.
    pub async fn follow(&mut self, act: impl AsyncFnOnce(&mut Self)) {
        let before = self.loads();
        act(self).await;
        self.loaded(before).await;
    }

    fn loads(&self) -> usize {
        self.events.iter().filter(|event| event["method"] == "Page.loadEventFired").count()
    }

    async fn loaded(&mut self, before: usize) {
        let began = Instant::now();
        while self.loads() == before {
            assert!(began.elapsed() < SOON, "no page was loaded; now at {}", self.path().await);
            let event = self.read("loading").await;
            self.events.push(event);
        }
    }

    /// The value of an expression of JavaScript.
    ///
    /// # Panics
    /// When it throws.
    pub async fn value(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", params).await;
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// The text of the page, or of the first element that fits.
    pub async fn text(&mut self, selector: &str) -> String {
        let found = self.value(&format!("document.querySelector({})?.innerText", json!(selector))).await;
        found.as_str().unwrap_or_else(|| panic!("there is no `{selector}`")).to_owned()
    }

    /// Path and query of the page.
    pub async fn path(&mut self) -> String {
        self.value("location.pathname + location.search").await.as_str().unwrap_or_default().to_owned()
    }

    /// Clicks the middle of the first element that fits.
    ///
    /// # Panics
    /// When there is none, or it is not to be seen.
    pub async fn click(&mut self, selector: &str) {
        let place = format!(
            "(() => {{ const e = document.querySelector({}); if (!e) return null; \
             e.scrollIntoView({{block: 'center', behavior: 'instant'}}); const r = e.getClientRects()[0]; \
             return r && [r.x + r.width / 2, r.y + r.height / 2]; }})()",
            json!(selector)
        );
        let place = self.value(&place).await;
        assert!(place.is_array(), "there is no `{selector}` to click at {}", self.path().await);
        for kind in ["mousePressed", "mouseReleased"] {
            let press =
                json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", press).await;
        }
    }

    /// Presses a key.
    pub async fn press(&mut self, Key(key, code, text): Key) {
        let down = json!({"type": "keyDown", "key": key, "windowsVirtualKeyCode": code, "text": text});
        self.call("Input.dispatchKeyEvent", down).await;
        let up = json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code});
        self.call("Input.dispatchKeyEvent", up).await;
    }

    /// Writes into the control that has the focus.
    pub async fn write(&mut self, text: &str) {
        self.call("Input.insertText", json!({"text": text})).await;
    }

    /// Saves a picture of the whole page.
    pub async fn picture(&mut self, file: &Path) {
        let params = json!({"format": "png", "captureBeyondViewport": true});
        let picture = self.call("Page.captureScreenshot", params).await;
        std::fs::write(file, STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()).unwrap();
    }

    /// Whether the page is wider than what it is looked at through.
    pub async fn scrolls_sideways(&mut self) -> bool {
        let wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
        self.value(wide).await == true
    }

    /// What has gone wrong so far: errors of scripts, on the console and in the log, where reports of the content security
    /// policy are, dialogs, and requests that went anywhere but to `home`.
    pub async fn trouble(&mut self, home: &str) -> Vec<String> {
        // An answer comes after everything that has happened before it.
        self.value("0").await;
        self.events.iter().filter_map(|event| trouble(event, home)).collect()
    }
}

fn trouble(event: &Value, home: &str) -> Option<String> {
    let params = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(format!("exception: {}", params["exceptionDetails"])),
        "Runtime.consoleAPICalled" if params["type"] == "error" => Some(format!("console: {params}")),
        "Log.entryAdded" if params["entry"]["level"] == "error" => Some(format!("log: {}", params["entry"])),
        "Page.javascriptDialogOpening" => Some(format!("dialog: {params}")),
        "Network.requestWillBeSent" => {
            let url = params["request"]["url"].as_str().unwrap_or_default();
            let own = url.starts_with(home) || url.starts_with("about:");
            (!own).then(|| format!("request: {url}"))
        }
        _ => None,
    }
}

fn find(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}
