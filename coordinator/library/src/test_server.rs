//! A PostgreSQL server of a test's own, on a free port of the loopback and in a folder that goes away with it.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::address::PostgresUrl;

/// Stops the server and removes its folder, if it is to be removed, as soon as its own input ends, which it does when
/// the test's process ends, however that comes about.
const JANITOR: &str = r#"cat > /dev/null; "$1" -D "$2/data" -m immediate -w stop; rm -rf "$3""#;

/// Whether a server survives a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// As in production.
    Full,
    /// It does not flush, which is several times faster.
    None,
}

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct PostgresServer {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    owner: Option<u32>,
    durability: Durability,
    databases: AtomicU32,
    janitor: Child,
}

static SERVERS: AtomicU32 = AtomicU32::new(0);
static SHARED: LazyLock<Result<PostgresServer, String>> =
    LazyLock::new(|| PostgresServer::start(Durability::None));

impl PostgresServer {
    /// The server that all tests of a process share, without durability.
    ///
    /// # Errors
    /// Why no server can be had.
    pub fn shared() -> Result<&'static Self, &'static str> {
        SHARED.as_ref().map_err(String::as_str)
    }

    /// Makes a server with an empty database cluster and starts it.
    ///
    /// # Errors
    /// Why no server can be had.
    pub fn start(durability: Durability) -> Result<Self, String> {
        Self::start_from(&programs()?, durability)
    }

    /// As [`PostgresServer::start`], with the server programs of a folder.
    ///
    /// # Errors
    /// Why no server can be had.
    pub fn start_from(programs: &Path, durability: Durability) -> Result<Self, String> {
        let number = SERVERS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("hafs-pg-{}-{number}", std::process::id()));
        fs::create_dir(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        let remove = folder.clone();
        Self::launch(programs, folder, &remove, durability)
    }

    /// A server on the database cluster in `folder/data`, which is made if there is none; the folder stays. Its user
    /// must be able to reach it.
    ///
    /// # Errors
    /// Why no server can be had.
    pub fn serve(folder: &Path, durability: Durability) -> Result<Self, String> {
        Self::launch(&programs()?, folder.to_owned(), Path::new(""), durability)
    }

    fn launch(
        programs: &Path,
        folder: PathBuf,
        remove: &Path,
        durability: Durability,
    ) -> Result<Self, String> {
        let owner = owner()?;
        give(&folder, owner)?;
        let mut janitor = as_owner("sh", owner);
        janitor.args(["-c", JANITOR, "janitor"]).arg(programs.join("pg_ctl")).arg(&folder).arg(remove);
        let janitor = in_a_group_of_its_own(&mut janitor).stdin(Stdio::piped()).stdout(Stdio::null());
        let janitor = janitor.stderr(Stdio::null()).spawn().map_err(|error| error.to_string())?;
        let (programs, databases) = (programs.to_owned(), AtomicU32::new(0));
        let server = Self { programs, folder, port: free_port()?, owner, durability, databases, janitor };
        if server.data().exists() {
            server.adopt()?
        } else {
            server.initialise()?
        }
        server.up()?;
        Ok(server)
    }

    /// Copies an empty database cluster, which is made once for all tests of a machine, because making one takes
    /// longer than most tests.
    fn initialise(&self) -> Result<(), String> {
        let name: String =
            self.programs.to_string_lossy().chars().filter(char::is_ascii_alphanumeric).collect();
        let template =
            std::env::temp_dir().join(format!("hafs-pg-template-{name}-{}", self.owner.unwrap_or(0)));
        let words = |error: std::io::Error| format!("{}: {error}", template.display());
        let lock = fs::File::create(template.with_extension("lock")).map_err(words)?;
        lock.lock().map_err(words)?;
        if !template.exists() {
            let partial = self.folder.join("template");
            let mut initdb = as_owner(self.programs.join("initdb"), self.owner);
            initdb.args(["--username=hafs", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]);
            finish(initdb.args(["--wal-segsize=1", "--no-instructions", "-D"]).arg(&partial))?;
            fs::rename(partial, &template).map_err(words)?;
        }
        drop(lock);
        finish(as_owner("cp", self.owner).arg("-R").arg(&template).arg(self.data()))
    }

    /// Makes a folder that was put together by somebody else the server's.
    fn adopt(&self) -> Result<(), String> {
        // Left by a server that did not stop by itself; another process may have its number now.
        let _ = fs::remove_file(self.data().join("postmaster.pid"));
        if let Some(owner) = self.owner {
            finish(as_owner("chown", None).arg("-R").arg(owner.to_string()).arg(&self.folder))?;
        }
        finish(as_owner("chmod", None).arg("700").arg(self.data()))
    }

    /// Starts the server, also again after [`PostgresServer::crash`].
    ///
    /// # Errors
    /// Why it does not start.
    pub fn up(&self) -> Result<(), String> {
        let settings = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c shared_buffers=32MB -c fsync={}",
            self.port,
            self.folder.display(),
            if self.durability == Durability::Full { "on" } else { "off" },
        );
        let mut last = Ok(());
        // Processes of a server that was killed go away by themselves, but not at once.
        for _ in 0..50 {
            let mut start = as_owner(self.programs.join("pg_ctl"), self.owner);
            start.arg("-D").arg(self.data()).arg("-l").arg(self.folder.join("log"));
            last = finish(start.args(["-o", &settings, "-w", "start"]));
            if last.is_ok() {
                return last;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        last
    }

    /// Kills the server as a crash of its machine would, without a chance to tidy up.
    ///
    /// # Errors
    /// When it is not running.
    pub fn crash(&self) -> Result<(), String> {
        let text =
            fs::read_to_string(self.data().join("postmaster.pid")).map_err(|error| error.to_string())?;
        let pid = text.lines().next().unwrap_or_default().to_owned();
        finish(as_owner("kill", None).args(["-9", &pid]))
    }

    /// The address of a new, empty database.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn database(&self) -> PostgresUrl {
        let name = format!("library_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.execute("postgres", &format!("CREATE DATABASE {name}"));
        self.address(&name)
    }

    /// The address of a database. One of a server without durability accepts that.
    ///
    /// # Panics
    /// Never: the address is well formed.
    #[must_use]
    pub fn address(&self, database: &str) -> PostgresUrl {
        let address: PostgresUrl = self.text(database).parse().unwrap_or_else(|error| panic!("{error}"));
        match self.durability {
            Durability::Full => address,
            Durability::None => address.accepting_an_unsafe_server(),
        }
    }

    /// The address of a database as a text, such as a configuration holds.
    #[must_use]
    pub fn text(&self, database: &str) -> String {
        format!("postgres://hafs@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs a statement on a database, as an administrator would.
    ///
    /// # Panics
    /// When it fails.
    pub fn execute(&self, database: &str, sql: &str) {
        let mut psql = as_owner(self.programs.join("psql"), self.owner);
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &self.text(database), "-c", sql]);
        if let Err(error) = finish(&mut psql) {
            panic!("{sql}: {error}");
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        drop(self.janitor.stdin.take());
        // Whatever it answers, there is nothing more to do.
        let _ = self.janitor.wait();
    }
}

/// The folder of the server programs: one on the path, the newest of a Debian system, one that was installed for
/// the tests.
fn programs() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    debian.sort();
    let installed = std::env::var_os("HAFS_TEST_PGVECTOR").map(PathBuf::from);
    let folders = std::env::split_paths(&path).chain(debian.into_iter().rev()).chain(installed);
    let complete =
        |folder: &PathBuf| ["initdb", "pg_ctl", "psql"].iter().all(|name| folder.join(name).exists());
    folders.into_iter().find(complete).ok_or_else(|| "no PostgreSQL server is installed".to_owned())
}

/// Whom the server runs as when this is root, as whom it refuses to run.
#[cfg(unix)]
fn owner() -> Result<Option<u32>, String> {
    use std::os::unix::fs::MetadataExt;
    let own = fs::metadata("/proc/self").map_err(|error| error.to_string())?.uid();
    if own != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").map_err(|error| error.to_string())?;
    let id = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        line.split(':').nth(2)?.parse().ok()
    };
    match id("postgres").or_else(|| id("nobody")) {
        Some(user) => Ok(Some(user)),
        None => Err("root cannot run a PostgreSQL server and there is no user for it".to_owned()),
    }
}

#[cfg(not(unix))]
fn owner() -> Result<Option<u32>, String> {
    Ok(None)
}

#[cfg(unix)]
fn give(folder: &Path, owner: Option<u32>) -> Result<(), String> {
    let Some(user) = owner else { return Ok(()) };
    std::os::unix::fs::chown(folder, Some(user), None).map_err(|error| error.to_string())
}

#[cfg(not(unix))]
fn give(_folder: &Path, _owner: Option<u32>) -> Result<(), String> {
    Ok(())
}

fn as_owner(program: impl AsRef<std::ffi::OsStr>, owner: Option<u32>) -> Command {
    let mut command = Command::new(program);
    // The test's own folder may be closed to that user.
    command.current_dir(std::env::temp_dir());
    #[cfg(unix)]
    if let Some(user) = owner {
        std::os::unix::process::CommandExt::uid(&mut command, user);
    }
    command
}

/// So that what ends the test's group of processes leaves the janitor at work.
fn in_a_group_of_its_own(command: &mut Command) -> &mut Command {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    command
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

/// Runs a command to its end; its output goes to a file, because a server that it starts would keep a pipe open.
fn finish(command: &mut Command) -> Result<(), String> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{} failed: {status}", command.get_program().display())),
        Err(error) => Err(format!("{} cannot be run: {error}", command.get_program().display())),
    }
}
