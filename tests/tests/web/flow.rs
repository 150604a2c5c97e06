//! What people do on the pages, with the mouse and without.

use hafs_proto::people::Page;
use hafs_proto::{Sample, SampleState};
use hafs_tests::browser::{Browser, Key, View};

use super::desk::{Desk, PHONE, WIDE};

async fn fill(browser: &mut Browser, selector: &str, text: &str) {
    browser.value(&format!("document.querySelector({}).select()", serde_json::json!(selector))).await;
    browser.write(text).await;
}

async fn submit(browser: &mut Browser, selector: &str) {
    browser.follow(async |browser| browser.click(selector).await).await;
}

async fn states(desk: &Desk) -> Vec<&'static str> {
    let page: Page<Sample> = desk.office.get("/v1/samples").await;
    page.items.iter().map(|sample| sample.state.word()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_goes_from_the_overview_to_a_sample_decides_about_it_and_finds_it_in_the_audit_log() {
    let Some(mut desk) = Desk::set(3, |_| {}).await else { return };
    desk.log_in("/web/").await;
    assert_eq!(desk.browser.path().await, "/web/");
    desk.picture("overview").await;
    submit(&mut desk.browser, "nav a[href='/web/runs']").await;
    submit(&mut desk.browser, "tbody tr a").await;
    assert!(desk.browser.path().await.starts_with("/web/runs/run_"));
    desk.picture("run").await;
    submit(&mut desk.browser, "nav a[href='/web/samples']").await;
    desk.picture("samples").await;
    submit(&mut desk.browser, "tbody tr a").await;
    let sample = desk.browser.path().await;

    fill(&mut desk.browser, ".act-accept [name=why]", "read it against its source").await;
    submit(&mut desk.browser, ".act-accept button").await;
    assert_eq!(desk.browser.path().await, sample, "back at the sample");
    assert!(desk.browser.text(".people").await.contains("read it against its source"));

    fill(&mut desk.browser, ".act-tag [name=tag]", "showcase").await;
    submit(&mut desk.browser, ".act-tag button").await;
    assert!(desk.browser.text("h1 + p").await.contains("showcase"));

    desk.browser.value("document.querySelector('.act-reject select').value = 'off_topic'").await;
    fill(&mut desk.browser, ".act-reject [name=why]", "it answers another question").await;
    submit(&mut desk.browser, ".act-reject button").await;
    assert!(desk.browser.text("h1 + p").await.contains("off_topic"));
    desk.picture("sample").await;

    desk.browser.click("summary[data-key=e]").await;
    fill(
        &mut desk.browser,
        ".act-edit [name=output]",
        "It stands by the river.\nThe map calls it by another name.",
    )
    .await;
    fill(&mut desk.browser, ".act-edit [name=why]", "the answer named the wrong plant").await;
    submit(&mut desk.browser, ".act-edit button").await;
    assert_ne!(desk.browser.path().await, sample, "at the sample that the edit has made");
    assert!(desk.browser.text("main").await.contains("The map calls it by another name."));
    assert!(desk.browser.text(".people").await.contains("edit"));
    desk.picture("edited").await;

    desk.open("/web/audit").await;
    let log = desk.browser.text("main").await;
    for action in ["sample.accept", "sample.tag", "sample.reject", "sample.edit"] {
        assert!(log.contains(action), "{action} is not in {log}");
    }
    desk.picture("audit").await;
    desk.quiet().await;
    desk.office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sample_is_found_and_decided_about_with_the_keyboard_alone() {
    let Some(mut desk) = Desk::set(2, |_| {}).await else { return };
    desk.log_in("/web/").await;
    desk.browser.follow(async |browser| browser.press(Key("s", 83, "s")).await).await;
    assert_eq!(desk.browser.path().await, "/web/samples");
    desk.browser.press(Key("j", 74, "j")).await;
    desk.browser.press(Key("j", 74, "j")).await;
    desk.browser.press(Key("k", 75, "k")).await;
    let chosen = desk.browser.value("document.activeElement.closest('tr').rowIndex").await;
    assert_eq!(chosen, 1, "the first of the list");
    desk.browser.follow(async |browser| browser.press(Key::ENTER).await).await;
    desk.browser.press(Key("r", 82, "r")).await;
    assert_eq!(desk.browser.value("document.activeElement.name").await, "reason");
    desk.browser.press(Key("h", 72, "h")).await;
    desk.browser.press(Key::TAB).await;
    desk.browser.write("by keyboard").await;
    desk.browser.follow(async |browser| browser.press(Key::ENTER).await).await;
    assert!(desk.browser.text(".people").await.contains("by keyboard"));
    let mut states = states(&desk).await;
    states.sort_unstable();
    assert_eq!(states, ["accepted", "rejected"]);
    desk.quiet().await;
    desk.office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_scrolls_sideways_on_a_phone_in_light_or_dark() {
    let Some(mut desk) = Desk::set(3, |_| {}).await else { return };
    desk.log_in("/web/").await;
    let page: Page<Sample> = desk.office.get("/v1/samples").await;
    let sample = &page.items[0];
    assert!(matches!(sample.state, SampleState::Accepted { .. }));
    let one = format!("/web/samples/{}", sample.id);
    let run = format!("/web/runs/{}", sample.lineage.run);
    let worker = format!("/web/workers/{}", sample.lineage.worker);
    let rooms = [
        ("overview", "/web/"),
        ("runs", "/web/runs"),
        ("run", run.as_str()),
        ("samples", "/web/samples"),
        ("sample", one.as_str()),
        ("reasons", "/web/reasons"),
        ("tasks", "/web/tasks?state=open"),
        ("workers", "/web/workers"),
        ("worker", worker.as_str()),
        ("teachers", "/web/teachers"),
        ("datasets", "/web/datasets"),
        ("graph", "/web/graph"),
        ("audit", "/web/audit"),
    ];
    for view in [PHONE, View { dark: true, ..PHONE }, View { dark: true, ..WIDE }] {
        desk.browser.look(view).await;
        for (name, path) in rooms {
            desk.open(path).await;
            assert!(!desk.browser.scrolls_sideways().await, "{path} at {view:?}");
            let shade = if view.dark { "dark" } else { "light" };
            desk.picture(&format!("{name}-{}-{shade}", view.width)).await;
        }
    }
    desk.quiet().await;
    desk.office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_is_filtered_without_a_script() {
    let Some(mut desk) = Desk::set(3, |_| {}).await else { return };
    desk.log_in("/web/samples").await;
    desk.browser.call("Emulation.setScriptExecutionDisabled", serde_json::json!({"value": true})).await;
    desk.open("/web/samples?state=rejected&text=&tag=").await;
    assert!(desk.browser.text("main").await.contains("No sample fits."));
    desk.open("/web/samples?text=PLANT%202").await;
    let rows = desk.browser.value("document.querySelectorAll('tbody tr').length").await;
    assert_eq!(rows, 1);
    desk.open("/web/samples?reason=nonsense").await;
    assert!(desk.browser.text("main").await.contains("reason"));
    desk.office.close().await;
}
