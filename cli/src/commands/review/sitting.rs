//! A sitting: one sample after the other is shown, and a person says what becomes of it.

use std::io;

use hafs_proto::people::{ReviewAct, WaitingSample};
use hafs_proto::{BoundedText, Reason, SampleId};

use super::super::samples;
use super::{Which, detail, edit, said, send, waiting};
use crate::api::Api;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// What a person can press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Accept,
    Reject,
    Edit,
    Tag,
    Skip,
    Quit,
}

impl Key {
    /// The key that a line begins with.
    fn of(line: &str) -> Option<Self> {
        match line.trim().chars().next()?.to_ascii_lowercase() {
            'a' => Some(Self::Accept),
            'r' => Some(Self::Reject),
            'e' => Some(Self::Edit),
            't' => Some(Self::Tag),
            's' => Some(Self::Skip),
            'q' => Some(Self::Quit),
            _ => None,
        }
    }
}

/// What comes after a key.
enum Next {
    Sample,
    SameSample,
    End,
}

/// Goes through the samples that want a look.
pub(super) async fn hold(context: &Context, api: &Api, which: &Which) -> Result<Exit, Failure> {
    Which::refuse_programs(context)?;
    let waiting = waiting(api, which).await?.items;
    if waiting.is_empty() {
        context.out.note("no sample wants a look");
    }
    let all = waiting.len();
    for (at, sample) in (1..).zip(waiting) {
        show(context, api, &sample, (at, all)).await?;
        loop {
            match one(context, api, sample.sample.id).await {
                Ok(Next::Sample) => break,
                Ok(Next::SameSample) => {}
                Ok(Next::End) => return Ok(Exit::Done),
                // What is refused is said, and the sample can be decided otherwise.
                Err(failure) => context.out.note(failure),
            }
        }
    }
    Ok(Exit::Done)
}

async fn show(
    context: &Context,
    api: &Api,
    waiting: &WaitingSample,
    (at, all): (usize, usize),
) -> Result<(), Failure> {
    let detail = detail(api, waiting.sample.id).await?;
    context.out.text(&samples::one(&detail))?;
    let why = crate::text::one_line(&waiting.why, 160);
    context.out.text(&format!("\n[{at} of {all}] doubt {:.2}: {why}", waiting.doubt.get()))
}

async fn one(context: &Context, api: &Api, id: SampleId) -> Result<Next, Failure> {
    let line = prompt(context, "a)ccept  r)eject  e)dit  t)ag  s)kip  q)uit").await?;
    let Some(line) = line else { return Ok(Next::End) };
    let act = match Key::of(&line) {
        None => return Ok(Next::SameSample),
        Some(Key::Skip) => return Ok(Next::Sample),
        Some(Key::Quit) => return Ok(Next::End),
        Some(Key::Accept) => {
            let despite = prompt(context, "also if checks speak against it? y/N").await?;
            let despite_checks = despite.is_some_and(|line| line.trim().eq_ignore_ascii_case("y"));
            ReviewAct::Accept { despite_checks }
        }
        Some(Key::Reject) => ReviewAct::Reject { reasons: reasons(context).await? },
        Some(Key::Tag) => {
            let tag = prompt(context, "tag").await?.unwrap_or_default();
            let tag = tag.trim().parse().map_err(|error: hafs_proto::name::NameError| usage(&error))?;
            ReviewAct::Tag { tag }
        }
        Some(Key::Edit) => match edit::with_editor(&context.env, &detail(api, id).await?.sample)? {
            Some(act) => act,
            None => return Ok(Next::SameSample),
        },
    };
    let tags = matches!(act, ReviewAct::Tag { .. });
    let why = if tags { String::new() } else { prompt(context, "why").await?.unwrap_or_default() };
    let view = send(api, id, BoundedText::clipped(why.trim()), act).await?;
    context.out.text(&said(&view))?;
    Ok(if tags { Next::SameSample } else { Next::Sample })
}

async fn reasons(context: &Context) -> Result<Vec<Reason>, Failure> {
    let line = prompt(context, "reasons, such as off_topic,hedge").await?.unwrap_or_default();
    let words = line.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| word.parse().map_err(|error| usage(&error))).collect()
}

fn usage(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Usage, error.to_string())
}

/// Asks for a line; nothing at the end of the input.
async fn prompt(context: &Context, question: &str) -> Result<Option<String>, Failure> {
    context.out.text(&format!("{question}:"))?;
    let read = || {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|read| (read > 0).then_some(line))
    };
    tokio::task::spawn_blocking(read).await.map_err(|error| usage(&error))?.map_err(Failure::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_first_letter_of_a_line_in_either_case() {
        assert_eq!(Key::of("a\n"), Some(Key::Accept));
        assert_eq!(Key::of("  Reject\n"), Some(Key::Reject));
        assert_eq!(Key::of("q"), Some(Key::Quit));
        assert_eq!(Key::of("\n"), None);
        assert_eq!(Key::of("x"), None);
    }
}
