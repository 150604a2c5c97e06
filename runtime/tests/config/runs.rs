//! From names of providers and tiers to the run that is asked for.

use hafs_proto::{GeneratorName, RunSpec};
use hafs_runtime::config::{Mistakes, ModelRole, Provider, ProviderKind};
use hafs_runtime::secret::Secret;

use crate::{SMALL, env, good};

fn run(text: &str) -> Result<RunSpec, Mistakes> {
    let known: Vec<GeneratorName> =
        vec!["explain".parse().expect("a name"), "write".parse().expect("a name")];
    good(text).run_spec(&known)
}

fn names(list: &[hafs_proto::TeacherName]) -> Vec<&str> {
    list.iter().map(hafs_proto::TeacherName::as_str).collect()
}

fn with(lines: &str) -> String {
    format!("{lines}\n{SMALL}")
}

#[test]
fn without_a_word_about_teachers_the_first_generating_model_teaches_and_the_others_judge() {
    let spec = run(SMALL).expect("a run");
    assert_eq!(names(&spec.teachers), ["ollama/qwen2.5-coder:14b"]);
    assert_eq!(names(&spec.judges), ["ollama/qwen3:8b", "cloud/judge-1"]);
    assert_eq!((spec.policy.agree, spec.policy.of), (1, 1));
    assert_eq!(spec.generators.len(), 2);
    assert_eq!(spec.sources.len(), 1);
}

#[test]
fn provider_and_tier_choose_the_teacher_and_several_teachers_win_over_both() {
    let teachers = |lines: &str| run(&with(lines)).map(|spec| names(&spec.teachers).join(" "));
    assert_eq!(teachers("[training]\nteacher_tier = 'general'"), Ok("ollama/qwen3:8b".into()));
    assert_eq!(
        teachers("[training]\nteacher_provider = 'ollama'\nteacher_tier = 'coding'"),
        Ok("ollama/qwen2.5-coder:14b".into())
    );
    let several = "[training]\nteacher_tier = 'coding'\nmulti_teacher = ['ollama', 'ollama/qwen3:8b', 'ollama/qwen2.5-coder:14b']";
    assert_eq!(teachers(several), Ok("ollama/qwen2.5-coder:14b ollama/qwen3:8b".into()), "each once");
}

#[test]
fn a_lone_model_judges_its_own_samples_only_if_that_is_allowed() {
    let lone = "[[providers]]\nname = 'embedded'\nkind = 'embedded'\n[[providers.models]]\nname = 'small'\n\
                [[sources]]\nname = 's'\nkind = 'git'\npath = '.'\n";
    let spec = run(lone).expect("a run");
    assert!(spec.judges.is_empty());
    assert_eq!((spec.policy.agree, spec.policy.of), (0, 0), "checks alone decide");
    let spec = run(&format!("[gates]\nself_judge = true\n{lone}")).expect("a run");
    assert_eq!((names(&spec.judges), spec.policy.agree), (vec!["embedded/small"], 1));
}

#[test]
fn several_teachers_judge_each_other_when_nobody_else_can() {
    let pair = "[training]\nmulti_teacher = ['p/a', 'p/b']\n[[providers]]\nname = 'p'\nkind = 'ollama'\n\
                [[providers.models]]\nname = 'a'\n[[providers.models]]\nname = 'b'\n\
                [[sources]]\nname = 's'\nkind = 'git'\npath = '.'\n";
    assert_eq!(names(&run(pair).expect("a run").judges), ["p/a", "p/b"]);
    let mistakes = run(&format!("[gates]\nagree = 2\nof = 2\n{pair}")).expect_err("each has one other");
    assert!(
        mistakes.to_string().contains("leaves 1 judges to samples of `p/a`, but 2 must agree"),
        "{mistakes}"
    );
}

#[test]
fn what_cannot_be_found_or_counted_is_said_with_a_remedy() {
    for (lines, message) in [
        (
            "[training]\nteacher_provider = 'gemini'",
            "names `gemini`, but no provider `gemini` is configured; add it as `[[providers]]`, or name one of `cloud`, `ollama`",
        ),
        (
            "[training]\nteacher_provider = 'cloud'",
            "comes to nothing: no model of `cloud` has the role `generate`",
        ),
        (
            "[training]\nteacher_tier = 'fast'",
            "asks for `fast`, which no model with the role `generate` has in `cloud`, `ollama`; there are `coding`, `general`",
        ),
        (
            "[training]\nmulti_teacher = ['cloud/judge-1']",
            "names `cloud/judge-1`, which has not the role `generate`",
        ),
        (
            "[training]\nmulti_teacher = ['ollama/qwen3:9b']",
            "`ollama` has no such model; did you mean `ollama/qwen3:8b`?",
        ),
        ("[training]\nmulti_teacher = ['cloud/zzz']", "with `name = \"zzz\"` below that provider"),
        ("[gates]\nof = 3", "gates.of = 3 is more than the judges that there are (2)"),
        (
            "[gates]\njudges = ['ollama/qwen2.5-coder:14b']",
            "gates.judges leaves 0 judges to samples of `ollama/qwen2.5-coder:14b`, but 1 must agree",
        ),
        (
            "[run]\ngenerators = ['explian']",
            "names `explian`, which is no generator; there are `explain`, `write`",
        ),
        ("[training]\nenabled = false", "training.enabled keeps runs from being started"),
    ] {
        let mistakes = run(&with(lines)).expect_err(lines);
        assert!(mistakes.0.len() == 1 && mistakes.to_string().contains(message), "{lines}: {mistakes}");
        assert_eq!(mistakes.0[0].origin.to_string(), "conf/hafs.toml:2", "{lines}");
    }
}

#[test]
fn everything_that_keeps_a_run_from_starting_is_said_at_once() {
    let mistakes = run("[training]\nenabled = false\n[run]\ngenerators = ['x']\n").expect_err("no run");
    let keys: Vec<_> = mistakes.0.iter().map(|mistake| mistake.key.as_str()).collect();
    assert_eq!(keys, ["training.enabled", "run.generators", "sources", "providers"]);
}

#[test]
fn a_provider_gives_its_models_by_role_and_its_key_without_showing_it() {
    let config = good(SMALL);
    let [ollama, cloud] = config.providers.as_slice() else { panic!("two providers") };
    assert_eq!(ollama.with_role(ModelRole::Generate).count(), 2);
    assert_eq!(cloud.with_role(ModelRole::Generate).count(), 0);
    assert!(ollama.key(&env(&[])).expect("no key").is_none());
    let key = cloud.key(&env(&[("CLOUD_KEY", "hush")])).expect("read");
    assert_eq!(key.as_ref().map(Secret::expose), Some("hush"));
    assert!(cloud.key(&env(&[])).expect("not set").is_none());
    assert!(!format!("{config:?}{key:?}").contains("hush"));
}

#[test]
fn a_program_can_add_what_it_has_found_by_the_rules_of_the_file() {
    let mut config = good("[[sources]]\nname = 's'\nkind = 'git'\npath = '.'\n");
    let before = config.fingerprint();
    let models: [(&str, &[ModelRole]); 2] =
        [("qwen3:8b", &[ModelRole::Generate]), ("minilm", &[ModelRole::Embed])];
    let found = Provider::found("ollama", ProviderKind::Ollama, Some("http://127.0.0.1:11434"), &models);
    config.providers.push(found.expect("good"));
    let written = "[[providers]]\nname = 'ollama'\nkind = 'ollama'\nbase_url = 'http://127.0.0.1:11434'\n\
                   [[providers.models]]\nname = 'qwen3:8b'\nrole = ['generate']\n\
                   [[providers.models]]\nname = 'minilm'\nrole = ['embed']\n";
    assert_eq!(config.providers, good(written).providers);
    assert_eq!(names(&config.run_spec(&[]).expect("a run").teachers), ["ollama/qwen3:8b"]);
    assert_ne!(config.fingerprint(), before);
    let far = Provider::found("far", ProviderKind::Ollama, Some("http://10.0.0.7:11434"), &models);
    assert!(far.expect("somebody named that machine").allow_remote);
    let odd = Provider::found("ollama", ProviderKind::Openai, None, &[("a b", &[])]).expect_err("mistakes");
    assert_eq!(odd.0.len(), 2, "{odd}");
}
