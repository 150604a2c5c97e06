//! Repositories that people really have, and some that an enemy would make: each is mined or refused with a clear word.
#![expect(clippy::unwrap_used, reason = "a test program")]

use std::path::{Path, PathBuf};
use std::process::Command;

use hafs_tests::call::{Ended, factory};
use hafs_tests::scripted::{MODEL, Script, ScriptedTeacher};
use serde_json::Value;

/// A text that stands in a file outside of what is mined.
const OUTSIDE: &str = "The garden gate is painted green and nobody may know of it but the gardener.";
/// A section that is worth a seed.
const SECTION: &str = "# The pump\n\nThe pump starts when the tank is full and the valve is open. It stops after ten \
minutes, or when somebody presses the red button beside the door. The log of the last week lies in the drawer.\n";

/// A home with a configuration and a teacher.
struct Site {
    home: tempfile::TempDir,
    _teacher: ScriptedTeacher,
}

impl Site {
    async fn open() -> Self {
        let home = tempfile::tempdir().unwrap();
        let teacher = ScriptedTeacher::start(Script::default()).await.unwrap();
        let config = format!(
            "[coordinator]\ndata_dir = \"data\"\n[run]\ntarget = 40\n[gates]\nrepairs = 0\n[[providers]]\nname = \"scripted\"\nkind = \
             \"openai\"\nbase_url = \"{}\"\npreflight = \"list\"\nslots = 4\n[[providers.models]]\nname = \"{MODEL}\"\nrole = [\"generate\"]\n",
            teacher.base_url()
        );
        std::fs::write(home.path().join("hafs.toml"), config).unwrap();
        Self { home, _teacher: teacher }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    async fn run(&self, source: &str) -> Ended {
        factory(self.home.path(), &["run", source, "--no-export"]).await
    }

    async fn seeds(&self) -> Vec<Value> {
        let page = factory(self.home.path(), &["seeds", "list", "--limit", "500", "--json"]).await.document();
        page["items"].as_array().unwrap().clone()
    }

    /// A repository with one section in it, under the control of `git`.
    fn repository(&self, name: &str) -> PathBuf {
        let at = self.path(name);
        std::fs::create_dir_all(&at).unwrap();
        git(&at, &["init", "--quiet"]);
        self.write(&format!("{name}/docs/pump.md"), SECTION);
        commit(&at, "docs: say when the pump starts and how to stop it\n\nPeople asked.");
        at
    }
}

fn git(folder: &Path, args: &[&str]) {
    let done = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"])
        .args(["-c", "protocol.file.allow=always"])
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn commit(folder: &Path, message: &str) {
    git(folder, &["add", "--all"]);
    git(
        folder,
        &[
            "commit",
            "--quiet",
            "--allow-empty",
            "--allow-empty-message",
            "--cleanup=verbatim",
            "--message",
            message,
        ],
    );
}

/// Nothing in it makes a terminal do something.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || c == '\t' || !c.is_control())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_holds_nothing_is_refused_before_anything_is_begun() {
    let site = Site::open().await;
    std::fs::create_dir_all(site.path("empty")).unwrap();
    std::fs::create_dir_all(site.path("unborn")).unwrap();
    git(&site.path("unborn"), &["init", "--quiet"]);
    std::fs::create_dir_all(site.path("bare.git")).unwrap();
    git(&site.path("bare.git"), &["init", "--quiet", "--bare"]);
    site.write("pictures/a.png", [0x89, b'P', b'N', b'G', 0, 1, 2, 3]);
    site.write("torn/.git/HEAD", "nonsense");
    for (source, code, words) in [
        ("absent", 2, "remedy: name a git repository"),
        ("empty", 3, "nothing to mine"),
        ("pictures", 3, "nothing to mine"),
        ("unborn", 3, "no commit"),
        ("bare.git", 3, "no commit"),
        ("torn", 2, "torn"),
    ] {
        let ended = site.run(source).await;
        ended.says(code, &["error: ", words]);
        assert!(is_plain(&ended.stderr), "{ended:?}");
    }
    assert!(!site.path("data/library.db").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bare_repository_is_mined_like_any_other() {
    let site = Site::open().await;
    site.repository("one");
    git(site.home.path(), &["clone", "--quiet", "--bare", "one", "two.git"]);
    site.run("two.git").await.says(0, &[]);
    let seeds = site.seeds().await;
    assert!(seeds.iter().any(|seed| seed["draft"]["kind"] == "commit"), "{seeds:?}");
}

/// Files that no program likes, and links that lead out.
fn fill_with_odd_files(site: &Site, at: &str) {
    site.write("outside/secret.md", format!("# Secret\n\n{OUTSIDE}\n\n{OUTSIDE}\n"));
    site.write(&format!("{at}/blob.bin"), [0_u8, 159, 146, 150].repeat(5_000));
    site.write(&format!("{at}/latin1.md"), b"# Caf\xe9\n\nThe caf\xe9 opens at eight and closes when the last guest has gone home, which may be late.\n");
    site.write(&format!("{at}/huge.md"), "A line of a very long file.\n".repeat(50 * 1024 * 1024 / 28));
    site.write(&format!("{at}/--upload-pack=touch pwned.md"), SECTION.replace("pump", "mill"));
    site.write(&format!("{at}/a\u{1b}[2Jb.md"), SECTION.replace("pump", "lamp"));
    site.write(&format!("{at}/one-line.rs"), format!("const A: &str = \"{}\";\n", "x".repeat(900_000)));
    let link =
        |target: &str, name: &str| std::os::unix::fs::symlink(target, site.path(&format!("{at}/{name}")));
    link("../outside/secret.md", "link.md").unwrap();
    link("../outside", "linked").unwrap();
    link("/etc/passwd", "passwd.md").unwrap();
    link(".", "loop").unwrap();
    link("nowhere", "dangling.md").unwrap();
}

fn check_seeds(seeds: &[Value]) {
    let all = serde_json::to_string(seeds).unwrap();
    assert!(all.contains("The mill starts"), "a file with a strange name is a file: {all}");
    assert!(!all.contains(OUTSIDE) && !all.contains("root:"), "nothing outside is read");
    assert!(!all.contains("very long file"), "a file over the limit is left out");
    assert!(!all.contains("\\u0000"), "nothing binary");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_files_of_a_folder_are_left_out_and_links_do_not_lead_out() {
    let site = Site::open().await;
    site.write("odd/docs/pump.md", SECTION);
    fill_with_odd_files(&site, "odd");
    let ended = site.run("odd").await;
    ended.says(0, &[]);
    assert!(is_plain(&ended.stdout) && is_plain(&ended.stderr), "{ended:?}");
    check_seeds(&site.seeds().await);
    assert!(!site.path("pwned.md").exists() && !site.path("odd/pwned.md").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_repository_is_mined_and_obeyed_in_nothing() {
    let site = Site::open().await;
    let at = site.repository("evil");
    fill_with_odd_files(&site, "evil");
    commit(
        &at,
        "docs: \u{1b}]0;owned\u{7} \u{1b}[2J\u{202e}a change with a long enough subject\n\n\u{8}\u{8}Body.\u{1b}[31m",
    );
    site.write("evil/docs/pump.md", SECTION.replace("ten", "twelve"));
    git(&at, &["add", "--all"]);
    let author = "--upload-pack=touch pwned <\u{1b}[31m@example.com>";
    git(
        &at,
        &[
            "commit",
            "--quiet",
            "--author",
            author,
            "--message",
            "--exec=touch pwned; the pump runs longer now",
        ],
    );
    let inner = site.repository("inner");
    git(&at, &["submodule", "--quiet", "add", inner.to_str().unwrap(), "vendor"]);
    commit(&at, "vendor: take the inner repository along as a submodule");
    commit(&at, "");
    git(&at, &["update-ref", "refs/heads/--upload-pack=pwned", "HEAD"]);
    site.write("evil/.git/hooks/post-checkout", "#!/bin/sh\ntouch pwned\n");
    git(&at, &["config", "core.fsmonitor", "touch pwned"]);
    git(&at, &["config", "core.pager", "touch pwned"]);
    git(&at, &["config", "diff.external", "touch pwned"]);

    let ended = site.run("evil").await;
    ended.says(0, &[]);
    assert!(is_plain(&ended.stdout) && is_plain(&ended.stderr), "{ended:?}");
    let seeds = site.seeds().await;
    check_seeds(&seeds);
    let count = |kind: &str| seeds.iter().filter(|seed| seed["draft"]["kind"] == kind).count();
    assert!(count("commit") >= 2, "{seeds:?}");
    for shown in [&["seeds", "list"][..], &["samples", "list"], &["tasks", "list"], &["status"]] {
        let shown = factory(site.home.path(), shown).await;
        assert!(shown.code == Some(0) && is_plain(&shown.stdout), "{shown:?}");
    }
    for folder in ["", "evil", "evil/.git", "data"] {
        assert!(!site.path(folder).join("pwned").exists(), "a command of the repository ran");
    }
}
