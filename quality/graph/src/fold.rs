//! What two spellings of one name have in common.

/// The name without its sigil and in lower case: how names are looked up when nothing has just their spelling.
#[must_use]
pub fn fold(name: &str) -> String {
    name.trim_start_matches(['!', '%']).to_ascii_lowercase()
}

/// The last part of a qualified name.
#[must_use]
pub fn simple(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigils_and_case_do_not_tell_names_apart() {
        assert_eq!(fold("!INIDISP"), fold("iniDisp"));
        assert_eq!((simple("a::b::c"), simple("c")), ("c", "c"));
    }
}
