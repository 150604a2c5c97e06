//! Many connections at once, all of them slow.

use std::time::Duration;

use tokio::time::Instant;

use super::list::{Round, attacks};
use super::raw::{self, Crowd};
use super::site::{SOON, Site, claim};

/// Deadlines that a test can wait for.
const HASTY: &str =
    "header_timeout_s = 1.5\nbody_timeout_s = 2\nidle_timeout_s = 2\nkeep_alive_timeout_s = 2";
/// What a deadline may be late by on a machine that does much else.
const SLACK: Duration = Duration::from_secs(15);

/// Others are served while a crowd is there: forty connections, one after the other.
async fn stays_quick(site: &Site) {
    let mut times = Vec::new();
    for _ in 0..40 {
        let start = Instant::now();
        let answer = site.from([127, 0, 0, 1]).get(format!("{}/livez", site.url)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        times.push(start.elapsed());
    }
    times.sort();
    let (median, worst) = (times[20], times[39]);
    println!("beside the crowd: median {median:?}, worst of 40 {worst:?}");
    assert!(median < Duration::from_millis(250) && worst < Duration::from_secs(5), "{median:?} {worst:?}");
}

async fn silence(site: &Site) {
    let crowd = Crowd::open(site.address, &[[127, 3, 17, 1]], 2_000, b"").await;
    stays_quick(site).await;
    let texts = crowd.closed(SLACK).await;
    assert!(texts.iter().all(|text| text.is_empty() || text.starts_with("HTTP/1.1 408")));
}

async fn heads_by_the_byte(site: &Site) {
    let head = b"GET /livez HTTP/1.1\r\nX-Long: ";
    let crowd = Crowd::open(site.address, &[[127, 3, 18, 1]], 2_000, head).await;
    let until = Instant::now() + Duration::from_secs(3);
    let dribble = crowd.dribble(b'x', Duration::from_millis(200), until);
    let ((), ()) = tokio::join!(dribble, stays_quick(site));
    let texts = crowd.closed(SLACK).await;
    assert!(texts.iter().all(|text| !text.contains("200 OK")), "no head was ever whole");
}

async fn bodies_by_the_byte(site: &Site) {
    let head = |path: &str, token: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: 100000\r\n\r\n{{"
        )
    };
    let cases = [
        (head("/v1/runs", &site.admin), 1, Some("408")),
        (head("/v1/runs", "wrong"), 2, None),
        (head("/v1/runs/run_0/pause", &site.admin), 3, Some("404")),
    ];
    for (head, number, status) in cases {
        let from = [[127, 3, 19, number], [127, 4, 19, number]];
        let crowd = Crowd::open(site.address, &from, 84, head.as_bytes()).await;
        let until = Instant::now() + Duration::from_secs(3);
        let dribble = crowd.dribble(b' ', Duration::from_millis(200), until);
        let ((), ()) = tokio::join!(dribble, stays_quick(site));
        for text in crowd.closed(SLACK).await {
            let fits = text.is_empty() || status.is_none_or(|status| text[9..].starts_with(status));
            assert!(fits, "{text}");
        }
    }
}

async fn readers_of_nothing(site: &Site) {
    const ASKED: usize = 400;
    let request = b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(ASKED);
    let crowd = Crowd::open(site.address, &[[127, 3, 20, 1]], 100, &request).await;
    // Longer than the deadline for silence; meanwhile nothing is read.
    tokio::time::sleep(Duration::from_secs(4)).await;
    stays_quick(site).await;
    for text in crowd.closed(SOON).await {
        let answers = text.matches("HTTP/1.1 200").count();
        assert!(answers < ASKED, "all {answers} answers were kept for a peer that did not read");
    }
}

async fn claims_that_wait(site: &Site) {
    let worker = site.worker().await;
    let before = site.memory();
    let body = claim(1, 20_000).to_string();
    let request = format!(
        "POST /v1/workers/claim HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        worker.token,
        body.len()
    );
    let from: Vec<[u8; 4]> = (1..=25).map(|last| [127, 3, 36, last]).collect();
    let crowd = Crowd::open(site.address, &from, 200, request.as_bytes()).await;
    let grown = site.memory().saturating_sub(before) >> 20;
    println!("5,000 claims: {grown} MiB more");
    assert!(grown < 256, "{grown} MiB");
    drop(crowd);
    let served = async {
        // Its connections are gone, so there is room again.
        while raw::exchange(
            site.address,
            b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            SLACK,
        )
        .await
        .status()
            != Some(200)
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(SLACK, served).await.expect("it serves again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crowds_of_slow_connections_are_closed_and_hinder_nobody() {
    let site = Site::open(HASTY).await;
    let mut round = Round::of(17..=20);
    attacks! { round;
        17 => silence(&site);
        18 => heads_by_the_byte(&site);
        19 => bodies_by_the_byte(&site);
        20 => readers_of_nothing(&site);
    }
    round.end();
    site.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_claims_that_wait_cost_little() {
    let site = Site::open("").await;
    let mut round = Round::of(36..=36);
    attacks! { round;
        36 => claims_that_wait(&site);
    }
    round.end();
    site.is_sound().await;
}
