//! The strongest walls that this machine has, tested before they are trusted.

use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::job::Job;
use crate::level::Level;
use crate::report::{End, Report};
use crate::stop::Stop;

/// A place to run jobs in. Cheap to copy; jobs may run at the same time.
#[derive(Debug, Clone)]
pub struct Sandbox {
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "a job object needs no launcher"))]
    launcher: PathBuf,
    walls: Walls,
    level: Level,
}

#[derive(Debug, Clone)]
enum Walls {
    #[cfg(target_os = "linux")]
    Bubblewrap(crate::wall::Bubblewrap),
    #[cfg(target_os = "linux")]
    Landlock(crate::wall::Landlock),
    #[cfg(windows)]
    JobObject,
}

/// Why no job may run on this machine: what each level let through.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no sandbox: {}; install bubblewrap (`apt-get install bubblewrap`) or use a kernel with Landlock", tried.join("; "))]
pub struct Refusal {
    /// For each level that was tried, what is wrong with it.
    pub tried: Vec<String>,
}

impl Sandbox {
    /// The strongest level of this machine that passes the self-test. `launcher` is a program that calls
    /// [`take_over`](crate::launcher::take_over) first thing.
    ///
    /// # Errors
    /// [`Refusal`] when no level holds.
    pub fn open(launcher: &Path) -> Result<Self, Refusal> {
        Self::best(launcher, Self::levels(launcher))
    }

    /// The sandbox of one level, where a person wants no other.
    ///
    /// # Errors
    /// [`Refusal`] when the machine does not have it or it does not hold.
    pub fn open_at(launcher: &Path, level: Level) -> Result<Self, Refusal> {
        let same = |found: &Self| {
            let walls = |level: Level| (level.has_namespaces(), level.hides_files());
            walls(found.level) == walls(level)
        };
        Self::best(launcher, Self::levels(launcher).into_iter().filter(same).collect())
    }

    /// The launcher's path as its jobs see it.
    #[cfg(target_os = "linux")]
    pub(crate) fn launcher_inside(&self) -> PathBuf {
        match &self.walls {
            Walls::Bubblewrap(_) => PathBuf::from(crate::wall::LAUNCHER),
            // Reachable also where nobody may enter the folder that it lies in.
            Walls::Landlock(_) => PathBuf::from("/proc/self/exe"),
        }
    }

    fn best(launcher: &Path, levels: Vec<Self>) -> Result<Self, Refusal> {
        crate::scene::sweep();
        let mut tried = Vec::new();
        if !launcher.is_file() {
            tried.push(format!("there is no launcher at {}", launcher.display()));
            return Err(Refusal { tried });
        }
        for candidate in levels {
            match crate::selftest::passed(&candidate) {
                Ok(level) => return Ok(Self { level, ..candidate }),
                Err(why) => tried.push(format!("{}: {}", candidate.level, why.join(", "))),
            }
        }
        if tried.is_empty() {
            tried.push("this system has no walls that are known here".to_owned());
        }
        Err(Refusal { tried })
    }

    #[cfg(target_os = "linux")]
    fn levels(launcher: &Path) -> Vec<Self> {
        use crate::wall::{Bubblewrap, Landlock};
        let at = |walls, level| Self { launcher: launcher.to_owned(), walls, level };
        let bubblewrap = Bubblewrap::find().map(|found| at(Walls::Bubblewrap(found), Level::Bubblewrap));
        bubblewrap.into_iter().chain([at(Walls::Landlock(Landlock), Level::Landlock)]).collect()
    }

    #[cfg(windows)]
    fn levels(launcher: &Path) -> Vec<Self> {
        vec![Self { launcher: launcher.to_owned(), walls: Walls::JobObject, level: Level::JobObject }]
    }

    #[cfg(not(any(target_os = "linux", windows)))]
    fn levels(_: &Path) -> Vec<Self> {
        Vec::new()
    }

    /// Which walls stand around its jobs.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Runs a job to its end or to the end of its limits; nothing of it is left then. Blocks meanwhile.
    #[must_use]
    pub fn run(&self, job: &Job, stop: &Stop) -> Report {
        self.attempt(job, stop).unwrap_or_else(|why| self.report(End::NotRun(why), Duration::ZERO))
    }

    pub(crate) fn report(&self, end: End, wall: Duration) -> Report {
        Report { end, result: Vec::new(), said: String::new(), wall, level: self.level }
    }

    #[cfg(target_os = "linux")]
    fn attempt(&self, job: &Job, stop: &Stop) -> Result<Report, String> {
        let scene = crate::scene::Scene::set(&job.files, crate::wall::user())
            .map_err(|error| format!("its files could not be written: {error}"))?;
        let nonce = nonce()?;
        let place = (scene.path(), nonce.clone());
        let command = match &self.walls {
            Walls::Bubblewrap(walls) => walls.command(&self.launcher, job, place),
            Walls::Landlock(walls) => walls.command(&self.launcher, job, place),
        };
        let mut command = command.ok_or("a path of it is not UTF-8")?;
        let watched = crate::engine::watch(&mut command, &job.limits, stop)
            .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        Ok(self.read(watched, &nonce))
    }

    /// What a launcher that was watched has left. Without its last words nothing of it counts.
    #[cfg(target_os = "linux")]
    fn read(&self, watched: crate::engine::Watched, nonce: &str) -> Report {
        let mut said = String::from_utf8_lossy(&watched.said).into_owned();
        let words = crate::orders::LastWords::take(&mut said, nonce);
        let landlock = words.as_ref().is_some_and(|words| words.landlock);
        let end = match (watched.cut, words, watched.status) {
            (Some(cut), _, _) => cut,
            (None, Some(words), _) => words.end,
            (None, None, Ok(status)) => End::NotRun(format!("{status}: {}", said.trim())),
            (None, None, Err(error)) => End::NotRun(error.to_string()),
        };
        let level = match &self.walls {
            Walls::Bubblewrap(_) if landlock => Level::BubblewrapLandlock,
            Walls::Bubblewrap(_) => Level::Bubblewrap,
            Walls::Landlock(_) => Level::Landlock,
        };
        Report { end, result: watched.output, said, wall: watched.wall, level }
    }

    #[cfg(windows)]
    fn attempt(&self, job: &Job, stop: &Stop) -> Result<Report, String> {
        let Walls::JobObject = self.walls;
        crate::wall::job_object::run(self, job, stop)
    }

    #[cfg(not(any(target_os = "linux", windows)))]
    fn attempt(&self, _: &Job, _: &Stop) -> Result<Report, String> {
        match self.walls {}
    }
}

/// A word that nobody can guess.
#[cfg(target_os = "linux")]
pub(crate) fn nonce() -> Result<String, String> {
    let bytes = hafs_runtime::entropy::bytes::<16>().map_err(|error| format!("no randomness: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
