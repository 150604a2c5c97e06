//! Numbers as people read them.

pub use hafs_proto::shown::{bytes, count};

/// `part` of `whole` in per cent.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => "-".to_owned(),
        whole => format!("{} %", u128::from(part) * 100 / u128::from(whole)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_bytes_have_units() {
        let counts = [0, 999, 1_000, 1_234_567].map(count);
        assert_eq!(counts, ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([512, 1_536, 491_400_064].map(bytes), ["512 B", "1.5 KiB", "468.6 MiB"]);
        assert_eq!((share(1, 3), share(1, 0)), ("33 %".to_owned(), "-".to_owned()));
    }
}
