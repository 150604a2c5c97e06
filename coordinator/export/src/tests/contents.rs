//! What is in the files, held against a naive reading of the inputs.

use std::collections::BTreeSet;

use super::{names, rows};
use crate::fixture::{export, forty, quarantined, row, settings, sibling};
use crate::{ExportError, Split, verify_folder};
use hafs_proto::people::{ExportFormat, SplitRatios};
use hafs_proto::{Reason, SampleState};

#[test]
fn every_accepted_sample_stands_in_every_format_exactly_once_in_order() {
    let parent = tempfile::tempdir().expect("a folder");
    let input = forty();
    let written = export(&input, &settings(parent.path())).expect("exports");
    let accepted = input.iter().filter(|row| matches!(row.sample.state, SampleState::Accepted { .. }));
    let mut expected: Vec<String> = accepted.map(|row| row.sample.id.to_string()).collect();
    expected.sort();
    for format in ["alpaca", "messages", "sharegpt", "text"] {
        let found = rows(&written.path, format);
        let mut ids: Vec<&str> = found.iter().map(|(_, row)| row["id"].as_str().expect("an id")).collect();
        for split in ["train", "val", "test"] {
            let of_split: Vec<_> =
                found.iter().filter(|(of, _)| of == split).map(|(_, row)| &row["id"]).collect();
            assert!(of_split.is_sorted_by_key(|id| id.as_str()), "{format}/{split}");
        }
        ids.sort_unstable();
        assert_eq!(ids, expected, "{format}");
    }
    assert_eq!(written.samples.len(), 40);
    assert_eq!(written.samples, verify_folder(&written.path).samples.into_iter().collect::<Vec<_>>());
    assert_eq!(names(parent.path()), ["rust-explained"], "nothing else is left");
}

#[test]
fn every_row_of_a_file_has_the_same_keys_and_types() {
    let parent = tempfile::tempdir().expect("a folder");
    let mut input = forty();
    input[0].provenance.license = None;
    input[0].sample.lineage.served_model = None;
    let written = export(&input, &settings(parent.path())).expect("exports");
    for format in ExportFormat::ALL {
        let rows = rows(&written.path, format.word());
        let shapes: BTreeSet<String> = rows.iter().map(|(_, row)| shape(row)).collect();
        assert_eq!(shapes.len(), 1, "{shapes:?}");
        assert!(!shapes.first().expect("a row").contains("null"));
    }
}

/// The keys and types of a value.
fn shape(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Number(number) => if number.is_f64() { "float" } else { "int" }.to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Array(items) => format!("{:?}", items.iter().map(shape).collect::<Vec<_>>()),
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(key, value)| format!("{key}:{}", shape(value))).collect();
            format!("{{{}}}", fields.join(","))
        }
    }
}

#[test]
fn bad_answers_stand_in_the_split_of_their_prompt_and_are_labelled() {
    let parent = tempfile::tempdir().expect("a folder");
    let written = export(&forty(), &settings(parent.path())).expect("exports");
    let kto = rows(&written.path, "kto");
    let split_of =
        |id: &serde_json::Value| kto.iter().find(|(_, row)| row["id"] == *id).expect("a row").0.clone();
    assert_eq!(kto.iter().filter(|(_, row)| row["label"] == false).count(), 10);
    let of_train: Vec<_> =
        kto.iter().filter(|(split, _)| split == "train").map(|(_, row)| &row["id"]).collect();
    assert!(of_train.is_sorted_by_key(|id| id.as_str()), "good and bad answers are mixed");
    let dpo = rows(&written.path, "dpo");
    assert_eq!(dpo.len(), 10);
    for (split, row) in &dpo {
        assert_eq!(*split, split_of(&row["chosen_id"]));
        assert_eq!(*split, split_of(&row["rejected_id"]));
        let judged = row["rejected_metadata"]["reasons"] == "low_consensus";
        assert_eq!(row["source"], if judged { "judge" } else { "validator" });
        assert_ne!(row["chosen"], row["rejected"]);
    }
    let manifest = &written.manifest;
    assert_eq!((manifest.exported, manifest.negatives, manifest.pairs), (40, 10, 10));
}

#[test]
fn neither_quarantined_nor_undecided_samples_nor_secrets_leave_the_library() {
    let parent = tempfile::tempdir().expect("a folder");
    let good = row(1);
    let mut input = vec![
        sibling(&good, 2, "MARK secret", Reason::SecretFound),
        sibling(&good, 3, "MARK set aside", Reason::Hedge),
        sibling(&good, 4, "MARK undecided", Reason::Hedge),
        sibling(&good, 5, "a plain bad answer", Reason::Hedge),
        good,
    ];
    input[1].sample.state = quarantined();
    input[2].sample.state = SampleState::Candidate;
    let written = export(&input, &settings(parent.path())).expect("exports");
    for (path, bytes) in super::files(&written.path) {
        assert!(!String::from_utf8(bytes).expect("UTF-8").contains("MARK"), "{}", path.display());
    }
    assert_eq!(written.manifest.counts.quarantined, 1);
    assert_eq!(verify_folder(&written.path).defects, []);
}

#[test]
fn an_export_without_anything_to_train_on_is_an_error_and_not_an_empty_data_set() {
    let parent = tempfile::tempdir().expect("a folder");
    let good = row(1);
    let only_bad = [sibling(&good, 2, "No.", Reason::Hedge)];
    for rows in [&[][..], &only_bad] {
        let error = export(rows, &settings(parent.path())).expect_err("is empty");
        assert!(matches!(error, ExportError::Empty { accepted: 0, .. }), "{error}");
    }
    let mut pairs_only = settings(parent.path());
    pairs_only.formats = [ExportFormat::Dpo].into();
    let error = export(&[good], &pairs_only).expect_err("has no pairs").to_string();
    assert!(error.contains("no accepted sample has a rejected sibling"), "{error}");
    assert!(names(parent.path()).is_empty());
}

#[test]
fn a_format_without_rows_is_named_and_the_others_are_written() {
    let parent = tempfile::tempdir().expect("a folder");
    let written = export(&[row(1), row(2), row(3)], &settings(parent.path())).expect("exports");
    let absent: Vec<&str> = written.manifest.absent.iter().map(|absent| absent.format.word()).collect();
    assert_eq!(absent, ["dpo", "kto"]);
    assert_eq!(
        names(&written.path),
        ["README.md", "alpaca", "manifest.json", "messages", "sharegpt", "splits.json", "text"]
    );
    assert!(written.manifest.splits.starved.is_empty(), "three groups are enough for three splits");
}

#[test]
fn too_few_groups_for_the_splits_are_named_in_manifest_and_card() {
    let parent = tempfile::tempdir().expect("a folder");
    let written = export(&[row(1)], &settings(parent.path())).expect("exports");
    assert_eq!(written.manifest.splits.starved, [Split::Val, Split::Test]);
    let card = std::fs::read_to_string(written.path.join("README.md")).expect("a card");
    assert!(card.contains("The validation split is empty"), "{card}");
    assert_eq!(names(&written.path.join("alpaca")), ["train.jsonl"]);
}

#[test]
fn settings_and_inputs_that_do_not_hold_together_are_refused_before_anything_is_written() {
    let parent = tempfile::tempdir().expect("a folder");
    let base = settings(parent.path());
    let mut none = base.clone();
    none.formats.clear();
    assert!(matches!(export(&forty(), &none), Err(ExportError::NoFormat)));
    let mut uneven = base.clone();
    uneven.ratios = SplitRatios { train: u32::MAX, val: u32::MAX, test: 1 };
    assert!(matches!(export(&forty(), &uneven), Err(ExportError::Ratios { .. })));
    let twice = [row(1), row(1)];
    assert!(matches!(export(&twice, &base), Err(ExportError::Repeated { .. })));
    let mut damaged = row(1);
    damaged.sample.output = hafs_proto::BoundedText::clipped("flipped");
    assert!(matches!(export(&[damaged], &base), Err(ExportError::Damaged { .. })));
    let mut stray = row(1);
    stray.sample.lineage.run = uuid::Uuid::from_u128(8).into();
    assert!(matches!(export(&[stray], &base), Err(ExportError::NoRun { .. })));
    let blank = crate::fixture::with_texts(row(1), "Say nothing.", "", " \n");
    assert!(matches!(export(&[blank], &base), Err(ExportError::Blank { field: "output", .. })));
    assert!(names(parent.path()).is_empty());
}

#[test]
fn counts_that_differ_from_the_rows_are_refused() {
    let parent = tempfile::tempdir().expect("a folder");
    let rows = forty();
    let mut counts = crate::fixture::counts(&rows);
    counts.accepted -= 1;
    counts.candidates += 1;
    let inputs = crate::Inputs {
        rows: &rows,
        counts: &counts,
        runs: &[crate::fixture::run()],
        judges: &[],
        code_version: "1",
    };
    let error = crate::write(&inputs, &settings(parent.path()), &|_| vec![]).expect_err("does not add up");
    let ExportError::Counts(why) = error else { panic!("{error}") };
    assert!(why.to_string().contains("`accepted` is 39 but the rows hold 40"), "{why}");
}

#[test]
fn one_identitys_unverified_samples_keep_to_their_share_and_the_manifest_names_what_is_left_out() {
    let parent = tempfile::tempdir().expect("a folder");
    let mut input = forty();
    for row in input.iter_mut().step_by(2) {
        row.unverified = Some(hafs_proto::BoundedText::clipped("cred_1"));
    }
    let mut settings = settings(parent.path());
    settings.unverified_share = 200;
    let written = export(&input, &settings).expect("exports");
    let manifest = &written.manifest;
    let unverified = manifest.unverified.as_ref().expect("is named");
    let [stranger] = &unverified.identities[..] else { panic!("{unverified:?}") };
    assert!(stranger.used.samples * 5 <= manifest.exported && stranger.used.samples > 0, "{stranger:?}");
    assert!(stranger.used.negatives * 5 <= manifest.negatives);
    let out = manifest.excluded.iter().filter(|it| it.why == crate::ExclusionReason::UnverifiedShare);
    assert_eq!(out.count() as u64, stranger.left_out);
    assert_eq!(verify_folder(&written.path).defects, []);
    let again = tempfile::tempdir().expect("a folder");
    settings.parent = again.path().to_owned();
    input.reverse();
    assert_eq!(export(&input, &settings).expect("exports").manifest_sha256, written.manifest_sha256);
    settings.name = "other".parse().expect("a name");
    settings.unverified_share = 1_000;
    let all = export(&input, &settings).expect("exports").manifest;
    assert_eq!((all.exported, all.excluded.len()), (40, 0));
    assert_eq!(all.unverified.expect("is named all the same").identities[0].left_out, 0);
}
