//! The web pages over HTTP: who gets in, what is refused, what every answer says to a browser, and that no text of others
//! is ever markup. The flows in a real browser are in `web`.
#![expect(clippy::unwrap_used, reason = "a test program")]

use hafs_library::tables::PageRequest;
use hafs_library::tables::audit::{self, AuditFilter};
use hafs_proto::BoundedText;
use hafs_proto::people::AuditEntry;
use hafs_tests::client::{self, Hand, Office};
use reqwest::header::{CONTENT_SECURITY_POLICY, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

const ROOMS: [&str; 9] = [
    "/web/",
    "/web/runs",
    "/web/reasons",
    "/web/tasks",
    "/web/workers",
    "/web/teachers",
    "/web/datasets",
    "/web/graph",
    "/web/audit",
];
/// In every text that somebody else chooses.
const HOSTILE: &str = "<script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}";

/// A browser without scripts: it follows no redirect by itself and keeps its cookie.
struct Browser<'a> {
    office: &'a Office,
    http: Client,
    cookie: String,
}

impl<'a> Browser<'a> {
    fn new(office: &'a Office) -> Self {
        let http = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { office, http, cookie: String::new() }
    }

    async fn see(&self, path: &str) -> Response {
        let request = self.http.get(format!("{}{path}", self.office.url)).header(COOKIE, &self.cookie);
        request.send().await.unwrap()
    }

    /// Sends a form as a page of `origin` would.
    async fn send(&self, path: &str, origin: &str, fields: &[(&str, &str)]) -> Response {
        let form: Vec<String> =
            fields.iter().map(|(key, value)| format!("{key}={}", escaped(value))).collect();
        let request = self.http.post(format!("{}{path}", self.office.url)).header(COOKIE, &self.cookie);
        let request =
            request.header(ORIGIN, origin).header("content-type", "application/x-www-form-urlencoded");
        request.body(form.join("&")).send().await.unwrap()
    }

    async fn act(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.send(path, &self.office.url, fields).await
    }

    async fn log_in(&mut self, token: &str, next: &str) -> Response {
        let answer = self.act("/web/login", &[("token", token), ("next", next)]).await;
        if let Some(cookie) = answer.headers().get(SET_COOKIE) {
            self.cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        answer
    }
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn place(answer: &Response) -> &str {
    answer.headers().get(LOCATION).map_or("", |place| place.to_str().unwrap())
}

async fn token(office: &Office, scopes: &[&str]) -> String {
    let body = json!({"name": "test", "scopes": scopes, "ttl_s": 600});
    let created: Value = office.post(&office.token, "/v1/tokens", &body).await;
    created["token"].as_str().unwrap().to_owned()
}

/// A worker whose every text is hostile.
async fn hire_hostile(office: &Office) -> Hand {
    let mut registration = serde_json::to_value(client::registration()).unwrap();
    registration["name"] = json!(HOSTILE);
    registration["facts"]["os"] = json!(HOSTILE);
    let join = office.join_token().await;
    let reply: hafs_proto::worker::RegisterReply =
        office.post(&join, "/v1/workers/register", &registration).await;
    let credential = reply.credential.clone().map(String::from).unwrap_or_default();
    Hand { credential, reply }
}

async fn entries(office: &Office) -> Vec<AuditEntry> {
    let page = PageRequest { cursor: None, limit: 500 };
    let read = office.core.library.read(move |tx| audit::page(tx, &AuditFilter::default(), &page));
    read.await.unwrap().items
}

#[tokio::test]
async fn a_stranger_is_asked_who_they_are_and_comes_back_to_where_they_wanted_to_go() {
    let folder = tempfile::tempdir().unwrap();
    let office = Office::open(folder.path(), |_| ()).await;
    let mut browser = Browser::new(&office);
    let answer = browser.see("/web/runs").await;
    assert_eq!((answer.status(), place(&answer)), (StatusCode::SEE_OTHER, "/web/login?next=%2Fweb%2Fruns"));
    let wrong = browser.log_in("hafsp_nonsense", "/web/runs").await;
    assert!(wrong.text().await.unwrap().contains("not valid"));
    let token = token(&office, &["read"]).await;
    for (next, leads) in
        [("/web/runs", "/web/runs"), ("//evil.example", "/web/"), ("https://evil.example", "/web/")]
    {
        let answer = browser.log_in(&token, next).await;
        assert_eq!((answer.status(), place(&answer)), (StatusCode::SEE_OTHER, leads), "{next}");
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Path=/web")
        );
    }
    assert_eq!(browser.see("/web/runs").await.status(), StatusCode::OK);
    let api = browser.http.get(format!("{}/v1/runs", office.url)).header(COOKIE, &browser.cookie);
    assert_eq!(api.send().await.unwrap().status(), StatusCode::UNAUTHORIZED, "the API takes no cookies");
    office.close().await;
}

#[tokio::test]
async fn a_link_lets_in_once_and_what_it_held_is_worth_nothing_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let office = Office::open(folder.path(), |_| ()).await;
    let link = token(&office, &["read"]).await;
    let fields = [("token", &*link), ("next", "/web/runs"), ("link", "true")];
    let mut first = Browser::new(&office);
    let answer = first.act("/web/login", &fields).await;
    assert_eq!(place(&answer), "/web/runs");
    first.cookie = answer.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert!(!first.cookie.contains(&link), "the browser has another secret");
    assert_eq!(first.see("/web/runs").await.status(), StatusCode::OK);
    assert_eq!(entries(&office).await[0].action.as_str(), "session.begin");
    let second = Browser::new(&office);
    for fields in [&fields[..], &fields[..2]] {
        let answer = second.act("/web/login", fields).await;
        assert!(
            answer.headers().get(SET_COOKIE).is_none() && answer.text().await.unwrap().contains("works once")
        );
    }
    let api = first.http.get(format!("{}/v1/runs", office.url)).bearer_auth(&link);
    assert_eq!(api.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(first.see("/web/runs").await.status(), StatusCode::OK, "the session goes on");
    let hand = office.hire().await;
    let stranger = [("token", &*hand.credential), ("link", "true")];
    let answer = second.act("/web/login", &stranger).await;
    assert!(answer.headers().get(SET_COOKIE).is_none(), "a worker's credential is no link");
    office.close().await;
}

#[tokio::test]
async fn every_room_opens_with_the_policy_and_without_markup_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let office = Office::open(folder.path(), |_| ()).await;
    let hand = hire_hostile(&office).await;
    let run = office.start(|spec| spec.name = BoundedText::clipped(HOSTILE)).await;
    let mut browser = Browser::new(&office);
    browser.log_in(&office.token, "/web/").await;
    let things = [format!("/web/runs/{}", run.id), format!("/web/workers/{}", hand.reply.worker)];
    for path in ROOMS.into_iter().chain(things.iter().map(String::as_str)) {
        let answer = browser.see(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let policy = answer.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe"), "{policy}");
        let text = answer.text().await.unwrap();
        assert!(text.len() < 100 * 1024, "{path}: {} bytes", text.len());
        assert_eq!(text.matches("<script").count(), 1, "{path}: only our own");
        assert!(!text.contains("<img") && !text.contains(" style=") && !text.contains("onclick"), "{path}");
    }
    let shown = browser.see(&things[1]).await.text().await.unwrap();
    assert!(shown.contains("&lt;script&gt;alert(1)"), "it is there as text");
    office.close().await;
}

#[tokio::test]
async fn an_entity_with_more_neighbours_than_a_page_holds_shows_each_of_them_once() {
    let folder = tempfile::tempdir().unwrap();
    let office = Office::open(folder.path(), |_| ()).await;
    let edge = |nth| json!({"claim": {"edge": {"from": "asm:Hub", "relation": "calls", "to": format!("asm:Spoke_{nth:03}")}}, "line": 2});
    let mut facts = vec![json!({"claim": {"node": {"id": "asm:Hub", "kind": "routine"}}, "line": 1})];
    facts.extend((0..450).map(edge));
    let hash = hafs_proto::ContentHash::of(b"x");
    let source =
        json!({"source": "a.asm", "importer": "asm65816", "version": 1, "hash": hash, "facts": facts});
    let answer =
        office.call(&office.token, "/v1/graphs/wheel/sources", &json!({ "sources": [source] })).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let mut browser = Browser::new(&office);
    browser.log_in(&office.token, "/web/").await;
    let mut seen: Vec<String> = Vec::new();
    let mut next = Some("/web/graph/wheel?entity=asm%3AHub".to_owned());
    while let Some(path) = next {
        let text = browser.see(&path).await.text().await.unwrap();
        let spokes = text.split("\">asm:Spoke_").skip(1).map(|rest| rest[..3].to_owned());
        seen.extend(spokes);
        let link = text.split("<a href=\"").skip(1).find(|link| link.contains("data-key=\"n\""));
        next = link.map(|link| link.split('"').next().unwrap().replace("&amp;", "&"));
        assert!(seen.len() <= 450, "a page came twice: {path}");
    }
    let all: Vec<String> = (0..450).map(|nth| format!("{nth:03}")).collect();
    assert_eq!(seen, all);
    office.close().await;
}

#[tokio::test]
async fn an_act_needs_a_form_of_ours_and_the_scope_and_leaves_one_entry() {
    let folder = tempfile::tempdir().unwrap();
    let office = Office::open(folder.path(), |_| ()).await;
    office.hire().await;
    let run = office.start(|_| ()).await;
    let pause = format!("/web/runs/{}/pause", run.id);
    let mut browser = Browser::new(&office);
    browser.log_in(&token(&office, &["read"]).await, "/web/").await;
    let before = entries(&office).await.len();
    for (origin, what) in
        [("http://evil.example", "another page"), ("null", "a sandboxed frame"), (&*office.url, "a reader")]
    {
        assert_eq!(browser.send(&pause, origin, &[]).await.status(), StatusCode::FORBIDDEN, "{what}");
    }
    assert_eq!(entries(&office).await.len(), before, "nothing was done");
    browser.log_in(&token(&office, &["read", "run"]).await, "/web/").await;
    let before = entries(&office).await.len();
    let answer = browser.act(&pause, &[]).await;
    assert_eq!((answer.status(), place(&answer)), (StatusCode::SEE_OTHER, &*format!("/web/runs/{}", run.id)));
    let after = entries(&office).await;
    assert_eq!((after.len() - before, after[0].action.as_str()), (1, "run.pause"));
    assert_eq!(browser.act("/web/runs/nonsense/pause", &[]).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        browser.act(&format!("/web/runs/{}/explode", run.id), &[]).await.status(),
        StatusCode::NOT_FOUND
    );
    let out = browser.act("/web/logout", &[]).await;
    assert!(out.headers()[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    office.close().await;
}

#[tokio::test]
async fn a_worker_is_ordered_about_and_believed_by_form() {
    let folder = tempfile::tempdir().unwrap();
    let office = Office::open(folder.path(), |_| ()).await;
    let hand = office.hire().await;
    let mut browser = Browser::new(&office);
    browser.log_in(&office.token, "/web/").await;
    let at = |act: &str| format!("/web/workers/{}/{act}", hand.reply.worker);
    assert_eq!(browser.act(&at("pause"), &[]).await.status(), StatusCode::SEE_OTHER);
    assert!(
        browser
            .see(&format!("/web/workers/{}", hand.reply.worker))
            .await
            .text()
            .await
            .unwrap()
            .contains("paused")
    );
    let trust = [("state", "suspended"), ("reason", "it lies")];
    assert_eq!(browser.act(&at("trust"), &trust).await.status(), StatusCode::SEE_OTHER);
    let wrong = [("state", "adored"), ("reason", "x")];
    assert_eq!(browser.act(&at("trust"), &wrong).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let overview = browser.see("/web/").await.text().await.unwrap();
    assert!(overview.contains("is suspended: it lies"), "{overview}");
    let actions: Vec<String> = entries(&office).await.into_iter().map(|entry| entry.action).collect();
    assert_eq!(actions[..2], ["worker.trust", "worker.pause"]);
    office.close().await;
}

#[tokio::test]
async fn what_goes_wrong_is_a_page_with_the_ways_on_of_whoever_looks() {
    let folder = tempfile::tempdir().unwrap();
    let office = Office::open(folder.path(), |_| ()).await;
    let mut browser = Browser::new(&office);
    browser.log_in(&token(&office, &["read"]).await, "/web/").await;
    for (path, status) in [
        ("/web/samples/nonsense", StatusCode::NOT_FOUND),
        ("/web/nowhere/at/all", StatusCode::NOT_FOUND),
        ("/web/samples?state=odd", StatusCode::UNPROCESSABLE_ENTITY),
        ("/web/audit", StatusCode::FORBIDDEN),
    ] {
        let answer = browser.see(path).await;
        assert_eq!(answer.status(), status, "{path}");
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"), "{path}");
        assert!(answer.headers().contains_key("content-security-policy"), "{path}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("<nav aria-label=\"Rooms\">"), "{path}: {page}");
    }
    let foreign = browser.send("/web/logout", "https://elsewhere.example", &[]).await;
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    assert!(!foreign.text().await.unwrap().contains("<nav"), "it was not asked who that is");
    office.close().await;
}

#[tokio::test]
async fn the_style_sheet_and_the_script_are_kept_by_browsers_and_the_root_leads_to_the_pages() {
    let folder = tempfile::tempdir().unwrap();
    let office = Office::open(folder.path(), |_| ()).await;
    let browser = Browser::new(&office);
    assert_eq!(place(&browser.see("/").await), "/web/");
    for asset in [&*hafs_pages::assets::STYLE, &*hafs_pages::assets::SCRIPT] {
        let answer = browser.see(&asset.path).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        assert_eq!(answer.text().await.unwrap(), asset.text);
    }
    office.close().await;
}
