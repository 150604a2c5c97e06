//! Symbol files, line by line. Which program wrote one is told by each line itself.

use hafs_proto::graph::{Family, NodeKind};

use super::{ImportError, Sheet};
use crate::address::Place;
use crate::facts::Facts;

/// A line that names something.
#[derive(Debug, PartialEq, Eq)]
struct Symbol<'t> {
    name: &'t str,
    kind: NodeKind,
    value: Option<u32>,
    comment: &'t str,
}

impl<'t> Symbol<'t> {
    const fn label(name: &'t str, value: u32) -> Self {
        Self { name, kind: NodeKind::Symbol, value: Some(value), comment: "" }
    }
}

/// What a section of WLA-DX's files holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Labels,
    Definitions,
    Other,
}

pub(super) fn read(sheet: &Sheet<'_>, text: &str) -> Result<Facts, ImportError> {
    let mut facts = Facts::default();
    let mut section = Section::Labels;
    for (nth, line) in text.lines().enumerate() {
        let number = u32::try_from(nth + 1).unwrap_or(u32::MAX);
        let line = line.trim();
        if line.is_empty() || line.starts_with([';', '#']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            section = match name.trim_end_matches(']').to_ascii_lowercase().as_str() {
                "labels" | "symbols" => Section::Labels,
                "definitions" => Section::Definitions,
                _ => Section::Other,
            };
            continue;
        }
        if section != Section::Other
            && let Some(symbol) = symbol(sheet, number, line, section)?
        {
            say(sheet, &mut facts, number, &symbol)?;
        }
    }
    Ok(facts)
}

/// What one line names; nothing for lines that name nothing.
fn symbol<'t>(
    sheet: &Sheet<'_>,
    number: u32,
    line: &'t str,
    section: Section,
) -> Result<Option<Symbol<'t>>, ImportError> {
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or("");
    if let Some(mesen) = mesen(sheet, number, line)? {
        return Ok(mesen);
    }
    match first {
        "sym" => return debug(sheet, number, line),
        // The rest of an ld65 debug file: files, lines, scopes, segments.
        "version" | "info" | "csym" | "file" | "line" | "lib" | "mod" | "scope" | "seg" | "span" | "type" => {
            return Ok(None);
        }
        "al" => return vice(sheet, number, words.next(), words.next()).map(Some),
        // Undefined in nm's lists.
        "U" | "w" => return Ok(None),
        _ => {}
    }
    let (Some(second), third) = (words.next(), words.next()) else {
        return Err(sheet.wrong(
            number,
            "line",
            format!("`{line}` is no symbol: expected an address and a name"),
        ));
    };
    let value = number_of(first).ok_or_else(|| {
        let expected = "expected bank and address such as 00:8000, or hex digits";
        sheet.wrong(number, "address", format!("`{first}` is no address: {expected}"))
    })?;
    if section == Section::Definitions {
        return Ok(Some(Symbol { kind: NodeKind::Constant, ..Symbol::label(second, value) }));
    }
    match third {
        // nm: address, type, name.
        Some(name) if second.len() == 1 && second.chars().all(|c| c.is_ascii_alphabetic()) => {
            let absolute = second.eq_ignore_ascii_case("a");
            let kind = if absolute { NodeKind::Constant } else { NodeKind::Symbol };
            Ok(Some(Symbol { kind, ..Symbol::label(name, value) }))
        }
        _ => Ok(Some(Symbol::label(second, value))),
    }
}

/// `00:8000`, `00008000`, `$008000`.
fn number_of(text: &str) -> Option<u32> {
    let digits = text.trim_start_matches('$').trim_start_matches("0x").replacen(':', "", 1);
    let plain = (2..=16).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if plain {
        u64::from_str_radix(&digits, 16).ok().and_then(|value| u32::try_from(value).ok())
    } else {
        None
    }
}

/// `SnesWorkRam:10:name:comment` and the shorter words of Mesen-S. Offsets in the cartridge are no addresses.
fn mesen<'t>(
    sheet: &Sheet<'_>,
    number: u32,
    line: &'t str,
) -> Result<Option<Option<Symbol<'t>>>, ImportError> {
    let mut parts = line.splitn(4, ':');
    let (Some(kind), Some(at), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        return Ok(None);
    };
    let base = match kind {
        "SnesWorkRam" | "WORK" => Some(0x7e_0000),
        "SnesRegister" | "REG" => Some(0),
        "SnesPrgRom" | "PRG" => None,
        _ if kind.starts_with("Snes") || kind.starts_with("Spc") || kind.starts_with("Nec") => None,
        _ => return Ok(None),
    };
    let at = at.split('-').next().unwrap_or(at);
    let offset = u32::from_str_radix(at, 16)
        .map_err(|_| sheet.wrong(number, "address", format!("`{at}` is no number of hex digits")))?;
    if name.is_empty() {
        return Ok(Some(None));
    }
    let comment = parts.next().unwrap_or("");
    let value = base.and_then(|base: u32| base.checked_add(offset));
    Ok(Some(Some(Symbol { name, kind: NodeKind::Symbol, value, comment })))
}

/// `al 008000 .Reset`.
fn vice<'t>(
    sheet: &Sheet<'_>,
    number: u32,
    address: Option<&str>,
    name: Option<&'t str>,
) -> Result<Symbol<'t>, ImportError> {
    let (Some(address), Some(name)) = (address, name) else {
        return Err(sheet.wrong(number, "line", "expected `al`, an address and a name"));
    };
    let address = address.trim_start_matches("C:");
    let value = number_of(address)
        .ok_or_else(|| sheet.wrong(number, "address", format!("`{address}` is no number of hex digits")))?;
    Ok(Symbol::label(name.strip_prefix('.').unwrap_or(name), value))
}

/// `sym id=0,name="Reset",addrsize=absolute,val=0x8000,type=lab` of ld65's debug files.
fn debug<'t>(sheet: &Sheet<'_>, number: u32, line: &'t str) -> Result<Option<Symbol<'t>>, ImportError> {
    let fields = line.strip_prefix("sym").unwrap_or(line).trim_start();
    let field = |key: &str| {
        fields
            .split(',')
            .find_map(|pair| pair.split_once('=').filter(|(found, _)| *found == key).map(|(_, value)| value))
    };
    let kind = match field("type") {
        Some("lab") => NodeKind::Symbol,
        Some("equ") => NodeKind::Constant,
        Some("imp") => return Ok(None),
        other => {
            let why =
                format!("`{}` is no type of a symbol: expected lab, equ or imp", other.unwrap_or("(none)"));
            return Err(sheet.wrong(number, "type", why));
        }
    };
    let name = field("name").map(|name| name.trim_matches('"')).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| sheet.wrong(number, "name", "the symbol has none"))?;
    let value = field("val").and_then(|value| value.strip_prefix("0x"));
    let value = value.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    Ok(Some(Symbol { name, kind, value, comment: "" }))
}

/// A symbol in work memory or among the registers names that place.
fn say(sheet: &Sheet<'_>, facts: &mut Facts, number: u32, symbol: &Symbol<'_>) -> Result<(), ImportError> {
    let id = sheet.entity(number, "name", Family::Asm, symbol.name)?;
    let bus = symbol.value.filter(|value| *value <= 0xff_ffff && symbol.kind == NodeKind::Symbol);
    facts.told(number, &id, (symbol.kind, symbol.value), symbol.comment);
    if let Some(place) = bus.map(Place::of).filter(|place| place.kind() != NodeKind::Symbol) {
        facts.denotes(number, (&id, symbol.name), place);
    }
    Ok(())
}
