//! Single requests that no proper client would send.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::list::{Round, attacks};
use super::raw::{self, Reply};
use super::site::{Site, run_request};

const PATIENCE: Duration = Duration::from_secs(4);

async fn send(site: &Site, bytes: impl AsRef<[u8]>) -> Reply {
    raw::exchange(site.address, bytes.as_ref(), PATIENCE).await
}

/// The head of a call that starts a run, with these lines besides, and its body.
fn call(site: &Site, lines: &str, body: &str) -> String {
    format!(
        "POST /v1/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n{lines}\r\n{body}",
        site.admin
    )
}

async fn a_length_beyond_belief(site: &Site) {
    let reply = send(site, call(site, "Content-Length: 99999999999\r\n", "")).await;
    assert_eq!(reply.status(), Some(413), "{reply:?}");
    let reply = send(site, call(site, "Content-Length: 99999999999999999999999\r\n", "")).await;
    reply.refused("a length above 64 bits", &[400, 413]);
}

async fn two_meanings(site: &Site) {
    let next = "GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    let cases = [
        ("a length and chunks", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        ("chunks and a length", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n"),
        ("two lengths", "Content-Length: 2\r\nContent-Length: 3\r\n", "{}"),
        ("an unknown coding", "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
        ("a coding after chunks", "Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"),
        ("a folded field", "X-Long: a\r\n b\r\nContent-Length: 2\r\n", "{}"),
        ("a sign before the length", "Content-Length: +2\r\n", "{}"),
        ("a space before the colon", "Content-Length : 2\r\n", "{}"),
    ];
    for (what, lines, body) in cases {
        let reply = send(site, call(site, lines, body) + next).await;
        reply.refused(what, &[400, 501]);
        assert!(reply.closed && reply.answers() <= 1, "{what}: {reply:?}");
    }
    let bare = "GET /livez HTTP/1.1\nHost: 127.0.0.1\nConnection: close\n\n";
    let reply = send(site, bare).await;
    assert!(reply.closed && reply.answers() <= 1, "{reply:?}");
}

async fn heads_too_large(site: &Site) {
    let head = "GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    let many = (0..10_000).fold(head.to_owned(), |mut text, number| {
        let _ = write!(text, "X-{number}: 1\r\n");
        text
    });
    send(site, many + "\r\n").await.refused("10,000 fields", &[431, 400]);
    let long = format!("{head}X-Long: {}\r\n\r\n", "x".repeat(1024 * 1024));
    send(site, long).await.refused("a field of 1 MB", &[431, 400]);
    send(site, format!("{head}X Long: 1\r\n\r\n")).await.refused("a name with a space", &[400]);
    let path = format!("GET /{} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "x".repeat(1024 * 1024));
    send(site, path).await.refused("a path of 1 MB", &[414, 431, 400]);
}

async fn chunks(site: &Site) {
    let lines = "Transfer-Encoding: chunked\r\n";
    let long = format!("1;{}\r\n{{\r\n0\r\n\r\n", "x".repeat(1024 * 1024));
    send(site, call(site, lines, &long)).await.refused("an extension of 1 MB", &[400, 413]);
    let before = site.peak();
    let mut tiny = call(site, lines, "").into_bytes();
    tiny.extend(b"1\r\n \r\n".repeat(2_000_000));
    tiny.extend(b"0\r\n\r\n");
    send(site, tiny).await.refused("two million chunks", &[400, 408, 413]);
    let grown = site.peak().saturating_sub(before) >> 20;
    println!("two million chunks of one byte: {grown} MiB");
    assert!(grown < 32, "{grown} MiB for 2 MB");
}

async fn bodies_at_the_limit(site: &Site) {
    let body = run_request().to_string();
    for (more, status) in [(0, 201), (1, 413)] {
        let mut padded = body.clone().into_bytes();
        padded.resize(2_097_152 + more, b' ');
        assert_eq!(site.send(&site.admin, "/v1/runs", padded).await.status, status);
    }
}

/// Sends a body with a header that says how it is encoded, or what it is.
async fn said_to_be(site: &Site, name: &str, value: &str, body: &[u8]) -> u16 {
    let request = site.from([127, 0, 0, 1]).post(format!("{}/v1/runs", site.url)).bearer_auth(&site.admin);
    let request =
        if name == "content-encoding" { request.header("content-type", "application/json") } else { request };
    request.header(name, value).body(body.to_vec()).send().await.unwrap().status().as_u16()
}

async fn compressed(site: &Site) {
    // The heads of a gzip and of a zstd stream: nothing behind them is looked at, be it a bomb, cut off or wrong.
    let bodies: [&[u8]; 3] = [b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"\x28\xb5\x2f\xfd", b""];
    for body in bodies {
        for encoding in ["gzip", "x-gzip", "zstd", "gzip, gzip", "deflate", "identity, gzip"] {
            assert_eq!(said_to_be(site, "content-encoding", encoding, body).await, 415, "{encoding}");
        }
    }
}

async fn a_chain_of_encodings(site: &Site) {
    let chain = ["br, gzip, deflate"; 20].join(", ");
    assert_eq!(said_to_be(site, "content-encoding", &chain, b"x").await, 415);
}

async fn http_2(site: &Site) {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let frame = |kind: u8, flags: u8, stream: u32, payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = vec![length[1], length[2], length[3], kind, flags];
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        frame
    };
    let settings = frame(4, 0, 0, &[]);
    let floods = [
        ("resets", (0..10_000_u32).flat_map(|at| frame(3, 0, at * 2 + 1, &[0; 4])).collect()),
        ("a continuation without end", frame(9, 0, 1, &[0; 1_000]).repeat(1_000)),
        ("settings", settings.repeat(10_000)),
        ("pings", frame(6, 0, 0, &[0; 8]).repeat(10_000)),
        ("a window of nothing", frame(8, 0, 0, &[0; 4]).repeat(1_000)),
    ];
    for (what, flood) in floods {
        let flood: Vec<u8> = flood;
        let reply = send(site, [PREFACE, &settings, &flood].concat()).await;
        assert!(reply.closed && reply.answers() <= 1, "{what}: {reply:?}");
        reply.refused(what, &[400, 505]);
    }
    let encrypted = Site::open("tls = \"on\"").await;
    let mut config = hafs_runtime::tls::client_config(encrypted.pin.unwrap()).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = raw::connect([127, 0, 0, 1], encrypted.address).await;
    let name = rustls::pki_types::ServerName::from(encrypted.address.ip());
    let spoken = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    if let Ok(stream) = spoken {
        assert_ne!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    }
}

async fn a_thousand_in_a_row(site: &Site) {
    let one = "GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ".to_owned() + &site.admin;
    let thousand = (one + "\r\n\r\n").repeat(1_000);
    let mut stream = raw::connect([127, 0, 0, 1], site.address).await;
    let written = tokio::io::AsyncWriteExt::write_all(&mut stream, thousand.as_bytes());
    let _ = tokio::time::timeout(PATIENCE, written).await;
    drop(stream);
    assert_eq!(site.get("/v1/status").await.status, 200);
}

async fn promises(site: &Site) {
    let reply = send(site, call(site, "Expect: 100-continue\r\nContent-Length: 10\r\n", "")).await;
    assert!(reply.text.contains("HTTP/1.1 408"), "{reply:?}");
    let upgrades = [
        "Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        "Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\n",
    ];
    for upgrade in upgrades {
        let head = format!("GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n{upgrade}\r\n");
        assert_eq!(send(site, head).await.status(), Some(401));
        let head = format!("GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n{upgrade}\r\n");
        assert_eq!(send(site, head).await.status(), Some(200));
    }
}

async fn methods(site: &Site) {
    let token = site.token(json!({"name": "kept", "scopes": ["read"], "ttl_s": 600})).await;
    let path = format!("/v1/tokens/{}", token.id);
    for method in ["TRACE", "CONNECT", "PATCH", "PUT", "HAFS", "delete", "OPTIONS"] {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
            site.admin
        );
        send(site, head).await.refused(method, &[400, 404, 405, 501]);
    }
    for header in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"] {
        for method in ["GET", "POST"] {
            let head = format!(
                "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n{header}: DELETE\r\nConnection: close\r\n\r\n",
                site.admin
            );
            assert_eq!(send(site, head).await.status(), Some(405), "{header}");
        }
    }
    let tokens = site.items("/v1/tokens").await;
    let kept = tokens.iter().find(|found| found["id"] == json!(token.id)).unwrap();
    assert!(kept.get("revoked_at").is_none_or(Value::is_null), "{kept}");
}

async fn targets(site: &Site) {
    let targets = [
        "//evil/../livez",
        "/..%2f..%2fetc%2fpasswd",
        "/%2e%2e%2f%2e%2e%2fetc/passwd",
        "/../../etc/passwd",
        "/livez%00",
        "/livez;a=b",
        "/livez/",
        "/problems/..%2f..%2fhafs.toml",
        "/problems/%2e%2e",
        "/v1/runs/%00",
        "/v1/why/..%2f",
        "\\livez",
        "livez",
        "http://",
        "*",
        "evil:80",
        "/\u{fffd}",
        "/ /livez",
    ];
    for target in targets {
        let head = format!(
            "GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
            site.admin
        );
        send(site, head).await.refused(target, &[400, 404, 405, 421]);
    }
    // A whole address as the target is allowed; the name in it counts like that of the field.
    let absolute = "GET http://evil/livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    send(site, absolute).await.refused("a whole address of another host", &[400, 421]);
}

async fn media_types(site: &Site) {
    let body = run_request().to_string();
    let types = [
        "text/plain",
        "application/json; charset=utf-16",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "",
    ];
    for kind in types {
        assert_eq!(said_to_be(site, "content-type", kind, body.as_bytes()).await, 415, "{kind}");
    }
    assert_eq!(said_to_be(site, "x-none", "1", body.as_bytes()).await, 415, "no type at all");
}

async fn other_origins(site: &Site) {
    let http = site.from([127, 0, 0, 1]);
    for method in [reqwest::Method::GET, reqwest::Method::OPTIONS] {
        for path in ["/v1/status", "/livez", "/metrics"] {
            let request =
                http.request(method.clone(), format!("{}{path}", site.url)).bearer_auth(&site.admin);
            let request = request.header("origin", "https://evil.example").header("cookie", "a=b");
            let request = request.header("access-control-request-method", "DELETE");
            let response = request.send().await.unwrap();
            let allowed: Vec<_> = response
                .headers()
                .keys()
                .filter(|name| name.as_str().starts_with("access-control"))
                .collect();
            assert!(
                allowed.is_empty() && !response.headers().contains_key("set-cookie"),
                "{path}: {allowed:?}"
            );
        }
    }
}

async fn other_names(site: &Site) {
    let host = |host: &str, path: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
            site.admin
        )
    };
    for path in ["/v1/status", "/metrics", "/livez", "/nowhere"] {
        for name in ["evil.example", "evil.example:7425", "localhost.evil.example", "127.0.0.1.evil.example"]
        {
            assert_eq!(send(site, host(name, path)).await.status(), Some(421), "{name}{path}");
        }
    }
    for name in ["127.0.0.1", "localhost:7425", "LOCALHOST", "[::1]:7425"] {
        assert_eq!(send(site, host(name, "/v1/status")).await.status(), Some(200), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_no_proper_client_sends_are_refused() {
    let site = Site::open("header_timeout_s = 2\nbody_timeout_s = 2").await;
    let mut round = Round::of(21..=35);
    attacks! { round;
        21 => a_length_beyond_belief(&site);
        22 => two_meanings(&site);
        23 => heads_too_large(&site);
        24 => chunks(&site);
        25 => bodies_at_the_limit(&site);
        26 => compressed(&site);
        27 => a_chain_of_encodings(&site);
        28 => http_2(&site);
        29 => a_thousand_in_a_row(&site);
        30 => promises(&site);
        31 => methods(&site);
        32 => targets(&site);
        33 => media_types(&site);
        34 => other_origins(&site);
        35 => other_names(&site);
    }
    round.end();
    site.is_sound().await;
}
