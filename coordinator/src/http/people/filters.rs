//! The filters of the list of samples, from the words of an address.

use std::fmt::Display;
use std::str::FromStr;

use hafs_library::tables::samples::SampleFilter;
use hafs_proto::{Problem, ProblemType};

use crate::http::problem::ProblemResponse;

/// The states that a filter names.
const STATES: [&str; 4] = ["candidate", "accepted", "rejected", "quarantined"];

/// Reads the filters that are set. A word that is none is refused: an empty list would look like an answer.
///
/// # Errors
/// A problem that names the field.
pub fn of(set: &[(&str, &str)]) -> Result<SampleFilter, ProblemResponse> {
    let mut filter = SampleFilter::default();
    for (name, value) in set {
        match *name {
            "state" if STATES.contains(value) => filter.state = Some((*value).to_owned()),
            "domain" => filter.domain = Some(read(name, value)?),
            "reason" => filter.reason = Some(read(name, value)?),
            "teacher" => filter.teacher = Some(read(name, value)?),
            "tag" => filter.tag = Some(read(name, value)?),
            "run" => filter.run = Some(read(name, value)?),
            "text" if value.len() <= 256 => filter.text = Some((*value).to_owned()),
            other => return Err(wrong(other, "no filter has this value")),
        }
    }
    Ok(filter)
}

fn read<T: FromStr<Err: Display>>(name: &str, value: &str) -> Result<T, ProblemResponse> {
    value.trim().parse().map_err(|error: T::Err| wrong(name, &error.to_string()))
}

fn wrong(field: &str, message: &str) -> ProblemResponse {
    let problem = Problem::new(ProblemType::Invalid, "a filter is wrong");
    ProblemResponse::from(problem.field(field, message))
}
