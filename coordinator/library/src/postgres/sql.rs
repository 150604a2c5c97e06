//! The one text of a statement in PostgreSQL's spelling.

/// What stands between places where letters mean something.
enum Piece<'s> {
    /// A text in quotes or a comment: taken as it is.
    Quoted(&'s str),
    /// Anything else.
    Plain(&'s str),
}

/// Cuts a statement into what may be rewritten and what may not.
fn pieces(sql: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = sql;
    while let Some(at) = rest.find(['\'', '"']).into_iter().chain(rest.find("--")).min() {
        let (plain, quoted) = rest.split_at(at);
        let end = match quoted.as_bytes()[0] {
            b'-' => quoted.find('\n').unwrap_or(quoted.len()),
            quote => quoted[1..].find(char::from(quote)).map_or(quoted.len(), |end| end + 2),
        };
        pieces.push(Piece::Plain(plain));
        pieces.push(Piece::Quoted(&quoted[..end]));
        rest = &quoted[end..];
    }
    pieces.push(Piece::Plain(rest));
    pieces
}

/// A statement with `$1` for `?1`.
pub(super) fn dollars(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    for piece in pieces(sql) {
        match piece {
            Piece::Quoted(text) => out.push_str(text),
            Piece::Plain(text) => out.push_str(&text.replace('?', "$")),
        }
    }
    out
}

/// A migration with PostgreSQL's types. Texts sort by their bytes, as SQLite sorts them.
pub(super) fn definitions(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() * 2);
    for piece in pieces(sql) {
        match piece {
            Piece::Quoted(text) => out.push_str(text),
            Piece::Plain(text) => {
                let text = text.replace(") STRICT, WITHOUT ROWID;", ");").replace(") STRICT;", ");");
                text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .for_each(|word| push_type(&mut out, word));
            }
        }
    }
    out
}

/// Writes one word, and what follows it, in PostgreSQL's spelling.
fn push_type(out: &mut String, word: &str) {
    let end = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_').len();
    let (word, after) = word.split_at(end);
    out.push_str(match word {
        "INTEGER" => "BIGINT",
        "BLOB" => "BYTEA",
        "REAL" => "DOUBLE PRECISION",
        "TEXT" => "TEXT COLLATE \"C\"",
        other => other,
    });
    out.push_str(after);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::MIGRATIONS;

    #[test]
    fn placeholders_are_rewritten_but_not_inside_texts_names_and_comments() {
        let sql = "SELECT '?1 it''s ?2', \"a?3\" -- why?\nFROM t WHERE a = ?1 AND b IN (?2, ?13)";
        let expected = "SELECT '?1 it''s ?2', \"a?3\" -- why?\nFROM t WHERE a = $1 AND b IN ($2, $13)";
        assert_eq!(dollars(sql), expected);
        assert_eq!(dollars("no end '?1"), "no end '?1");
        assert_eq!(dollars(""), "");
    }

    #[test]
    fn types_are_rewritten_as_whole_words_and_nothing_else_is() {
        let sql = "-- INTEGER\nCREATE TABLE t (a INTEGER, b BLOB NOT NULL, c REAL, d TEXT PRIMARY KEY, \
                   INTEGERS TEXT CHECK (d IN ('TEXT'))) STRICT, WITHOUT ROWID;";
        let expected = "-- INTEGER\nCREATE TABLE t (a BIGINT, b BYTEA NOT NULL, c DOUBLE PRECISION, d TEXT COLLATE \"C\" \
                        PRIMARY KEY, INTEGERS TEXT COLLATE \"C\" CHECK (d IN ('TEXT')));";
        assert_eq!(definitions(sql), expected);
        for migration in MIGRATIONS {
            let text = definitions(migration.sql);
            assert!(!text.contains(" BLOB NOT") && !text.contains(") STRICT;"), "{}", migration.name);
        }
    }
}
