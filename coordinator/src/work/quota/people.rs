//! Teachers for people: how they stand, and letting one be asked again.

use hafs_domain::quota::{Change, Quota, Shut, Standing};
use hafs_library::tables::audit::{self, Entry};
use hafs_library::tables::quota;
use hafs_library::{StoreError, Tx};
use hafs_proto::people::{EventKind, TeacherStanding, TeacherView};
use hafs_proto::{BoundedText, KeyName, Problem, ProblemType, TeacherName, Timestamp};

use super::gates::Closed;
use super::{books, gates};
use crate::app::Core;
use crate::events::News;
use crate::http::problem::ProblemResponse;

/// Every teacher with each of its keys.
///
/// # Errors
/// A problem of the library.
pub async fn list(app: &Core) -> Result<Vec<TeacherView>, ProblemResponse> {
    let now = app.clock.now();
    let views = app
        .library
        .read(move |tx| {
            let mut views = Vec::new();
            for ((teacher, key), text) in quota::list(tx)? {
                let state = books::read(&teacher, &text);
                views.push(view(tx, (teacher, key), &state, now)?);
            }
            Ok(views)
        })
        .await?;
    Ok(views)
}

fn view(
    tx: &mut dyn Tx,
    (teacher, key): (TeacherName, KeyName),
    state: &Quota,
    now: Timestamp,
) -> Result<TeacherView, StoreError> {
    let in_flight = quota::in_flight(tx, (&teacher, &key))?;
    let spent_today = quota::spent_on_day(tx, teacher.provider(), now)?;
    let (standing, why, until) = match state.standing(now) {
        Standing::Open(_) => (TeacherStanding::Open, None, None),
        Standing::Shut(Shut { standing, until, why }) => (standing, Some(BoundedText::clipped(&why)), until),
    };
    let room = state.meter.room(now);
    Ok(TeacherView {
        teacher,
        key,
        standing,
        why,
        until,
        limits: state.meter.limits(),
        room,
        in_flight,
        spent_today,
    })
}

/// Why a teacher is not asked now, with each of its keys; nothing where it is.
///
/// # Errors
/// [`StoreError`] of the driver.
pub async fn closed(app: &Core, teacher: &TeacherName) -> Result<Vec<Option<Closed>>, StoreError> {
    let (teacher, now) = (teacher.clone(), app.clock.now());
    app.library
        .read(move |tx| {
            let mut all = Vec::new();
            for (_, text) in quota::states_of(tx, &teacher)? {
                let state = books::read(&teacher, &text);
                all.push(gates::standing(tx, &teacher, &state, now)?.err());
            }
            Ok(all)
        })
        .await
}

/// Lets a teacher be asked again with each of its keys: someone has mended what kept it from being asked.
///
/// # Errors
/// Not found, when no worker has ever told its terms.
pub async fn resume(app: &Core, actor: String, teacher: TeacherName) -> Result<(), ProblemResponse> {
    let (now, name) = (app.clock.now(), teacher.clone());
    let found = app
        .library
        .write(move |tx| {
            let mut found = None;
            for (key, text) in quota::states_of(tx, &teacher)? {
                let mut state = books::read(&teacher, &text);
                let change = state.circuit.resume();
                state.meter.unblock();
                books::save(tx, (&teacher, &key), &state, now)?;
                found = found.or(Some(change));
            }
            let object = teacher.to_string();
            let entry =
                Entry { at: now, actor: &actor, action: "teacher.resume", object: &object, detail: "" };
            if found.is_some() {
                audit::append(tx, &entry)?;
            }
            Ok(found)
        })
        .await?;
    match found {
        None => {
            let detail = format!(
                "no worker has told the terms of {name}; `hafs-factory teachers list` names those that are known"
            );
            Err(ProblemResponse::from(Problem::new(ProblemType::NotFound, detail)))
        }
        Some(change) => {
            if change == Some(Change::Closed) {
                let message = format!("{name}: resumed by a person");
                app.events.publish(now, &News::new(EventKind::TeacherOpened, &name, message));
            }
            Ok(())
        }
    }
}
