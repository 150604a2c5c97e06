//! What can be wrong with a certificate and its key.

use std::io;
use std::path::PathBuf;

use hafs_proto::Timestamp;
use hafs_runtime::tls::PinningError;
use thiserror::Error;

/// Why connections cannot be encrypted.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file that cannot be read.
    #[error("cannot read {path}: check `coordinator.tls_cert`, `coordinator.tls_key` and who may read them")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file without a certificate.
    #[error(
        "{path} holds no certificate: `coordinator.tls_cert` must be PEM with `-----BEGIN CERTIFICATE-----`"
    )]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// A file without a key.
    #[error(
        "{path} holds no private key: `coordinator.tls_key` must be PEM with `-----BEGIN … PRIVATE KEY-----`"
    )]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The two do not belong together.
    #[error(
        "the key {key} is not the key of the certificate {certificate}; name the two that belong together"
    )]
    Mismatch {
        /// The certificate.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// The certificate is too old.
    #[error("the certificate {path} has expired at {at}; renew it, or leave `coordinator.tls_cert` out")]
    Expired {
        /// The file.
        path: PathBuf,
        /// Since when.
        at: Timestamp,
    },
    /// The certificate is not valid yet.
    #[error("the certificate {path} is not valid before {at}; set the clock of this machine, or renew it")]
    Early {
        /// The file.
        path: PathBuf,
        /// From when on.
        at: Timestamp,
    },
    /// It cannot be read as a certificate.
    #[error("{path} holds something that is not a certificate of today (X.509, version 3)")]
    Unreadable {
        /// The file.
        path: PathBuf,
    },
    /// It has no pin.
    #[error("the certificate {path} cannot be used")]
    Pinning {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: PinningError,
    },
    /// TLS does not take the two.
    #[error("the certificate {path} and its key cannot be used for TLS")]
    Unusable {
        /// The certificate.
        path: PathBuf,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// The coordinator's own certificate could not be made.
    #[error("cannot make a certificate; name one with `coordinator.tls_cert` and `coordinator.tls_key`")]
    Make(#[source] rcgen::Error),
    /// The coordinator's own certificate could not be kept.
    #[error("cannot write {path}: check `coordinator.data_dir` and its permissions")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}
