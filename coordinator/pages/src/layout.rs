//! The frame of every page.

use std::collections::BTreeSet;

use hafs_proto::people::Scope;
use maud::{DOCTYPE, Markup, html};

use crate::assets::{ROOT, SCRIPT, STYLE};

/// One entry of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// The factory at a glance.
    Overview,
    /// Campaigns.
    Runs,
    /// What was made.
    Samples,
    /// Why it was turned down.
    Reasons,
    /// Work that waits or was given up.
    Tasks,
    /// Who works.
    Workers,
    /// Who is asked.
    Teachers,
    /// What was written out.
    Datasets,
    /// What sources say of a domain.
    Graph,
    /// Who did what.
    Audit,
}

impl Room {
    /// Every room, in the order of the navigation.
    pub const ALL: [Self; 10] = [
        Self::Overview,
        Self::Runs,
        Self::Samples,
        Self::Reasons,
        Self::Tasks,
        Self::Workers,
        Self::Teachers,
        Self::Datasets,
        Self::Graph,
        Self::Audit,
    ];

    /// Its name in the navigation, its address and the key that opens it.
    #[must_use]
    pub const fn entry(self) -> (&'static str, &'static str, char) {
        match self {
            Self::Overview => ("Overview", "/web/", 'o'),
            Self::Runs => ("Runs", "/web/runs", 'u'),
            Self::Samples => ("Samples", "/web/samples", 's'),
            Self::Reasons => ("Reasons", "/web/reasons", 'y'),
            Self::Tasks => ("Tasks", "/web/tasks", 't'),
            Self::Workers => ("Workers", "/web/workers", 'w'),
            Self::Teachers => ("Teachers", "/web/teachers", 'c'),
            Self::Datasets => ("Data sets", "/web/datasets", 'd'),
            Self::Graph => ("Graph", "/web/graph", 'g'),
            Self::Audit => ("Audit", "/web/audit", 'l'),
        }
    }
}

/// Light, dark, or as the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system says.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Every theme.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// Its word in forms and in the cookie.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of a word; that of the system for any other.
    #[must_use]
    pub fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.word() == word).unwrap_or_default()
    }
}

/// Who is looking.
#[derive(Debug, Clone, Default)]
pub struct Viewer {
    /// What the token allows; nothing while nobody has logged in.
    pub scopes: BTreeSet<Scope>,
    /// What was chosen.
    pub theme: Theme,
}

impl Viewer {
    /// Whether an act may be offered.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// A whole page: its title, the room that it belongs to, and what is in it.
#[must_use]
pub fn page(viewer: &Viewer, room: Option<Room>, title: &str, content: &Markup) -> Markup {
    let theme = match viewer.theme {
        Theme::Auto => None,
        chosen @ (Theme::Light | Theme::Dark) => Some(chosen.word()),
    };
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[theme] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · hafs factory" }
                link rel="stylesheet" href=(STYLE.path);
                link rel="icon" href="data:,";
                script src=(SCRIPT.path) defer {}
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                (top(viewer, room))
                main #content .inner tabindex="-1" { (content) }
                footer.inner { (keys()) }
            }
        }
    }
}

fn top(viewer: &Viewer, room: Option<Room>) -> Markup {
    let known = !viewer.scopes.is_empty();
    html! {
        header.top { div.inner {
            a.brand href=(format!("{ROOT}/")) { "hafs factory" }
            @if known {
                nav aria-label="Rooms" { ul {
                    @for one in Room::ALL {
                        @let (name, path, key) = one.entry();
                        li { a href=(path) data-key=(key) aria-current=[(room == Some(one)).then_some("page")] { (name) } }
                    }
                } }
            }
            div.aside {
                form.inline method="post" action=(format!("{ROOT}/theme")) {
                    label for="theme" { span.small { "Theme" } }
                    select #theme name="theme" {
                        @for theme in Theme::ALL {
                            option value=(theme.word()) selected[viewer.theme == theme] { (theme.word()) }
                        }
                    }
                    button type="submit" { "Set" }
                }
                @if known {
                    form.inline method="post" action=(format!("{ROOT}/logout")) { button type="submit" { "Log out" } }
                }
            }
        } }
    }
}

fn keys() -> Markup {
    html! {
        details #keys {
            summary { "Keys" }
            p { kbd { "j" } " and " kbd { "k" } " go through a list, " kbd { "Enter" } " opens, " kbd { "?" } " shows this. Rooms:"
                @for room in Room::ALL {
                    @let (name, _, key) = room.entry();
                    " " kbd { (key) } " " (name)
                }
            }
        }
    }
}

/// A button that does something: a form of one button, for those who may.
#[must_use]
pub fn act(allowed: bool, action: &str, label: &str, tone: &str) -> Markup {
    html! {
        @if allowed {
            form.inline method="post" action=(action) { button.(tone) type="submit" { (label) } }
        }
    }
}

/// A word of state with its colour.
#[must_use]
pub fn tag(word: &str) -> Markup {
    let tone = match word {
        "accepted" | "running" | "open" | "trusted" | "pass" | "loaded" | "alive" | "done" => "good",
        "rejected" | "dead" | "locked" | "suspended" | "fail" | "gone" | "cancelled" | "unfit" | "copied" => {
            "bad"
        }
        "quarantined" | "paused" | "waiting" | "pausing" | "probation" | "unchecked" | "draining"
        | "tainted" => "warn",
        _ => "",
    };
    html! { span class=(format!("tag {tone}")) { (word) } }
}

/// Where a list goes on.
#[must_use]
pub fn more(next: Option<&str>) -> Markup {
    html! { @if let Some(address) = next { p { a href=(address) data-key="n" { "Next page (n)" } } } }
}

/// A value as part of an address.
#[must_use]
pub fn part(text: &str) -> String {
    let mut address = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            address.push(char::from(byte));
        } else {
            address.push('%');
            for digit in [byte >> 4, byte & 15] {
                address.push(char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_room_has_an_address_and_a_key_of_its_own() {
        let entries = Room::ALL.map(Room::entry);
        let keys: BTreeSet<char> = entries.iter().map(|entry| entry.2).collect();
        let paths: BTreeSet<&str> = entries.iter().map(|entry| entry.1).collect();
        assert_eq!((keys.len(), paths.len()), (Room::ALL.len(), Room::ALL.len()));
        assert!(paths.iter().all(|path| path.starts_with("/web/")));
        assert!(!keys.contains(&'j') && !keys.contains(&'k') && !keys.contains(&'n'), "taken by lists");
    }

    #[test]
    fn a_stranger_sees_no_rooms_and_a_reader_no_acts() {
        let page = |viewer: &Viewer| page(viewer, None, "Title", &html! { "text" }).into_string();
        assert!(!page(&Viewer::default()).contains("/web/runs"));
        let reader = Viewer { scopes: BTreeSet::from([Scope::Read]), theme: Theme::Dark };
        let shown = page(&reader);
        assert!(shown.contains("/web/runs") && shown.contains("data-theme=\"dark\""));
        assert_eq!(act(reader.may(Scope::Run), "/web/x", "Pause", "").into_string(), "");
    }

    proptest! {
        #[test]
        fn no_text_is_ever_markup(text in any::<String>()) {
            let viewer = Viewer::default();
            let hostile = format!("<script>alert(1)</script>\"'><img src=x onerror=y>{text}");
            let shown = page(&viewer, None, &hostile, &html! { p title=(hostile) { (hostile) } }).into_string();
            prop_assert_eq!(shown.matches("<script").count(), 1, "our own");
            prop_assert!(!shown.contains("<img"));
            prop_assert!(part(&text).bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte)));
        }
    }
}
