//! The pages of samples, and what people do with one by forms.

use axum::extract::{Path, State};
use axum::response::Redirect;
use hafs_library::tables::{PageRequest, attempts, samples};
use hafs_library::{StoreError, Tx};
use hafs_pages::samples::{self as pages, Filter, Similar, View};
use hafs_proto::people::{AttemptView, ReviewAct, ReviewRequest, SampleDetail};
use hafs_proto::{BoundedText, Problem, ProblemType, Reason, ReviewId, Sample, SampleId, Tag};
use serde::Deserialize;

use super::answer::{PageOf, Refused};
use super::session::{Acting, FormOf, Looking};
use crate::app::App;
use crate::http::caller::{MayRead, MayRun};
use crate::http::extract::{PathId, QueryOf};
use crate::http::people::filters;
use crate::http::problem::ProblemResponse;
use crate::work::{duplicates, review, why};

/// Samples of one page.
const LINES: u32 = 50;
/// Other samples that one is compared with.
const COMPARED: usize = 3;
/// Samples of the same seed that are named.
const FAMILY: u32 = 20;

type Answer = Result<PageOf, Refused>;

/// What the form of the list sends: fields that are empty filter nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    state: String,
    domain: String,
    reason: String,
    teacher: String,
    tag: String,
    run: String,
    text: String,
    cursor: String,
}

pub async fn list(State(app): State<App>, who: Looking, QueryOf(wanted): QueryOf<Wanted>) -> Answer {
    MayRead::of(who.identity)?;
    let Wanted { state, domain, reason, teacher, tag, run, text, cursor } = wanted;
    let filter = Filter { state, domain, reason, teacher, tag, run, text };
    let chosen = filters::of(&filter.set())?;
    let page = PageRequest { cursor: (!cursor.is_empty()).then_some(cursor), limit: LINES };
    let found = app.library.read(move |tx| samples::page(tx, &chosen, &page)).await?;
    Ok(PageOf(pages::list(&who.viewer, &found, &filter, app.clock.now())))
}

/// What one transaction reads for the page of a sample.
struct Chain {
    detail: SampleDetail,
    attempts: Vec<AttemptView>,
    family: Vec<Sample>,
    similar: Vec<Similar>,
}

fn chain(tx: &mut dyn Tx, id: SampleId) -> Result<Chain, StoreError> {
    let detail = samples::detail(tx, id)?;
    let mut family = samples::of_seed(tx, detail.sample.lineage.seed, FAMILY)?;
    family.retain(|sample| sample.id != id);
    let mut similar = Vec::new();
    for (other, likeness) in duplicates::most_similar(tx, id, COMPARED)? {
        similar.push(Similar { sample: samples::get(tx, other)?, likeness });
    }
    Ok(Chain { attempts: attempts::of_task(tx, detail.sample.lineage.task)?, detail, family, similar })
}

pub async fn one(State(app): State<App>, who: Looking, PathId(id): PathId<SampleId>) -> Answer {
    MayRead::of(who.identity)?;
    let Chain { detail, attempts, family, similar } = app.library.read(move |tx| chain(tx, id)).await?;
    let why = why::why(&app, &id.to_string()).await?;
    let ids: [ReviewId; 5] = std::array::from_fn(|_| app.ids.mint());
    let view = View {
        detail: &detail,
        attempts: &attempts,
        why: &why,
        family: &family,
        similar: &similar,
        ids: &ids,
        now: app.clock.now(),
    };
    Ok(PageOf(pages::one(&who.viewer, &view)))
}

/// The fields of all acts; each form has its own.
#[derive(Debug, Deserialize)]
pub struct ReviewForm {
    id: ReviewId,
    #[serde(default)]
    why: BoundedText<512>,
    #[serde(default)]
    despite_checks: bool,
    reason: Option<Reason>,
    tag: Option<Tag>,
    #[serde(default)]
    instruction: String,
    #[serde(default)]
    input: String,
    #[serde(default)]
    output: String,
}

pub async fn act(
    State(app): State<App>,
    Acting(who): Acting,
    Path((id, act)): Path<(String, String)>,
    FormOf(form): FormOf<ReviewForm>,
) -> Result<Redirect, Refused> {
    let wrong =
        |error: hafs_proto::id::IdError| ProblemResponse::new(ProblemType::NotFound, error.to_string());
    let id: SampleId = id.parse().map_err(wrong)?;
    let actor = MayRun::of(who.identity)?.actor();
    let view = review::act(&app, &actor, id, request(&act, form)?).await?;
    Ok(Redirect::to(&format!("/web/samples/{}", view.successor.unwrap_or(id))))
}

/// The act that a form asks for.
fn request(act: &str, form: ReviewForm) -> Result<ReviewRequest, ProblemResponse> {
    let ReviewForm { id, why, despite_checks, reason, tag, instruction, input, output } = form;
    let tag = tag.ok_or_else(|| wrong("tag", "name one"));
    let act = match act {
        "accept" => ReviewAct::Accept { despite_checks },
        "reject" => ReviewAct::Reject { reasons: reason.into_iter().collect() },
        "tag" => ReviewAct::Tag { tag: tag? },
        "untag" => ReviewAct::Untag { tag: tag? },
        "edit" => ReviewAct::Edit {
            instruction: text("instruction", &instruction)?,
            input: text("input", &input)?,
            output: text("output", &output)?,
        },
        _ => return Err(ProblemResponse::new(ProblemType::NotFound, "no such address")),
    };
    Ok(ReviewRequest { id, why, act })
}

/// A text of a form. Browsers send other line ends than the library has.
fn text<const MAX: usize>(field: &str, sent: &str) -> Result<BoundedText<MAX>, ProblemResponse> {
    BoundedText::new(sent.replace("\r\n", "\n")).map_err(|error| wrong(field, &error.to_string()))
}

fn wrong(field: &str, message: &str) -> ProblemResponse {
    let problem = Problem::new(ProblemType::Invalid, "a field of the form is wrong");
    ProblemResponse::from(problem.field(field, message))
}
