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

/// Shows all items of a list.
pub(super) fn show_items<T: Item>(items: &[T], path: &str, shown: &mut Vec<Shown>) {
    for item in items {
        item.show(&format!("{path}.{}", item.label()), shown);
    }
}

/// Declares a section: `key: Type = default | example, Results or Operation, least to greatest;`.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $name:ident = $word:literal $(, many = $many:literal)? {
            $(
                $(#[doc = $doc:literal])+
                $key:ident: $ty:ty = $default:tt $(| $example:tt)?, $effect:ident $(, $min:literal to $max:literal)?;
            )*
        }
        $(with { $($list:ident: $item:ty),+ })?
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $key: $ty,)*
            $($(#[doc = concat!("The items of `[[", $word, ".", stringify!($list), "]]`.")] pub $list: Vec<$item>,)+)?
        }

        impl $crate::config::section::Section for $name {
            const SPEC: $crate::config::schema::SectionSpec = $crate::config::schema::SectionSpec {
                name: $word,
                about: concat!($($about, "\n"),+),
                keys: &[$($crate::config::schema::Key {
                    name: stringify!($key),
                    about: concat!($($doc, "\n"),+),
                    kind: <$ty as $crate::config::value::Setting>::KIND,
                    optional: <$ty as $crate::config::value::Setting>::OPTIONAL,
                    form: <$ty as $crate::config::value::Setting>::form,
                    default: || serde_json::json!($default),
                    example: || $crate::config::section::one_of!($(serde_json::json!($example),)? serde_json::json!($default),),
                    effect: $crate::config::schema::Effect::$effect,
                    bound: $crate::config::section::one_of!(
                        $($crate::config::schema::Bound::Between($min, $max),)?
                        $crate::config::schema::Bound::Any,
                    ),
                }),*],
                lists: &[$($(<$item as $crate::config::section::Section>::SPEC),+)?],
                many: $crate::config::section::one_of!($($many,)? false,),
            };

            fn read(reader: &mut $crate::config::reader::Reader<'_>) -> Option<Self> {
                $(let $key = reader.take(stringify!($key));)*
                $($(let $list = reader.list(stringify!($list));)+)?
                Some(Self { $($key: $key?,)* $($($list,)+)? })
            }

            fn show(&self, path: &str, shown: &mut Vec<$crate::config::section::Shown>) {
                let values = [$($crate::config::value::Setting::show(&self.$key)),*];
                for (key, value) in Self::SPEC.keys.iter().zip(values) {
                    let path = format!("{path}.{}", key.name);
                    shown.push($crate::config::section::Shown { path, key, value });
                }
                $($($crate::config::section::show_items(
                    &self.$list, &format!("{path}.{}", stringify!($list)), shown,
                );)+)?
            }
        }
    };
}
pub(super) use section;

/// The first of its arguments.
macro_rules! one_of {
    ($first:expr, $($rest:expr,)?) => {
        $first
    };
}
pub(super) use one_of;
