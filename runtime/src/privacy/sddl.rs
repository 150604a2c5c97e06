//! Access control lists as text: `D:PAI(A;OICI;FA;;;SY)`.
//!
//! Source: Microsoft, "Security Descriptor String Format" and "ACE Strings".

#![cfg_attr(not(any(windows, test)), expect(dead_code, reason = "only Windows writes such lists"))]

use super::Readers;

/// Groups that hold people nobody has chosen, by abbreviation or number.
const CROWDS: [(&str, &str); 15] = [
    ("WD", "Everyone"),
    ("S-1-1-0", "Everyone"),
    ("BU", "Users"),
    ("S-1-5-32-545", "Users"),
    ("AU", "Authenticated Users"),
    ("S-1-5-11", "Authenticated Users"),
    ("BG", "Guests"),
    ("S-1-5-32-546", "Guests"),
    ("AN", "Anonymous"),
    ("S-1-5-7", "Anonymous"),
    ("IU", "Interactive"),
    ("S-1-5-4", "Interactive"),
    ("NU", "Network"),
    ("S-1-5-2", "Network"),
    ("DU", "Domain Users"),
];

/// Rights by which a file can be read, or the right to read it taken: read data, change the list, become the owner, and
/// the general ones. Source: Microsoft, "Access Mask Format".
const READING: u32 = 0x0000_0001 | 0x0004_0000 | 0x0008_0000 | 0x1000_0000 | 0x8000_0000;
/// The same by letters.
const READING_WORDS: [&str; 7] = ["FA", "FR", "GA", "GR", "CC", "WD", "WO"];

/// The list in a file that `icacls /save` wrote: UTF-16, a line with the name, a line with the list.
pub(super) fn saved(file: &[u8]) -> Option<String> {
    let units: Vec<u16> = file.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let text = String::from_utf16_lossy(&units);
    text.lines().map(str::trim).find(|line| line.starts_with("D:")).map(str::to_owned)
}

/// Which crowds a list lets read. Who is named one by one was chosen by a person. A rule that takes rights away is not
/// counted: better to warn once too often.
pub(super) fn readers(list: &str) -> Readers {
    if list.contains("NO_ACCESS_CONTROL") {
        return Readers::Others(vec!["Everyone".to_owned()]);
    }
    let mut others: Vec<String> = list.split('(').skip(1).filter_map(crowd).map(str::to_owned).collect();
    others.sort_unstable();
    others.dedup();
    if others.is_empty() { Readers::OwnerOnly } else { Readers::Others(others) }
}

/// The crowd that one rule (`A;OICI;FA;;;WD)`) lets read, if it does.
fn crowd(rule: &str) -> Option<&'static str> {
    let mut fields = rule.split(')').next()?.split(';');
    let (kind, _inheritance, rights) = (fields.next()?, fields.next()?, fields.next()?);
    let who = fields.nth(2)?;
    let allows = matches!(kind, "A" | "XA");
    let crowd = CROWDS.iter().find(|(short, _)| *short == who)?;
    (allows && grants_reading(rights)).then_some(crowd.1)
}

/// Whether rights, in hexadecimal or in pairs of letters, let somebody read.
fn grants_reading(rights: &str) -> bool {
    match rights.strip_prefix("0x") {
        // What is no number is taken for the worst.
        Some(hex) => u32::from_str_radix(hex, 16).map_or(true, |mask| mask & READING != 0),
        None => {
            rights.as_bytes().chunks(2).any(|pair| READING_WORDS.iter().any(|word| word.as_bytes() == pair))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn others(list: &str) -> Vec<String> {
        match readers(list) {
            Readers::Others(others) => others,
            Readers::OwnerOnly | Readers::Unknown(_) => Vec::new(),
        }
    }

    #[test]
    fn a_list_of_the_owner_the_system_and_administrators_is_private() {
        let list = "D:PAI(A;OICI;FA;;;OW)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
        assert_eq!(readers(list), Readers::OwnerOnly);
        let service = format!("{list}(A;OICI;0x1301bf;;;S-1-5-80-1-2-3-4-5)");
        assert_eq!(readers(&service), Readers::OwnerOnly, "one account that somebody has chosen");
    }

    #[test]
    fn crowds_that_can_read_are_named_by_letters_by_number_and_by_general_rights() {
        assert_eq!(others("D:AI(A;OICIID;0x1200a9;;;BU)(A;ID;FA;;;SY)"), ["Users"]);
        assert_eq!(others("D:(A;;GR;;;S-1-1-0)(A;;FR;;;WD)(A;;FX;;;AU)"), ["Everyone"]);
        assert_eq!(others("D:(A;;RCWD;;;IU)"), ["Interactive"], "who may change the list may read");
        assert_eq!(others("D:(A;OICIIO;GA;;;AU)"), ["Authenticated Users"], "for what is made in it later");
        assert_eq!(others("D:NO_ACCESS_CONTROL"), ["Everyone"]);
    }

    #[test]
    fn rules_that_deny_audit_or_give_no_reading_are_no_way_in() {
        assert_eq!(readers("D:(D;;FA;;;WD)(A;;0x100000;;;WD)S:(AU;SA;FA;;;WD)"), Readers::OwnerOnly);
    }

    #[test]
    fn the_list_is_found_in_what_icacls_saves() {
        let text = "state\r\nD:PAI(A;OICI;FA;;;SY)\r\n";
        let file: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(saved(&file).as_deref(), Some("D:PAI(A;OICI;FA;;;SY)"));
        assert_eq!(saved(b""), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(list in ".{0,200}") {
            let _ = readers(&list);
            let _ = saved(list.as_bytes());
        }
    }
}
