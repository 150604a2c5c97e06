//! Rules that hold for every reply.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn shape() -> ReplyShape {
    ReplyShape::new(vec![
        FieldSpec::text("instruction"),
        FieldSpec::text("input").optional(),
        FieldSpec::text("output"),
    ])
}

/// Texts that are hard on a reader: fences, brackets, quotes, escapes, tags.
fn content() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[ -~\n\t]{0,40}",
        prop::sample::select(vec![
            "```json\n",
            "\n```\n",
            "{\"output\": \"",
            "\"}",
            "\\",
            "\\\"",
            "'",
            "</think>",
            "<think>",
            "[{",
            "}]",
            ",\n",
            "\\u00",
            "\u{1f600}",
            "\u{202e}",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| format!("x{}", pieces.concat()))
}

/// Prose, fences or reasoning that may stand before an answer.
fn before() -> impl Strategy<Value = String> {
    let prose = "[a-zA-Z .,:;!?()'\"\n`*#-]{0,60}";
    prop_oneof![
        prose,
        prose.prop_map(|text| format!("{text}\n```json\n")),
        prose.prop_map(|text| format!("{text}\n~~~~\n")),
        content().prop_map(|text| format!("<think>{}</think>\n", text.replace("</think>", ""))),
        Just("See [1], {x | x > 0} and `f() { return a[0]; }`: ".to_owned()),
    ]
}

fn after() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z .,:;!?()'\"\n`*#-]{0,60}",
        Just("\n```\n".to_owned()),
        Just("\n```\nSee [1] and {x}.".to_owned()),
    ]
}

proptest! {
    #[test]
    fn serialise_wrap_and_parse_is_the_identity(
        samples in prop::collection::vec((content(), content(), content()), 1..4),
        before in before(),
        after in after(),
        style in 0..4_u8,
    ) {
        let values: Vec<_> = samples
            .iter()
            .map(|(instruction, input, output)| json!({"instruction": instruction, "input": input, "output": output}))
            .collect();
        let body = match style {
            0 if values.len() == 1 => values[0].to_string(),
            1 => serde_json::to_string_pretty(&values).expect("serialises"),
            2 => values.iter().map(|value| format!("{value:#}\n")).collect(),
            _ => json!({ "samples": values }).to_string(),
        };
        let parsed = parse_object(&format!("{before}{body}{after}"), &shape()).expect("reads");
        let mut expected: Vec<&(String, String, String)> = Vec::new();
        for sample in &samples {
            if !expected.contains(&sample) {
                expected.push(sample);
            }
        }
        prop_assert_eq!(parsed.records.len(), expected.len());
        for (record, (instruction, input, output)) in parsed.records.iter().zip(expected) {
            prop_assert_eq!(record.text("instruction"), instruction);
            prop_assert_eq!(record.text("input"), input);
            prop_assert_eq!(record.text("output"), output);
        }
    }

    #[test]
    fn no_cut_of_an_answer_is_ever_read(output in content(), at in any::<prop::sample::Index>()) {
        let whole = json!([{"instruction": "first", "output": "x"}, {"instruction": "Do.", "output": output}]).to_string();
        let cut = whole.floor_char_boundary(2 + at.index(whole.len() - 2));
        prop_assert!(parse_object(&whole[..cut], &shape()).is_err());
    }

    #[test]
    fn strict_reading_agrees_with_serde_json(text in "(\\{|\\[)(\\{|\\}|\\[|\\]|\"a\"|\"\\\\n\"|,|:| |true|null|-1\\.5e2|0){1,12}") {
        let mut reader = value::Reader::new(&text, 0, value::Mode::Strict);
        let ours = reader.read().ok().filter(|_| text[reader.at..].trim().is_empty());
        let theirs: Option<serde_json::Value> = serde_json::from_str(&text).ok();
        if let Some(ours) = ours {
            prop_assert_eq!(Some(ours), theirs);
        } else if let Some(theirs) = theirs {
            let repeated_key = text.matches("\"a\"").count() > 1;
            prop_assert!(repeated_key, "{} is {}", text, theirs);
        }
    }
}

#[test]
fn hostile_brackets_take_bounded_work() {
    for unit in ["{\"a\":", "[{", "{\"", "{'a", "[[{\"a\":[", "{\"a\":\"b\\", "[1,", "{\"a\":1,}{\"", "\" ,"]
    {
        let reply = unit.repeat(MAX_REPLY_BYTES / 4 / unit.len());
        assert!(parse_object(&reply, &shape()).is_err(), "{unit}");
    }
}
