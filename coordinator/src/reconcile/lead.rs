//! Keeps the lead by counting beats in the library, and takes over from a leader whose count stands still.

use std::time::Duration;

use hafs_library::tables::leader::{self, Reign};
use hafs_runtime::clock::Stopwatch;
use tracing::{info, warn};

use super::{Complaint, PassError};
use crate::app::App;

const BEAT: Duration = Duration::from_secs(1);
/// A leader of whom no beat was seen for so long is replaced.
const SILENCE: Duration = Duration::from_secs(6);

pub(super) async fn run(app: App) {
    let (mut watch, mut complaint) = (Watch::default(), Complaint::new("lead"));
    loop {
        complaint.hear(pass(&app, &mut watch).await);
        if !super::next_pass(&app, None, BEAT).await {
            break;
        }
    }
    let me = app.lead.me().to_owned();
    app.lead.confirm(None);
    if let Err(error) = app.library.write(move |tx| leader::resign(tx, &me)).await {
        warn!(error = %error, "the lead could not be given up; another coordinator takes it in some seconds");
    }
}

async fn pass(app: &App, watch: &mut Watch) -> Result<(), PassError> {
    let (since, me) = (Stopwatch::start(), app.lead.me().to_owned());
    if watch.leads {
        watch.leads = app.library.write(move |tx| leader::beat(tx, &me)).await?;
        app.lead.confirm(watch.leads.then_some(since));
        if !watch.leads {
            warn!("another coordinator leads now: this one stood still for too long");
        }
        return Ok(());
    }
    let seen = app.library.read(leader::current).await?;
    if !watch.may_take(seen.clone()) {
        return Ok(());
    }
    watch.leads = app.library.write(move |tx| leader::take(tx, &me, seen.as_ref())).await?;
    if watch.leads {
        app.lead.confirm(Some(since));
        app.wake.plan.notify_one();
        app.wake.settle.notify_one();
        info!("this coordinator leads: it plans, settles and makes backups");
    }
    Ok(())
}

/// What a coordinator has seen of the leader.
#[derive(Debug, Default)]
struct Watch {
    leads: bool,
    seen: Option<(Reign, Stopwatch)>,
}

impl Watch {
    fn may_take(&mut self, now: Option<Reign>) -> bool {
        let Some(now) = now else { return true };
        if now.holder == leader::NOBODY {
            return true;
        }
        match &self.seen {
            Some((seen, since)) if *seen == now => since.elapsed() > SILENCE,
            Some(_) | None => {
                self.seen = Some((now, Stopwatch::start()));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_a_leader_whose_beats_stand_still_is_replaced() {
        let reign = |beat| Some(Reign { holder: "other".to_owned(), beat });
        let mut watch = Watch::default();
        assert!(watch.may_take(None), "nobody ever led");
        for beat in 0..20 {
            assert!(!watch.may_take(reign(beat)));
            tokio::time::advance(Duration::from_secs(5)).await;
        }
        assert!(!watch.may_take(reign(19)), "five seconds are not enough");
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(watch.may_take(reign(19)));
        let resigned = Reign { holder: leader::NOBODY.to_owned(), beat: 0 };
        assert!(watch.may_take(Some(resigned)), "a lead that was given up is free at once");
    }
}
