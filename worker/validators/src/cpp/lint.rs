//! Code that compiles and is dangerous to teach. Recorded with the check; it decides nothing.

/// Calls that have led to holes often enough to be told of, with what to use. Source: CWE-120, CWE-134, CWE-78, CWE-377.
const RISKS: &[(&str, &str)] = &[
    ("gets(", "reads without a bound (CWE-120); use fgets or std::getline"),
    ("strcpy(", "copies without a bound (CWE-120); use std::string or snprintf"),
    ("strcat(", "appends without a bound (CWE-120); use std::string or snprintf"),
    ("sprintf(", "prints without a bound (CWE-120); use snprintf or std::format"),
    ("system(", "runs a shell (CWE-78); call what is needed directly"),
    ("popen(", "runs a shell (CWE-78); call what is needed directly"),
    ("tmpnam(", "names a file that others can take (CWE-377); use mkstemp"),
    ("mktemp(", "names a file that others can take (CWE-377); use mkstemp"),
];

/// The risks of a snippet, each once, with its line.
pub(super) fn risks(code: &str) -> Vec<String> {
    let found = RISKS.iter().filter_map(|(call, why)| {
        let line = code.lines().position(|line| calls(line, call))?;
        Some(format!("line {}: {} {why}", line + 1, call.trim_end_matches('(')))
    });
    found.collect()
}

/// Whether a line calls the function; part of a longer name and a comment do not count.
fn calls(line: &str, call: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices(call).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dangerous_calls_are_told_of_and_their_safer_namesakes_are_not() {
        assert_eq!(risks("char b[8];\nstrcpy(b, s);\ngets(b);").len(), 2);
        assert_eq!(risks("fgets(b, 8, f); my_system(x); // gets(b)\nsnprintf(b, 8, \"x\");"), [""; 0]);
    }
}
