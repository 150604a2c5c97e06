//! Types that a key can have: how each is read from a value and shown again.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hafs_proto::{
    BoundedText, CheckName, Domain, GeneratorName, GraphName, MicroUsd, Network, Score, SourceName,
    TeacherName,
};
use reqwest::Url;
use serde_json::{Value as Json, json};

use super::mistake::clip;
use super::schema::Kind;
use crate::paths::Places;

/// Items of a list.
const LIST_ITEMS: usize = 256;
/// Bytes of a text.
const TEXT_BYTES: usize = 4096;

/// What reading a value needs to know besides the value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings<'a> {
    /// What `~`, `{data}` and `{cache}` stand for.
    pub places: &'a Places,
    /// What relative paths start from.
    pub folder: &'a Path,
}

/// Why a value was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rejection {
    /// It is not of the form that its type has.
    Form,
    /// The same, and it may be a secret that must not be shown.
    Hidden,
    /// Another reason, continuing `key = value …`.
    Because(String),
}

/// The type of a key's value.
pub(super) trait Setting: Sized {
    /// How it is written.
    const KIND: Kind;

    /// Whether nothing at all is a value too.
    const OPTIONAL: bool = false;

    /// What it is, continuing `must be …`.
    fn form() -> String;

    /// Reads it; `null` when nobody has set the key and it has no default.
    fn read(value: &Json, around: Surroundings<'_>) -> Result<Self, Rejection>;

    /// Shows it; reading this gives an equal value again.
    fn show(&self) -> Json;
}

impl<T: Setting> Setting for Option<T> {
    const KIND: Kind = T::KIND;
    const OPTIONAL: bool = true;

    fn form() -> String {
        T::form()
    }

    fn read(value: &Json, around: Surroundings<'_>) -> Result<Self, Rejection> {
        if value.is_null() { Ok(None) } else { T::read(value, around).map(Some) }
    }

    fn show(&self) -> Json {
        self.as_ref().map_or(Json::Null, T::show)
    }
}

impl<T: Setting + PartialEq> Setting for Vec<T> {
    const KIND: Kind = Kind::List;

    fn form() -> String {
        format!("a list, each item {}", T::form())
    }

    fn read(value: &Json, around: Surroundings<'_>) -> Result<Self, Rejection> {
        let items = value.as_array().ok_or(Rejection::Form)?;
        if items.len() > LIST_ITEMS {
            return Err(Rejection::Because(format!("must have at most {LIST_ITEMS} items")));
        }
        let mut list = Self::new();
        for item in items {
            let read = T::read(item, around).map_err(|rejection| in_list(item, &rejection, &T::form()))?;
            if list.contains(&read) {
                return Err(Rejection::Because(format!("names {} twice", clip(&item.to_string()))));
            }
            list.push(read);
        }
        Ok(list)
    }

    fn show(&self) -> Json {
        self.iter().map(T::show).collect()
    }
}

fn in_list(item: &Json, rejection: &Rejection, form: &str) -> Rejection {
    let item = clip(&item.to_string());
    match rejection {
        Rejection::Form => Rejection::Because(format!("has the item {item}, which must be {form}")),
        Rejection::Because(reason) => Rejection::Because(format!("has the item {item}, which {reason}")),
        Rejection::Hidden => Rejection::Hidden,
    }
}

/// A type that is read and shown by two expressions.
macro_rules! setting {
    ($($ty:ty: $kind:ident, $form:expr, |$value:ident| $read:expr, |$shown:ident| $show:expr;)*) => {$(
        impl $crate::config::value::Setting for $ty {
            const KIND: $crate::config::schema::Kind = $crate::config::schema::Kind::$kind;

            fn form() -> String {
                $form.into()
            }

            fn read(
                value: &serde_json::Value,
                _: $crate::config::value::Surroundings<'_>,
            ) -> Result<Self, $crate::config::value::Rejection> {
                let read: fn(&serde_json::Value) -> Option<Self> = |$value| $read;
                read(value).ok_or($crate::config::value::Rejection::Form)
            }

            fn show(&self) -> serde_json::Value {
                let $shown = self;
                serde_json::json!($show)
            }
        }
    )*};
}
pub(super) use setting;

setting! {
    bool: Flag, "true or false", |value| value.as_bool(), |flag| flag;
    u32: Number, "a whole number", |value| value.as_u64().and_then(|n| Self::try_from(n).ok()), |n| n;
    u64: Number, "a whole number", |value| value.as_u64(), |n| n;
    f64: Number, "a number", |value| value.as_f64(), |n| n;
    Score: Number, "a number from 0 to 1", |value| value.as_f64().and_then(Self::new), |score| score.get();
    Duration: Number, "seconds",
        |value| value.as_f64().and_then(|seconds| Self::try_from_secs_f64(seconds).ok()), |time| seconds(*time);
    MicroUsd: Number, "US dollars",
        |value| value.as_f64().and_then(|usd| decimals(usd, 6)).map(Self), |usd| dollars(*usd);
    String: Text, "a text", |value| text(value).map(str::to_owned), |text| text;
    SocketAddr: Text, "an address and port such as `127.0.0.1:7425`",
        |value| text(value)?.parse().ok(), |at| at.to_string();
    Network: Text, "an address or a range of addresses such as `10.0.0.0/8`",
        |value| text(value)?.parse().ok(), |range| range.to_string();
    CheckName: Text, SLUG, |value| text(value)?.parse().ok(), |name| name;
    GraphName: Text, SLUG, |value| text(value)?.parse().ok(), |name| name;
    Domain: Text, SLUG, |value| text(value)?.parse().ok(), |name| name;
    SourceName: Text, SLUG, |value| text(value)?.parse().ok(), |name| name;
    GeneratorName: Text, SLUG, |value| text(value)?.parse().ok(), |name| name;
    TeacherName: Text, "`provider/model`", |value| text(value)?.parse().ok(), |name| name;
}

/// The form of names.
pub(super) const SLUG: &str = "1 to 64 of a-z, 0-9, `-`, `_`, `.`, beginning with a letter or digit";

impl<const MAX: usize> Setting for BoundedText<MAX> {
    const KIND: Kind = Kind::Text;

    fn form() -> String {
        format!("a text of 1 to {MAX} bytes")
    }

    fn read(value: &Json, _: Surroundings<'_>) -> Result<Self, Rejection> {
        text(value).and_then(|text| Self::new(text).ok()).ok_or(Rejection::Form)
    }

    fn show(&self) -> Json {
        json!(self)
    }
}

impl Setting for PathBuf {
    const KIND: Kind = Kind::Text;

    fn form() -> String {
        "a path".to_owned()
    }

    fn read(value: &Json, around: Surroundings<'_>) -> Result<Self, Rejection> {
        let path = around.places.expand(text(value).ok_or(Rejection::Form)?);
        let path = path.map_err(|error| Rejection::Because(format!("cannot be resolved: {error}")))?;
        // Joining an absolute path gives that path.
        Ok(if around.folder.as_os_str().is_empty() { path } else { around.folder.join(path) })
    }

    fn show(&self) -> Json {
        json!(self.to_string_lossy())
    }
}

impl Setting for Url {
    const KIND: Kind = Kind::Text;

    fn form() -> String {
        "an http or https URL without user, password, query and fragment".to_owned()
    }

    fn read(value: &Json, _: Surroundings<'_>) -> Result<Self, Rejection> {
        let url: Self = text(value).and_then(|text| text.parse().ok()).ok_or(Rejection::Form)?;
        let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        if !bare {
            return Err(Rejection::Hidden);
        }
        let plain = matches!(url.scheme(), "http" | "https") && url.has_host() && url.fragment().is_none();
        if plain { Ok(url) } else { Err(Rejection::Form) }
    }

    fn show(&self) -> Json {
        json!(self.as_str())
    }
}

/// A text that is not empty, of reasonable length and without control characters.
pub(super) fn text(value: &Json) -> Option<&str> {
    value
        .as_str()
        .filter(|text| !text.is_empty() && text.len() <= TEXT_BYTES && !text.contains(char::is_control))
}

/// A number that is not negative as an integer count of its `places`-th decimals, rounded.
pub(super) fn decimals(number: f64, places: usize) -> Option<u64> {
    let digits = format!("{number:.places$}").replace('.', "");
    digits.parse().ok()
}

fn seconds(time: Duration) -> Json {
    if time.subsec_nanos() == 0 { json!(time.as_secs()) } else { json!(time.as_secs_f64()) }
}

fn dollars(amount: MicroUsd) -> Json {
    // Proof: digits, a point and six digits are a number.
    format!("{}.{:06}", amount.0 / 1_000_000, amount.0 % 1_000_000)
        .parse()
        .map_or(Json::Null, |usd: f64| json!(usd))
}
