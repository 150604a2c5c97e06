//! What is stored: one file for each family of tables, free functions over a transaction.

pub mod attempts;
pub mod audit;
pub mod budget;
pub mod checks;
pub mod claims;
pub mod credentials;
pub mod datasets;
pub mod decisions;
pub mod duplicates;
pub mod embeddings;
pub mod events;
pub mod export;
pub mod graph;
pub mod harvest;
pub mod instances;
pub mod leader;
pub mod meta;
pub mod metric_points;
mod page;
pub mod planning;
pub mod progress;
pub mod quarantine;
pub mod quota;
pub mod receipts;
pub mod recheck;
pub mod rotation;
pub mod runs;
pub mod samples;
pub mod seeds;
pub mod taint;
pub mod tasks;
pub mod trust;
pub mod verdicts;
pub mod versions;
pub mod workers;

pub use page::PageRequest;
