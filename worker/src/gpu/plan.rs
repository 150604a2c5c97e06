//! Which models a GPU should hold. Pure: the worker and the simulator decide by the same rule.

/// A model, as far as memory and work go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    /// Bytes that it takes.
    pub bytes: u64,
    /// Milliseconds to load it.
    pub load_ms: u64,
    /// Whether it is loaded.
    pub loaded: bool,
    /// Milliseconds of work that wait for it.
    pub work_ms: u64,
}

/// The models that the GPU should hold next, by place in `models`: those with the most work for each second of loading
/// first, as far as they fit together. A loaded model costs nothing, so it stays while it has work.
#[must_use]
pub fn next_set(models: &[Model], capacity: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..models.len()).filter(|at| models[*at].work_ms > 0).collect();
    order.sort_by(|a, b| worth(&models[*b]).cmp(&worth(&models[*a])).then(a.cmp(b)));
    let mut free = capacity;
    let mut set = Vec::new();
    for at in order {
        if models[at].bytes <= free {
            free -= models[at].bytes;
            set.push(at);
        }
    }
    set
}

/// Work for each second of loading, in thousandths.
fn worth(model: &Model) -> u128 {
    let load_ms = if model.loaded { 1 } else { model.load_ms.max(1) };
    u128::from(model.work_ms) * 1_000 / u128::from(load_ms)
}

/// The loaded models that have to go so that `wanted` fits, by place in `models`: those with the least work first, and
/// none that could have stayed. All others go if even that is not enough.
#[must_use]
pub fn victims(models: &[Model], wanted: usize, capacity: u64) -> Vec<usize> {
    let others: Vec<usize> = (0..models.len()).filter(|at| *at != wanted && models[*at].loaded).collect();
    let taken: u64 = others.iter().map(|at| models[*at].bytes).fold(0, u64::saturating_add);
    let need = models.get(wanted).map_or(0, |model| model.bytes);
    let mut excess = taken.saturating_add(need).saturating_sub(capacity);
    let mut order = others;
    order.sort_by_key(|at| (models[*at].work_ms, std::cmp::Reverse(models[*at].bytes), *at));
    let mut going = Vec::new();
    for at in order {
        if excess == 0 {
            break;
        }
        excess = excess.saturating_sub(models[at].bytes);
        going.push(at);
    }
    spare(models, going, taken.saturating_add(need).saturating_sub(capacity))
}

/// Lets stay what need not go: of those that were picked, the ones with the most work first.
fn spare(models: &[Model], going: Vec<usize>, excess: u64) -> Vec<usize> {
    let mut freed: u64 = going.iter().map(|at| models[*at].bytes).fold(0, u64::saturating_add);
    let mut kept = going;
    for nth in (0..kept.len()).rev() {
        let bytes = models[kept[nth]].bytes;
        if freed.saturating_sub(bytes) >= excess {
            freed -= bytes;
            kept.remove(nth);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn model(bytes: u64, loaded: bool, work_ms: u64) -> Model {
        Model { bytes, load_ms: bytes * 1_000, loaded, work_ms }
    }

    #[test]
    fn the_set_is_chosen_by_work_for_each_second_of_loading_within_the_memory() {
        let models =
            [model(12, false, 90_000), model(6, false, 60_000), model(8, false, 40_000), model(4, false, 0)];
        assert_eq!(
            next_set(&models, 14),
            [1, 2],
            "10 s of work a second, then 5; the large one does not fit beside"
        );
        assert_eq!(next_set(&models[..1], 14), [0]);
        assert_eq!(next_set(&models, 5), [] as [usize; 0]);
        let models = [model(8, true, 1_000), model(8, false, 500_000)];
        assert_eq!(next_set(&models, 14), [0], "what is loaded stays while it has work");
    }

    #[test]
    fn as_few_go_as_have_to_and_those_without_work_first() {
        let models = [model(6, true, 10), model(4, true, 0), model(4, true, 5), model(8, false, 9)];
        assert_eq!(victims(&models, 3, 14), [1, 2], "the one with the most work stays");
        assert_eq!(victims(&models, 3, 22), [] as [usize; 0]);
        let models = [model(2, true, 0), model(8, true, 1), model(6, false, 9)];
        assert_eq!(victims(&models, 2, 10), [1], "once the large one goes, the small one can stay");
        assert_eq!(victims(&models, 2, 1), [0, 1], "all go for one that does not fit at all");
    }

    fn any_models() -> impl Strategy<Value = Vec<Model>> {
        let one = (1..20_u64, 1..60_000_u64, any::<bool>(), 0..500_000_u64)
            .prop_map(|(bytes, load_ms, loaded, work_ms)| Model { bytes, load_ms, loaded, work_ms });
        prop::collection::vec(one, 1..10)
    }

    proptest! {
        #[test]
        fn a_set_fits_and_nothing_with_work_is_left_out_that_fits_beside(models in any_models(), capacity in 1..40_u64) {
            let set = next_set(&models, capacity);
            let taken: u64 = set.iter().map(|at| models[*at].bytes).sum();
            prop_assert!(taken <= capacity);
            for (at, model) in models.iter().enumerate().filter(|(at, _)| !set.contains(at)) {
                prop_assert!(model.work_ms == 0 || taken + model.bytes > capacity, "{at}");
            }
        }

        #[test]
        fn what_stays_fits_and_each_victim_had_to_go(models in any_models(), wanted: prop::sample::Index, capacity in 20..40_u64) {
            let wanted = wanted.index(models.len());
            let going = victims(&models, wanted, capacity);
            let stays = |without: usize| -> u64 {
                let others = models.iter().enumerate().filter(|(at, model)| *at != wanted && model.loaded);
                others.filter(|(at, _)| !going.contains(at) || *at == without).map(|(_, model)| model.bytes).sum()
            };
            prop_assert!(stays(usize::MAX) + models[wanted].bytes <= capacity);
            for victim in &going {
                prop_assert!(stays(*victim) + models[wanted].bytes > capacity, "{victim} could have stayed");
            }
        }
    }
}
