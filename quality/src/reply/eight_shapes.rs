//! The eight shapes of replies that older readers got wrong, and what surrounds them.

use hafs_proto::Reason;

use super::*;

fn shape() -> ReplyShape {
    ReplyShape::new(vec![
        FieldSpec::text("instruction"),
        FieldSpec::text("input").optional(),
        FieldSpec::text("output"),
    ])
}

fn one(reply: &str) -> Result<(String, String), ReplyError> {
    let record = parse_object(reply, &shape())?.one()?;
    Ok((record.text("instruction").to_owned(), record.text("output").to_owned()))
}

fn reads(reply: &str, output: &str) {
    assert_eq!(one(reply), Ok(("Do.".to_owned(), output.to_owned())), "{reply}");
}

fn fails(reply: &str, reason: Reason) {
    let error = parse_object(reply, &shape()).and_then(Parsed::one).expect_err(reply);
    assert_eq!(error.reason(), reason, "{reply}: {error}");
}

#[test]
fn a_plain_object_is_read() {
    reads(r#"{"instruction":"Do.","input":"","output":"Done."}"#, "Done.");
}

#[test]
fn a_fence_inside_a_string_belongs_to_the_string() {
    reads(
        r#"{"instruction":"Do.","output":"Use\n```asm\nlda #1\n```\nthen stop."}"#,
        "Use\n```asm\nlda #1\n```\nthen stop.",
    );
}

#[test]
fn a_json_fence_whose_json_has_inner_fences_keeps_the_whole_output() {
    let reply = "Sure!\n```json\n{\"instruction\":\"Do.\",\"output\":\"```c\\nint x;\\n```\\nend\"}\n```\nHope it helps.";
    reads(reply, "```c\nint x;\n```\nend");
}

#[test]
fn a_truncated_reply_is_an_error_wherever_it_is_cut() {
    let whole = "{\"instruction\":\"Do.\",\"output\":\"a \\\"b\\\" \\u00e9\"}";
    for cut in 2..whole.len() {
        fails(&whole[..cut], Reason::Truncated);
        fails(&format!("Here:\n```json\n[{whole}, {}", &whole[..cut]), Reason::Truncated);
    }
    fails(&format!("[{whole}"), Reason::Truncated);
}

#[test]
fn a_trailing_comma_alone_is_repaired() {
    reads("{\"instruction\":\"Do.\",\"output\":\"x\",}", "x");
    let parsed = parse_object("[{\"instruction\":\"Do.\",\"output\":\"x\"},]", &shape()).expect("a list");
    assert_eq!(parsed.repairs.into_iter().collect::<Vec<_>>(), [Repair::TrailingComma]);
}

#[test]
fn every_element_of_a_list_is_a_record() {
    let reply = r#"[{"instruction":"A","output":"a"},{"instruction":"B","output":"b"}]"#;
    let parsed = parse_object(reply, &shape()).expect("two");
    assert_eq!(parsed.records.iter().map(|r| r.text("output")).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(parsed.one(), Err(ReplyError::NotOne { found: 2 }));
}

#[test]
fn a_list_with_one_bad_element_is_an_error_not_its_good_part() {
    fails(r#"[{"instruction":"A","output":"a"},{"instruction":"B"}]"#, Reason::JsonMissingField);
    fails(r#"[{"instruction":"A","output":"a"},{"instruction":"B" "output":"b"}]"#, Reason::JsonUnparsable);
    fails(r#"[{"instruction":"A","output":"a"}, "note"]"#, Reason::JsonMissingField);
}

#[test]
fn json_lines_and_envelopes_are_read_whole() {
    let lines = "{\"instruction\":\"A\",\"output\":\"a\"}\n{\"instruction\":\"B\",\"output\":\"b\"}";
    assert_eq!(parse_object(lines, &shape()).map(|parsed| parsed.records.len()), Ok(2));
    reads(r#"{"samples":[{"instruction":"Do.","output":"x"}]}"#, "x");
    reads(r#"{"result":{"instruction":"Do.","output":"x"}}"#, "x");
}

#[test]
fn a_python_dictionary_is_repaired() {
    reads("{'instruction': 'Do.', 'input': None, 'output': \"it's\"}", "it's");
    reads("{'instruction': 'Do.', 'output': 'it\\'s a \"b\"'}", "it's a \"b\"");
    reads("{'instruction': 'Do.', 'output': 'it's'}", "it's");
    fails("{'instruction': 'Do.', 'output': '\\x41'}", Reason::JsonUnparsable);
    fails("{'instruction': 'Do.', 'output': 'a' 'b'}", Reason::JsonUnparsable);
}

#[test]
fn unescaped_quotes_bad_escapes_and_raw_newlines_are_repaired_when_there_is_one_reading() {
    reads("{\"instruction\":\"Do.\",\"output\":\"He said \"no\" twice\"}", "He said \"no\" twice");
    reads("{\"instruction\":\"Do.\",\"output\":\"print(\"a\", \"b\")\"}", "print(\"a\", \"b\")");
    reads(r#"{"instruction":"Do.","output":"match \d+ and \$HOME"}"#, r"match \d+ and \$HOME");
    reads("{\"instruction\":\"Do.\",\"output\":\"one\n\ttwo\"}", "one\n\ttwo");
}

#[test]
fn what_has_two_readings_is_an_error() {
    for output in [
        "say \"x",
        "{\"k\": \"v\"}",
        "\"\"\"doc\"\"\"",
        r"\d and \b",
        r"C:\dir\new",
        r"C:\new\dir",
        "a\" \"input\": \"b",
        "a\" \"b",
    ] {
        let reply = format!("{{\"instruction\":\"Do.\",\"output\":\"{output}\"}}");
        let read = one(&reply);
        assert!(
            matches!(&read, Err(error) if error.reason() == Reason::JsonUnparsable),
            "{output}: {read:?}"
        );
    }
}

#[test]
fn prose_with_brackets_links_and_code_around_the_answer_is_skipped() {
    let answer = r#"{"instruction":"Do.","output":"x"}"#;
    for prose in [
        "See [1] and [the docs](http://x).",
        "In C: `if (x) { return y[0]; }` so:",
        "A set {1, 2} or {x | x > 0}, a shell ${HOME}, an example {\"k\": 1}.",
        "<b>bold</b> < 3",
    ] {
        reads(&format!("{prose}\n{answer}"), "x");
        reads(&format!("{answer}\n{prose}"), "x");
    }
}

#[test]
fn reasoning_is_skipped_with_and_without_its_opening_tag() {
    let answer = r#"{"instruction":"Do.","output":"x </think> y"}"#;
    let draft = r#"Maybe {"instruction":"Draft","output":"no"}, or {"instruction": broken"#;
    reads(&format!("<think>{draft}</think>\n{answer}"), "x </think> y");
    reads(answer, "x </think> y");
    reads(&format!("{draft}</think>{{\"instruction\":\"Do.\",\"output\":\"x\"}}"), "x");
    fails(&format!("<think>{draft}"), Reason::Truncated);
}

#[test]
fn every_other_reply_is_an_error_with_its_own_code() {
    fails("", Reason::EmptyReply);
    fails(" \n\t", Reason::EmptyReply);
    fails("I think it adds numbers.", Reason::JsonUnparsable);
    fails("I'm sorry, but I can't help with that.", Reason::Refused);
    fails(r#"{"instruction":"Do."}"#, Reason::JsonMissingField);
    fails(r#"{"instruction":"Do.","output":["x"]}"#, Reason::JsonMissingField);
    fails(r#"{"instruction":"Do.","output":"  "}"#, Reason::JsonMissingField);
    fails(r#"{"instruction":"Do.","output":null}"#, Reason::JsonMissingField);
    fails(r#"{"instruction":"Do.","output":"x","output":"y"}"#, Reason::JsonUnparsable);
    fails("[]", Reason::JsonUnparsable);
    fails(&"x".repeat(MAX_REPLY_BYTES + 1), Reason::TooLong);
}

#[test]
fn a_rubric_with_choices_numbers_and_lists_is_typed() {
    let line = ReplyShape::new(vec![
        FieldSpec::text("id"),
        FieldSpec::choice("verdict", &["pass", "fail", "na"]),
        FieldSpec::text("why").optional(),
    ]);
    let rubric = ReplyShape::new(vec![
        FieldSpec::new("score", FieldKind::Number { min: 0.0, max: 1.0 }),
        FieldSpec::new("criteria", FieldKind::Records { shape: line, min_items: 1 }),
        FieldSpec::new("tags", FieldKind::Texts { min_items: 0 }).optional(),
        FieldSpec::new("safe", FieldKind::Flag).optional(),
    ]);
    let reply = r#"{"score":0.5,"criteria":[{"id":"a","verdict":"PASS"}],"tags":["x"],"safe":true,"more":1}"#;
    let record = parse_object(reply, &rubric).and_then(Parsed::one).expect("a verdict");
    assert_eq!(record.number("score"), Some(0.5));
    assert_eq!(record.records("criteria")[0].text("verdict"), "pass");
    assert_eq!(record.texts("tags"), ["x"]);
    assert_eq!(record.get("safe"), Some(&FieldValue::Flag(true)));
    let error = parse_object(r#"{"score":2,"criteria":[{"id":"a","verdict":"pass"}]}"#, &rubric);
    assert!(matches!(error, Err(ReplyError::WrongType { ref field, .. }) if field == "score"));
    let error = parse_object(r#"{"score":1,"criteria":[{"id":"a","verdict":"maybe"}]}"#, &rubric);
    assert!(matches!(error, Err(ReplyError::WrongType { ref field, .. }) if field == "criteria[0].verdict"));
}
