//! Texts that would be markup, script, another page or another terminal: attacks 91 to 93 and 101 to 104.

use hafs_proto::people::Page;
use hafs_proto::task::{Completion, TaskOutput};
use hafs_proto::worker::RegisterReply;
use hafs_proto::{BoundedText, Sample};
use hafs_tests::client;

use super::desk::Desk;

/// What is put into every field. Whatever runs says so on `window.hit`, or asks another server.
const HOSTILE: &[&str] = &[
    "<script>window.hit=1</script>",
    "<img src=x onerror=\"window.hit=1\">",
    "<svg onload=\"window.hit=1\"><a href=\"javascript:window.hit=1\">x</a>",
    "</textarea></pre></option><script>window.hit=1</script>",
    "\"'><iframe src=\"data:text/html,<script>parent.hit=1</script>\">",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=window.hit=1&gt;\">",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
    "<base href=\"http://192.0.2.1/\"><meta http-equiv=\"refresh\" content=\"0;url=http://192.0.2.1/\">",
    "<style>body{background:url(http://192.0.2.1/beacon)}</style><link rel=stylesheet href=http://192.0.2.1/x>",
    "{{7*7}} ${7*7} `${window.hit=1}` %3Cscript%3E %s%n {}",
    "\u{1b}[2J\u{1b}]52;c;aGk=\u{7}\u{9b}2J\u{202e}gnp.exe",
    "\n\ndata: {\"kind\":\"accepted\"}\n\n2026-01-01 INFO accepted",
];

fn all() -> String {
    HOSTILE.join("\n")
}

/// What no text may become.
const MARKUP: &str = "document.querySelectorAll('main script, main img, main iframe, main base, main meta, main link, \
    main style, main math, main object, main svg[onload], main [onerror], a[href^=\"javascript\"], a[target]').length";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_texts_are_text_on_every_page() {
    let hostile = |done: &mut Completion| {
        if let TaskOutput::Generate { candidates, .. } = &mut done.output {
            let one = &mut candidates[0];
            one.instruction = BoundedText::clipped(&format!("{} {}", one.instruction.as_str(), all()));
            one.output = BoundedText::clipped(&format!("{}\n{}", one.output.as_str(), all()));
        }
        for call in &mut done.calls {
            call.served_model = Some(BoundedText::clipped(HOSTILE[1]));
        }
    };
    let Some(mut desk) = Desk::set(1, hostile).await else { return };
    let mut registration = client::registration();
    registration.name = BoundedText::clipped(HOSTILE[0]);
    registration.facts.version = BoundedText::clipped(HOSTILE[1]);
    registration.facts.os = BoundedText::clipped(HOSTILE[2]);
    let join = desk.office.join_token().await;
    let joined = desk.office.call(&join, "/v1/workers/register", &registration).await;
    let worker = match joined.status().as_u16() {
        200 | 201 => joined.json::<RegisterReply>().await.unwrap().worker.to_string(),
        status => panic!("a name is a text: {status} {}", joined.text().await.unwrap()),
    };
    let page: Page<Sample> = desk.office.get("/v1/samples").await;
    let sample = page.items[0].clone();
    let act = serde_json::json!({
        "id": client::ids().mint::<hafs_proto::ReviewId>(), "why": HOSTILE[7],
        "act": {"act": "accept", "despite_checks": true},
    });
    let path = format!("/v1/samples/{}/reviews", sample.id);
    let _: serde_json::Value = desk.office.post(&desk.office.token, &path, &act).await;
    desk.log_in("/web/").await;
    for path in [
        "/web/".to_owned(),
        "/web/runs".to_owned(),
        format!("/web/runs/{}", sample.lineage.run),
        "/web/samples".to_owned(),
        format!("/web/samples/{}", sample.id),
        format!("/web/samples?text={}", "%3Cscript%3Ewindow.hit%3D1%3C%2Fscript%3E"),
        "/web/samples?tag=%3Cscript%3Ewindow.hit%3D1".to_owned(),
        "/web/reasons".to_owned(),
        "/web/workers".to_owned(),
        format!("/web/workers/{worker}"),
        "/web/teachers".to_owned(),
        format!("/web/tasks/{}", sample.lineage.task),
        "/web/audit".to_owned(),
        "/web/nothing-%3Cscript%3Ewindow.hit%3D1".to_owned(),
    ] {
        desk.open(&path).await;
        assert_eq!(desk.browser.value(MARKUP).await, 0, "{path}");
        assert!(desk.browser.value("window.hit").await.is_null(), "{path}: a script ran");
    }
    desk.open(&format!("/web/samples/{}", sample.id)).await;
    let text = desk.browser.text("main").await;
    for one in HOSTILE.iter().take(10) {
        assert!(text.contains(one), "{one} is not shown as it is");
    }
    assert!(text.contains("U+001B") && text.contains("U+202E"), "what is obeyed is named");
    desk.picture("hostile").await;
    desk.open("/web/workers").await;
    assert!(desk.browser.text("main").await.contains(HOSTILE[0]));
    let home = desk.office.url.clone();
    let trouble = desk.browser.trouble(&home).await;
    // A page that is not there and a tag that is none are refused; Chromium notes the status.
    let other: Vec<&String> = trouble.iter().filter(|line| !line.contains("status of 4")).collect();
    assert_eq!(other, Vec::<&String>::new());
    desk.office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_of_a_quarter_megabyte_is_cut_and_the_page_stays_small() {
    let long = |done: &mut Completion| {
        if let TaskOutput::Generate { candidates, .. } = &mut done.output {
            candidates[0].output = BoundedText::clipped(&"long ".repeat(50_000));
        }
    };
    let Some(mut desk) = Desk::set(1, long).await else { return };
    let page: Page<Sample> = desk.office.get("/v1/samples").await;
    desk.log_in(&format!("/web/samples/{}", page.items[0].id)).await;
    assert!(desk.browser.text("main").await.contains("more characters"));
    assert!(!desk.browser.scrolls_sideways().await);
    desk.office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_sent_elsewhere_framed_or_made_to_act_by_a_page_of_others() {
    let Some(mut desk) = Desk::set(1, |_| {}).await else { return };
    for next in
        ["//192.0.2.1/", "https:%2F%2F192.0.2.1%2F", "%2Fweb%2F%5C%5C192.0.2.1", "javascript:window.hit=1"]
    {
        desk.log_in(next).await;
        assert_eq!(desk.browser.path().await, "/web/", "{next}");
    }
    let page: Page<Sample> = desk.office.get("/v1/samples").await;
    let sample = page.items[0].id;
    let url = format!("{}/web/samples/{sample}", desk.office.url);
    let answer = client::client().get(&url).send().await.unwrap();
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let policy = header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{policy}");
    // A page of nobody, in the same browser, with the person's cookie in it.
    desk.browser.goto("about:blank").await;
    let form = format!(
        "document.body.innerHTML = '<form method=post action=\"{url}/reject\"><input name=id \
         value=review_0190b2f67c1a7e3f8d2b4c5a6e7f8091><input name=why value=x><input name=reason value=hedge></form>'; \
         document.forms[0].submit()"
    );
    desk.browser.follow(async |browser| drop(browser.value(&form).await)).await;
    let page: Page<Sample> = desk.office.get("/v1/samples").await;
    assert_eq!(page.items[0].state.word(), "accepted", "the form of another page did nothing");
    desk.office.close().await;
}
