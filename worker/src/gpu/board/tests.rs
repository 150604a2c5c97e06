use super::*;

const NOW: Duration = Duration::ZERO;

fn route(name: &str) -> Route {
    format!("teacher/ollama/{name}").parse().expect("a route")
}

/// Models of 12, 6, 8 and 4 bytes on a GPU of 14.
fn board() -> Board {
    let mut board = Board::new(Some(14));
    for (name, bytes) in [("large", 12), ("six", 6), ("eight", 8), ("four", 4)] {
        board.add(Candidate { route: route(name), name: name.to_owned(), window: Some(8_192), bytes });
    }
    board
}

fn call(board: &mut Board, name: &str) -> (u64, Step) {
    let ticket = board.queue_up(&route(name));
    (ticket, board.step(ticket, NOW))
}

/// Loads a model, however it has to be done.
fn load(board: &mut Board, name: &str) -> Vec<String> {
    let (ticket, step) = call(board, name);
    let Step::Load(order) = step else { panic!("{name} is to be loaded, not {step:?}") };
    let mut seen: BTreeMap<String, Loaded> = board
        .slots
        .values()
        .filter(|slot| !order.unload.contains(&slot.name))
        .filter_map(|slot| Some((slot.name.clone(), slot.loaded?)))
        .collect();
    board.swapped(Some(Duration::from_secs(4)));
    let bytes = board.slots[&route(name)].bytes;
    seen.insert(name.to_owned(), Loaded { bytes, gpu_bytes: bytes, context: Some(8_192) });
    assert_eq!(board.see(&seen, NOW), []);
    assert_eq!(board.let_through(ticket, NOW), None);
    board.leave(&route(name), Duration::from_secs(1), None, NOW);
    order.unload
}

#[test]
fn a_model_is_loaded_once_and_only_what_is_in_its_way_goes() {
    let mut board = board();
    assert_eq!(load(&mut board, "six"), [] as [&str; 0]);
    assert_eq!(load(&mut board, "eight"), [] as [&str; 0], "both fit");
    assert_eq!(call(&mut board, "six").1, Step::Go);
    board.leave(&route("six"), Duration::from_secs(1), None, NOW);
    let gone = load(&mut board, "large");
    assert_eq!(gone.len(), 2, "{gone:?}");
    let report = board.report(NOW);
    assert_eq!((report.swaps, report.swap_ms, report.gpu_used_bytes), (3, 12_000, 12));
}

#[test]
fn a_swap_waits_for_calls_under_way_and_lets_no_new_ones_of_that_model_in() {
    let mut board = board();
    load(&mut board, "large");
    assert_eq!(call(&mut board, "large").1, Step::Go);
    let (other, step) = call(&mut board, "six");
    assert_eq!(step, Step::Wait, "a call is under way");
    let (late, step) = call(&mut board, "large");
    assert_eq!(step, Step::Wait, "it came after the one that needs the memory");
    board.leave(&route("large"), Duration::from_secs(1), None, NOW);
    assert_eq!(board.step(late, NOW), Step::Wait);
    let Step::Load(order) = board.step(other, NOW) else { panic!("nothing is in the way") };
    assert_eq!((order.name.as_str(), order.unload), ("six", vec!["large".to_owned()]));
    assert_eq!(board.step(late, NOW), Step::Wait);
    assert_eq!(board.step(other, NOW), Step::Wait, "one swap at a time");
}

#[test]
fn a_caller_that_gives_up_holds_nobody_up_and_a_failed_load_can_be_tried_again() {
    let mut board = board();
    load(&mut board, "large");
    assert_eq!(call(&mut board, "large").1, Step::Go);
    let (other, _) = call(&mut board, "six");
    let (late, step) = call(&mut board, "large");
    assert_eq!(step, Step::Wait);
    board.step_out(other);
    assert_eq!(board.step(late, NOW), Step::Go);
    let (first, step) = call(&mut board, "four");
    assert_eq!(step, Step::Wait);
    board.leave(&route("large"), Duration::ZERO, None, NOW);
    board.leave(&route("large"), Duration::ZERO, None, NOW);
    assert!(matches!(board.step(first, NOW), Step::Load(_)));
    board.swapped(None);
    assert!(matches!(board.step(first, NOW), Step::Load(_)), "again");
    assert_eq!(board.report(NOW).swaps, 1);
}

#[test]
fn a_model_that_runs_on_the_cpu_in_part_is_unfit_for_half_an_hour() {
    let mut board = board();
    let seen =
        BTreeMap::from([("six".to_owned(), Loaded { bytes: 6 << 20, gpu_bytes: 5 << 20, context: None })]);
    let spilled = board.see(&seen, NOW);
    assert!(spilled[0].1.contains("spilled to CPU: 5 of its 6 MiB"), "{spilled:?}");
    assert!(matches!(call(&mut board, "six").1, Step::Unfit(_)));
    let unfit = |board: &Board, now| {
        board.report(now).models.iter().filter(|it| it.residence == Residence::Unfit).count()
    };
    assert_eq!((unfit(&board, NOW), unfit(&board, REST)), (1, 0));
    let mut plain = Board::new(None);
    plain.add(Candidate { route: route("six"), name: "six".to_owned(), window: None, bytes: 6 });
    let on_cpu = BTreeMap::from([("six".to_owned(), Loaded { bytes: 6, gpu_bytes: 0, context: None })]);
    assert_eq!(plain.see(&on_cpu, NOW), [], "there is no GPU to spill from");
}

#[test]
fn a_model_that_becomes_slow_is_unfit_and_the_coordinator_hears_which_would_be_loaded_next() {
    let mut board = board();
    load(&mut board, "six");
    let speed = |seconds| Some(Speed { tokens: 100, within: Duration::from_secs(seconds) });
    for seconds in [2; 6].into_iter().chain([9; 5]) {
        assert_eq!(call(&mut board, "six").1, Step::Go);
        board.leave(&route("six"), Duration::from_secs(seconds), speed(seconds), NOW);
    }
    board.heed(&[RouteBacklog { route: route("eight"), ready: 3, oldest_ms: 1_000 }]);
    let said: BTreeMap<String, Residence> =
        board.report(NOW).models.into_iter().map(|it| (it.route.to_string(), it.residence)).collect();
    let of = |name: &str| said[&route(name).to_string()];
    assert_eq!((of("six"), of("eight"), of("four")), (Residence::Unfit, Residence::Next, Residence::Away));
}
