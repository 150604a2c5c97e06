//! Who are you: a token of people, or a link that holds one.

use maud::{Markup, html};

use crate::assets::ROOT;
use crate::layout::{Viewer, page};

/// Asks for a token. `next` is where the person wanted to go, `wrong` says that the last one was not valid.
#[must_use]
pub fn login(viewer: &Viewer, next: &str, wrong: bool) -> Markup {
    let content = html! {
        section.panel.login {
            h1 { "Log in" }
            @if wrong { p.notice role="alert" { "That token is not valid, has expired, or was revoked. A link works once." } }
            form method="post" action=(format!("{ROOT}/login")) data-login {
                input type="hidden" name="next" value=(next);
                input type="hidden" name="link" value="false";
                label { "Token"
                    input type="password" name="token" required autofocus autocomplete="off" maxlength="256";
                }
                div.acts { button.primary type="submit" { "Log in" } }
            }
            p.soft.small { "On the machine where the factory runs, " code { "hafs-factory web" } " opens this page with a token of its own. "
                "For another machine, " code { "hafs-factory token create" } " makes one." }
        }
    };
    page(viewer, None, "Log in", &content)
}
