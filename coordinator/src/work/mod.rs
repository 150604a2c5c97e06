//! What the coordinator does when it is asked: one operation a file.

pub mod candidates;
pub mod checking;
pub mod claim;
pub mod complete;
pub mod decide;
pub mod duplicates;
pub mod effects;
pub mod export;
pub mod fail;
pub mod forecast;
pub mod graphs;
pub mod health;
pub mod instances;
pub mod quarantine;
pub mod quota;
pub mod register;
pub mod renew;
pub mod residency;
pub mod results;
pub mod rotate;
pub mod runs;
pub mod sweep;
pub mod tokens;
pub mod trust;
pub mod why;
