//! The validators with the compilers and assemblers of this machine.

#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "a test that is skipped says so")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use hafs_proto::task::{CheckSpec, SampleTexts};
use hafs_proto::{BoundedText, Check, Outcome, Provenance, Reason, SampleId, SourceName};
use hafs_sandbox::Stop;
use hafs_validators::{Validator, ValidatorKind, ValidatorSettings, equip};

/// The launcher lies beside the tests of its own crate, one folder up.
fn launcher() -> Option<PathBuf> {
    let own = std::env::current_exe().expect("a path");
    let launcher = own.parent()?.parent()?.join("hafs-sandbox");
    if !launcher.is_file() {
        println!("SKIPPED: no launcher; build it with `cargo build -p hafs-sandbox --bins`");
        return None;
    }
    Some(launcher)
}

fn settings(kind: ValidatorKind, domain: &str) -> ValidatorSettings {
    let name = match kind {
        ValidatorKind::Cpp => "cpp-compile",
        ValidatorKind::Ca65 => "ca65",
        ValidatorKind::Asar => "asar",
        ValidatorKind::Links => "links",
        ValidatorKind::Program => "own",
    };
    ValidatorSettings::new(name.parse().expect("a name"), kind, vec![domain.parse().expect("a domain")])
}

fn made(settings: ValidatorSettings) -> Option<Arc<dyn Validator>> {
    let equipped = equip(&[settings], &launcher()?);
    for missing in &equipped.missing {
        println!("SKIPPED: {missing}");
    }
    equipped.validators.into_iter().next()
}

fn check(validator: &dyn Validator, output: &str) -> Check {
    check_both(validator, "", output)
}

fn check_both(validator: &dyn Validator, input: &str, output: &str) -> Check {
    check_from(validator, None, (input, output))
}

fn check_from(
    validator: &dyn Validator,
    origin: Option<Box<Provenance>>,
    (input, output): (&str, &str),
) -> Check {
    let sample = SampleTexts {
        id: "sample_018f3c5e7b7a7c3d9e4f5a6b7c8d9e0f".parse::<SampleId>().expect("an id"),
        domain: validator.domains()[0].clone(),
        instruction: BoundedText::clipped("Write it."),
        input: BoundedText::clipped(input),
        output: BoundedText::clipped(output),
    };
    let asked = CheckSpec { check: validator.name().clone(), sample, origin, witness: None };
    validator.check(&asked, &Stop::default())
}

fn reasons(check: &Check) -> Vec<Reason> {
    match &check.outcome {
        Outcome::Fail { findings } => findings.iter().map(|finding| finding.reason).collect(),
        Outcome::Pass | Outcome::NotApplicable | Outcome::Unchecked { .. } => Vec::new(),
    }
}

fn why(check: &Check) -> &str {
    match &check.outcome {
        Outcome::Unchecked { why } => why,
        Outcome::Pass | Outcome::NotApplicable | Outcome::Fail { .. } => "",
    }
}

const TANK: &str = "#pragma once\nstruct Tank {\n  int level() const { return level_; }\n  bool drain(int by);\n  int level_ = 0;\n};\n";
const VALVE: &str = "#include \"tank.h\"\n#include LOCAL\n\nnamespace plant {\n\nbool settle(Tank& tank, int level) {\n  while (tank.level() > level) {\n    if (!tank.drain(STEP)) return false;\n  }\n  return true;\n}\n\n}  // namespace plant\n";
const ELSEWHERE: &str = "#include \"tank.h\"\n\n#ifdef SOME_OTHER_SYSTEM\nint level_of(Tank& tank) {\n  return tank.level();\n}\n#endif\n";
const STRANGE: &str = "#include <not/installed/here.h>\n\nvoid strange(Strange& it) {\n  it.go();\n}\n";

/// A project of one header, a file that needs it and what the build says, and one that needs what is not there.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("include")).expect("made");
    std::fs::create_dir(path("src")).expect("made");
    let commands = format!(
        r#"[{{"directory": "{0}", "file": "src/valve.cpp", "command": "c++ -Iinclude '-DLOCAL=<cstdint>' -DSTEP=3 -c src/valve.cpp"}}]"#,
        folder.path().display()
    );
    let files = [
        ("compile_commands.json", commands.as_str()),
        ("include/tank.h", TANK),
        ("src/valve.cpp", VALVE),
        ("src/strange.cpp", STRANGE),
        ("src/elsewhere.cpp", ELSEWHERE),
    ];
    for (name, text) in files {
        std::fs::write(path(name), text).expect("written");
    }
    folder
}

fn origin(path: &str, lines: (u32, u32)) -> Box<Provenance> {
    Box::new(Provenance {
        source: "plant".parse().expect("a name"),
        locator: BoundedText::clipped(path),
        group: BoundedText::clipped(path),
        revision: None,
        path: Some(BoundedText::clipped(path)),
        lines: Some(lines),
        license: None,
        redactions: 0,
    })
}

#[test]
fn cpp_that_needs_its_project_is_compiled_in_its_own_file() {
    for compiler in ["/usr/bin/g++", "/usr/bin/clang++"] {
        if std::path::Path::new(compiler).exists() {
            check_in_project(compiler);
        } else {
            println!("SKIPPED: no {compiler}");
        }
    }
}

fn check_in_project(compiler: &str) {
    let folder = project();
    let sources = vec![("plant".parse().expect("a name"), folder.path().to_owned())];
    let blind = || ValidatorSettings {
        program: Some(PathBuf::from(compiler)),
        ..settings(ValidatorKind::Cpp, "cpp")
    };
    let open = ValidatorSettings { sources, ..blind() };
    let (Some(cpp), Some(blind)) = (made(open), made(blind())) else { return };
    let valve = || Some(origin("src/valve.cpp", (6, 11)));
    let right = "bool settle(Tank& tank, int level) {\n  for (; tank.level() > level;) {\n    if (!tank.drain(STEP)) return false;\n  }\n  return tank.level() == level;\n}\n";
    assert!(matches!(check_from(&*blind, valve(), ("", right)).outcome, Outcome::Unchecked { .. }));
    let found = check_from(&*cpp, valve(), ("", right));
    assert_eq!(found.outcome, Outcome::Pass, "{found:?}");
    let notes = found.tool.expect("a tool").notes;
    assert!(notes.iter().any(|note| note.as_str() == "compiled in its own file, src/valve.cpp"), "{notes:?}");

    let wrong = right.replace("tank.level() == level", "tank.fill() == level");
    let found = check_from(&*cpp, valve(), ("", &wrong));
    assert_eq!(reasons(&found), [Reason::CompileError], "{found:?}");
    let Outcome::Fail { findings } = &found.outcome else { unreachable!("it was read") };
    let span = findings[0].span.expect("a place");
    assert_eq!(&wrong[span.start as usize..span.end as usize], "  return tank.fill() == level;");
    // The rest of a function behind its beginning.
    let (begun, rest) = right.split_at(right.find("  return tank").expect("there"));
    assert_eq!(check_from(&*cpp, valve(), (begun, rest)).outcome, Outcome::Pass);
    // What nobody calls is right, as for any compiler.
    let other = right.replace("int level)", "int level, Tank other)");
    assert_eq!(check_from(&*cpp, valve(), ("", &other)).outcome, Outcome::Pass);

    // A compiler that skips its place has not looked at it.
    let skipped = "int level_of(Tank& tank) {\n  return tank.level() + tank.nothing_like_it();\n}\n";
    let found = check_from(&*cpp, Some(origin("src/elsewhere.cpp", (4, 6))), ("", skipped));
    assert!(matches!(found.outcome, Outcome::Unchecked { .. }), "{found:?}");

    // What its file needs is not on this machine, the file is not the source's, the source is not open: nobody can tell.
    let strange = "void strange(Strange& it) {\n  it.stop();\n}\n";
    for origin in [origin("src/strange.cpp", (3, 5)), origin("src/../src/valve.cpp", (3, 5))] {
        let found = check_from(&*cpp, Some(origin), ("", strange));
        assert!(matches!(found.outcome, Outcome::Unchecked { .. }), "{found:?}");
    }
}

#[test]
fn cpp_that_compiles_passes_as_file_function_and_class() {
    let Some(cpp) = made(settings(ValidatorKind::Cpp, "cpp")) else { return };
    for code in [
        "#include <vector>\nint sum(const std::vector<int>& v) { int s = 0; for (int x : v) s += x; return s; }",
        "int add(int a, int b) { return a + b; }",
        "int x = 1;\nif (x > 0) { ++x; }\nwhile (x < 10) { x *= 2; }",
        "int get() const { return value_; }\nprivate:\nint value_ = 0;",
        "std::string hello(const std::string& name) { return \"Hello, \" + name; }",
        "auto s = R\"x(){()x\"; long n = 1'000'000;\n#if 0\n}\n#endif",
    ] {
        let found = check(&*cpp, &format!("Like this:\n\n```cpp\n{code}\n```\n"));
        assert_eq!(found.outcome, Outcome::Pass, "{code}");
        let tool = found.tool.expect("a tool");
        assert!(!tool.version.is_empty() && !tool.sandbox.is_empty(), "{tool:?}");
    }
}

#[test]
fn cpp_that_does_not_compile_fails_at_its_line() {
    let Some(cpp) = made(settings(ValidatorKind::Cpp, "cpp")) else { return };
    let output = "Text.\n\n```cpp\nint f() {\n  const int x = 1;\n  x = 2;\n  return x;\n}\n```\n";
    let found = check(&*cpp, output);
    let Outcome::Fail { findings } = &found.outcome else { panic!("{found:?}") };
    assert_eq!(findings[0].reason, Reason::CompileError);
    let span = findings[0].span.expect("a place");
    assert_eq!(&output[span.start as usize..span.end as usize], "  x = 2;");
    let with_header =
        "```cpp\n#include <string>\nstd::string f(const std::string& s) {\n  s += s;\n  return s;\n}\n```\n";
    assert_eq!(reasons(&check(&*cpp, with_header)), [Reason::CompileError]);
}

#[test]
fn cpp_that_is_the_rest_of_its_input_is_compiled_behind_it_and_fails_at_its_own_line() {
    let Some(cpp) = made(settings(ValidatorKind::Cpp, "cpp")) else { return };
    let begun = "#include <string>\nstd::string twice(const std::string& text) {\n";
    for (input, rest) in [
        (begun, "  std::string both = text;\n  return both + text;\n}\n"),
        ("static int twice(int a)\n", "{\n\tconst int sum = a + a;\n\treturn sum;\n}"),
    ] {
        assert_eq!(check_both(&*cpp, input, rest).outcome, Outcome::Pass, "{rest}");
    }
    let wrong = "  const std::string both = text;\n  both += text;\n  return both;\n}\n";
    let found = check_both(&*cpp, begun, wrong);
    let Outcome::Fail { findings } = &found.outcome else { panic!("{found:?}") };
    let span = findings[0].span.expect("a place");
    assert_eq!(&wrong[span.start as usize..span.end as usize], "  both += text;");
}

#[test]
fn cpp_that_lacks_its_surroundings_is_unchecked_and_prose_is_not_looked_at() {
    let Some(cpp) = made(settings(ValidatorKind::Cpp, "cpp")) else { return };
    for code in [
        "#include \"nope.h\"\nint f() { return 1; }",
        "Widget make() { return Widget{}; }",
        "bool operator==(const char* other) const { return same(data(), other); }",
        "Tank(int level) : level_(level) {}",
        "class TANK_EXPORT Tank {\n  int level_ = 0;\n};",
        "template <>\nint digits<10>() {\n  return 1;\n}",
        "int level() const override { return 1; }",
        // Inside of a function there would be one fault instead of two.
        "void set_length(int length) {\n  if (length > most_) {\n    inlined_.length = 255;\n  }\n}",
    ] {
        let found = check(&*cpp, &format!("```cpp\n{code}\n```"));
        assert!(why(&found).contains("does not bring along"), "{found:?}");
    }
    assert_eq!(check(&*cpp, "It returns early.").outcome, Outcome::NotApplicable);
}

#[test]
fn warnings_and_risks_are_kept_and_decide_nothing() {
    let Some(cpp) = made(settings(ValidatorKind::Cpp, "cpp")) else { return };
    let found = check(
        &*cpp,
        "```cpp\n#include <cstring>\nvoid f(char* d, const char* s) { int unused; strcpy(d, s); }\n```",
    );
    assert_eq!(found.outcome, Outcome::Pass);
    let notes = found.tool.expect("a tool").notes;
    assert!(notes.iter().any(|note| note.contains("CWE-120")), "{notes:?}");
    assert!(notes.iter().any(|note| note.contains("unused")), "{notes:?}");
}

#[test]
fn a_bomb_is_unchecked_and_never_passed() {
    let Some(cpp) = made(settings(ValidatorKind::Cpp, "cpp")) else { return };
    let bomb = "template <int N> struct A { static constexpr long v = A<N - 1>::v + A<N - 2>::v; };\nlong x = A<100000>::v;";
    let found = check(&*cpp, &format!("```cpp\n{bomb}\n```"));
    assert!(!matches!(found.outcome, Outcome::Pass), "{found:?}");
}

#[test]
fn assembly_that_assembles_passes_with_the_bytes_of_our_own_encoder() {
    let Some(ca65) = made(settings(ValidatorKind::Ca65, "asm")) else { return };
    for code in [
        "  sep #$20\n  lda #$8f\n  sta $2100\n  rts",
        "  lda #$1234\n  sta $7e0010\n  rtl",
        "main:\n  ldx #$0000\n@loop:\n  stz $0200,x\n  inx\n  cpx #$0010\n  bne @loop\n  jsr Other\n  rts",
    ] {
        let found = check(&*ca65, &format!("```ca65\n{code}\n```"));
        assert_eq!(found.outcome, Outcome::Pass, "{code}");
        let notes = found.tool.expect("a tool").notes;
        assert!(notes.iter().any(|note| note.contains("same as our encoder")), "{code}: {notes:?}");
    }
}

#[test]
fn assembly_that_does_not_assemble_fails_with_its_class() {
    let Some(ca65) = made(settings(ValidatorKind::Ca65, "asm")) else { return };
    for (code, reason) in [
        ("  sta #$12\n  rts", Reason::BadAddressing),
        ("  lda #$12345\n  rts", Reason::OperandRange),
        ("  mov a,#$12\n  rts", Reason::UnknownMnemonic),
        ("  lda $\n  rts", Reason::SyntaxError),
        ("twice:\n  nop\ntwice:\n  rts", Reason::UndefinedLabel),
        ("  .blah\n  rts", Reason::SyntaxError),
    ] {
        let found = check(&*ca65, &format!("```asm\n{code}\n```"));
        assert_eq!(reasons(&found).first(), Some(&reason), "{code}: {found:?}");
    }
}

#[test]
fn what_assembly_leans_on_is_not_its_fault_and_is_looked_for_in_its_own_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    std::fs::create_dir(folder.path().join("src")).expect("made");
    write("src/macros.inc", ".macro wide_a\n  rep #$20\n  .a16\n.endmacro\nSTEP = 3\n");
    let routine = "drain:\n  wide_a\n  lda level\n  sec\n  sbc #512\n  sta level\n  jsr valve\n  rts\n";
    write(
        "src/tank.s",
        &format!(".include \"macros.inc\"\n.import valve\nlevel = $20\n\n{routine}\nother:\n  rtl\n"),
    );
    write("src/broken.s", &format!(".include \"generated.inc\"\n{routine}"));
    let sources = vec![("plant".parse().expect("a name"), folder.path().to_owned())];
    let open = ValidatorSettings { sources, ..settings(ValidatorKind::Ca65, "asm") };
    let (Some(open), Some(blind)) = (made(open), made(settings(ValidatorKind::Ca65, "asm"))) else { return };
    let tank = || Some(origin("src/tank.s", (5, 12)));
    let fenced = |code: &str| format!("```ca65\n{code}```");
    let said = |of: &dyn Validator, code: &str| check_from(of, tank(), ("", &fenced(code)));
    let found = said(&*blind, routine);
    assert!(matches!(found.outcome, Outcome::Unchecked { .. }), "its macro is not there: {found:?}");
    let found = said(&*open, routine);
    assert_eq!(found.outcome, Outcome::Pass, "{found:?}");
    let notes = found.tool.expect("a tool").notes;
    assert!(notes.iter().any(|note| note.as_str() == "assembled in its own file, src/tank.s"), "{notes:?}");

    let wrong = routine.replace("  rts", "  stx $12,x\n  rts");
    let found = said(&*open, &wrong);
    assert_eq!(reasons(&found), [Reason::BadAddressing], "{found:?}");
    let Outcome::Fail { findings } = &found.outcome else { unreachable!("it was read") };
    let span = findings[0].span.expect("a place");
    assert_eq!(&fenced(&wrong)[span.start as usize..span.end as usize], "  stx $12,x");
    let wrong = routine.replace("lda level", "lda levels_that_nobody_has");
    assert_eq!(reasons(&said(&*open, &wrong)), [Reason::UndefinedLabel]);
    // The rest of a routine behind its beginning.
    let (begun, rest) = routine.split_at(routine.find("  sta").expect("there"));
    assert_eq!(check_from(&*open, tank(), (begun, rest)).outcome, Outcome::Pass);
    // What makes the assembler stop before the end hides what stands behind it, also when it claims to have been read.
    let hidden = routine.replace("  rts", "  rts\n.out \"ends\"\n.end\n  rtz");
    for of in [&open, &blind] {
        let found = said(&**of, &hidden);
        assert!(matches!(found.outcome, Outcome::Unchecked { .. }), "{found:?}");
    }
    let found = said(&*blind, "stop:\n  rts\n.end\n  rtz\n");
    assert!(matches!(found.outcome, Outcome::Unchecked { .. }), "{found:?}");
    // Its file does not assemble here as it is.
    let found = check_from(&*open, Some(origin("src/broken.s", (2, 9))), ("", &fenced(routine)));
    assert!(matches!(found.outcome, Outcome::Unchecked { .. }), "{found:?}");
    // Names, widths and near labels that a linker or a caller brings need no file.
    let alone = "spin:\n  lda #512\n  ldx #$20\n  stx buffer,y\n  lda #COUNT\n  bne elsewhere\n  rts\n";
    assert_eq!(said(&*blind, alone).outcome, Outcome::Pass);
}

#[test]
fn what_asar_lacks_is_not_the_snippets_fault() {
    let Some(asar) = made(settings(ValidatorKind::Asar, "asm")) else { return };
    let leans =
        "Main:\n  LDA Enemy.x,x\n  STA !buffer,x\n  LDA #Table>>16\n  BNE Elsewhere\n  JSL Far\n  RTL\n";
    let found = check(&*asar, &format!("```asar\n{leans}```"));
    assert_eq!(found.outcome, Outcome::Pass, "{found:?}");
    for leans in ["Main:\n  %thing()\n  RTS\n", "Main:\n  !jump .x\n.x\n  RTS\n"] {
        let found = check(&*asar, &format!("```asar\n{leans}```"));
        assert!(matches!(found.outcome, Outcome::Unchecked { .. }), "{leans}: {found:?}");
    }
    for wrong in ["Main:\n  STX !a,x : STX $12,x\n  RTS\n", "Main:\n  BRA .gone\n  RTS\n"] {
        let found = check(&*asar, &format!("```asar\n{wrong}```"));
        assert!(!matches!(found.outcome, Outcome::Pass), "{wrong}: {found:?}");
    }
}

#[test]
fn a_file_that_ca65_includes_is_assembled_in_the_program_that_includes_it() {
    let routine = "drain:\n  wide_a\n  lda level\n  jmp valve\n";
    let sources = folder_of(&[
        (
            "src/main.s",
            ".macro wide_a\n  rep #$20\n  .a16\n.endmacro\n.include \"tank.inc\"\nvalve:\n  rts\n",
        ),
        ("src/tank.inc", &format!("level = $20\n\n{routine}other:\n  rtl\n")),
        ("broken.s", ".include \"gone.inc\"\n.include \"lost.inc\"\n"),
        ("lost.inc", routine),
    ]);
    let open = ValidatorSettings { sources: sources.1, ..settings(ValidatorKind::Ca65, "asm") };
    let Some(open) = made(open) else { return };
    let said = |path: &str, code: &str| {
        check_from(&*open, Some(origin(path, (3, 6))), ("", &format!("```ca65\n{code}```")))
    };
    let found = said("src/tank.inc", routine);
    assert_eq!(found.outcome, Outcome::Pass, "{found:?}");
    let notes = found.tool.expect("a tool").notes;
    let note = "assembled in its own file, src/tank.inc of src/main.s";
    assert!(notes.iter().any(|found| found.as_str() == note), "{notes:?}");
    let wrong = routine.replace("valve", "valves");
    assert_eq!(reasons(&said("src/tank.inc", &wrong)), [Reason::UndefinedLabel]);
    let found = said("lost.inc", routine);
    assert!(matches!(found.outcome, Outcome::Unchecked { .. }), "its program is not whole here: {found:?}");
}

/// A program of asar for a version that is told to it, with one file that it includes only for another.
const GAME: &[(&str, &str)] = &[
    (
        "game.asm",
        "lorom\n!level = $20\nmacro wide()\n  REP #$20\nendmacro\norg $008000\nincsrc \"code/tank.asm\"\nValve:\n  \
         RTS\norg $00FFFF\nassert pc() <= $010000\nif !VERSION == 2\nincsrc \"code/other.asm\"\nendif\n",
    ),
    (
        "code/tank.asm",
        "Start:\n  JMP Drain_end\n\nDrain:\n  %wide()\n  LDA !level\n  JSR Valve\n.end\n  RTS\n\nAfter:\n  LDA .sizes,x\n  \
         RTL\nincsrc \"sizes.asm\"\n",
    ),
    ("code/sizes.asm", ".sizes\n  db 1\n"),
    ("code/other.asm", "Other:\n  %wide()\n  RTS\n"),
];

#[test]
fn what_asar_lacks_is_looked_for_in_the_program_that_includes_it() {
    let sources = || folder_of(GAME);
    let (folder, open) = sources();
    let told = vec!["-DVERSION=1".to_owned()];
    let open = ValidatorSettings { sources: open, arguments: told, ..settings(ValidatorKind::Asar, "asm") };
    let Some(open) = made(open) else { return };
    let said = |path: &str, lines, code: &str| {
        check_from(&*open, Some(origin(path, lines)), ("", &format!("```asar\n{code}```")))
    };
    let drain = |code: &str| said("code/tank.asm", (4, 9), code);
    let routine = "Drain:\n  %wide()\n  LDA !level\n  JSR Valve\n.end\n  RTS\n";
    let found = drain(routine);
    assert_eq!(found.outcome, Outcome::Pass, "{found:?}");
    let notes = found.tool.expect("a tool").notes;
    let note = "assembled in its own file, code/tank.asm of game.asm";
    assert!(notes.iter().any(|found| found.as_str() == note), "{notes:?}");
    // Another macro than there is, and a label that another file needs.
    let found = drain(&routine.replace("%wide", "%wider"));
    assert_eq!(reasons(&found).first(), Some(&Reason::MacroError), "{found:?}");
    let found = drain(&routine.replace(".end\n", ""));
    assert_eq!(reasons(&found).first(), Some(&Reason::UndefinedLabel), "{found:?}");
    // A local label that stands in a file behind it.
    let after = |code: &str| said("code/tank.asm", (11, 13), code);
    assert_eq!(after("After:\n  LDA .sizes,x\n  RTL\n").outcome, Outcome::Pass);
    let found = after("After:\n  LDA .gone,x\n  RTL\n");
    assert_eq!(reasons(&found).first(), Some(&Reason::UndefinedLabel), "{found:?}");
    // More than there is room for is no mistake of the code, and proves nothing.
    let long = routine.replace("  RTS", &"  %wide()\n".repeat(20_000).replace("\n", " : NOP\n"));
    let found = drain(&long);
    assert!(matches!(found.outcome, Outcome::Unchecked { .. }), "{found:?}");
    // A place that the assembler does not come to.
    let found = said("code/other.asm", (1, 3), "Other:\n  %wide()\n  RTS\n");
    assert!(matches!(found.outcome, Outcome::Unchecked { .. }), "{found:?}");
    // A program that does not assemble as it is tells nothing.
    std::fs::write(folder.path().join("game.asm"), "lorom\norg $008000\nincsrc \"code/tank.asm\"\n")
        .expect("written");
    let found = drain(routine);
    assert!(matches!(found.outcome, Outcome::Unchecked { .. }), "{found:?}");
}

/// A folder with these files, as the source `plant`.
fn folder_of(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<(SourceName, PathBuf)>) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("one")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    let sources = vec![("plant".parse().expect("a name"), folder.path().to_owned())];
    (folder, sources)
}

#[test]
fn assembly_of_another_dialect_and_of_other_files_is_unchecked() {
    let Some(ca65) = made(settings(ValidatorKind::Ca65, "asm")) else { return };
    let asar = check(&*ca65, "```asm\norg $008000\n  LDA.b #$12\n  RTS\ndb $01,$02\n```");
    assert!(why(&asar).contains("asar"), "{asar:?}");
    let include = check(&*ca65, "```ca65\n.include \"other.s\"\n  rts\n```");
    assert!(why(&include).contains("bring along"), "{include:?}");
}

#[test]
fn a_tool_that_is_missing_makes_no_validator_and_says_what_to_do() {
    let Some(launcher) = launcher() else { return };
    let mut lost = settings(ValidatorKind::Ca65, "asm");
    lost.program = Some(PathBuf::from("/no/such/ca65"));
    let equipped = equip(&[lost, settings(ValidatorKind::Program, "asm")], &launcher);
    assert!(equipped.validators.is_empty());
    assert!(
        equipped.missing[0].contains("check/ca65") && equipped.missing[0].contains("/no/such"),
        "{equipped:?}"
    );
    assert!(equipped.missing[1].contains("program"), "{equipped:?}");
    assert!(equip(&[], &launcher).missing.is_empty());
}

/// A program of one's own: a shell script that answers what it is told to.
fn own(script: &str) -> Option<(tempfile::TempDir, Arc<dyn Validator>)> {
    own_with(script, Vec::new())
}

fn own_with(
    script: &str,
    sources: Vec<(SourceName, PathBuf)>,
) -> Option<(tempfile::TempDir, Arc<dyn Validator>)> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("own");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("set");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("set");
    let mut settings = settings(ValidatorKind::Program, "poems");
    settings.program = Some(path);
    settings.sources = sources;
    made(settings).map(|validator| (folder, validator))
}

#[test]
fn a_program_of_ones_own_decides_by_json() {
    let Some((_folder, own)) = own("text=$(cat)\ncase $text in\n*roses*) echo '{\"outcome\":\"pass\"}' ;;\n\
         *) echo '{\"outcome\":\"fail\",\"findings\":[{\"reason\":\"off_topic\",\"message\":\"no roses\",\"field\":\"output\",\"span\":{\"start\":0,\"end\":999}}]}' ;;\nesac")
    else {
        return;
    };
    assert_eq!(check(&*own, "roses are red").outcome, Outcome::Pass);
    let failed = check(&*own, "violets are blue");
    assert_eq!(reasons(&failed), [Reason::OffTopic]);
    let Outcome::Fail { findings } = failed.outcome else { panic!("a failure") };
    assert_eq!(findings[0].span, None, "a place that is not there is taken away");
}

#[test]
fn a_program_of_ones_own_is_told_where_a_sample_comes_from_and_may_look_there() {
    let project = project();
    let script = "text=$(cat)\nfolder=$(echo \"$text\" | sed 's/.*\"folder\":\"\\([^\"]*\\)\".*/\\1/')\n\
                  path=$(echo \"$text\" | sed 's/.*\"path\":\"\\([^\"]*\\)\".*/\\1/')\n\
                  grep -q plant \"$folder/$path\" && echo '{\"outcome\":\"pass\"}'";
    let sources = || vec![("plant".parse().expect("a name"), project.path().to_owned())];
    let Some((_folder, open)) = own_with(script, sources()) else { return };
    let Some((_folder, blind)) = own_with(script, Vec::new()) else { return };
    let valve = || Some(origin("src/valve.cpp", (6, 11)));
    assert_eq!(check_from(&*open, valve(), ("", "x")).outcome, Outcome::Pass);
    assert!(matches!(check_from(&*blind, valve(), ("", "x")).outcome, Outcome::Unchecked { .. }));
    let gone = vec![("plant".parse().expect("a name"), project.path().join("gone"))];
    let lost = ValidatorSettings { sources: gone, ..settings(ValidatorKind::Cpp, "cpp") };
    let missing = equip(&[lost], &launcher().expect("it was there")).missing;
    assert!(missing[0].contains("`sources` names `plant`"), "{missing:?}");
}

#[test]
fn a_program_that_breaks_or_talks_nonsense_leaves_the_sample_unchecked() {
    for (script, words) in [
        ("exit 1", "code 1"),
        ("echo hello", "no outcome"),
        ("echo '{\"outcome\":\"accepted\"}'", "no outcome"),
        ("echo '{\"outcome\":\"fail\",\"findings\":[]}'", "without a finding"),
        ("cat /etc/passwd >&2; kill -9 $$", "signal 9"),
        ("yes", "too much"),
    ] {
        let Some((_folder, own)) = own(script) else { return };
        let found = check(&*own, "x");
        assert!(why(&found).contains(words), "{script}: {found:?}");
    }
}
