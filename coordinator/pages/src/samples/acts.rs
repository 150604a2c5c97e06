//! What people may do with a sample, as forms.

use hafs_proto::people::SampleDetail;
use hafs_proto::{Reason, ReviewId};
use maud::{Markup, html};

/// The forms. Each carries the id of its act, so that one that is sent twice is done once.
pub(super) fn acts(detail: &SampleDetail, ids: &[ReviewId; 5]) -> Markup {
    let [accept, reject, tag, untag, edit] = ids;
    html! {
        section.panel.review aria-label="Decide" {
            h2 { "Decide" }
            (form(detail, "accept", accept, &html! {
                (why("a"))
                label.box { input type="checkbox" name="despite_checks" value="true"; "despite checks" }
                button.primary { "Accept " kbd { "a" } }
            }))
            (form(detail, "reject", reject, &html! {
                label { "reason" select name="reason" required data-key="r" {
                    option value="" { "choose" }
                    @for reason in Reason::ALL { option value=(reason.code()) title=(reason.describe()) { (reason.code()) } }
                } }
                (why(""))
                button.bad { "Reject " kbd { "r" } }
            }))
            (form(detail, "tag", tag, &html! {
                label { "tag" input name="tag" maxlength="64" pattern="[a-z0-9][a-z0-9._\\-]*" required data-key="m"; }
                button { "Mark " kbd { "m" } }
            }))
            @if !detail.tags.is_empty() {
                (form(detail, "untag", untag, &html! {
                    label { "tag" select name="tag" { @for tag in &detail.tags { option { (tag.as_str()) } } } }
                    button { "Take off" }
                }))
            }
            details {
                summary data-key="e" { "Edit " kbd { "e" } }
                (form(detail, "edit", edit, &texts(detail)))
            }
        }
    }
}

fn form(detail: &SampleDetail, act: &str, id: &ReviewId, fields: &Markup) -> Markup {
    html! {
        form.decide.{ "act-" (act) } method="post" action=(format!("/web/samples/{}/{act}", detail.sample.id)) {
            input type="hidden" name="id" value=(id.to_string());
            (fields)
        }
    }
}

fn why(key: &str) -> Markup {
    html! { label { "why" input name="why" maxlength="512" required data-key=[(!key.is_empty()).then_some(key)]; } }
}

fn texts(detail: &SampleDetail) -> Markup {
    let sample = &detail.sample;
    html! {
        @for (name, text) in [
            ("instruction", sample.instruction.as_str()),
            ("input", sample.input.as_str()),
            ("output", sample.output.as_str()),
        ] {
            // Browsers drop the first line break of a text area, so one is put before each text.
            label.whole { (name) textarea name=(name) { "\n" (text) } }
        }
        (why(""))
        button.primary { "Save as a new sample" }
    }
}
