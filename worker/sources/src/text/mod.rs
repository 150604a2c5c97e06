//! Looking at texts, without I/O.

pub(crate) mod comments;
pub(crate) mod decode;
pub(crate) mod paragraphs;
pub(crate) mod prose;
