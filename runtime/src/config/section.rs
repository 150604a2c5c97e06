//! The macro that declares a section once: its checked struct, its keys with defaults and limits, how it is
//! read and how it is shown. The documentation comment of a field is the text that people read in the
//! template and in the key table.

use serde_json::Value as Json;

use super::reader::Reader;
use super::rules::Rules;
use super::schema::{Key, SectionSpec};

/// A section, or an item of a section that there can be several of.
pub(super) trait Section: Rules + Sized {
    /// Its description.
    const SPEC: SectionSpec;

    /// Takes all keys. A value that is refused is reported and replaced by its default, so that everything
    /// else is looked at too; nothing comes out only when a key without default is missing or refused.
    fn read(reader: &mut Reader<'_>) -> Option<Self>;

    /// Adds every value, in the order of the keys.
    fn show(&self, path: &str, shown: &mut Vec<Shown>);
}

/// A section that there can be several of.
pub(super) trait Item: Section {
    /// Its name, which no other has.
    fn label(&self) -> String;
}

/// A value as it is in effect.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// The whole key, such as `providers.ollama.slots`.
    pub path: String,
    /// Its description.
    pub key: &'static Key,
    /// Its value.
    pub value: Json,
}

impl Shown {
    /// Adds every value of all items of a list.
    pub fn items<T: Item>(items: &[T], path: &str, shown: &mut Vec<Self>) {
        for item in items {
            item.show(&format!("{path}.{}", item.label()), shown);
        }
    }
}

/// Declares a section: `key: Type = default | example, Results or Operation, least to greatest;`.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $name:ident = $word:literal $(, many = $many:literal)? {
            $(
                $(#[doc = $doc:literal])+
                $key:ident: $ty:ty = $default:tt $(| $example:tt)?,
                    $effect:ident $(, $min:literal to $max:literal)?;
            )*
        }
        $(with { $($list:ident: $item:ty),+ })?
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $key: $ty,)*
            $($(
                #[doc = concat!("The items of `[[", $word, ".", stringify!($list), "]]`.")]
                pub $list: Vec<$item>,
            )+)?
        }

        const _: () = {
            use serde_json::json;
            use $crate::config::reader::Reader;
            use $crate::config::schema::{Bound, Effect, Key, SectionSpec};
            use $crate::config::section::{Section, Shown, first};
            use $crate::config::value::Setting;

            impl Section for $name {
                const SPEC: SectionSpec = SectionSpec {
                    name: $word,
                    about: concat!($($about, "\n"),+),
                    keys: &[$(Key {
                        name: stringify!($key),
                        about: concat!($($doc, "\n"),+),
                        kind: <$ty as Setting>::KIND,
                        optional: <$ty as Setting>::OPTIONAL,
                        form: <$ty as Setting>::form,
                        default: || json!($default),
                        example: || first!($(json!($example),)? json!($default),),
                        effect: Effect::$effect,
                        bound: first!($(Bound::Between($min, $max),)? Bound::Any,),
                    }),*],
                    lists: &[$($(<$item as Section>::SPEC),+)?],
                    many: first!($($many,)? false,),
                };

                fn read(reader: &mut Reader<'_>) -> Option<Self> {
                    $(let $key = reader.take(stringify!($key));)*
                    $($(let $list = reader.list(stringify!($list));)+)?
                    Some(Self { $($key: $key?,)* $($($list,)+)? })
                }

                fn show(&self, path: &str, shown: &mut Vec<Shown>) {
                    let values = [$(self.$key.show()),*];
                    for (key, value) in Self::SPEC.keys.iter().zip(values) {
                        shown.push(Shown { path: format!("{path}.{}", key.name), key, value });
                    }
                    $($(Shown::items(&self.$list, &format!("{path}.{}", stringify!($list)), shown);)+)?
                }
            }
        };
    };
}
pub(super) use section;

/// The first of its arguments.
macro_rules! first {
    ($it:expr, $($rest:expr,)?) => {
        $it
    };
}
pub(super) use first;
