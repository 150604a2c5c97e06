use crate::support::{PROSE, Place, mine_all};

/// A key of the form that its service gives out, put together here so that it is none in this file.
fn key() -> String {
    ["gh", "p_", "x7Kd93LmQpZt4VbN2cRw8YsHf6JgTa1EuDo5"].concat()
}

#[test]
fn no_planted_secret_leaves_a_repository_in_any_field() {
    let key = key();
    let place = Place::repository();
    place.write("docs/a.md", format!("# Deploy with {key}\n\n{PROSE} Use {key} for that.\n"));
    let task = concat!("TO", "DO");
    let rest = "    log(\"one of the many steps of a deployment\");\n".repeat(9);
    let code =
        format!("// {task}: take {key} out of here\nfn deploy() {{\n    let key = \"{key}\";\n{rest}}}\n");
    place.write("src/a.rs", code);
    place.commit(&format!("Deploy with the key {key}\n\nIt is {key}, and it works.\n"));
    let haul = mine_all(place.git_settings());
    assert!(haul.seeds.len() >= 4, "{haul:?}");
    for seed in &haul.seeds {
        let json = serde_json::to_string(seed).expect("serialises");
        assert!(!json.contains(&key), "{json}");
        assert!(seed.provenance.redactions >= 1, "{json}");
    }
}

#[test]
fn a_seed_that_is_mostly_secret_is_dropped() {
    let place = Place::folder();
    place.write("a.md", format!("# Queue\n\n{PROSE}\n"));
    let keys: String = (0..40).map(|n| format!("one more key {}{n:02}\n", &key()[..38])).collect();
    place.write("keys.md", format!("# Keys\n\n{keys}"));
    let haul = mine_all(place.folder_settings());
    assert_eq!(haul.seeds.len(), 1, "{haul:?}");
    assert_eq!(haul.skipped("mostly_secret"), 1, "{:?}", haul.skipped);
}

#[test]
fn authors_and_their_addresses_are_in_no_seed() {
    let place = Place::repository();
    place.write("a.md", format!("# Queue\n\n{PROSE}\n"));
    let address = ["zebulon", "@", "post.example"].concat();
    place.git(&["add", "-A"]);
    let message = format!("Add a page about the queue\n\nSigned-off-by: Zebulon <{address}>\n");
    place.git(&["commit", "-q", "--author", &format!("Zebulon <{address}>"), "-m", &message]);
    let json = serde_json::to_string(&mine_all(place.git_settings()).seeds).expect("serialises");
    assert!(!json.to_lowercase().contains("zebulon"), "{json}");
}
