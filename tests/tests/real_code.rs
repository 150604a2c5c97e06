//! A project of C++ or of 65816 assembly and a small model that really speaks: samples whose output is the project's code
//! are accepted with the compiler's or assembler's proof or not at all, and a recount of what became of them adds up.
//! `HAFS_TEST_CPP`, `HAFS_TEST_CA65` and `HAFS_TEST_ASAR` name a repository to take instead of the projects below; then the
//! run goes on until its seeds are used up, or until it is stopped. `HAFS_TEST_CODE_MODEL` names a model to take.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test program")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hafs_proto::people::Progress;
use hafs_proto::{Check, Outcome, Reason, Sample, SampleState};
use hafs_tests::engine::{Engine, smollm2};
use hafs_tests::plant;
use hafs_tests::process::Process;

const LIMIT: Duration = Duration::from_secs(420);
/// A repository of another's takes as long as it takes.
const LONG: Duration = Duration::from_secs(6 * 3600);

/// What is looked at, and by what.
struct Project {
    /// The domain of its samples.
    domain: &'static str,
    /// The validator: its name, which is that of its kind too.
    validator: &'static str,
    /// The program that the validator needs.
    program: &'static str,
    /// The files that are mined.
    include: &'static [&'static str],
    /// The variable that names a repository to take instead.
    variable: &'static str,
    files: &'static [(&'static str, &'static str)],
    /// Words of outputs that must not be accepted, and why.
    refused: &'static [(&'static str, &'static str)],
}

const CPP: Project = Project {
    domain: "cpp",
    validator: "cpp",
    program: "/usr/bin/g++",
    include: &["**/*.cpp", "**/*.cc", "**/*.h"],
    variable: "HAFS_TEST_CPP",
    files: &CPP_FILES,
    refused: &[("next = highest", "it is wrong"), ("bin.take", "nobody could tell")],
};

const CA65: Project = Project {
    domain: "asm",
    validator: "ca65",
    program: "/usr/bin/ca65",
    include: &["**/*.s", "**/*.asm", "**/*.inc"],
    variable: "HAFS_TEST_CA65",
    files: &CA65_FILES,
    refused: &[("stx $12,x", "it is wrong"), ("fill_hole", "nobody could tell")],
};

/// A repository of another's, for an assembler that a person has installed.
const ASAR: Project = Project {
    validator: "asar",
    program: "/usr/local/bin/asar",
    variable: "HAFS_TEST_ASAR",
    files: &[],
    refused: &[],
    ..CA65
};

/// Routines that stand for themselves, that need macros of another file, that need a file that is not there, and one fault.
const CA65_FILES: [(&str, &str); 5] = [
    (
        "src/screen.s",
        "; Turns the screen off while the tables are written.\nscreen_off:\n  sep #$20\n  lda #$8f\n  sta $2100 ; \
         INIDISP\n  stz $4200 ; NMITIMEN\n  rts\n\n; Waits until the beam is at the bottom of the \
         picture.\nwait_for_bottom:\n  sep #$20\n@again:\n  bit $4212\n  bpl @again\n  rts\n",
    ),
    (
        "src/sum.s",
        "; Adds up the words of a table; the count of words is in X.\nsum_words:\n  rep #$30\n  lda #$0000\n@next:\n  clc\n  \
         adc table,x\n  dex\n  dex\n  bpl @next\n  sta total\n  rtl\n",
    ),
    (
        "src/tank.s",
        ".include \"macros.inc\"\n.import valve\nlevel = $20\n\n; Lets as much out of the tank as one step \
         does.\ndrain_step:\n  wide_a\n  lda level\n  sec\n  sbc #STEP\n  sta level\n  jsr valve\n  rts\n",
    ),
    ("src/macros.inc", ".macro wide_a\n  rep #$20\n  .a16\n.endmacro\nSTEP = 512\n"),
    (
        "src/lost.s",
        ".include \"generated_by_nobody.inc\"\n\n; Fills the hole at the end of the bank.\nfill_hole:\n  fill_from \
         end_of_code\n  lda #$00\n  sta hole\n  inc hole_count\n  rts\n\n; Stores what no instruction can.\n\
         store_wrong:\n  lda #$01\n  ldx #$10\n  stx $12,x\n  sta $14\n  rts\n",
    ),
];

/// What a small project has: free functions, a class, types of other files, one that needs a file that is not there, and
/// one fault.
const CPP_FILES: [(&str, &str); 7] = [
    (
        "src/checksum.cpp",
        "#include <cstddef>\n#include <cstdint>\n\n/// The sum of all bytes, as the header of a cartridge has it.\n\
         std::uint16_t checksum(const std::uint8_t* bytes, std::size_t count)\n{\n  std::uint16_t sum = 0;\n  for \
         (std::size_t at = 0; at < count; ++at) {\n    sum = static_cast<std::uint16_t>(sum + bytes[at]);\n  }\n  return \
         sum;\n}\n",
    ),
    (
        "src/words.cpp",
        "#include <string>\n#include <vector>\n\n/// Splits a line at blanks and leaves empty words out.\n\
         std::vector<std::string> words_of(const std::string& line) {\n  std::vector<std::string> words;\n  std::string \
         word;\n  for (const char sign : line) {\n    if (sign != ' ') {\n      word += sign;\n    } else if \
         (!word.empty()) {\n      words.push_back(word);\n      word.clear();\n    }\n  }\n  if (!word.empty()) {\n    \
         words.push_back(word);\n  }\n  return words;\n}\n",
    ),
    (
        "src/ring.h",
        "#pragma once\n#include <array>\n#include <cstddef>\n\n/// The last readings of a sensor; the oldest makes room.\n\
         struct Ring {\n  std::array<int, 16> readings{};\n  std::size_t count = 0;\n\n  void push(int reading) {\n    \
         readings[count % readings.size()] = reading;\n    ++count;\n  }\n\n  bool is_full() const { return count >= \
         readings.size(); }\n};\n",
    ),
    (
        "src/valve.cpp",
        "#include \"tank.h\"\n\n/// Opens the valve until the level of the tank is right.\nbool settle(Tank& tank, int \
         level) {\n  while (tank.level() > level) {\n    if (!tank.valve().open()) {\n      return false;\n    }\n  }\n  \
         return tank.level() == level;\n}\n",
    ),
    (
        "include/tank.h",
        "#pragma once\n\nstruct Valve {\n  bool open() { return !stuck; }\n  bool stuck = false;\n};\n\nstruct Tank {\n  int level() \
         const { return level_; }\n  Valve& valve() { return valve_; }\n  int level_ = 0;\n  Valve valve_;\n};\n",
    ),
    (
        "src/lost.cpp",
        "#include \"generated_by_nobody.h\"\n\n/// Empties the bin and counts what was in it.\nint empty(Bin& bin) {\n  int \
         count = 0;\n  while (!bin.is_empty()) {\n    bin.take();\n    ++count;\n  }\n  return count;\n}\n",
    ),
    (
        "src/limit.cpp",
        "/// The next limit: twice the last one, but never over the highest.\nint next_limit(int last, int highest) {\n  \
         const int next = last * 2;\n  if (next > highest) {\n    next = highest;\n  }\n  return next;\n}\n",
    ),
];

impl Project {
    /// The repository to take, the caller's or ours, and how long it may take.
    fn repository(&self, home: &Path) -> Option<(PathBuf, Duration)> {
        if let Some(named) = std::env::var_os(self.variable) {
            return Some((PathBuf::from(named), LONG));
        }
        let folder = home.join("project");
        for (name, text) in self.files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        (!self.files.is_empty()).then_some((folder, LIMIT))
    }

    fn write_config(&self, home: &Path, folder: &Path, engine: &Engine) {
        let Self { domain, validator, program, include, .. } = self;
        let (folder, url, model) = (folder.display(), &engine.url, &engine.model);
        let config = format!(
            "[training]\nteacher_provider = \"llama\"\n\n[run]\ntarget = 10000\ngenerators = [\"write-code\", \
             \"complete-code\"]\nmax_tokens = 160\nmax_attempts = 2\n\n[gates]\nrepairs = 0\n\n[coordinator]\nlisten = \
             \"127.0.0.1:0\"\ndata_dir = \"data\"\n\n[[validators]]\nname = \"{validator}\"\nkind = \
             \"{validator}\"\nprogram = \"{program}\"\ndomains = [\"{domain}\"]\nsources = \
             [\"project\"]\n\n[[sources]]\nname = \"project\"\nkind = \"folder\"\npath = \"{folder}\"\ninclude = \
             {include:?}\ndomain = \"{domain}\"\n\n[[providers]]\nname = \"llama\"\nkind = \"openai\"\nbase_url = \
             \"{url}/v1\"\n\n[[providers.models]]\nname = \"{model}\"\nrole = [\"generate\"]\n"
        );
        std::fs::write(home.join("hafs.toml"), config).unwrap();
    }

    /// The validator's word on a sample.
    fn check<'c>(&self, checks: &'c [Check]) -> Option<&'c Check> {
        checks.iter().find(|check| check.name.as_str() == self.validator)
    }

    /// What is accepted was compiled or assembled; what is wrong by that is rejected for it.
    fn check_proofs(&self, found: &[(Sample, Vec<Check>)]) {
        for (sample, checks) in found {
            let check = self.check(checks);
            let findings = check.and_then(|check| {
                if let Outcome::Fail { findings } = &check.outcome { Some(findings) } else { None }
            });
            match &sample.state {
                SampleState::Accepted { .. } => {
                    let check = check.unwrap_or_else(|| panic!("no proof: {sample:?}"));
                    let tool = check.tool.as_ref().unwrap_or_else(|| panic!("no tool: {sample:?} {check:?}"));
                    assert_eq!(check.outcome, Outcome::Pass, "{sample:?}");
                    assert!(!tool.version.is_empty() && !tool.sandbox.is_empty(), "{tool:?}");
                }
                SampleState::Rejected { reasons, .. } => {
                    let named = findings.iter().copied().flatten().all(|one| reasons.contains(&one.reason));
                    assert!(named, "{sample:?} {check:?}");
                }
                SampleState::Quarantined { .. } | SampleState::Candidate => {
                    assert!(findings.is_none(), "{sample:?}");
                }
            }
        }
    }

    /// A whole run of it with a model that really speaks.
    async fn run(&self) {
        let model = std::env::var_os("HAFS_TEST_CODE_MODEL").map(PathBuf::from).or_else(smollm2);
        let Some(engine) = model.as_deref().and_then(Engine::start) else {
            println!("SKIPPED: llama.cpp or its model is not there; `scripts/setup.sh` gets both");
            return;
        };
        if !Path::new(self.program).exists() {
            println!("SKIPPED: no {}", self.program);
            return;
        }
        let home = tempfile::tempdir().unwrap();
        let Some((folder, limit)) = self.repository(home.path()) else {
            println!("SKIPPED: {} names no repository", self.variable);
            return;
        };
        self.write_config(home.path(), &folder, &engine);
        let mut run = Process::start("hafs-factory", home.path(), &["run", "--no-export", "--json"]);
        let (status, printed) = run.output(limit).await;
        let log = std::fs::read_to_string(home.path().join("hafs-factory.log")).unwrap_or_default();
        assert!(matches!(status.code(), Some(0 | 3)), "{status}\n{printed}\n{log}");
        let progress = plant::stock(home.path()).await.progress;
        assert_eq!(progress.candidates + progress.open_tasks, 0, "nothing is left undecided: {progress:?}");
        let found = plant::checked(home.path()).await;
        recount(&found, &progress);
        self.check_proofs(&found);
        for (words, why) in self.refused.iter().filter(|_| limit == LIMIT) {
            let mut with = found.iter().filter(|(sample, _)| sample.output.contains(words));
            assert!(with.all(|(sample, _)| sample.state.word() != "accepted"), "{words}: {why}");
        }
        assert!(found.iter().any(|(_, checks)| self.check(checks).is_some()), "the program was asked");
        let in_its_file = found.iter().filter(|(_, checks)| self.check(checks).is_some_and(is_in_its_file));
        println!("{} samples were looked at in their own file", in_its_file.count());
    }
}

fn is_in_its_file(check: &Check) -> bool {
    let mut notes = check.tool.iter().flat_map(|tool| &tool.notes);
    notes.any(|note| note.as_str().contains("in its own file"))
}

/// The states by their words, and the reasons of the rejected as their first and anywhere.
fn recount(found: &[(Sample, Vec<Check>)], progress: &Progress) {
    let mut states: BTreeMap<&str, u64> = BTreeMap::new();
    let mut reasons: BTreeMap<Reason, (u64, u64)> = BTreeMap::new();
    for (sample, _) in found {
        *states.entry(sample.state.word()).or_default() += 1;
        let SampleState::Rejected { reasons: given, .. } = &sample.state else { continue };
        for (place, reason) in given.iter().enumerate() {
            let (first, any) = reasons.entry(*reason).or_default();
            *first += u64::from(place == 0);
            *any += 1;
        }
    }
    println!("{states:?} {reasons:?} calls {} failed {:?}", progress.calls, progress.failures);
    let count = |state| states.get(state).copied().unwrap_or_default();
    assert_eq!(count("accepted"), progress.accepted);
    assert_eq!(count("rejected"), progress.rejected);
    assert_eq!(count("quarantined"), progress.quarantined);
    assert_eq!(found.len() as u64, progress.generated, "and nothing else");
    let told: BTreeMap<Reason, (u64, u64)> =
        progress.rejections.iter().map(|told| (told.reason, (told.first, told.any))).collect();
    assert_eq!(reasons, told);
    assert_eq!(progress.rejections.iter().map(|told| told.first).sum::<u64>(), progress.rejected);
    assert_eq!(progress.failures.iter().map(|told| told.first).sum::<u64>(), progress.failed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_real_model_makes_of_a_project_of_cpp_is_accepted_with_its_proof_or_not_at_all() {
    CPP.run().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_real_model_makes_of_65816_assembly_is_accepted_with_its_proof_or_not_at_all() {
    CA65.run().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_real_model_makes_of_a_repository_for_asar_is_accepted_with_its_proof_or_not_at_all() {
    ASAR.run().await;
}
