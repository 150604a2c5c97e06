//! Why a command failed: what is said, what to do about it, and the exit code.

use std::error::Error;
use std::fmt;

use crate::exit::Exit;
use crate::text::escape;

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    message: String,
    causes: Vec<String>,
    remedy: Option<String>,
}

impl Failure {
    /// A failure in words.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), causes: Vec::new(), remedy: None }
    }

    /// A failure with an exit code other than that of its error.
    pub fn with_exit(exit: Exit, error: &(dyn Error + 'static)) -> Self {
        Self { exit, ..Self::of(error) }
    }

    fn of(error: &(dyn Error + 'static)) -> Self {
        let message = error.to_string();
        let causes = std::iter::successors(error.source(), |&cause| cause.source());
        let mut said = vec![message.clone()];
        for cause in causes.map(ToString::to_string) {
            // Some errors show their cause in their own words already.
            if said.last().is_none_or(|last| !last.contains(&cause)) {
                said.push(cause);
            }
        }
        let causes = said.split_off(1);
        Self { exit: Exit::of(error), message, causes, remedy: None }
    }

    /// What happened and why, on one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let parts: Vec<&str> =
            std::iter::once(&self.message).chain(&self.causes).map(String::as_str).collect();
        parts.join(": ")
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", escape(&self.message).replace('\n', "\n  "))?;
        for cause in &self.causes {
            write!(f, "\n  cause: {}", escape(cause))?;
        }
        match &self.remedy {
            Some(remedy) => write!(f, "\n  remedy: {}", escape(remedy)),
            None => Ok(()),
        }
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hafs_coordinator::app::StartError;
    use hafs_library::StoreError;

    #[test]
    fn a_failure_names_cause_and_remedy_and_escapes_what_a_terminal_would_obey() {
        let locked = StoreError::Locked { path: "library.db".into(), pid: Some(7) };
        let text = Failure::from(StartError::Library(locked)).remedy("wait").to_string();
        assert_eq!(text.lines().next(), Some("error: cannot use the library"));
        assert!(text.contains("cause: the library library.db is in use by process 7"), "{text}");
        assert!(text.ends_with("remedy: wait"), "{text}");
        assert!(!Failure::new(Exit::Failed, "a\u{1b}[2Jb").to_string().contains('\u{1b}'));
    }

    #[test]
    fn a_cause_that_its_error_shows_already_is_not_said_twice() {
        let text = Failure::from(std::io::Error::other("the disk")).to_string();
        assert_eq!(text, "error: the disk");
    }
}
