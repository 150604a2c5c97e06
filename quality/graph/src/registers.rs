//! The registers of the SNES: their addresses, names and purposes, shipped as data.

use hafs_proto::graph::{EntityId, Family, NodeKind, Relation};

use crate::address::Place;
use crate::facts::Facts;

pub use hafs_asm65816::registers::TABLE;

/// What the table is called among sources.
pub const SOURCE: &str = "builtin:snes_registers.tsv";
/// The importer's name.
pub const IMPORTER: &str = "snes-registers";
/// Its version.
pub const VERSION: u32 = 1;

/// Every register of the table.
#[must_use]
pub fn facts() -> Facts {
    let mut facts = Facts::default();
    for (nth, line) in TABLE.lines().enumerate() {
        let number = u32::try_from(nth + 1).unwrap_or(u32::MAX);
        let mut fields = line.split('\t');
        let (Some(address), Some(name), Some(unit), Some(purpose)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let Ok(address) = u32::from_str_radix(address, 16) else { continue };
        let place = Place::of(address);
        let (id, system) = (place.entity(), EntityId::new(Family::Concept, unit));
        facts.told(number, &id, (NodeKind::Register, Some(place.address())), purpose);
        facts.name(number, &id, name);
        if let Ok(system) = system {
            facts.node(number, &system, NodeKind::System, None);
            facts.edge(number, (&system, &id), Relation::Contains);
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use hafs_proto::graph::Claim;

    #[test]
    fn every_line_of_the_table_is_a_register_with_a_name_of_its_own() {
        let facts = facts();
        let count = |of: fn(&Claim) -> bool| facts.claims().filter(|(claim, _)| of(claim)).count();
        let registers = count(|claim| matches!(claim, Claim::Node(node) if node.kind == NodeKind::Register));
        assert_eq!(registers, TABLE.lines().count());
        assert_eq!(count(|claim| matches!(claim, Claim::Name(_))), registers);
        let named = |name: &str| {
            facts.claims().find_map(|(claim, _)| match claim {
                Claim::Name(it) if it.name.as_str() == name => Some(it.id.to_string()),
                Claim::Name(_) | Claim::Node(_) | Claim::Edge(_) => None,
            })
        };
        for (name, id) in [
            ("INIDISP", "mem:$002100"),
            ("NMITIMEN", "mem:$004200"),
            ("JOY1L", "mem:$004218"),
            ("DMAP0", "mem:$004300"),
            ("DASB7", "mem:$004377"),
            ("WMDATA", "mem:$002180"),
            ("APUIO3", "mem:$002143"),
        ] {
            assert_eq!(named(name).as_deref(), Some(id), "{name}");
        }
    }
}
