//! The registers of the SNES by name, so that code which names them is known to speak to devices.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The table as it is shipped: address, name, unit, purpose.
/// Source: the names are Nintendo's own, as the SNES Development Manual (Book I, chapter 27) lists them.
pub const TABLE: &str = include_str!("../data/snes_registers.tsv");

static BY_NAME: LazyLock<BTreeMap<&'static str, u32>> = LazyLock::new(|| {
    let entry = |line: &'static str| {
        let mut fields = line.split('\t');
        let address = u32::from_str_radix(fields.next()?, 16).ok()?;
        Some((fields.next()?, address))
    };
    TABLE.lines().filter_map(entry).collect()
});

/// The address of a register, by its name as sources spell it: with a sigil or a prefix (`!INIDISP`, `HW_INIDISP`,
/// `SNES.INIDISP`), in any case, and without the `L` of a pair's first (`VMADD`).
#[must_use]
pub fn address(name: &str) -> Option<u32> {
    let bare = name.trim_start_matches('!').to_ascii_uppercase();
    let last = bare.rsplit(['_', '.', ':']).next().unwrap_or(&bare);
    [bare.as_str(), last].into_iter().find_map(|spelled| {
        BY_NAME.get(spelled).or_else(|| BY_NAME.get(format!("{spelled}L").as_str())).copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_are_known_as_sources_spell_them() {
        for (name, at) in [
            ("INIDISP", 0x2100),
            ("!INIDISP", 0x2100),
            ("HW_inidisp", 0x2100),
            ("SNES.NMITIMEN", 0x4200),
            ("VMADD", 0x2116),
            ("DMAP0", 0x4300),
        ] {
            assert_eq!(address(name), Some(at), "{name}");
        }
        for name in ["", "!", "_", "Link_Main", "INIDISP_shadow", "Table"] {
            assert_eq!(address(name), None, "{name}");
        }
    }
}
