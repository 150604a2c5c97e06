//! What a program asked of the disk, by strace: every write, every sync and every name, in order, with its bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is listened to.
const CALLS: &str = "trace=open,openat,creat,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,ftruncate,\
     fallocate,rename,renameat,renameat2,unlink,unlinkat,lseek";

/// What a program says aloud as soon as something is acknowledged to it.
pub const ACKNOWLEDGED: &str = "acknowledged ";

/// A call, from the line where it began to the line where it ended. Another thread's calls may lie in between.
#[derive(Debug, Clone)]
pub struct Call {
    pub began: usize,
    pub ended: usize,
    pub what: What,
}

/// What it did. Calls on anything but files below the folder that is watched are left out.
#[derive(Debug, Clone)]
pub enum What {
    Open {
        path: PathBuf,
        create: bool,
        truncate: bool,
        append: bool,
    },
    /// Without a place it goes on where the last one of the file ended.
    Write {
        path: PathBuf,
        at: Option<u64>,
        bytes: Vec<u8>,
    },
    /// At least so long from now on.
    Reserve {
        path: PathBuf,
        length: u64,
    },
    Truncate {
        path: PathBuf,
        length: u64,
    },
    Seek {
        path: PathBuf,
        to: u64,
    },
    Sync {
        path: PathBuf,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Unlink {
        path: PathBuf,
    },
    Acknowledge(String),
}

/// Runs a test of this program in a process of its own and gives what it asked of the disk. Nothing where processes
/// cannot be traced.
pub fn record(child: &str, variable: &str, folder: &Path) -> Option<Vec<Call>> {
    let file = folder.with_extension("strace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-xx", "-s", "16777216", "--seccomp-bpf", "-e", CALLS, "-o"]).arg(&file);
    strace.arg(std::env::current_exe().ok()?).args(["--exact", child, "--nocapture"]).env(variable, folder);
    strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let succeeded = strace.status().is_ok_and(|status| status.success());
    let text = succeeded.then(|| std::fs::read_to_string(&file).ok()).flatten()?;
    let calls = read(&text, folder);
    (!calls.is_empty()).then_some(calls)
}

fn read(text: &str, folder: &Path) -> Vec<Call> {
    let mut waiting: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    let mut calls = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix("<unfinished ...>") {
            waiting.insert(thread, (at, begun));
        } else if let Some(resumed) = rest.strip_prefix("<... ") {
            let tail = resumed.split_once("resumed>").map_or("", |(_, tail)| tail);
            if let Some((began, head)) = waiting.remove(thread) {
                calls.extend(call(&format!("{head}{tail}"), folder).map(|what| Call {
                    began,
                    ended: at,
                    what,
                }));
            }
        } else {
            calls.extend(call(rest, folder).map(|what| Call { began: at, ended: at, what }));
        }
    }
    calls.sort_by_key(|call| call.began);
    calls
}

/// One call: `name(arguments) = result`.
fn call(text: &str, folder: &Path) -> Option<What> {
    let (name, rest) = text.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    let result = result.split([' ', '<']).next()?;
    if result.starts_with('-') {
        return None;
    }
    let of = |text: &str| Some(named(text, folder)).filter(|path| path.starts_with(folder));
    let fields: Vec<&str> = arguments.trim_end().strip_suffix(')')?.split(", ").map(str::trim).collect();
    let first = *fields.first()?;
    match name {
        "open" | "openat" | "creat" => {
            let named = fields.iter().find(|field| field.starts_with('"'))?;
            let flag = |flag: &str| {
                name == "creat" || fields.iter().any(|field| field.split('|').any(|one| one == flag))
            };
            let append = fields.iter().any(|field| field.contains("O_APPEND"));
            Some(What::Open { path: of(named)?, create: flag("O_CREAT"), truncate: flag("O_TRUNC"), append })
        }
        "write" | "pwrite64" | "writev" | "pwritev" | "pwritev2" => {
            let mut bytes: Vec<u8> = arguments.split('"').skip(1).step_by(2).flat_map(unhex).collect();
            if let Some(said) =
                std::str::from_utf8(&bytes).ok().and_then(|text| text.strip_prefix(ACKNOWLEDGED))
            {
                return Some(What::Acknowledge(said.trim_end().to_owned()));
            }
            // A write may have been cut short.
            bytes.truncate(result.parse().ok()?);
            let place = if name == "pwritev2" { fields.iter().rev().nth(1) } else { fields.last() };
            let at = name.starts_with('p').then(|| place.and_then(|at| at.parse().ok())).flatten();
            Some(What::Write { path: of(first)?, at, bytes })
        }
        "fsync" | "fdatasync" => Some(What::Sync { path: of(first)? }),
        // Any other mode leaves the length as it is.
        "fallocate" if fields.get(1) == Some(&"0") => {
            let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
            Some(What::Reserve { path: of(first)?, length: number(2)? + number(3)? })
        }
        "ftruncate" => Some(What::Truncate { path: of(first)?, length: fields.get(1)?.parse().ok()? }),
        "lseek" => Some(What::Seek { path: of(first)?, to: result.parse().ok()? }),
        "rename" | "renameat" | "renameat2" => {
            let mut names =
                fields.iter().filter(|field| field.starts_with('"')).map(|text| named(text, folder));
            Some(What::Rename { from: names.next()?, to: names.next().filter(|to| to.starts_with(folder))? })
        }
        "unlink" | "unlinkat" => {
            Some(What::Unlink { path: of(fields.iter().find(|field| field.starts_with('"'))?)? })
        }
        _ => None,
    }
}

/// The absolute path of a file. The only program that gives others is PostgreSQL's server, which works in its data
/// folder.
fn named(text: &str, folder: &Path) -> PathBuf {
    folder.join("data").join(path(text))
}

/// The path in `"..."` or in `7<...>`, whose bytes are all in hexadecimal.
fn path(text: &str) -> PathBuf {
    let inner = text.split(['"', '<']).nth(1).unwrap_or_default().trim_end_matches(['>', '"']);
    PathBuf::from(String::from_utf8_lossy(&unhex(inner)).into_owned())
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        _ => 0,
    };
    text.as_bytes().chunks_exact(4).map(|hex| digit(hex[2]) * 16 + digit(hex[3])).collect()
}
