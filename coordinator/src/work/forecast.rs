//! What a run will cost, from what the library knows of earlier calls.

use std::collections::BTreeMap;

use hafs_domain::forecast::{self, Experience, PerCall};
use hafs_library::tables::quota::{self, Averages};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::{Forecast, ForecastRequest};
use hafs_proto::{Problem, ProblemType, RunSpec, TaskKind, TeacherName, limits};

use super::quota::heard_since;
use crate::app::Core;
use crate::http::problem::ProblemResponse;

/// Forecasts a run. Terms that the request does not name are those of workers that are here.
///
/// # Errors
/// Too many terms; a problem of the library.
pub async fn forecast(app: &Core, request: ForecastRequest) -> Result<Forecast, ProblemResponse> {
    let ForecastRequest { spec, terms } = request;
    if terms.len() > limits::WORKER_ROUTES {
        let problem = Problem::new(ProblemType::TooLarge, "a list of the body is too long");
        return Err(ProblemResponse::from(
            problem.field("terms", format!("at most {}", limits::WORKER_ROUTES)),
        ));
    }
    let (asked, since) = (spec.clone(), heard_since(app, app.clock.now()));
    let (told, experience) =
        app.library.read(move |tx| Ok((quota::all_terms(tx, since)?, experience(tx, &asked)?))).await?;
    let known = told.into_iter().chain(terms).map(|terms| (terms.teacher.clone(), terms)).collect();
    Ok(forecast::forecast(&spec, &known, &experience))
}

fn experience(tx: &mut dyn Tx, spec: &RunSpec) -> Result<Experience, StoreError> {
    let came_of_it = quota::of_library(tx)?;
    Ok(Experience {
        made: came_of_it.made,
        accepted: came_of_it.accepted,
        verdicts: came_of_it.verdicts,
        generate_calls: came_of_it.generate_calls,
        generate: averages(tx, &spec.teachers, TaskKind::Generate)?,
        judge: averages(tx, &spec.judges, TaskKind::Judge)?,
    })
}

fn averages(
    tx: &mut dyn Tx,
    teachers: &[TeacherName],
    kind: TaskKind,
) -> Result<BTreeMap<TeacherName, PerCall>, StoreError> {
    let mut found = BTreeMap::new();
    for teacher in teachers {
        if let Some(Averages { input_tokens, cached_tokens, output_tokens, .. }) =
            quota::averages(tx, teacher, kind)?
        {
            let per_call = PerCall { input: input_tokens, cached: cached_tokens, output: output_tokens };
            found.insert(teacher.clone(), per_call);
        }
    }
    Ok(found)
}
