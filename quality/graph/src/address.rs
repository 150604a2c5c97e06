//! Addresses of the 65816 in an SNES: how they are written, and which places they mean. The same place has many
//! addresses; one of them stands for all.

use hafs_proto::graph::{EntityId, Family, NodeKind};

/// A place of memory by the address that stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(u32);

/// What lies at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    /// Work memory.
    Ram,
    /// Registers of the picture and sound units, the processor and the transfer channels.
    Register,
    /// The cartridge, or nothing.
    Cartridge,
}

impl Place {
    /// The place that a 24-bit address means. In banks $00-$3F and $80-$BF the first 8 KiB are the start of work memory
    /// and the next 24 KiB the registers.
    /// Source: memory map of the SNES, fullsnes, "SNES Memory Map".
    #[must_use]
    pub const fn of(address: u32) -> Self {
        let (bank, low) = ((address >> 16) & 0xff, address & 0xffff);
        match (bank & 0x7f, low) {
            (0..=0x3f, 0..=0x1fff) => Self(0x7e_0000 | low),
            (0..=0x3f, 0x2000..=0x5fff) => Self(low),
            _ => Self(bank << 16 | low),
        }
    }

    /// The address that stands for it.
    #[must_use]
    pub const fn address(self) -> u32 {
        self.0
    }

    /// What lies there.
    #[must_use]
    pub const fn region(self) -> Region {
        match self.0 {
            0x7e_0000..=0x7f_ffff => Region::Ram,
            0x2100..=0x21ff | 0x4000..=0x43ff => Region::Register,
            _ => Region::Cartridge,
        }
    }

    /// What the graph calls it.
    #[must_use]
    pub const fn kind(self) -> NodeKind {
        match self.region() {
            Region::Ram => NodeKind::Ram,
            Region::Register => NodeKind::Register,
            Region::Cartridge => NodeKind::Symbol,
        }
    }

    /// The entity that it is.
    #[must_use]
    pub fn entity(self) -> EntityId {
        // Proof: seven characters, none of them a control character.
        EntityId::new(Family::Mem, &format!("${:06X}", self.0)).expect("an address is a name")
    }

    /// The place that an entity is, if it is one.
    #[must_use]
    pub fn of_entity(id: &EntityId) -> Option<Self> {
        let spelled = Spelled::read(id.name()).filter(|_| id.family() == Family::Mem)?;
        Some(Self::of(spelled.value))
    }
}

/// An address as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spelled {
    /// Its value.
    pub value: u32,
    /// Whether its bank is written too.
    pub has_bank: bool,
}

impl Spelled {
    /// Reads `$2100`, `$7E0010`, `$7E:0010`, `00:8000` and the same with `0x`; nothing else.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let marked = text.strip_prefix('$').or(text.strip_prefix("0x")).or(text.strip_prefix("0X"));
        let digits = marked.unwrap_or(text);
        if let Some((bank, low)) = digits.split_once(':') {
            let low = low.strip_prefix('$').unwrap_or(low);
            let whole = (bank.len() == 2 && low.len() == 4).then(|| format!("{bank}{low}"))?;
            return Some(Self { value: hex(&whole)?, has_bank: true });
        }
        marked?;
        match digits.len() {
            4 => Some(Self { value: hex(digits)?, has_bank: false }),
            6 => Some(Self { value: hex(digits)?, has_bank: true }),
            _ => None,
        }
    }

    /// The place that it means. Without a bank it is the system's: every bank that code runs from has its registers and
    /// the start of work memory there.
    #[must_use]
    pub const fn place(self) -> Place {
        Place::of(self.value)
    }
}

fn hex(digits: &str) -> Option<u32> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if plain { u32::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> String {
        Spelled::read(text).map(|it| it.place().entity().to_string()).unwrap_or_default()
    }

    #[test]
    fn all_spellings_and_mirrors_of_a_place_are_one_entity() {
        for text in ["$2100", "$002100", "$00:2100", "$80:2100", "00:2100", "0x2100", "$BF2100"] {
            assert_eq!(name(text), "mem:$002100", "{text}");
        }
        for text in ["$0010", "$7E0010", "$7E:0010", "7e:0010", "$800010", "0x7E0010"] {
            assert_eq!(name(text), "mem:$7E0010", "{text}");
        }
        assert_eq!(name("$7F0010"), "mem:$7F0010");
        assert_eq!(name("$402100"), "mem:$402100", "there is cartridge in that bank");
        assert_eq!(name("$078000"), "mem:$078000");
    }

    #[test]
    fn what_is_no_address_is_not_taken_for_one() {
        for text in ["2100", "$21", "$210", "$GG00", "$7E:10", "", "$", ":", "$+100", "1:2100", "$12345678"] {
            assert_eq!(Spelled::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_place_knows_its_own_entity() {
        let place = Place::of(0x80_2100);
        assert_eq!(Place::of_entity(&place.entity()), Some(place));
        assert_eq!(place.region(), Region::Register);
        assert_eq!(Place::of(0x7e_0010).region(), Region::Ram);
        assert_eq!(Place::of(0x00_8000).region(), Region::Cartridge);
    }
}
