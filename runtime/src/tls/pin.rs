//! The pin of a certificate.

use hafs_proto::Pin;
use rustls::pki_types::CertificateDer;
use rustls::server::ParsedCertificate;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Why a certificate has no pin.
#[derive(Debug, Error)]
#[error("this is not a certificate that TLS can use")]
pub struct PinningError(#[source] rustls::Error);

/// The pin of the key in a certificate. The certificate is read by the same code that verifies signatures with it,
/// so what is pinned is what is used.
///
/// # Errors
/// [`PinningError`] when it cannot be read.
pub fn pin_of(certificate: &CertificateDer<'_>) -> Result<Pin, PinningError> {
    let parsed = ParsedCertificate::try_from(certificate).map_err(PinningError)?;
    Ok(Pin::from_sha256(Sha256::digest(parsed.subject_public_key_info()).into()))
}
