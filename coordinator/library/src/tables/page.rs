//! Paging by id. Ids sort by creation time, so a page goes on where the one before ended whatever was added.

use std::fmt::Display;
use std::str::FromStr;

use hafs_proto::limits;
use hafs_proto::people::Page;

use crate::db::{Filter, Value};
use crate::error::StoreError;

/// Which page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// The `next_cursor` of the page before; absent for the first.
    pub cursor: Option<String>,
    /// Items wanted; 0 or more than `limits::PAGE_ITEMS` gives that many.
    pub limit: u32,
}

impl PageRequest {
    fn size(&self) -> u32 {
        if self.limit == 0 { limits::PAGE_ITEMS } else { self.limit.min(limits::PAGE_ITEMS) }
    }

    /// Adds the condition that the page begins where the one before ended. Newest first.
    pub(crate) fn apply<I>(&self, filter: &mut Filter, column: &str) -> Result<(), StoreError>
    where
        I: FromStr<Err: Display> + Into<Value>,
    {
        if let Some(cursor) = &self.cursor {
            let id: I = cursor.parse().map_err(|error| {
                StoreError::refused(format!("the cursor is not one of this list: {error}"))
            })?;
            filter.and(&format!("{column} < ?"), id);
        }
        Ok(())
    }

    /// The end of the statement: one row more than the page holds tells whether there is a next page.
    pub(crate) fn tail(&self, column: &str) -> String {
        format!(" ORDER BY {column} DESC LIMIT {}", self.size() + 1)
    }

    /// Cuts the page.
    pub(crate) fn cut<T, I: Display>(&self, mut items: Vec<T>, id: impl Fn(&T) -> I) -> Page<T> {
        let more = items.len() > self.size() as usize;
        items.truncate(self.size() as usize);
        let next_cursor = if more { items.last().map(|item| id(item).to_string()) } else { None };
        Page { items, next_cursor }
    }
}
