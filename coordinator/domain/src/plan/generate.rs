//! First tries: which seed, with which generator, by which teacher.
//!
//! Generators and teachers take turns by how often they were planned already, and so do groups, so that no
//! source file, kind of seed or teacher dominates. What is left to chance, the run's seed decides.

use std::collections::BTreeMap;

use hafs_proto::task::Priority;
use hafs_proto::{GeneratorName, TeacherName};

use super::{Campaign, Group, Planned, SeedView, View, Work, hint, key};

/// At most `room` first tries.
pub(super) fn plan(campaign: &Campaign<'_>, view: &View, room: usize) -> Vec<Planned> {
    if campaign.spec.teachers.is_empty() {
        return Vec::new();
    }
    let mut turns = Turns::new(campaign, view);
    std::iter::from_fn(|| turns.next()).take(room).collect()
}

/// A seed in the drawing of lots.
struct Ticket<'a> {
    seed: &'a SeedView,
    group: usize,
    lot: u64,
    picked: Vec<&'a GeneratorName>,
}

/// How often a group had its turn.
struct Load {
    planned: u64,
    accepted: u64,
    picked: u64,
    lot: u64,
}

struct Turns<'a> {
    campaign: &'a Campaign<'a>,
    view: &'a View,
    tickets: Vec<Ticket<'a>>,
    loads: Vec<Load>,
    planned: BTreeMap<(&'a GeneratorName, &'a TeacherName), u64>,
}

impl<'a> Turns<'a> {
    fn new(campaign: &'a Campaign<'a>, view: &'a View) -> Self {
        let lot = |what: &str| key::shuffle(campaign.spec.seed, what);
        let mut numbers: BTreeMap<&Group, usize> = BTreeMap::new();
        let mut loads = Vec::new();
        let mut tickets = Vec::with_capacity(view.seeds.len());
        for seed in &view.seeds {
            let group = *numbers.entry(&seed.group).or_insert_with(|| {
                let known = view.groups.get(&seed.group).copied().unwrap_or_default();
                loads.push(Load {
                    planned: known.planned,
                    accepted: known.accepted,
                    picked: 0,
                    lot: lot(&seed.group),
                });
                loads.len() - 1
            });
            tickets.push(Ticket { seed, group, lot: lot(&seed.id.to_string()), picked: Vec::new() });
        }
        let planned =
            view.planned.iter().map(|((generator, teacher), count)| ((generator, teacher), *count)).collect();
        Self { campaign, view, tickets, loads, planned }
    }

    fn next(&mut self) -> Option<Planned> {
        let mut generators: Vec<&GeneratorName> = self.campaign.spec.generators.iter().collect();
        generators.sort_by_key(|name| (self.planned_by(name), self.lot(name.as_str()), *name));
        let (generator, nth) = generators.into_iter().find_map(|name| Some((name, self.ticket(name)?)))?;
        let teacher = self.teacher(generator)?;
        *self.planned.entry((generator, teacher)).or_default() += 1;
        let ticket = self.tickets.get_mut(nth)?;
        ticket.picked.push(generator);
        self.loads.get_mut(ticket.group)?.picked += 1;
        Some(first_try(self.campaign, self.view, ticket.seed, (generator, teacher)))
    }

    /// The next seed of a generator, by place in `tickets`.
    fn ticket(&self, generator: &GeneratorName) -> Option<usize> {
        let open = self.tickets.iter().enumerate().filter(|(_, ticket)| {
            (self.campaign.takes)(generator, ticket.seed.kind, &ticket.seed.rewrites)
                && !ticket.seed.tried.contains(generator)
                && !ticket.picked.contains(&generator)
        });
        open.min_by_key(|(_, ticket)| self.turn(ticket)).map(|(nth, _)| nth)
    }

    /// Lower goes first: groups by load, then seeds that were tried less, then by lot.
    fn turn(&self, ticket: &Ticket<'_>) -> impl Ord + use<> {
        let load = self.loads.get(ticket.group).map_or((0, 0, 0), |load| {
            let planned = load.planned + load.picked;
            let main =
                if self.campaign.spec.policy.active_learning { load.accepted + load.picked } else { planned };
            (main, planned, load.lot)
        });
        (load.0, load.1, ticket.seed.tried.len() + ticket.picked.len(), load.2, ticket.lot, ticket.seed.id)
    }

    /// The teacher that this generator was planned with least.
    fn teacher(&self, generator: &'a GeneratorName) -> Option<&'a TeacherName> {
        self.campaign.spec.teachers.iter().min_by_key(|teacher| {
            let count = self.planned.get(&(generator, *teacher)).copied().unwrap_or_default();
            (count, self.lot(&format!("{generator} {teacher}")), *teacher)
        })
    }

    fn planned_by(&self, generator: &GeneratorName) -> u64 {
        self.planned.iter().filter(|((name, _), _)| *name == generator).map(|(_, count)| count).sum()
    }

    fn lot(&self, what: &str) -> u64 {
        key::shuffle(self.campaign.spec.seed, what)
    }
}

fn first_try(
    campaign: &Campaign<'_>,
    view: &View,
    seed: &SeedView,
    (generator, teacher): (&GeneratorName, &TeacherName),
) -> Planned {
    let key = key::generate(campaign.run, seed.id, generator, 0);
    Planned {
        key,
        priority: Priority::Normal,
        work: Work::Generate {
            seed: seed.id,
            generator: generator.clone(),
            teacher: teacher.clone(),
            round: 0,
            hints: hint::from_others(campaign, view, generator, &[]),
        },
    }
}
