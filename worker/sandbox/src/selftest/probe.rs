//! What the self-test does inside. Whatever works is written to standard output.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::launcher::PROBE;

/// Bytes shown of a file that could be read.
const SHOWN: u64 = 4096;
/// How long a process that should not survive would live.
const LIFE: Duration = Duration::from_secs(120);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_millis(200);

/// Runs the probe of a name.
pub(crate) fn probe(arguments: &[String]) {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["read", paths @ ..] => paths.iter().for_each(|path| read(path)),
        ["link", path] => link(path),
        ["environment"] => std::env::vars_os().for_each(|(name, value)| {
            say(&format!("{}={}\n", name.display(), value.display()));
        }),
        ["reach", port, process] => reach(port, process),
        ["write", paths @ ..] => paths.iter().for_each(|path| {
            let _ = std::fs::write(path, "written");
        }),
        ["fork", most, mark] => fork(most, mark),
        ["leave", mark] => {
            napper("nap-apart", mark);
        }
        ["swarm", count, each, mark] => swarm(count, each, mark),
        ["swell", each, _] => swell(each),
        ["nap", _] => std::thread::sleep(LIFE),
        ["nap-apart", _] => {
            let _ = rustix::process::setsid();
            std::thread::sleep(LIFE);
        }
        ["memory", most] => memory(most),
        ["disk", most] => disk(most),
        ["output"] => while say(&"x".repeat(4096)) {},
        _ => {}
    }
}

fn say(text: &str) -> bool {
    std::io::stdout().write_all(text.as_bytes()).is_ok()
}

fn read(path: &str) {
    let mut text = Vec::new();
    if let Ok(names) = std::fs::read_dir(path) {
        names.flatten().for_each(|name| text.extend_from_slice(name.file_name().as_encoded_bytes()));
    } else if let Ok(file) = File::open(path) {
        let _ = file.take(SHOWN).read_to_end(&mut text);
    }
    say(&String::from_utf8_lossy(&text));
}

fn link(path: &str) {
    let _ = std::os::unix::fs::symlink(path, "link");
    read("link");
    let _ = std::fs::hard_link(path, "hard");
    read("hard");
}

fn reach(port: &str, process: &str) {
    let port = port.parse().unwrap_or_default();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    if TcpStream::connect_timeout(&address, CONNECT).is_ok() {
        say("a TCP port\n");
    }
    if UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.send_to(b"x", address)).is_ok() {
        say("a UDP port\n");
    }
    let process = process.parse().ok().and_then(rustix::process::Pid::from_raw);
    if process.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok()) {
        say("a process outside\n");
    }
}

/// Starts a process that should not survive the job; nothing of it holds a pipe of the job.
fn napper(what: &str, mark: &str) -> bool {
    start(&[what, mark])
}

fn start(words: &[&str]) -> bool {
    // Where there is no `/proc`, the name that it was called by is its path.
    let own = std::path::PathBuf::from("/proc/self/exe");
    let program = if own.exists() { Some(own) } else { std::env::args_os().next().map(Into::into) };
    let Some(program) = program else { return false };
    let mut command = Command::new(program);
    command.arg(PROBE).args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}

fn fork(most: &str, mark: &str) {
    let most = most.parse().unwrap_or(0_usize);
    let started = (0..most).take_while(|_| napper("nap", mark)).count();
    say(&started.to_string());
}

/// Starts processes that each take memory, and waits.
fn swarm(count: &str, each: &str, mark: &str) {
    let count = count.parse().unwrap_or(0_usize);
    (0..count).for_each(|_| {
        start(&["swell", each, mark]);
    });
    std::thread::sleep(LIFE);
}

/// Takes so many MiB and writes to them.
fn swell(each: &str) {
    let held = vec![1_u8; each.parse().unwrap_or(0_usize) << 20];
    std::thread::sleep(LIFE);
    drop(std::hint::black_box(held));
}

/// Reserves address space, 64 MiB at a time.
fn memory(most: &str) {
    let most = most.parse().unwrap_or(0_usize);
    let mut held: Vec<Vec<u8>> = Vec::new();
    for _ in 0..most / 64 {
        let mut block = Vec::new();
        if block.try_reserve_exact(64 << 20).is_err() {
            break;
        }
        held.push(block);
    }
    say(&(held.len() * 64).to_string());
}

/// Writes files of one MiB.
fn disk(most: &str) {
    let most = most.parse().unwrap_or(0_usize);
    let block = vec![b'x'; 1 << 20];
    let written = (0..most).take_while(|nth| std::fs::write(format!("file{nth}"), &block).is_ok()).count();
    say(&written.to_string());
}
