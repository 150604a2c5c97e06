//! Reading a certificate and its key, with every way in which they can be wrong.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use hafs_proto::Timestamp;
use hafs_runtime::tls::pin_of;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{InconsistentKeys, ServerConfig};

use super::CertificateFiles;
use super::error::TlsError;
use super::identity::TlsIdentity;
use super::validity::validity;

/// The only protocol inside TLS.
const HTTP: &[u8] = b"http/1.1";

/// Reads and checks both files.
pub(super) fn load(files: &CertificateFiles, now: Timestamp) -> Result<TlsIdentity, TlsError> {
    let path = &files.certificate;
    let chain = certificates(path)?;
    let Some(leaf) = chain.first() else { return Err(TlsError::NoCertificate { path: path.clone() }) };
    let (from, until) = validity(leaf).ok_or_else(|| TlsError::Unreadable { path: path.clone() })?;
    if now < from {
        return Err(TlsError::Early { path: path.clone(), at: from });
    }
    if now >= until {
        return Err(TlsError::Expired { path: path.clone(), at: until });
    }
    let pin = pin_of(leaf).map_err(|source| TlsError::Pinning { path: path.clone(), source })?;
    let config = configure(files, chain, private_key(&files.key)?)?;
    Ok(TlsIdentity { config: Arc::new(config), pin, valid_until: until, warnings: exposed(&files.key) })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(path)?;
    CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| TlsError::NoCertificate { path: path.to_owned() })
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|_| TlsError::NoKey { path: path.to_owned() })
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
}

fn configure(
    files: &CertificateFiles,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, TlsError> {
    let unusable = |source| TlsError::Unusable { path: files.certificate.clone(), source };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(unusable)?.with_no_client_auth();
    let mut config = builder.with_single_cert(chain, key).map_err(|error| {
        if error == rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) {
            TlsError::Mismatch { certificate: files.certificate.clone(), key: files.key.clone() }
        } else {
            unusable(error)
        }
    })?;
    config.alpn_protocols = vec![HTTP.to_vec()];
    Ok(config)
}

/// Whether others on this machine can read the key.
#[cfg(unix)]
fn exposed(key: &Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(key).map_or(0, |data| data.permissions().mode());
    let others = (mode & 0o077 != 0).then(|| {
        format!("the private key {} can be read by others; `chmod 600` keeps it private", key.display())
    });
    others.into_iter().collect()
}

#[cfg(not(unix))]
fn exposed(_: &Path) -> Vec<String> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(folder: &Path, name: &str, years: (i32, i32)) -> CertificateFiles {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("names");
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        let certificate = params.self_signed(&key).expect("signed");
        let files = CertificateFiles {
            certificate: folder.join(format!("{name}.pem")),
            key: folder.join(format!("{name}.key")),
        };
        fs::write(&files.certificate, certificate.pem()).expect("written");
        fs::write(&files.key, key.serialize_pem()).expect("written");
        files
    }

    fn now() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().expect("a time")
    }

    fn wrong(files: &CertificateFiles) -> String {
        load(files, now()).expect_err("wrong").to_string()
    }

    #[test]
    fn a_good_pair_is_taken_and_a_key_that_others_can_read_is_warned_of() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = made(folder.path(), "good", (2020, 2030));
        let identity = load(&files, now()).expect("good");
        assert_eq!(identity.config.alpn_protocols, [b"http/1.1"]);
        assert_eq!(identity.valid_until.to_string(), "2030-01-01T00:00:00.000Z");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&files.key, fs::Permissions::from_mode(0o640)).expect("set");
            assert!(load(&files, now()).expect("good").warnings[0].contains("chmod 600"));
            fs::set_permissions(&files.key, fs::Permissions::from_mode(0o600)).expect("set");
            assert_eq!(load(&files, now()).expect("good").warnings, Vec::<String>::new());
        }
    }

    #[test]
    fn everything_that_can_be_wrong_is_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let (good, other) = (made(folder.path(), "a", (2020, 2030)), made(folder.path(), "b", (2020, 2030)));
        let with = |certificate: &Path, key: &Path| {
            wrong(&CertificateFiles { certificate: certificate.to_owned(), key: key.to_owned() })
        };
        let none = folder.path().join("none");
        assert!(with(&none, &good.key).contains("cannot read"));
        assert!(with(&good.key, &good.key).contains("holds no certificate"));
        assert!(with(&good.certificate, &good.certificate).contains("holds no private key"));
        assert!(with(&good.certificate, &other.key).contains("is not the key of the certificate"));
        assert!(wrong(&made(folder.path(), "old", (2020, 2021))).contains("has expired at 2021-01-01"));
        assert!(wrong(&made(folder.path(), "new", (2027, 2030))).contains("is not valid before 2027-01-01"));
        let prose = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        fs::write(&none, prose).expect("written");
        assert!(with(&none, &good.key).contains("is not a certificate"));
    }
}
