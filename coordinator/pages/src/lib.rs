//! The coordinator's web pages: what the API says, as HTML. Pure: types of `proto` in, text out.
//!
//! | module | shows |
//! |---|---|
//! | [`layout`] | the frame of every page: navigation, theme, who is looking |
//! | [`words`] | numbers, money, times, and texts of others, of which none is ever markup |
//! | [`chart`] | meters and columns as SVG |
//! | [`overview`] | the factory at a glance: flow, targets, money, what stands still |
//! | [`runs`], [`samples`], [`tasks`], [`workers`], [`teachers`], [`reasons`], [`datasets`], [`graph`], [`audit`] | one room each |
//! | [`login`], [`problem`] | who are you; what went wrong |
//!
//! Every text goes through `maud`, which escapes it; nothing here writes markup by hand but the SVG of [`chart`], whose
//! only inputs are numbers and escaped labels.

pub mod assets;
pub mod audit;
pub mod chart;
pub mod datasets;
pub mod graph;
pub mod layout;
pub mod login;
pub mod overview;
pub mod problem;
pub mod reasons;
pub mod runs;
pub mod samples;
pub mod tasks;
pub mod teachers;
pub mod words;
pub mod workers;

pub use maud::Markup;
