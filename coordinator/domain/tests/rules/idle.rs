use hafs_domain::idle;
use hafs_proto::Route;
use hafs_proto::worker::IdleCode;

#[test]
fn reasons_read_as_sentences_for_one_and_for_many() {
    assert_eq!(
        &*idle::reason(IdleCode::Delayed, 1).message,
        "1 task waits for the delay after a failure to pass"
    );
    assert_eq!(&*idle::reason(IdleCode::AllLeased, 3).message, "3 tasks are held by workers");
    assert_eq!(&*idle::reason(IdleCode::QueueEmpty, 0).message, "there are no open tasks");
}

#[test]
fn tasks_for_others_name_some_of_what_they_need() {
    let routes: Vec<Route> = ["check/a", "check/b", "check/c", "check/d"]
        .iter()
        .map(|text| text.parse().expect("a route"))
        .collect();
    let reason = idle::no_matching_route(9, &routes);
    assert_eq!(
        &*reason.message,
        "9 tasks need check/a, check/b, check/c and 1 more, which this worker does not offer"
    );
    assert_eq!((reason.code, reason.tasks), (IdleCode::NoMatchingRoute, 9));
}
