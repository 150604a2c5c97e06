//! Maps from outside: JSON allows a key twice and any number of keys, and whoever reads it last decides which one counts.
//! Here a map with a key twice, with too many keys or with one that is too long is refused.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::bounded::BoundedText;
use crate::limits;

/// Reads a map whose every key stands in it once. For `deserialize_with`.
pub(crate) fn unique<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, V>, D::Error> {
    deserializer.deserialize_map(Unique(PhantomData))
}

struct Unique<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Unique<V> {
    type Value = BTreeMap<String, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "an object of at most {} keys, each once and of at most {} bytes",
            limits::MAP_KEYS,
            limits::MAP_KEY_BYTES
        )
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(key) = entries.next_key::<BoundedText<{ limits::MAP_KEY_BYTES }>>()? {
            if map.len() == limits::MAP_KEYS {
                return Err(Error::custom(format_args!("more than {} keys", limits::MAP_KEYS)));
            }
            let key = String::from(key);
            if map.contains_key(&key) {
                return Err(Error::custom(format_args!("the key {key:?} stands in it twice")));
            }
            map.insert(key, entries.next_value()?);
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BTreeMap<String, u32>, String> {
        unique(&mut serde_json::Deserializer::from_str(text)).map_err(|error| error.to_string())
    }

    fn of_keys(count: usize) -> String {
        let keys: Vec<String> = (0..count).map(|number| format!("\"{number}\":1")).collect();
        format!("{{{}}}", keys.join(","))
    }

    #[test]
    fn a_key_twice_too_many_keys_and_keys_that_are_too_long_are_refused() {
        assert_eq!(read(r#"{"a":1,"b":2}"#).map(|map| map.len()), Ok(2));
        assert!(
            read(r#"{"a":1,"b":2,"a":1}"#).is_err_and(|error| error.contains("\"a\" stands in it twice"))
        );
        assert_eq!(read(&of_keys(limits::MAP_KEYS)).map(|map| map.len()), Ok(limits::MAP_KEYS));
        assert!(read(&of_keys(limits::MAP_KEYS + 1)).is_err());
        assert!(read(&format!("{{\"{}\":1}}", "k".repeat(limits::MAP_KEY_BYTES + 1))).is_err());
        assert!(read(r#"{"a\u0000":1}"#).is_err());
    }
}
