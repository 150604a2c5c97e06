//! The web pages over a large library: how soon each is there, and how many bytes the first one takes.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use hafs_library::tables::samples::{self, SampleFilter};
use hafs_library::tables::{PageRequest, decisions};
use hafs_library::{Library, Tx};
use hafs_proto::people::Page;
use hafs_proto::verdict::Decision;
use hafs_proto::{Reason, Run, Sample, SampleId};
use hafs_runtime::clock::{Clock as _, Stopwatch, SystemClock};
use reqwest::header::{COOKIE, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};

use super::numbers::{float, median, millis, percentile};
use super::report::{Line, Section};
use super::{Order, fill, scratch};
use crate::client::Office;
use crate::stock;

/// Milliseconds and kibibytes of the first page that are aimed for.
const AIM_MS: f64 = 100.0;
const AIM_KIB: f64 = 100.0;
/// Samples of one transaction.
const ROWS: u32 = 500;
/// Looks at each page before it is measured.
const WARM: usize = 3;

/// Somebody who is logged in.
struct Visitor {
    client: Client,
    url: String,
    cookie: String,
}

pub(super) async fn measure(order: &Order) -> anyhow::Result<Section> {
    let (samples, looks) = order.effort.pick((100_000, 50), (5_000, 10));
    let home = scratch(&order.folder)?;
    stock::fill(home.path(), samples).await?;
    reject_every_second(&fill::open(home.path())?).await?;
    let office = Office::open(home.path(), |_| {}).await;
    let visitor = Visitor::enter(&office).await?;
    let mut lines = Vec::new();
    for (name, path) in rooms(&office).await? {
        let waits = visitor.look(&path, looks).await?;
        let (middle, slow) =
            (Line::new(format!("{name}, p50"), median(&waits), "ms"), percentile(&waits, 0.99));
        let slow = Line::new(format!("{name}, p99"), slow, "ms");
        lines.extend([middle, if path == "/web/" { slow.at_most(AIM_MS) } else { slow }]);
    }
    let bytes = visitor.bytes("/web/").await?;
    lines.push(
        Line::new("first page with its style and script", float(bytes) / 1024.0, "KiB").at_most(AIM_KIB),
    );
    office.close().await;
    let title = format!("Web pages over {samples} samples ({looks} looks at each, one after the other)");
    Ok(Section { title, lines })
}

/// Reasons are counted by the sample, so that a library without rejections would flatter the pages.
async fn reject_every_second(library: &Library) -> anyhow::Result<()> {
    let (mut cursor, filter) = (None, SampleFilter::default());
    loop {
        let (wanted, request) = (filter.clone(), PageRequest { cursor, limit: ROWS });
        let page = library.read(move |tx| samples::page(tx, &wanted, &request)).await?;
        let odd: Vec<SampleId> = page.items.iter().step_by(2).map(|sample| sample.id).collect();
        let reject =
            move |tx: &mut dyn Tx| odd.iter().try_for_each(|id| decisions::insert(tx, &rejection(*id)));
        library.write(reject).await?;
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

fn rejection(sample: SampleId) -> Decision {
    let reasons = vec![Reason::LowConsensus, Reason::OffTopic];
    Decision {
        sample,
        rule: 1,
        accepted: false,
        agree: 1,
        of: 3,
        reasons,
        at: SystemClock.now(),
        review: None,
    }
}

/// The pages whose price may rise with the library.
async fn rooms(office: &Office) -> anyhow::Result<Vec<(&'static str, String)>> {
    let runs: Page<Run> = office.get("/v1/runs").await;
    let samples: Page<Sample> = office.get("/v1/samples?state=accepted").await;
    let run = runs.items.first().context("the library has no run")?.id;
    let sample = samples.items.first().context("the library has no sample")?.id;
    Ok(vec![
        ("overview", "/web/".to_owned()),
        ("a run", format!("/web/runs/{run}")),
        ("samples", "/web/samples".to_owned()),
        ("a sample", format!("/web/samples/{sample}")),
        ("reasons", "/web/reasons".to_owned()),
        ("tasks", "/web/tasks?state=done".to_owned()),
        ("workers", "/web/workers".to_owned()),
        ("teachers", "/web/teachers".to_owned()),
    ])
}

impl Visitor {
    async fn enter(office: &Office) -> anyhow::Result<Self> {
        let client = Client::builder().redirect(Policy::none()).timeout(Duration::from_secs(60)).build()?;
        let url = office.url.clone();
        let form = format!("token={}&next=%2Fweb%2F", office.token);
        let request = client.post(format!("{url}/web/login")).header(ORIGIN, &url);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let answer = request.send().await?;
        let cookie = answer.headers().get(SET_COOKIE).context("nobody was let in")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(Self { client, url, cookie })
    }

    async fn get(&self, path: &str) -> anyhow::Result<String> {
        let answer =
            self.client.get(format!("{}{path}", self.url)).header(COOKIE, &self.cookie).send().await?;
        ensure!(answer.status() == StatusCode::OK, "{path}: {}", answer.status());
        Ok(answer.text().await?)
    }

    /// How long each look at a page took, in milliseconds.
    async fn look(&self, path: &str, looks: usize) -> anyhow::Result<Vec<f64>> {
        for _ in 0..WARM {
            self.get(path).await?;
        }
        let mut waits = Vec::with_capacity(looks);
        for _ in 0..looks {
            let watch = Stopwatch::start();
            self.get(path).await?;
            waits.push(millis(watch.elapsed()));
        }
        Ok(waits)
    }

    /// A page and what it loads, before any compression.
    async fn bytes(&self, path: &str) -> anyhow::Result<usize> {
        let assets = [&hafs_pages::assets::STYLE.path, &hafs_pages::assets::SCRIPT.path];
        let mut bytes = self.get(path).await?.len();
        for asset in assets {
            bytes += self.get(asset).await?.len();
        }
        Ok(bytes)
    }
}
