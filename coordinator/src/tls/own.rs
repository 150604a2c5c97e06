//! The coordinator's own certificate: made once, kept over restarts.
//!
//! The key is what workers know it by, so the key is what is kept; a certificate that is lost is made anew for the
//! same key, and every pin stays right.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, date_time_ymd};

use super::CertificateFiles;
use super::error::TlsError;

/// Long enough that no machine has to be joined again because of it.
const YEARS: (i32, i32) = (2024, 2124);
const NAME: &str = "hafs coordinator";

/// The files of the certificate in this folder; what is missing is made. `names` are those under which the
/// coordinator can be reached.
pub(super) fn ensure(folder: &Path, names: &[String]) -> Result<CertificateFiles, TlsError> {
    let files = CertificateFiles { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") };
    private_folder(folder).map_err(|source| TlsError::Write { path: folder.to_owned(), source })?;
    let key = match fs::read_to_string(&files.key) {
        Ok(_) if files.certificate.exists() => return Ok(files),
        Ok(pem) => KeyPair::from_pem(&pem).map_err(|_| TlsError::NoKey { path: files.key.clone() })?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = KeyPair::generate().map_err(TlsError::Make)?;
            write(&files.key, &key.serialize_pem())?;
            key
        }
        Err(source) => return Err(TlsError::Read { path: files.key, source }),
    };
    write(&files.certificate, &certificate(&key, names)?)?;
    Ok(files)
}

fn certificate(key: &KeyPair, names: &[String]) -> Result<String, TlsError> {
    let mut params = CertificateParams::new(names.to_vec()).map_err(TlsError::Make)?;
    (params.not_before, params.not_after) = (date_time_ymd(YEARS.0, 1, 1), date_time_ymd(YEARS.1, 1, 1));
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, NAME);
    params.self_signed(key).map(|certificate| certificate.pem()).map_err(TlsError::Make)
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Writes a file that only its owner can read, whole or not at all. Of two processes that do it at once one wins, and
/// both read what is there afterwards.
fn write(path: &Path, text: &str) -> Result<(), TlsError> {
    let new: PathBuf = path.with_extension(format!("{}.new", std::process::id()));
    let written = || {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    written().map_err(|source| TlsError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::files::load;

    fn pin(folder: &Path) -> String {
        let files = ensure(folder, &["localhost".to_owned(), "192.0.2.7".to_owned()]).expect("made");
        load(&files, "2026-11-22T12:00:00Z".parse().expect("a time")).expect("good").pin.to_string()
    }

    #[test]
    fn the_pin_outlives_restarts_and_the_loss_of_the_certificate_but_not_of_the_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("tls");
        let first = pin(&folder);
        assert_eq!(pin(&folder), first);
        fs::remove_file(folder.join("certificate.pem")).expect("removed");
        assert_eq!(pin(&folder), first);
        fs::remove_file(folder.join("key.pem")).expect("removed");
        assert_ne!(pin(&folder), first);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_the_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let files = ensure(&folder.path().join("tls"), &["localhost".to_owned()]).expect("made");
        let mode = fs::metadata(&files.key).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
