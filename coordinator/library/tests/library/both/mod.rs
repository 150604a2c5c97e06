//! What holds for a library wherever it is kept.

mod commits;
mod families;
mod graphs;
mod life;
mod measure;
mod people;
mod planning;
mod quarantine;
mod quota;
mod records;
mod review;
mod tampering;
mod trials;
mod verification;

use super::given;
