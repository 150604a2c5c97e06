//! Executors against a scripted teacher and a scripted source.

mod fixture;
mod generating;
mod judging;
mod measuring;
mod others;
