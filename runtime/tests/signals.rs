//! Signals of the operating system, sent to a real process.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use hafs_runtime::shutdown;

const CHILD: &str = "HAFS_TEST_SIGNALS";

/// Runs again as a child process that says which step of the shutdown it has seen.
#[test]
fn sigterm_drains_and_a_second_signal_stops() {
    if std::env::var_os(CHILD).is_some() {
        child();
        return;
    }
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "--nocapture", "sigterm_drains_and_a_second_signal_stops"])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let send = |signal: &str, to: u32| {
        let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {to}")]).status();
        assert!(sent.expect("sh").success());
    };
    let pid = child.id();
    let steps: Vec<String> = BufReader::new(child.stdout.take().expect("piped"))
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| Some(line.split_once("step ")?.1.to_owned()))
        .inspect(|step| match step.as_str() {
            "listening" => send("TERM", pid),
            "draining" => send("INT", pid),
            _ => {}
        })
        .collect();
    assert_eq!(steps, ["listening", "draining", "stopped"]);
    assert!(child.wait().expect("it ended").success());
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the parent process reads it")]
async fn child() {
    let shutdown = shutdown::listen().expect("handlers");
    println!("step listening");
    shutdown.drain.cancelled().await;
    println!("step draining");
    shutdown.stop.cancelled().await;
    println!("step stopped");
}
