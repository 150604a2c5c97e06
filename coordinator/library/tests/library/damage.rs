//! Flipped bits in a library's file.

use hafs_library::tables::export;
use hafs_library::verify::{integrity, verify};
use hafs_library::{Library, StoreError, Tx};
use hafs_proto::SampleId;

use crate::operations::everything;
use crate::world::{canon, id, into, library, open};

async fn full() -> (tempfile::TempDir, Library) {
    let (folder, library) = library();
    library.write(everything).await.expect("fills");
    (folder, library)
}

#[tokio::test]
async fn a_flipped_bit_in_a_page_is_found_by_the_integrity_check_or_verification() {
    let (folder, library) = full().await;
    drop(library);
    let path = folder.path().join("library.db");
    let sound = std::fs::read(&path).expect("reads");
    // The text of a sample, in the middle of a page.
    let needle = b"It is function 1101.";
    // Older versions of the row may linger in free space, so every copy is hit.
    let places: Vec<_> =
        (0..sound.len() - needle.len()).filter(|at| sound[*at..].starts_with(needle)).collect();
    assert!(!places.is_empty(), "the text is in the file");
    let mut bytes = sound;
    places.into_iter().for_each(|place| bytes[place] ^= 1);
    std::fs::write(&path, bytes).expect("writes");
    let library = open(folder.path());
    let report = library.read(|tx| verify(tx, None)).await.expect("verifies");
    assert!(
        report.broken.iter().any(|row| row.id == id::<SampleId>(1_101).to_string()),
        "{:?}",
        report.broken
    );
}

/// Everything that an export would hold.
fn exported(tx: &mut dyn Tx) -> Result<Vec<export::ExportRow>, StoreError> {
    let mut rows = Vec::new();
    export::each(tx, &export::Choice::default(), &mut into(&mut rows))?;
    Ok(rows)
}

#[tokio::test]
async fn a_flipped_bit_anywhere_in_the_file_is_harmless_or_found() {
    let (folder, library) = full().await;
    let truth = library.read(exported).await.expect("exports");
    let path = folder.path().join("library.db");
    drop(library);
    let sound = std::fs::read(&path).expect("reads");
    // Most of a small library is free space; bits are flipped where there is something.
    let used: Vec<usize> = (0..sound.len()).filter(|at| sound[*at] != 0).collect();
    let (mut found, flips) = (0, 400);
    for n in 0..flips {
        let mut bytes = sound.clone();
        let place = used[n * (used.len() / flips)];
        bytes[place] ^= 1 << (n % 8);
        std::fs::write(&path, &bytes).expect("writes");
        let outcome = Library::inspect(&path, |tx| {
            let broken = [verify(tx, Some(canon))?.broken, integrity(tx)?].concat();
            Ok((broken, exported(tx).ok()))
        });
        match outcome {
            Ok((broken, rows)) if broken.is_empty() => {
                assert_eq!(rows.as_ref(), Some(&truth), "byte {place}")
            }
            Ok(_) | Err(_) => found += 1,
        }
    }
    assert!(found > flips / 2, "only {found} of {flips} flips were found");
}
