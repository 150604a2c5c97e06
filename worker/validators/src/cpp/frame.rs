//! What can stand around a snippet so that a compiler reads it.

/// Surroundings of a snippet. They add no name that a snippet could lack.
pub(super) struct Frame {
    head: &'static str,
    pub(super) after: &'static str,
}

/// A file, the inside of a function, the inside of a class. What is in front ends its line, so that lines can be
/// counted.
pub(super) const FRAMES: &[Frame] = &[
    Frame { head: "", after: "\n" },
    Frame { head: "void hafs_frame() {\n", after: "\n}\n" },
    Frame { head: "class HafsFrame {\npublic:\n", after: "\n};\n" },
];

/// Headers of the names that answers use without asking for them.
const PRELUDE: &str = "#include <algorithm>\n#include <array>\n#include <cstdint>\n#include <cstdio>\n#include <cstdlib>\n\
#include <cstring>\n#include <functional>\n#include <iostream>\n#include <map>\n#include <memory>\n#include <optional>\n\
#include <set>\n#include <sstream>\n#include <string>\n#include <string_view>\n#include <unordered_map>\n\
#include <utility>\n#include <vector>\n";

/// Words that come from a header of the standard library.
const FROM_HEADERS: &[&str] = &[
    "std::", "uint8_t", "uint16_t", "uint32_t", "uint64_t", "int8_t", "int16_t", "int32_t", "int64_t",
    "size_t", "printf",
];

impl Frame {
    /// The lines in front of a snippet. One that uses the standard library and includes nothing gets its usual headers.
    pub(super) fn before(&self, code: &str) -> String {
        let bare = !code.contains("#include") && FROM_HEADERS.iter().any(|word| code.contains(word));
        format!("{}{}", if bare { PRELUDE } else { "" }, self.head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_open_on_lines_of_their_own_and_headers_are_added_only_where_they_lack() {
        assert!(!FRAMES.is_empty());
        for frame in FRAMES {
            let head = frame.before("int x;");
            assert!(head.is_empty() || head.ends_with('\n'));
            assert!(frame.before("std::string s;").ends_with(&head));
            assert_eq!(frame.before("#include <string>\nstd::string s;"), head);
        }
        assert!(FRAMES[0].before("std::string s;").contains("<string>"));
    }
}
