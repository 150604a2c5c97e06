//! Names of data sets. They become folder names, so nothing that a file system could read as more than a plain
//! name is let through.

use std::fmt;

use thiserror::Error;

/// Names that Windows keeps for devices, whatever folder they stand in; `com` and `lpt` also with a digit.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The name of a data set: 1 to 64 of `a-z`, `0-9`, `-`, `_`, and no device name of Windows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatasetName(Box<str>);

/// Why a text cannot name a data set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DatasetNameError {
    /// A character or a length that names may not have.
    #[error("`{text}` cannot name a data set: use 1 to 64 of a-z, 0-9, `-` and `_`")]
    Form {
        /// The text, clipped.
        text: String,
    },
    /// A device name of Windows.
    #[error("`{text}` cannot name a data set: Windows keeps that name for a device; add a letter or a digit")]
    Device {
        /// The text.
        text: String,
    },
}

impl DatasetName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DatasetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for DatasetName {
    type Err = DatasetNameError;

    fn from_str(text: &str) -> Result<Self, DatasetNameError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        if text.is_empty() || text.len() > 64 || !text.bytes().all(plain) {
            return Err(DatasetNameError::Form { text: text.chars().take(80).collect() });
        }
        if is_device(text) {
            return Err(DatasetNameError::Device { text: text.to_owned() });
        }
        Ok(Self(text.into()))
    }
}

fn is_device(text: &str) -> bool {
    let numbered = text.strip_prefix("com").or_else(|| text.strip_prefix("lpt"));
    DEVICES.contains(&text) || numbered.is_some_and(|rest| matches!(rest.as_bytes(), [b'0'..=b'9']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_are_taken() {
        for good in ["a", "my-data_2", "7", "console", "com10", "com", "-", &"x".repeat(64)] {
            assert!(good.parse::<DatasetName>().is_ok(), "{good}");
        }
    }

    #[test]
    fn nothing_that_a_file_system_reads_as_more_than_a_name_is_taken() {
        let long = "x".repeat(65);
        let hostile = [
            "",
            ".",
            "..",
            ".hidden",
            "../../etc/cron.d/x",
            "/abs",
            r"C:\x",
            r"..\..\x",
            r"\\host\share",
            "a/../../b",
            "%2e%2e/",
            "....//",
            "CON",
            "con",
            "nul",
            "nul.txt",
            "aux",
            "com1",
            "lpt9",
            "COM1",
            "a ",
            "a.",
            "file:stream",
            "Großes",
            "🦀",
            "\u{202e}abc",
            "a\0b",
            "a\nb",
            &long,
        ];
        for bad in hostile {
            assert!(bad.parse::<DatasetName>().is_err(), "{bad:?}");
        }
    }
}
