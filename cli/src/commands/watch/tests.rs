//! The view, tried on a terminal in memory: what it shows, what keys do, and that nothing breaks it.

use std::time::Duration;

use hafs_proto::people::{
    Event, EventKind, Hour, Overview, Pace, RunView, Status, TeacherView, Trouble, Why, WorkerView,
};
use hafs_proto::{BoundedText, Timestamp};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::{Value, json};

use super::facts::Facts;
use super::panes::Pane;
use super::press::Press;
use super::render::{self, Paint};
use super::state::{Effect, Message, Mode, State};
use crate::api::News;

const ID: &str = "0198c0de000070008000000000000001";

fn at(seconds: u64) -> Timestamp {
    Timestamp::EPOCH.plus(Duration::from_secs(1_700_000_000 + seconds))
}

fn read<T: serde::de::DeserializeOwned>(document: Value) -> T {
    serde_json::from_value(document).expect("a document of this type")
}

fn run(name: &str, state: &str, accepted: u64) -> RunView {
    let fixture = include_str!("../../../../proto/tests/fixtures/v1/RunView.json");
    let mut document: Value = serde_json::from_str(fixture).expect("a fixture");
    document["run"]["spec"]["name"] = json!(BoundedText::<64>::clipped(name));
    document["run"]["spec"]["target"] = json!(500);
    document["run"]["state"] = json!(state);
    document["progress"]["state"] = json!(state);
    document["progress"]["target"] = json!(500);
    document["progress"]["accepted"] = json!(accepted);
    read(document)
}

fn worker(name: &str) -> WorkerView {
    read(json!({
        "id": format!("worker_{ID}"), "name": BoundedText::<64>::clipped(name), "pools": [],
        "facts": { "version": "0.1.0", "os": BoundedText::<64>::clipped(name), "cores": 8, "memory_bytes": 34_359_738_368_u64 },
        "seen_at": at(0), "alive": true, "paused": false, "draining": false, "leased": 2, "spooled": 0,
    }))
}

fn teacher(why: &str) -> TeacherView {
    read(json!({
        "teacher": "openai/gpt-5.2", "key": "0123456789abcdef", "standing": "locked", "why": why,
        "limits": {}, "in_flight": 1, "spent_today": 2_500_000,
    }))
}

fn event(message: &str) -> Event {
    let (about, message) = (BoundedText::clipped(message), BoundedText::clipped(message));
    Event { sequence: 7, at: at(0), kind: EventKind::Accepted, run: None, about, message }
}

/// A factory in which every text says `words`.
fn facts(words: &str, accepted: u64) -> Message {
    let status = Status {
        version: BoundedText::clipped(words),
        generation: read(json!(1)),
        ready: 12,
        delayed: 3,
        leased: 2,
        oldest_ready_ms: 65_000,
        workers: 1,
        runs: vec![run(words, "running", accepted), run(words, "paused", 7)],
    };
    let hour = |nth: u64| Hour { from: at(nth * 3_600), accepted: nth * 10, rejected: 0 };
    let overview = Overview {
        paces: vec![Pace { run: status.runs[0].run.id, per_hour: 1_200, left_s: Some(1_140) }],
        status,
        at: at(0),
        hours: (0..24).map(hour).collect(),
        troubles: vec![Trouble {
            code: BoundedText::clipped("teacher_locked"),
            summary: BoundedText::clipped(&format!("locked: {words}")),
            next: BoundedText::clipped(words),
        }],
    };
    let (workers, teachers) = (vec![worker(words)], vec![teacher(words)]);
    Message::Looked(Box::new(Facts { overview, workers, teachers }))
}

fn state(words: &str) -> State {
    let mut state = State::default();
    state.handle(facts(words, 120));
    state.handle(Message::Heard(News::Event(event(words))));
    state
}

fn press(state: &mut State, keys: &str) -> Option<Effect> {
    keys.chars().map(|key| state.handle(Message::Key(Press::Letter(key)))).last().flatten()
}

/// What is on a terminal of this size, line by line.
fn drawn(state: &State, width: u16, height: u16) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
    terminal.draw(|frame| render::draw(frame, state, Paint::Plain)).expect("drawn");
    let buffer = terminal.backend().buffer();
    let cells: Vec<&str> = buffer.content().iter().map(|cell| cell.symbol()).collect();
    cells.chunks(usize::from(width.max(1))).map(|line| line.concat().trim_end().to_owned()).collect()
}

#[test]
fn the_overview_fits_a_small_terminal_and_says_how_far_how_fast_and_for_how_much() {
    let lines = drawn(&state("night"), 80, 24);
    assert_eq!(lines.len(), 24);
    assert_eq!(lines[0], " 1 overview  2 runs  3 workers  4 teachers  5 reasons  6 events");
    let text = lines.join("\n");
    for words in [
        "seeds 1,624 > made 120 > accepted 127",
        "rejected 28 | set aside 2 | undecided 8 | failed ",
        "12 ready (oldest 1 min 5 s), 3 delayed, 2 leased",
        "workers 1, holding 2 tasks | cost $",
        "███████░░░░░░░░░░░░░░░░░░░░░░░ 120 of 500 accepted (24 %)",
        "night: 1,200 an hour, about 19 min 0 s left, cost ",
        "accepted by the hour ·▁▁",
        "█ this hour 230",
        "! locked: night -> night",
        "22:13:20 accepted        night",
        "q quit",
    ] {
        assert!(text.contains(words), "`{words}` is not in\n{text}");
    }
}

#[test]
fn every_pane_is_reached_and_shows_its_rows() {
    let mut state = state("night");
    for (digit, words) in [
        ('2', "120 of 500"),
        ('3', "here"),
        ('4', "openai/gpt-5.2"),
        ('5', "reason"),
        ('6', "accepted"),
        ('1', "latest events"),
    ] {
        press(&mut state, &digit.to_string());
        let text = drawn(&state, 80, 24).join("\n");
        assert!(text.contains(words), "{digit}: `{words}` is not in\n{text}");
    }
    let panes: Vec<Pane> = (0..7)
        .map(|_| {
            state.handle(Message::Key(Press::Forward));
            state.pane
        })
        .collect();
    assert_eq!((panes[0], panes[5], panes[6]), (Pane::Runs, Pane::Overview, Pane::Runs));
    state.handle(Message::Key(Press::Back));
    assert_eq!(state.pane, Pane::Overview);
}

#[test]
fn p_holds_a_run_that_goes_on_and_lets_a_held_one_go_on() {
    let mut state = state("night");
    let path = |effect: Option<Effect>| match effect {
        Some(Effect::Order(path, _)) => path,
        other => panic!("{other:?}"),
    };
    assert!(path(press(&mut state, "2p")).ends_with("/pause"));
    state.handle(Message::Key(Press::Down));
    assert!(path(press(&mut state, "p")).ends_with("/resume"));
    assert!(path(press(&mut state, "3p")).starts_with("/v1/workers/worker_"));
    assert_eq!(press(&mut state, "4p"), None, "a teacher is not paused");
}

#[test]
fn details_of_a_worker_say_why_and_an_answer_about_another_thing_is_dropped() {
    let mut state = state("night");
    press(&mut state, "3");
    let asked = state.handle(Message::Key(Press::Enter));
    assert_eq!(asked, Some(Effect::Explain(format!("worker_{ID}"))));
    let why = |about: &str| {
        Message::Explained(Box::new(read::<Why>(json!({
            "about": about, "summary": format!("idle: {about}"), "reasons": [["no_task", "nothing is ready"]],
        }))))
    };
    state.handle(why("worker_other"));
    state.handle(why(&format!("worker_{ID}")));
    let text = drawn(&state, 100, 24).join("\n");
    assert!(text.contains("why: idle: worker_0198") && text.contains("no_task: nothing is ready"), "{text}");
    assert!(!text.contains("worker_other"), "{text}");
    state.handle(Message::Key(Press::Escape));
    assert_eq!(state.mode, Mode::Browsing);
}

#[test]
fn a_filter_leaves_the_rows_that_contain_it_and_escape_brings_all_back() {
    let mut state = state("night");
    press(&mut state, "2/PAUSED");
    assert_eq!(state.rows().len(), 1);
    state.handle(Message::Key(Press::Enter));
    assert!(drawn(&state, 80, 24)[23].starts_with("only /PAUSED/"));
    press(&mut state, "/zzz");
    assert!(drawn(&state, 80, 24).join("\n").contains("esc shows all"));
    state.handle(Message::Key(Press::Escape));
    assert_eq!((state.rows().len(), state.mode), (2, Mode::Browsing));
}

#[test]
fn q_and_control_c_leave_and_the_help_is_closed_by_any_key() {
    let mut state = state("night");
    press(&mut state, "?");
    assert!(drawn(&state, 80, 24).join("\n").contains("another pane"));
    assert_eq!(press(&mut state, "q"), None, "it closes the help first");
    assert_eq!(press(&mut state, "q"), Some(Effect::Quit));
    press(&mut state, "/");
    assert_eq!(press(&mut state, "q"), None, "it is part of the filter");
    assert_eq!(state.handle(Message::Key(Press::Interrupt)), Some(Effect::Quit));
}

#[test]
fn trouble_is_told_until_the_next_answer() {
    let mut state = state("night");
    state.handle(Message::Failed("the coordinator does not answer".to_owned()));
    assert_eq!(drawn(&state, 80, 24)[23], "the coordinator does not answer");
    state.handle(facts("night", 121));
    assert!(drawn(&state, 80, 24)[23].starts_with("q quit"));
}

fn key() -> impl Strategy<Value = Press> {
    prop_oneof![
        prop::sample::select(vec![
            Press::Forward,
            Press::Back,
            Press::Up,
            Press::Down,
            Press::PageUp,
            Press::PageDown,
            Press::Home,
            Press::End,
            Press::Enter,
            Press::Escape,
            Press::Erase,
        ]),
        any::<char>().prop_map(Press::Letter),
        prop::sample::select("123456p/?jkgGq".chars().collect::<Vec<_>>()).prop_map(Press::Letter),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_text_moves_the_cursor_and_no_size_or_key_breaks_the_view(
        words in "\\PC{0,40}|[\\x01-\\x20\u{80}-\u{9f}\u{200b}-\u{202e}\u{feff}a]{0,40}|(\u{1b}\\[2J|\u{1b}]52;c;a\u{7}|日本){1,6}",
        keys in prop::collection::vec(key(), 0..12),
        width in 1_u16..140,
        height in 1_u16..50,
    ) {
        let mut state = state(&words);
        state.handle(Message::Told(words.clone()));
        for key in keys {
            state.handle(Message::Key(key));
        }
        for line in drawn(&state, width, height) {
            prop_assert!(!line.chars().any(|c| c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}')), "{line:?}");
        }
    }
}
