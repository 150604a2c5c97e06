//! The rules of the domain, as sentences and as properties.

mod decide;
mod decide_holds;
mod forecast;
mod given;
mod idle;
mod lane;
mod plan;
mod plan_holds;
mod quota;
mod repeat;
mod retry;
mod review;
mod task;
mod trust;
