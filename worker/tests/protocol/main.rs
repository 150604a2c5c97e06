//! The worker against a scripted coordinator over real HTTP: lost answers, absences, refusals, restarts, drains.

mod coordinator;
mod rig;
mod teacher;

mod absences;
mod leaving;
mod refusals;
