//! Putting the factory together: sources, teachers, coordinator, worker, data sets.

pub mod coordinator;
pub mod dataset;
pub mod source;
pub mod teachers;
pub mod worker;
