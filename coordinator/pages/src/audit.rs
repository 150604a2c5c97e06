//! Who did what.

use hafs_proto::Timestamp;
use hafs_proto::people::{AuditEntry, Page};
use maud::{Markup, html};

use crate::layout::{Room, Viewer, more, page, part};
use crate::words::{SHORT, ago, line};

/// A page of the audit log, newest first.
#[must_use]
pub fn audit(viewer: &Viewer, entries: &Page<AuditEntry>, now: Timestamp) -> Markup {
    let next = entries.next_cursor.as_ref().map(|cursor| format!("/web/audit?cursor={}", part(cursor)));
    let content = html! {
        h1 { "Audit log" }
        p.soft { "Each entry is chained to the one before it; " code { "hafs-factory audit verify" } " follows the chain." }
        section.panel { div.scroll tabindex="0" { table {
            thead { tr { th.number { "no." } th { "when" } th { "who" } th { "what" } th { "to what" } th { "detail" } } }
            tbody { @for entry in &entries.items { tr data-row {
                td.number { (entry.seq) }
                td { (ago(entry.at, now)) }
                td.small { (line(&entry.actor, SHORT)) }
                td { (line(&entry.action, SHORT)) }
                td.small { (line(&entry.object, SHORT)) }
                td.small { (line(&entry.detail, 400)) }
            } } }
        } } (more(next.as_deref())) }
    };
    page(viewer, Some(Room::Audit), "Audit log", &content)
}
