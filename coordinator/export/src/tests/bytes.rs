//! The same inputs give the same bytes.

use super::files;
use crate::fixture::{export, forty, row, settings};
use crate::verify::verify_folder;
use proptest::prelude::*;
use uuid::Uuid;

#[test]
fn two_exports_of_the_same_inputs_under_different_ids_and_folders_are_equal_to_the_byte() {
    let (first, second) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let mut other = settings(second.path());
    other.id = Uuid::from_u128(0x1234).into();
    let first = export(&forty(), &settings(first.path())).expect("exports");
    let second = export(&forty(), &other).expect("exports");
    assert_eq!(files(&first.path), files(&second.path));
    assert_eq!(first.manifest_sha256, second.manifest_sha256);
}

#[test]
fn whatever_an_export_is_made_from_changes_its_fingerprint_but_its_name_does_not() {
    let parent = tempfile::tempdir().expect("a folder");
    let mut number = 0;
    let mut fingerprint = |rows: &[_], change: &dyn Fn(&mut crate::Settings)| {
        number += 1;
        let mut settings = settings(&parent.path().join(number.to_string()));
        change(&mut settings);
        export(rows, &settings).expect("exports").manifest.inputs
    };
    let base = fingerprint(&forty(), &|_| {});
    assert_eq!(base, fingerprint(&forty(), &|s| s.name = "other".parse().expect("a name")));
    assert_ne!(base, fingerprint(&forty(), &|s| s.seed = 6));
    assert_ne!(base, fingerprint(&forty(), &|s| s.special_tokens = crate::SpecialTokens::Escape));
    let mut rows = forty();
    rows[3].votes.agree = 3;
    assert_ne!(base, fingerprint(&rows, &|_| {}));
}

/// Rows with random ties among each other.
fn tangled() -> impl Strategy<Value = Vec<crate::ExportRow>> {
    let ties = (0..30_u32, 0..30_u32, any::<bool>());
    prop::collection::vec(ties, 1..30).prop_map(|ties| {
        let mut rows: Vec<_> = (1..).zip(&ties).map(|(number, _)| row(number)).collect();
        for (at, (group, parent, has_parent)) in ties.into_iter().enumerate() {
            rows[at].sample.lineage.group = row(group + 1).sample.lineage.group;
            rows[at].sample.lineage.parent = has_parent.then(|| row(parent + 1).sample.id);
        }
        rows
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_order_of_the_rows_changes_no_byte_and_no_relatives_are_torn_apart(
        (rows, shuffled) in tangled().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
    ) {
        let (first, second) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let first = export(&rows, &settings(first.path())).expect("exports");
        let second = export(&shuffled, &settings(second.path())).expect("exports");
        prop_assert_eq!(files(&first.path), files(&second.path));
        prop_assert_eq!(verify_folder(&first.path).defects, vec![]);

        let split_of: std::collections::BTreeMap<String, String> = super::rows(&first.path, "alpaca")
            .into_iter()
            .map(|(split, row)| (row["id"].as_str().expect("an id").to_owned(), split))
            .collect();
        for a in &rows {
            for b in &rows {
                let (of_a, of_b) = (&a.sample.lineage, &b.sample.lineage);
                let siblings = of_a.parent.is_some() && of_a.parent == of_b.parent;
                if of_a.group == of_b.group || siblings || of_a.parent == Some(b.sample.id) {
                    prop_assert_eq!(&split_of[&a.sample.id.to_string()], &split_of[&b.sample.id.to_string()]);
                }
            }
        }
    }
}
