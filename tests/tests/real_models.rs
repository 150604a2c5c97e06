//! The whole path with real models: SmolLM2 in the embedded engine, and the same weights behind llama.cpp through
//! the OpenAI-compatible wire. What these models say is poor; that it arrives, is recorded, checked and decided is
//! what counts here.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test program")]

use std::path::Path;
use std::time::Duration;

use hafs_tests::engine::{Engine, smollm2};
use hafs_tests::plant;
use hafs_tests::process::Process;

const LIMIT: Duration = Duration::from_secs(420);

/// Two documents that somebody could have written.
fn write_documents(home: &Path) {
    let docs = home.join("docs");
    std::fs::create_dir_all(&docs).unwrap();
    let pump = "# Changing the filter of the pump\n\nTurn the pump off and close both valves before you open the \
        housing. The filter sits behind the round cover and is held by four screws. Pull it out straight, rinse \
        the housing with clean water, and put the new filter in with the arrow pointing to the tank. Open the \
        inlet valve first, wait until no more bubbles come out of the bleed screw, then open the outlet valve. \
        A filter lasts about six months; in hard water it lasts three.\n";
    let logs = "# Reading the log of the controller\n\nEach line begins with the time in seconds since the start, \
        then a letter: I for information, W for a warning, E for an error. An error stops the motor until the \
        red button is pressed. Warnings are counted, and after ten of the same kind within a minute the \
        controller reports an error of its own. The log keeps the last four thousand lines and then overwrites \
        the oldest ones.\n";
    std::fs::write(docs.join("pump.md"), pump).unwrap();
    std::fs::write(docs.join("controller.md"), logs).unwrap();
}

fn write_config(home: &Path, provider: &str) {
    let config = format!(
        "[run]\ntarget = 2\ngenerators = [\"doc-qa\"]\nmax_tokens = 160\nmax_attempts = 2\n\n[gates]\nrepairs = 0\n\n\
         [coordinator]\nlisten = \"127.0.0.1:0\"\ndata_dir = \"data\"\n\n[[sources]]\nname = \"docs\"\nkind = \
         \"folder\"\npath = \"docs\"\n\n{provider}"
    );
    std::fs::write(home.join("hafs.toml"), config).unwrap();
}

/// Runs the factory to its end and looks into the library.
async fn run(home: &Path) {
    let mut run = Process::start("hafs-factory", home, &["run", "--no-export", "--json"]);
    let (status, printed) = run.output(LIMIT).await;
    let log = std::fs::read_to_string(home.join("hafs-factory.log")).unwrap_or_default();
    // 3 says that nothing was accepted, which a model of this size may well achieve.
    assert!(matches!(status.code(), Some(0 | 3)), "{status}\n{printed}\n{log}");
    let stock = plant::stock(home).await;
    let progress = &stock.progress;
    println!("{progress:?}");
    assert!(progress.calls >= 2, "the model was asked: {progress:?}\n{log}");
    assert!(progress.output_tokens > 0 && progress.input_tokens > 0, "usage is recorded: {progress:?}");
    assert!(progress.generated + progress.failed >= 2, "both sections came to an end: {progress:?}");
    assert_eq!(progress.candidates + progress.open_tasks, 0, "nothing is left undecided: {progress:?}");
}

#[tokio::test]
async fn smollm2_in_the_embedded_engine_takes_samples_from_seed_to_decision() {
    let Some(model) = smollm2() else {
        println!(
            "SKIPPED: smollm2-135m-instruct is not there; `hafs-factory model pull smollm2-135m-instruct`"
        );
        return;
    };
    let home = tempfile::tempdir().unwrap();
    write_documents(home.path());
    let folder = model.parent().unwrap().display();
    write_config(
        home.path(),
        &format!(
            "[training]\nteacher_provider = \"embedded\"\n\n[embedded]\nmodels_dir = \"{folder}\"\none_thread = true\n\n\
             [[providers]]\nname = \"embedded\"\nkind = \"embedded\"\n\n[[providers.models]]\nname = \
             \"smollm2-135m-instruct\"\nrole = [\"generate\"]\n"
        ),
    );
    run(home.path()).await;
}

#[tokio::test]
async fn smollm2_behind_llama_cpp_takes_samples_through_the_openai_compatible_wire() {
    let Some(engine) = smollm2().as_deref().and_then(Engine::start) else {
        println!("SKIPPED: llama.cpp or its model is not there; `scripts/setup.sh` gets both");
        return;
    };
    let home = tempfile::tempdir().unwrap();
    write_documents(home.path());
    let Engine { url, model, .. } = &engine;
    write_config(
        home.path(),
        &format!(
            "[training]\nteacher_provider = \"llama\"\n\n[[providers]]\nname = \"llama\"\nkind = \"openai\"\nbase_url \
             = \"{url}/v1\"\n\n[[providers.models]]\nname = \"{model}\"\nrole = [\"generate\"]\n"
        ),
    );
    run(home.path()).await;
}
