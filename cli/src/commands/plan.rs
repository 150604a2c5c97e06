//! `plan`: what a run will cost before it starts.

use std::path::PathBuf;
use std::time::Duration;

use hafs_coordinator::settings::Settings;
use hafs_domain::forecast::{self, Experience};
use hafs_proto::people::{Forecast, ForecastRequest, TeacherForecast};
use hafs_proto::{RunSpec, TeacherTerms};
use hafs_runtime::config::Config;
use hafs_teachers::TeacherConfig;
use hafs_worker::config::Setup;

use super::run::prepare;
use super::run::wanted::Wanted;
use crate::api::ask;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{count, length, table};

/// Say what a run will cost before it starts: calls, tokens, money and time.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  hafs-factory plan --target 500
  hafs-factory plan ~/src/project --teacher openai/gpt-5.2 --judge anthropic/claude-opus-4-5-20251101
  hafs-factory run . --target 500 --plan

Nothing is asked of any teacher and nothing is stored. Calls and tokens are averages of what the library
has seen, where it has seen enough; what is guessed is said.")]
pub struct Args {
    /// A git repository or a folder of documents and code [default: the configured sources, else the working folder].
    path: Option<PathBuf>,
    #[command(flatten)]
    wanted: Wanted,
}

/// Forecasts and shows.
///
/// # Errors
/// [`Failure`] when the configuration asks for no run.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let (config, spec) = prepare::wanted(context, &args.wanted, args.path.as_deref()).await?;
    show(context, &config, spec).await
}

/// Forecasts and shows a run that a configuration asks for.
///
/// # Errors
/// [`Failure`] when a teacher's configuration or the library cannot be used.
pub async fn show(context: &Context, config: &Config, spec: RunSpec) -> Result<Exit, Failure> {
    let mut terms: Vec<TeacherTerms> = Vec::new();
    for teacher in Setup::of(config).teachers.iter().filter(|teacher| !teacher.embeds) {
        // What it costs does not depend on which key is used, so none need be there.
        let config = TeacherConfig { key: None, ..teacher.config.clone() };
        terms.push(hafs_teachers::terms(&config)?);
    }
    let is_new = Settings::from(config).library_address()?.is_missing_file();
    let has_library = context.remote()?.is_some() || !is_new;
    let forecast = if has_library {
        let request = ForecastRequest { spec, terms };
        ask(context, config, async |api| Ok(api.post("/v1/forecast", &request).await?)).await?
    } else {
        let terms = terms.into_iter().map(|terms| (terms.teacher.clone(), terms)).collect();
        forecast::forecast(&spec, &terms, &Experience::default())
    };
    context.out.result(&forecast, render)?;
    Ok(Exit::Done)
}

fn render(forecast: &Forecast) -> String {
    let mut table = table(&[
        "teacher",
        "calls that write",
        "calls that judge",
        "tokens in",
        "of these cached",
        "tokens out",
        "cost",
        "at least",
        "from",
    ]);
    for teacher in &forecast.teachers {
        table.add_row(row(teacher));
    }
    let mut lines = vec![
        format!("{} samples made for {} accepted.", count(forecast.generated), count(forecast.target.into())),
        table.to_string(),
        format!("In all: {}{}.", money(forecast), time(forecast)),
        "This rests on:".to_owned(),
    ];
    lines.extend(forecast.assumptions.iter().map(|assumption| format!("  {assumption}")));
    lines.join("\n")
}

fn row(teacher: &TeacherForecast) -> [String; 9] {
    [
        teacher.teacher.to_string(),
        count(teacher.generate_calls),
        count(teacher.judge_calls),
        count(teacher.input_tokens),
        count(teacher.cached_tokens),
        count(teacher.output_tokens),
        teacher.cost.map_or_else(|| "not known".to_owned(), |cost| cost.to_string()),
        teacher.seconds.map(|seconds| length(Duration::from_secs(seconds))).unwrap_or_default(),
        if teacher.measured { "the library" } else { "a guess" }.to_owned(),
    ]
}

fn money(forecast: &Forecast) -> String {
    match (forecast.cost, forecast.budget) {
        (None, _) => "the cost is not known".to_owned(),
        (Some(cost), None) => cost.to_string(),
        (Some(cost), Some(budget)) if cost > budget => {
            format!("{cost}, more than the budget of {budget}: the run will end before its target")
        }
        (Some(cost), Some(budget)) => format!("{cost} of a budget of {budget}"),
    }
}

fn time(forecast: &Forecast) -> String {
    forecast.seconds.map_or_else(String::new, |seconds| {
        format!(", and at least {} within the limits", length(Duration::from_secs(seconds)))
    })
}
