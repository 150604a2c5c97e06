//! Objects by their ids, through one long-lived pair of git processes. What comes back is what was committed: no
//! filter, conversion or link is applied.

use super::process::{Git, Running};
use crate::cursor::is_object_id;
use crate::error::HarvestError;
use crate::skip::Skip;
use crate::strand::Watch;

const LINE_BYTES: usize = 256;

/// Reads objects.
pub(crate) struct Blobs<'a> {
    sizes: Running<'a>,
    contents: Running<'a>,
}

impl<'a> Blobs<'a> {
    /// Starts the two processes: one is asked for the size first, so that a huge object is never sent.
    pub(crate) fn open(git: &Git, watch: Watch<'a>) -> Result<Self, HarvestError> {
        let sizes = git.run(watch, "cat-file", &["--batch-check"])?;
        let contents = git.run(watch, "cat-file", &["--batch"])?;
        Ok(Self { sizes, contents })
    }

    /// The bytes of an object of at most `max` bytes; [`Skip::Unreadable`] when the repository does not have it,
    /// as in a partial clone.
    pub(crate) fn read(&mut self, id: &str, max: u64) -> Result<Result<Vec<u8>, Skip>, HarvestError> {
        if !is_object_id(id) {
            return Ok(Err(Skip::Unreadable));
        }
        match size(&mut self.sizes, id)? {
            None => return Ok(Err(Skip::Unreadable)),
            Some(size) if u64::try_from(size).is_ok_and(|size| size > max) => return Ok(Err(Skip::TooLarge)),
            Some(_) => {}
        }
        let Some(size) = size(&mut self.contents, id)? else { return Ok(Err(Skip::Unreadable)) };
        let bytes = self.contents.exactly(size)?;
        self.contents.exactly(1)?;
        Ok(Ok(bytes))
    }
}

/// Asks about one object; the answer is `ID TYPE SIZE`, or `ID missing`.
fn size(running: &mut Running<'_>, id: &str) -> Result<Option<usize>, HarvestError> {
    running.ask(id)?;
    let line = running.token(b'\n', LINE_BYTES)?.unwrap_or_default();
    let line = String::from_utf8_lossy(&line).into_owned();
    let words: Vec<_> = line.split(' ').collect();
    match words.as_slice() {
        [_, _, size] => Ok(size.parse().ok()),
        _ => Ok(None),
    }
}
