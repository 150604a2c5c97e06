//! Tables of other programs, good and bad.
#![expect(clippy::unwrap_used, reason = "a test program")]

use hafs_graph::import::{Format, read};
use hafs_proto::graph::Claim;

/// What a table says of entities, without its edges.
fn said(format: Format, file: &str, text: &str) -> Vec<String> {
    let imported = read(format, file, text).unwrap();
    let told = |claim: &Claim| match claim {
        Claim::Node(node) => Some(format!(
            "{:?} {} {}",
            node.kind,
            node.id,
            node.value.map(|it| format!("{it:06X}")).unwrap_or_default()
        )),
        Claim::Name(name) => Some(format!("{} = {}", name.name, name.id)),
        Claim::Edge(_) => None,
    };
    imported.facts.claims().filter_map(|(claim, _)| told(claim)).collect()
}

#[track_caller]
fn has(found: &[String], wanted: &[&str]) {
    for line in wanted {
        assert!(found.iter().any(|it| it == line), "{line} is not among {found:#?}");
    }
}

#[test]
fn symbol_files_of_every_program_say_the_same() {
    let wla = "; asar\n[labels]\n00:8000 Reset\n7e:0010 Timer\n[definitions]\n00000003 Lives\n[source files]\n0000 abc x.asm\n";
    let nocash = ";no$sns symbolfile\n00008000 Reset\n007e0010 Timer\n";
    let vice = "al 008000 .Reset\nal 7E0010 .Timer\n";
    let nm = "00008000 T Reset\n007e0010 B Timer\n         U printf\n";
    let ld65 = "version\tmajor=2,minor=0\nfile\tid=0,name=\"a.s\",size=1\nsym\tid=0,name=\"Reset\",addrsize=absolute,scope=0,def=1,val=0x8000,seg=0,type=lab\nsym\tid=1,name=\"Timer\",val=0x7E0010,type=lab\nsym\tid=2,name=\"x\",type=imp\n";
    for text in [wla, nocash, vice, nm, ld65] {
        has(
            &said(Format::Symbols, "a.sym", text),
            &[
                "Symbol asm:Reset 008000",
                "Symbol asm:Timer 7E0010",
                "Ram mem:$7E0010 7E0010",
                "Timer = mem:$7E0010",
            ],
        );
    }
    has(&said(Format::Symbols, "a.sym", wla), &["Constant asm:Lives 000003"]);
    let mesen = "SnesPrgRom:0:Reset:entry\nSnesWorkRam:10:Timer\nSnesRegister:2100:INIDISP\nSnesPrgRom:20-3F::comment only\n";
    has(
        &said(Format::Symbols, "a.mlb", mesen),
        &["Symbol asm:Reset ", "Timer = mem:$7E0010", "INIDISP = mem:$002100"],
    );
}

#[test]
fn lists_of_routines_are_read_from_csv_markdown_and_json() {
    let csv = "Name,Address,Description\nLink_Main,$07:8000,\"Link, each frame\"\nINIDISP,$2100,screen\n";
    let markdown = "# R\n\n| Routine | ROM address |\n|---|---|\n| `Link_Main` | `$07:8000` |\n";
    let json = r#"[{"id": "1", "name": "Link_Main", "address": "$07:8000", "line_number": 7, "calls": ["Link_Move"], "memory_access": ["$7E0010"]}]"#;
    for (file, text) in [("routines.csv", csv), ("routines.md", markdown), ("routines.json", json)] {
        let found = said(Format::Routines, file, text);
        assert!(found.iter().any(|it| it.ends_with("asm:Link_Main 078000")), "{file}: {found:?}");
    }
    has(&said(Format::Routines, "routines.csv", csv), &["INIDISP = mem:$002100"]);
    let imported = read(Format::Routines, "routines.json", json).unwrap();
    let edges = imported.facts.claims().filter(|(claim, _)| matches!(claim, Claim::Edge(_))).count();
    assert_eq!(edges, 2);
    let registers = r#"{"registers": {"INIDISP": {"address": "$2100", "description": "Screen display"}}}"#;
    has(
        &said(Format::Routines, "snes_registers.json", registers),
        &["INIDISP = mem:$002100", "Register mem:$002100 002100"],
    );
}

#[test]
fn a_bad_table_is_refused_with_file_line_and_field() {
    for (format, file, text, line, field) in [
        (Format::Symbols, "a.sym", "00:8000 Reset\nnonsense\n", 2, "line"),
        (Format::Symbols, "a.sym", "00:80x0 Reset\n", 1, "address"),
        (Format::Symbols, "a.mlb", "SnesWorkRam:zz:Timer\n", 1, "address"),
        (Format::Symbols, "a.dbg", "sym\tid=0,name=\"\",val=0x1,type=lab\n", 1, "name"),
        (Format::Symbols, "a.dbg", "sym\tid=0,name=\"a\",val=0x1,type=odd\n", 1, "type"),
        (Format::Symbols, "a.sym", "; nothing\n", 0, "(file)"),
        (Format::Routines, "a.csv", "what,where\n1,2\n", 1, "(headings)"),
        (Format::Routines, "a.csv", "name,address\n\nx,\"$1\n2\"\n", 3, "address"),
        (Format::Routines, "a.json", "[{\"name\": 3}]", 0, "[0].name"),
        (Format::Routines, "a.json", "[{\"name\": \"a\", \"calls\": \"b\"}]", 0, "[0].calls"),
        (Format::Routines, "a.json", "{\n\"registers\": }", 2, "(file)"),
        (Format::Knowledge, "knowledge_graph.json", "[]", 0, "nodes"),
    ] {
        let error = read(format, file, text).unwrap_err();
        assert_eq!(
            (error.file.as_str(), error.line, error.field.as_str()),
            (file, line, field),
            "{text:?}: {error}"
        );
    }
}
