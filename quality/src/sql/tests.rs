use super::*;

#[test]
fn statements_of_every_dialect_at_home_are_clean() {
    for text in [
        "SELECT a, COUNT(*) FROM t WHERE b = 'it''s' GROUP BY a HAVING COUNT(*) > 1 ORDER BY 2;",
        "INSERT INTO t (a, b) VALUES (1, 'x'), (2, NULL) ON CONFLICT (a) DO UPDATE SET b = excluded.b;",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i FROM n",
        "UPDATE t SET a = a + 1 WHERE id IN (SELECT id FROM u) RETURNING id;",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);\n-- done; really\nDROP TABLE t;",
        "SELECT data->>'a', now()::date FROM t; SELECT `a` FROM `t` LIMIT 1, 2;",
        "DELETE FROM t WHERE a = $1 AND b = ?;",
    ] {
        assert_eq!(check(text), Sql::Clean, "{text}");
    }
}

#[test]
fn what_no_dialect_reads_is_broken_and_says_where() {
    for text in [
        "SELECT a FROM t WHERE;",
        "SELECT FROM WHERE a = 1;",
        "SELECT a, FROM t GROUP a;",
        "INSERT INTO t VALUES (1, 2;",
        "SELECT 'open FROM t;",
        "SELECT (1 + 2 FROM t;",
        "SELECT 1) FROM t;",
        "UPDATE t SET WHERE a = 1;",
        "DELETE FROM WHERE a = 1;",
        "/* SELECT 1;",
    ] {
        assert!(matches!(check(text), Sql::Broken(_)), "{text}: {:?}", check(text));
    }
    let Sql::Broken(found) = check("SELECT 1;\nSELECT a b c FROM;") else { panic!("it is broken") };
    assert_eq!(found[0].range, 9..27);
}

#[test]
fn what_the_parser_may_not_know_is_unchecked() {
    for text in [
        "CREATE FANCY THING x WITH STUFF;",
        "\\d t\nSELECT 1;",
        "SELECT * FROM {{ table }};",
        "SELECT a, ... FROM t;",
        "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END;",
    ] {
        assert!(matches!(check(text), Sql::Unchecked(_)), "{text}: {:?}", check(text));
    }
}

#[test]
fn hostile_texts_end() {
    for unit in
        ["(", "1+", "NOT ", "SELECT ", "CASE WHEN ", "a.", "x IS NULL IS NULL ", "UNION SELECT 1 ", "[", "- "]
    {
        let text = format!("SELECT {}", unit.repeat(60_000 / unit.len()));
        let _ended = check(&text);
        let _ended = check(&format!("{text}1"));
    }
}
