//! `review`: a person accepts, rejects, edits and marks samples; at a terminal one after the other, the most doubtful first.

mod edit;
mod sitting;

use std::path::PathBuf;

use hafs_proto::bounded::BoundError;
use hafs_proto::people::{Page, ReviewAct, ReviewRequest, ReviewView, SampleDetail, WaitingSample};
use hafs_proto::{BoundedText, Domain, Reason, ReviewId, RunId, Sample, SampleId, Tag};
use hafs_runtime::clock::SystemClock;
use hafs_runtime::ids::IdGen;

use crate::api::{Api, ask};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Audience;
use crate::text::{one_line, pairs, table};

/// Decide about samples yourself: accept, reject, edit, tag.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  hafs-factory review
  hafs-factory review list --json
  hafs-factory review accept sample_0198c0de… --why \"read it against the source\"
  hafs-factory review reject sample_0198c0de… --reason off_topic,hedge --why \"answers another question\"
  hafs-factory review edit sample_0198c0de… --output-file better.txt --why \"the answer lacked the bank byte\"
  hafs-factory review tag sample_0198c0de… showcase

Without a command it shows, at a terminal, one sample after the other that wants a look, the most doubtful first, and takes
the keys a (accept), r (reject), e (edit with $VISUAL or $EDITOR), t (tag), s (skip) and q (quit). A person's decision stands
above the rule; every act is in the audit log and in the sample's lineage."
)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    which: Which,
}

/// Which samples.
#[derive(Debug, clap::Args)]
struct Which {
    /// Of this run.
    #[arg(long)]
    run: Option<RunId>,
    /// Of this domain.
    #[arg(long)]
    domain: Option<Domain>,
    /// At most this many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=400))]
    limit: u32,
}

/// What to do with a sample.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// The samples that want a look, the most doubtful first.
    #[command(after_help = "Example:\n  hafs-factory review list --domain asm")]
    List(List),
    /// Accept a sample.
    #[command(
        after_help = "Example:\n  hafs-factory review accept sample_0198c0de… --why \"assembled it by hand\""
    )]
    Accept {
        /// The sample.
        sample: SampleId,
        /// Why.
        #[arg(long, value_parser = why)]
        why: BoundedText<512>,
        /// Also if checks have failed it or could not run; data sets that hold it will say so.
        #[arg(long)]
        despite_checks: bool,
    },
    /// Reject a sample.
    #[command(
        after_help = "Example:\n  hafs-factory review reject sample_0198c0de… --reason off_topic --why \"…\""
    )]
    Reject {
        /// The sample.
        sample: SampleId,
        /// Codes of the taxonomy, separated by commas.
        #[arg(long = "reason", required = true, value_delimiter = ',')]
        reasons: Vec<Reason>,
        /// Why.
        #[arg(long, value_parser = why)]
        why: BoundedText<512>,
    },
    /// Put other texts in the place of a sample's; they become a sample of their own that is checked as it was.
    #[command(
        after_help = "Example:\n  hafs-factory review edit sample_0198c0de… --output-file better.txt --why \"…\""
    )]
    Edit(Edit),
    /// Mark a sample with a tag.
    #[command(after_help = "Example:\n  hafs-factory review tag sample_0198c0de… showcase")]
    Tag(Mark),
    /// Take a tag off a sample.
    #[command(after_help = "Example:\n  hafs-factory review untag sample_0198c0de… showcase")]
    Untag(Mark),
}

/// Which samples to list.
#[derive(Debug, clap::Args)]
pub struct List {
    #[command(flatten)]
    which: Which,
}

/// Other texts for a sample.
#[derive(Debug, clap::Args)]
pub struct Edit {
    /// The sample.
    sample: SampleId,
    /// File with the instruction; without it the instruction stays.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["input_file", "output_file"])]
    instruction_file: Option<PathBuf>,
    /// File with the input; without it the input stays.
    #[arg(long, value_name = "FILE")]
    input_file: Option<PathBuf>,
    /// File with the output; without it the output stays.
    #[arg(long, value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// Why.
    #[arg(long, value_parser = why)]
    why: BoundedText<512>,
}

/// A tag and a sample.
#[derive(Debug, clap::Args)]
pub struct Mark {
    /// The sample.
    sample: SampleId,
    /// The tag: letters a to z, digits, `-`, `_` and `.`.
    tag: Tag,
    /// Why.
    #[arg(long, default_value = "", value_parser = why)]
    why: BoundedText<512>,
}

fn why(text: &str) -> Result<BoundedText<512>, BoundError> {
    BoundedText::new(text)
}

/// Does it.
///
/// # Errors
/// [`Failure`] when there is no such sample, the act is refused, or nobody sits at a terminal.
pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let Some(command) = args.command else {
        return ask(context, &config, async |api| sitting::hold(context, api, &args.which).await).await;
    };
    if let Command::List(list) = &command {
        let page = ask(context, &config, async |api| waiting(api, &list.which).await).await?;
        context.out.result(&page, rows)?;
        return Ok(Exit::Done);
    }
    let view = ask(context, &config, async |api| {
        let (sample, why, act) = act(api, command).await?;
        send(api, sample, why, act).await
    });
    context.out.result(&view.await?, said)?;
    Ok(Exit::Done)
}

async fn act(api: &Api, command: Command) -> Result<(SampleId, BoundedText<512>, ReviewAct), Failure> {
    Ok(match command {
        // `run` has answered it.
        Command::List(_) => return Err(Failure::new(Exit::Usage, "nothing to do")),
        Command::Accept { sample, why, despite_checks } => {
            (sample, why, ReviewAct::Accept { despite_checks })
        }
        Command::Reject { sample, reasons, why } => (sample, why, ReviewAct::Reject { reasons }),
        Command::Tag(Mark { sample, tag, why }) => (sample, why, ReviewAct::Tag { tag }),
        Command::Untag(Mark { sample, tag, why }) => (sample, why, ReviewAct::Untag { tag }),
        Command::Edit(Edit { sample, instruction_file, input_file, output_file, why }) => {
            let old = detail(api, sample).await?.sample;
            let act = ReviewAct::Edit {
                instruction: edit::read(instruction_file, old.instruction)?,
                input: edit::read(input_file, old.input)?,
                output: edit::read(output_file, old.output)?,
            };
            (sample, why, act)
        }
    })
}

async fn waiting(api: &Api, which: &Which) -> Result<Page<WaitingSample>, Failure> {
    let limit = std::iter::once(("limit", which.limit.to_string()));
    let run = which.run.iter().map(|run| ("run", run.to_string()));
    let domain = which.domain.iter().map(|domain| ("domain", domain.to_string()));
    let query: Vec<_> = limit.chain(run).chain(domain).collect();
    Ok(api.get("/v1/reviews/waiting", &query).await?)
}

async fn detail(api: &Api, sample: SampleId) -> Result<SampleDetail, Failure> {
    Ok(api.get(&format!("/v1/samples/{sample}"), &[]).await?)
}

/// Has an act carried out. Its id is minted here, so that a call that is sent again does nothing twice.
async fn send(
    api: &Api,
    sample: SampleId,
    why: BoundedText<512>,
    act: ReviewAct,
) -> Result<ReviewView, Failure> {
    let ids = IdGen::new(SystemClock)?;
    let id: ReviewId = ids.mint();
    let request = ReviewRequest { id, why, act };
    Ok(api.post(&format!("/v1/samples/{sample}/reviews"), &request).await?)
}

fn rows(page: &Page<WaitingSample>) -> String {
    let mut table = table(&["sample", "state", "domain", "doubt", "why", "instruction"]);
    for WaitingSample { sample, doubt, why } in &page.items {
        let Sample { id, state, domain, instruction, .. } = sample;
        table.add_row([
            id.to_string(),
            state.word().to_owned(),
            domain.to_string(),
            format!("{:.2}", doubt.get()),
            one_line(why, 60),
            one_line(instruction, 60),
        ]);
    }
    table.to_string()
}

fn said(view: &ReviewView) -> String {
    let despite = if view.despite_checks { "; checks had spoken against it or could not speak" } else { "" };
    let rows = [
        Some(("sample", view.sample.to_string())),
        Some(("act", view.act.to_string())),
        Some(("state", format!("{} before, {} now{despite}", view.before, view.after))),
        view.tag.as_ref().map(|tag| ("tag", tag.to_string())),
        view.successor.map(|id| ("in its place", id.to_string())),
        Some(("review", view.id.to_string())),
    ];
    pairs(rows.into_iter().flatten()).to_string()
}

impl Which {
    /// Whether somebody is there to be asked.
    fn refuse_programs(context: &Context) -> Result<(), Failure> {
        use std::io::{IsTerminal as _, stdin, stdout};
        let people = context.out.audience() == Audience::People;
        if people && stdin().is_terminal() && stdout().is_terminal() {
            return Ok(());
        }
        let failure = Failure::new(Exit::Usage, "`review` without a command asks a person at a terminal");
        Err(failure.remedy("use `review list`, then `review accept`, `reject`, `edit` or `tag`"))
    }
}
