//! File, then environment, then flags.

use std::path::Path;

use hafs_runtime::config::{Config, Mistakes, Origin, Override, TeacherRef, parse};

use crate::{SMALL, env, flag};

fn layered(variables: &[(&str, &str)], flags: &[Override]) -> Result<Config, Mistakes> {
    parse(&format!("[run]\ntarget = 1\n{SMALL}"), Path::new("hafs.toml"), &env(variables), flags)
}

fn refused(variables: &[(&str, &str)], flags: &[Override]) -> String {
    layered(variables, flags).expect_err("refused").to_string()
}

#[test]
fn a_variable_wins_over_the_file_and_a_flag_over_both() {
    let variable = [("HAFS_RUN__TARGET", "2")];
    let target =
        |variables: &[(&str, &str)], flags: &[Override]| layered(variables, flags).expect("good").run.target;
    assert_eq!(target(&[], &[]), 1);
    assert_eq!(target(&variable, &[]), 2);
    assert_eq!(target(&variable, &[flag("run.target", "3", "--target")]), 3);
    assert_eq!(target(&[("HAFS_RUN__TARGET", "")], &[]), 1, "an empty variable counts as not set");
}

#[test]
fn each_kind_of_value_can_be_typed() {
    let config = layered(
        &[
            ("HAFS_TRAINING__ENABLED", "false"),
            ("HAFS_TRAINING__MULTI_TEACHER", "ollama, cloud/judge-1"),
            ("HAFS_EXPORT__FORMATS", r#"["kto"]"#),
            ("HAFS_WORKER__CLAIM_WAIT_S", "0.5"),
            ("HAFS_WORKER__NAME", "42"),
        ],
        &[],
    )
    .expect("good");
    assert!(!config.training.enabled);
    assert!(matches!(
        config.training.multi_teacher.as_slice(),
        [TeacherRef::Provider(_), TeacherRef::Teacher(_)]
    ));
    assert_eq!(config.export.formats.len(), 1);
    assert_eq!(config.worker.claim_wait_s.as_millis(), 500);
    assert_eq!(config.worker.name.as_deref(), Some("42"), "a text stays a text");
}

#[test]
fn an_item_of_a_list_is_named_in_the_variable_or_the_flag() {
    let variable = ("HAFS_PROVIDERS__OLLAMA__BASE_URL", "http://127.0.0.5:11434");
    let config = layered(&[variable], &[flag("providers.cloud.slots", "9", "--slots")]).expect("good");
    assert_eq!(
        config.providers[0].base_url.as_ref().map(ToString::to_string).as_deref(),
        Some("http://127.0.0.5:11434/")
    );
    assert_eq!(config.providers[1].slots, 9);
    let origins = config.values();
    let origin = |key: &str| &origins.iter().find(|value| value.key == key).expect("a value").origin;
    assert_eq!(origin("providers.ollama.base_url"), &Origin::Env { name: variable.0.into() });
    assert_eq!(origin("providers.cloud.slots"), &Origin::Flag { name: "--slots".into() });
}

#[test]
fn relative_paths_start_from_the_folder_of_the_file_but_from_the_working_folder_elsewhere() {
    let text = "[prompts]\ndir = \"mine\"\n";
    let read =
        |flags: &[Override]| parse(text, Path::new("/etc/hafs/hafs.toml"), &env(&[]), flags).expect("good");
    assert_eq!(read(&[]).prompts.dir.as_deref(), Some(Path::new("/etc/hafs/mine")));
    assert_eq!(
        read(&[flag("prompts.dir", "mine", "--prompts")]).prompts.dir.as_deref(),
        Some(Path::new("mine"))
    );
}

#[test]
fn a_mistake_names_the_variable_or_the_flag() {
    for (variable, value, message) in [
        ("HAFS_RUN__TARGET", "many", "HAFS_RUN__TARGET: run.target must be a whole number, not `many`"),
        ("HAFS_RUN__TARGET", "0", "HAFS_RUN__TARGET: run.target = 0 must be from 1 to 10000000; for example"),
        ("HAFS_RUN__TARGTE", "5", "HAFS_RUN__TARGTE: run.targte is not a key; did you mean `target`?"),
        ("HAFS_RUNN__TARGET", "5", "HAFS_RUNN__TARGET: runn.target is in no section; did you mean `run`?"),
        ("HAFS_PROVIDERS__SLOTS", "5", "providers.slots is not a key; say which: `providers.NAME.slots`"),
        (
            "HAFS_PROVIDERS__MOON__SLOTS",
            "5",
            "providers.moon.slots is of an item that the file has not; add it",
        ),
        ("HAFS_A__B__C__D", "5", "a.b.c.d is not a key; a key is `section.key` or `section.name.key`"),
    ] {
        let found = refused(&[(variable, value)], &[]);
        assert!(found.contains(message), "{found}");
    }
    let found = refused(&[], &[flag("run.target", "0", "--target"), flag("nonsense", "1", "--set")]);
    assert!(found.starts_with("--set: nonsense. is in no section"), "{found}");
    assert!(found.contains("\n--target: run.target = 0 must be from 1"), "{found}");
}

#[test]
fn variables_without_two_underscores_are_none_of_our_business() {
    assert!(layered(&[("HAFS_LOG", "debug"), ("HAFS_TOKEN", "x")], &[]).is_ok());
}
