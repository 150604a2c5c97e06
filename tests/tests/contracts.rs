//! Files that are generated from code stand in the repository and are compared with it. `HAFS_BLESS=1` writes
//! them anew.

use std::path::PathBuf;

use hafs_coordinator::http::router;
use hafs_coordinator::metrics::Metrics;
use hafs_proto::ProblemType;

fn compare(file: &str, made: &str) {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(file);
    if std::env::var_os("HAFS_BLESS").is_some() {
        std::fs::write(&path, made).expect("the file can be written");
        return;
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == made,
        "{file} is not what the code makes of it; look at the difference after `HAFS_BLESS=1 cargo test -p hafs-tests --test contracts`"
    );
}

#[test]
fn the_committed_openapi_description_is_the_codes() {
    let text = router::openapi().to_pretty_json().expect("serialises");
    compare("docs/openapi.json", &format!("{text}\n"));
}

#[test]
fn the_committed_list_of_metrics_is_the_codes() {
    let text = Metrics::new().expect("metrics").render();
    let list: String = text
        .lines()
        .filter(|line| line.starts_with("# HELP"))
        .map(|line| format!("{}\n", &line[7..]))
        .collect();
    compare("docs/metrics.txt", &list);
}

#[test]
fn every_address_but_health_asks_for_a_token() {
    let openapi = serde_json::to_value(router::openapi()).expect("serialises");
    for (path, item) in openapi["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let security = operation["security"].as_array();
            assert!(security.is_some_and(|list| !list.is_empty()), "{method} {path} has no scope");
        }
    }
}

#[test]
fn every_problem_has_a_page_and_a_section_in_the_operations_guide() {
    let guide = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/OPERATIONS.md"))
        .expect("docs/OPERATIONS.md");
    for kind in ProblemType::ALL {
        assert!(hafs_coordinator::http::problems_page::page(kind.slug()).is_some());
        assert!(
            guide.contains(&format!("### {}", kind.slug())),
            "docs/OPERATIONS.md lacks `{}`",
            kind.slug()
        );
    }
}
