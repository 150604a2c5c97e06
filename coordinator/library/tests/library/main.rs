//! The library as its users see it.

mod backup;
mod commits;
mod families;
mod full;
mod kill;
mod life;
mod measure;
mod opening;
mod operations;
mod people;
mod planning;
mod verification;
mod world;
