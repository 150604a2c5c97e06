//! SQL: whether each statement parses in a dialect that is at home here.
//!
//! The parser does not know every statement of every database, so a statement that it cannot read is a finding only where it
//! should know it: queries and changes of rows. What defines tables, functions or the database itself is then unchecked. A
//! bracket, a string or a comment that does not end is a finding anywhere.

mod scan;

use std::ops::Range;

use sqlparser::dialect::{Dialect, GenericDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use scan::Scanned;

/// The longest text that is read, in bytes.
pub const MAX_SQL_BYTES: usize = 256 * 1024;
/// Expressions inside each other; the parser keeps each on the stack.
const MAX_DEPTH: usize = 40;
/// Keywords and operators of one statement; a chain of them is as deep a tree as it is long. Rows of values have none.
const MAX_LINKS: usize = 600;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sql {
    /// Every statement parses in one of the dialects.
    Clean,
    /// Some do not; never empty.
    Broken(Vec<SqlProblem>),
    /// Nothing is wrong as far as it could be read; why it could not be read further.
    Unchecked(String),
}

/// One statement that does not parse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlProblem {
    /// The statement, in bytes of the text.
    pub range: Range<usize>,
    /// What is wrong.
    pub what: String,
}

/// Checks a text of statements, ended by semicolons.
#[must_use]
pub fn check(text: &str) -> Sql {
    if text.len() > MAX_SQL_BYTES {
        return Sql::Unchecked(format!("{} bytes are over the limit of {MAX_SQL_BYTES} bytes", text.len()));
    }
    let statements = match scan::statements(text) {
        Scanned::Statements(statements) => statements,
        Scanned::Foreign(why) => return Sql::Unchecked(why.to_owned()),
        Scanned::Broken(problem) => return Sql::Broken(vec![problem]),
    };
    let (mut broken, mut open) = (Vec::new(), None);
    for range in statements {
        match statement(&text[range.clone()]) {
            Ok(()) => {}
            Err(Failed::Known(what)) => broken.push(SqlProblem { range, what }),
            Err(Failed::Open(why)) => open = open.or(Some(why)),
        }
    }
    match (broken.is_empty(), open) {
        (false, _) => Sql::Broken(broken),
        (true, Some(why)) => Sql::Unchecked(why),
        (true, None) => Sql::Clean,
    }
}

/// How a statement could not be read.
enum Failed {
    /// It is one that the parser knows, so it is wrong.
    Known(String),
    /// The parser may just not know it.
    Open(String),
}

fn dialects() -> [Box<dyn Dialect>; 4] {
    [
        Box::new(GenericDialect {}),
        Box::new(PostgreSqlDialect {}),
        Box::new(SQLiteDialect {}),
        Box::new(MySqlDialect {}),
    ]
}

fn statement(text: &str) -> Result<(), Failed> {
    let mut first = None;
    for dialect in dialects() {
        match parse(dialect.as_ref(), text) {
            Ok(()) => return Ok(()),
            Err(why) => first = first.or(Some(why)),
        }
    }
    let why = first.unwrap_or_default();
    Err(if is_known(text) && !why.is_empty() { Failed::Known(why) } else { Failed::Open(open(text)) })
}

/// Parses one statement; the error is empty where the parser was not asked.
fn parse(dialect: &dyn Dialect, text: &str) -> Result<(), String> {
    let tokens = Tokenizer::new(dialect, text).tokenize_with_location().map_err(|error| error.to_string())?;
    let links = tokens.iter().filter(|token| is_link(&token.token)).count();
    if links > MAX_LINKS {
        return Err(String::new());
    }
    let parsed = Parser::new(dialect)
        .with_recursion_limit(MAX_DEPTH)
        .with_tokens_with_locations(tokens)
        .parse_statements();
    match parsed {
        Ok(_) => Ok(()),
        Err(sqlparser::parser::ParserError::RecursionLimitExceeded) => Err(String::new()),
        Err(error) => Err(error.to_string()),
    }
}

fn is_link(token: &Token) -> bool {
    if let Token::Word(word) = token {
        return word.keyword != Keyword::NoKeyword && word.keyword != Keyword::NULL;
    }
    !matches!(
        token,
        Token::Comma
            | Token::Whitespace(_)
            | Token::LParen
            | Token::RParen
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::SemiColon
            | Token::EOF
    )
}

/// Statements that every dialect has and the parser reads well.
fn is_known(text: &str) -> bool {
    let words: Vec<String> = words(text).take(2).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(words.as_slice(), ["SELECT", ..] | ["INSERT", "INTO"] | ["DELETE", "FROM"] | ["UPDATE", _])
}

fn open(text: &str) -> String {
    let head = words(text).take(2).collect::<Vec<_>>().join(" ");
    format!("the parser does not read this statement: `{head}`")
}

/// The words at the beginning of a statement, comments left out.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let code = scan::without_comments(text);
    let words: Vec<String> = code
        .split_whitespace()
        .take(2)
        .map(|word| word.chars().take(32).collect::<String>().to_ascii_uppercase())
        .collect();
    words.into_iter()
}

#[cfg(test)]
mod tests;
