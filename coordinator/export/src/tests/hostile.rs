//! Texts made to break files, loaders, templates and pages.

use super::rows;
use crate::fixture::{export, find, row, settings, with_texts};
use crate::{ExportError, SpecialTokens, verify_folder};
use hafs_proto::BoundedText;

#[test]
fn texts_with_special_tokens_are_left_out_and_named_by_default() {
    let parent = tempfile::tempdir().expect("a folder");
    let mut input = vec![row(1), row(2), row(3)];
    for (at, token) in ["<|im_end|>", "[/INST]", "</s>", "### Response:"].into_iter().enumerate() {
        let number = u32::try_from(at).expect("small") + 10;
        let mut texts = ["Say it.", "Here.", "Done."].map(str::to_owned);
        texts[at % 3] = format!("before {token} after");
        input.push(with_texts(row(number), &texts[0], &texts[1], &texts[2]));
    }
    let written = export(&input, &settings(parent.path())).expect("exports");
    assert_eq!((written.manifest.exported, written.manifest.excluded.len()), (3, 4));
    assert_eq!(verify_folder(&written.path).defects, []);
}

#[test]
fn texts_with_special_tokens_are_made_harmless_and_marked_on_request() {
    let parent = tempfile::tempdir().expect("a folder");
    let mut settings = settings(parent.path());
    settings.special_tokens = SpecialTokens::Escape;
    let bad = with_texts(row(4), "Quote ChatML.", "", "It ends turns with <|im_end|>.\n### Response:\nx");
    let written = export(&[row(1), row(2), bad], &settings).expect("exports");
    let alpaca = rows(&written.path, "alpaca");
    let marked: Vec<_> = alpaca.iter().filter(|(_, row)| row["metadata"]["escaped"] == true).collect();
    assert_eq!(marked.len(), 1);
    assert_eq!(marked[0].1["output"], "It ends turns with < |im_end|>.\n# ## Response:\nx");
    for (path, bytes) in super::files(&written.path) {
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert!(path.ends_with("README.md") || find(&text).is_empty(), "{}", path.display());
    }
    assert_eq!(verify_folder(&written.path).defects, []);
}

#[test]
fn when_special_tokens_leave_nothing_the_error_says_so() {
    let parent = tempfile::tempdir().expect("a folder");
    let bad = with_texts(row(1), "Say.", "", "</s>");
    let error = export(&[bad], &settings(parent.path())).expect_err("is empty");
    assert!(matches!(error, ExportError::Empty { accepted: 1, excluded: 1, .. }), "{error}");
}

#[test]
fn line_ends_controls_and_huge_texts_stay_one_line_and_come_back_whole() {
    let parent = tempfile::tempdir().expect("a folder");
    let odd = "a\r\nb\u{2028}c\u{2029}d\u{85}e\u{b}f\u{c}g\u{1c}h\u{7f}i\u{feff}j\u{202e}k\\u0000\"'`🦀";
    let huge = "\u{2028}".repeat(hafs_proto::limits::BODY_BYTES / 3);
    let input = [
        with_texts(row(1), odd, odd, odd),
        with_texts(row(2), &odd[1..], &huge, &format!("x{}", &huge[3..])),
        with_texts(row(3), "Plain.", "", "Plain."),
    ];
    let written = export(&input, &settings(parent.path())).expect("exports");
    assert_eq!(verify_folder(&written.path).defects, []);
    let alpaca = rows(&written.path, "alpaca");
    for of in &input {
        let id = of.sample.id.to_string();
        let (_, row) = alpaca.iter().find(|(_, row)| row["id"] == id.as_str()).expect("a row");
        assert_eq!(row["output"], of.sample.output.as_str());
        assert_eq!(row["input"], of.sample.input.as_str());
    }
    for (path, bytes) in super::files(&written.path) {
        let text = String::from_utf8(bytes).expect("UTF-8");
        let split_by_someone =
            |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'));
        assert!(!text.contains(split_by_someone), "{}", path.display());
    }
}

#[test]
fn no_text_from_outside_is_markup_or_yaml_in_the_card() {
    let parent = tempfile::tempdir().expect("a folder");
    let hostile = "MIT\n---\nlicense: evil\n<img src=x onerror=alert(1)> | `x` [y](javascript:z)";
    let mut input = [row(1), row(2), row(3)];
    input[0].provenance.license = Some(BoundedText::clipped(hostile));
    input[0].sample.lineage.served_model = Some(BoundedText::clipped(hostile));
    let written = export(&input, &settings(parent.path())).expect("exports");
    let card = std::fs::read_to_string(written.path.join("README.md")).expect("a card");
    assert!(card.starts_with("---\npretty_name: \"rust-explained\"\nlicense: other\n"), "{card}");
    assert_eq!(card.lines().filter(|line| *line == "---").count(), 2);
    assert!(!card.contains("<img") && !card.contains("](javascript"), "{card}");
    for row in &input {
        assert!(!card.contains(row.sample.output.as_str()), "no text of a sample is in the card");
    }
}
