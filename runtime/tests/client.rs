//! The HTTP client against a small server of its own.

use std::process::Command;
use std::time::Duration;

use hafs_runtime::env::Environment;
use hafs_runtime::http::{ClientSettings, USER_AGENT, client};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

/// Serves `answer(request)` to every connection until the test ends; gives the port.
async fn serve(tracker: &TaskTracker, answer: impl Fn(&str) -> String + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tracker.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 8192];
            let read = stream.read(&mut request).await.expect("a request");
            let text = String::from_utf8_lossy(&request[..read]).into_owned();
            stream.write_all(answer(&text).as_bytes()).await.expect("sent");
        }
    });
    port
}

fn reply(status: &str, header: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{header}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn redirect(to: &str) -> String {
    reply("307 Temporary Redirect", &format!("location: {to}\r\n"), "")
}

#[tokio::test]
async fn it_says_who_it_is_and_reaches_this_machine_past_a_proxy() {
    let tracker = TaskTracker::new();
    let port = serve(&tracker, |request| reply("200 OK", "", request)).await;
    let dead_proxy =
        Environment::from_iter([("HTTP_PROXY", "http://127.0.0.1:9"), ("ALL_PROXY", "http://127.0.0.1:9")]);
    let client = client(&ClientSettings::default(), &dead_proxy).expect("a client");
    for host in ["127.0.0.1", "localhost"] {
        let seen = client
            .get(format!("http://{host}:{port}/"))
            .send()
            .await
            .expect("sent")
            .text()
            .await
            .expect("read");
        assert!(seen.contains(&format!("user-agent: {USER_AGENT}\r\n")), "{seen}");
    }
}

#[tokio::test]
async fn other_hosts_are_reached_through_the_proxy() {
    let tracker = TaskTracker::new();
    let port = serve(&tracker, |request| reply("200 OK", "", request)).await;
    let env = Environment::from_iter([
        ("http_proxy", format!("http://127.0.0.1:{port}")),
        ("NO_PROXY", "direct.invalid".into()),
    ]);
    let client = client(&ClientSettings::default(), &env).expect("a client");
    let seen =
        client.get("http://teacher.invalid/v1").send().await.expect("sent").text().await.expect("read");
    assert!(seen.starts_with("GET http://teacher.invalid/v1 "), "{seen}");
    assert!(client.get("http://direct.invalid/").send().await.is_err(), "NO_PROXY holds");
}

#[tokio::test]
async fn redirects_stay_on_the_host_and_end() {
    let tracker = TaskTracker::new();
    let stranger = serve(&tracker, |_| reply("200 OK", "", "stolen")).await;
    let port = serve(&tracker, move |request| match request.split(' ').nth(1) {
        Some("/here") => redirect("/there"),
        Some("/away") => redirect(&format!("http://127.0.0.1:{stranger}/")),
        Some("/circle") => redirect("/circle"),
        _ => reply("200 OK", "", "arrived"),
    })
    .await;
    let client = client(&ClientSettings::default(), &Environment::default()).expect("a client");
    let get = |path: &str| client.get(format!("http://127.0.0.1:{port}{path}")).send();
    assert_eq!(get("/here").await.expect("followed").text().await.expect("read"), "arrived");
    assert!(get("/away").await.expect_err("another port").is_redirect());
    assert!(get("/circle").await.expect_err("endless").is_redirect());
}

#[tokio::test]
async fn a_silent_server_runs_into_the_idle_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let settings =
        ClientSettings { idle_timeout: Some(Duration::from_millis(50)), ..ClientSettings::default() };
    let client = client(&settings, &Environment::default()).expect("a client");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    assert!(client.get(url).send().await.expect_err("silence").is_timeout());
}

#[test]
fn a_proxy_that_is_no_url_is_an_error_that_names_the_variable_and_hides_the_password() {
    let env = Environment::from_iter([("HTTPS_PROXY", "http://user:hush@:::")]);
    let error = client(&ClientSettings::default(), &env).expect_err("no URL");
    assert!(error.to_string().starts_with("HTTPS_PROXY does not hold the URL of a proxy"), "{error}");
    assert!(!format!("{error:?}").contains("hush"), "{error:?}");
}

/// Runs again in a process of its own, whose certificates are nowhere to be found.
#[test]
fn a_machine_without_certificates_still_gets_a_client() {
    if std::env::var_os("HAFS_TEST_BARE").is_some() {
        client(&ClientSettings::default(), &Environment::default()).expect("a client");
        return;
    }
    let status = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "a_machine_without_certificates_still_gets_a_client"])
        .env("HAFS_TEST_BARE", "1")
        .env("SSL_CERT_FILE", "/nonexistent/certificates.pem")
        .env("SSL_CERT_DIR", "/nonexistent")
        .status()
        .expect("it ran");
    assert!(status.success());
}
