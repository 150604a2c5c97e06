//! Work that waits, is under way, or was given up.

use hafs_proto::people::{Page, Scope, TaskView, Why};
use hafs_proto::{TaskState, Timestamp};
use maud::{Markup, html};

use crate::layout::{Room, Viewer, act, more, page, tag};
use crate::words::{LONGEST, SHORT, ago, count, line, text};
use crate::workers::reasons;

/// The states that the list is asked for.
const STATES: [&str; 4] = ["open", "dead", "done", "cancelled"];

/// Tasks of one state. `again` is the address of this list without its place.
#[must_use]
pub fn list(
    viewer: &Viewer,
    tasks: &Page<TaskView>,
    state: Option<&str>,
    again: &str,
    now: Timestamp,
) -> Markup {
    let next =
        tasks.next_cursor.as_ref().map(|cursor| format!("{again}&cursor={}", crate::layout::part(cursor)));
    let content = html! {
        h1 { "Tasks" }
        p.acts { @for one in STATES { a href=(format!("/web/tasks?state={one}")) aria-current=[(state == Some(one)).then_some("page")] { (one) } " " } }
        section.panel { div.scroll tabindex="0" { table {
            thead { tr { th { "task" } th { "state" } th { "route" } th.number { "tried" } th { "made" } } }
            tbody { @for view in &tasks.items { tr data-row {
                td { a href=(format!("/web/tasks/{}", view.task.id)) { (view.task.kind().word()) } }
                td { (tag(view.state.word())) }
                td.small { (line(&view.task.route().to_string(), SHORT)) }
                td.number { (count(view.attempts.len() as u64)) " of " (count(u64::from(view.task.max_attempts))) }
                td { (ago(view.task.created_at, now)) }
            } } }
        } } @if tasks.items.is_empty() { p.soft { "There is none." } } (more(next.as_deref())) }
    };
    page(viewer, Some(Room::Tasks), "Tasks", &content)
}

/// One task: where it stands, why, and what was tried.
#[must_use]
pub fn task(viewer: &Viewer, view: &TaskView, why: Option<&Why>, now: Timestamp) -> Markup {
    let task = &view.task;
    let dead = matches!(view.state, TaskState::Dead { .. });
    let content = html! {
        h1 { (task.kind().word()) " task" }
        div.acts { (act(dead && viewer.may(Scope::Run), &format!("/web/tasks/{}/redrive", task.id), "Try again", "primary")) }
        div.grid {
            section.panel { dl {
                dt { "state" } dd { (tag(view.state.word())) }
                dt { "route" } dd { (line(&task.route().to_string(), SHORT)) }
                dt { "run" } dd { a href=(format!("/web/runs/{}", task.run)) { (task.run.to_string()) } }
                dt { "made" } dd { (ago(task.created_at, now)) }
                dt { "id" } dd { code { (task.id.to_string()) } }
            } }
            @if let Some(why) = why { section.panel { h2 { (line(&why.summary, 400)) } (reasons(why)) } }
        }
        section.panel { h2 { "What was tried" }
            @if view.attempts.is_empty() { p.soft { "Nothing yet." } }
            @for attempt in &view.attempts {
                h3 { (tag(&attempt.outcome)) " " (ago(attempt.at, now)) " by " a href=(format!("/web/workers/{}", attempt.worker)) { (attempt.worker.to_string()) } }
                @if let Some(detail) = &attempt.detail { pre.wrap { (text(detail, LONGEST)) } }
                p.small { (count(attempt.calls.len() as u64)) " calls" }
            }
        }
    };
    page(viewer, Some(Room::Tasks), "Task", &content)
}
