//! Who generates and who judges: names of providers and tiers become teachers.

use hafs_proto::TeacherName;

use super::mistake::closest;
use super::providers::{Model, Provider};
use super::words::{ModelRole, TeacherRef, Tier};
use super::{Config, Mistake, Mistakes};

/// Who generates and who judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cast {
    pub teachers: Vec<TeacherName>,
    pub judges: Vec<TeacherName>,
}

/// Finds teachers and judges among the configured models.
///
/// # Errors
/// All [`Mistakes`]: names that mean nothing, and too few judges for what is demanded.
pub(super) fn cast(config: &Config) -> Result<Cast, Mistakes> {
    let mut casting = Casting { config, mistakes: Vec::new() };
    let teachers = casting.teachers();
    let judges = casting.judges(&teachers);
    // Counting judges makes sense only when all of them were found.
    if casting.mistakes.is_empty() {
        casting.demand_enough(&teachers, &judges);
    }
    if casting.mistakes.is_empty() { Ok(Cast { teachers, judges }) } else { Err(Mistakes(casting.mistakes)) }
}

struct Casting<'a> {
    config: &'a Config,
    mistakes: Vec<Mistake>,
}

impl<'a> Casting<'a> {
    fn teachers(&mut self) -> Vec<TeacherName> {
        let training = &self.config.training;
        if !training.multi_teacher.is_empty() {
            return self.find_all(&training.multi_teacher, "training.multi_teacher", ModelRole::Generate);
        }
        let found = match &training.teacher_provider {
            Some(provider) => {
                let wanted = TeacherRef::Provider(provider.clone());
                self.find(&wanted, "training.teacher_provider", ModelRole::Generate)
            }
            None => self.first_of(&self.config.providers, "providers", ModelRole::Generate),
        };
        found.into_iter().collect()
    }

    fn judges(&mut self, teachers: &[TeacherName]) -> Vec<TeacherName> {
        let gates = &self.config.gates;
        if !gates.judges.is_empty() {
            return self.find_all(&gates.judges, "gates.judges", ModelRole::Judge);
        }
        let able = self.config.providers.iter().flat_map(|provider| provider.with_role(ModelRole::Judge));
        let (selves, others): (Vec<_>, Vec<_>) =
            able.map(|(name, _)| name).partition(|name| teachers.contains(name));
        // Several teachers can judge each other; a lone one only itself.
        let selves_can = gates.self_judge || selves.len() > 1;
        if others.is_empty() && selves_can { selves } else { others }
    }

    fn demand_enough(&mut self, teachers: &[TeacherName], judges: &[TeacherName]) {
        let gates = &self.config.gates;
        let count = |judges: usize| u32::try_from(judges).unwrap_or(u32::MAX);
        let asked = count(judges.len());
        if asked > 0 && gates.of > asked {
            let reason = format!("= {} is more than the judges that there are ({asked})", gates.of);
            self.blame("gates.of", reason, "configure more models with the role `judge`, or ask fewer");
        }
        let others =
            |teacher| count(judges.iter().filter(|judge| gates.self_judge || *judge != teacher).count());
        if let Some(teacher) = teachers.iter().find(|teacher| asked > 0 && gates.agree > others(*teacher)) {
            let left = others(teacher);
            let reason =
                format!("leaves {left} judges to samples of `{teacher}`, but {} must agree", gates.agree);
            let remedy =
                "no teacher judges its own samples unless `self_judge`; name more judges or lower `agree`";
            self.blame("gates.judges", reason, remedy);
        }
    }

    /// The models that a list of references means, each once.
    fn find_all(&mut self, wanted: &[TeacherRef], key: &str, role: ModelRole) -> Vec<TeacherName> {
        let mut found: Vec<TeacherName> = Vec::new();
        for wanted in wanted {
            let name = self.find(wanted, key, role);
            found.extend(name.filter(|name| !found.contains(name)));
        }
        found
    }

    /// The configured model that a reference means.
    fn find(&mut self, wanted: &TeacherRef, key: &str, role: ModelRole) -> Option<TeacherName> {
        let name = match wanted {
            TeacherRef::Provider(name) => name.as_str(),
            TeacherRef::Teacher(name) => name.provider(),
        };
        let Some(provider) = self.config.providers.iter().find(|provider| provider.name.as_str() == name)
        else {
            let reason = format!("names `{wanted}`, but no provider `{name}` is configured");
            let remedy = match self.config.providers.as_slice() {
                [] => format!("add a section `[[providers]]` with `name = \"{name}\"`"),
                known => format!(
                    "add it as `[[providers]]`, or name one of {}",
                    list(known.iter().map(|p| &p.name))
                ),
            };
            return self.blame(key, reason, remedy);
        };
        match wanted {
            TeacherRef::Provider(_) => self.first_of(std::slice::from_ref(provider), key, role),
            TeacherRef::Teacher(teacher) => self.exactly(provider, teacher, key, role),
        }
    }

    fn exactly(
        &mut self,
        provider: &Provider,
        wanted: &TeacherName,
        key: &str,
        role: ModelRole,
    ) -> Option<TeacherName> {
        match provider.teachers().find(|(name, _)| name == wanted) {
            Some((name, model)) if model.role.contains(&role) => Some(name),
            Some(_) => {
                let reason = format!("names `{wanted}`, which has not the role `{role}`");
                self.blame(key, reason, "add it to the key `role` of that model")
            }
            None => {
                let (name, model) = (&provider.name, wanted.model());
                let remedy = match closest(model, provider.models.iter().map(|model| model.name.as_str())) {
                    Some(meant) => format!("did you mean `{name}/{meant}`?"),
                    None => {
                        format!("add `[[providers.models]]` with `name = \"{model}\"` below that provider")
                    }
                };
                self.blame(key, format!("names `{wanted}`, but `{name}` has no such model"), remedy)
            }
        }
    }

    /// The first model of some providers with a role and, to generate, the configured tier.
    fn first_of(&mut self, providers: &'a [Provider], key: &str, role: ModelRole) -> Option<TeacherName> {
        let tier = self.config.training.teacher_tier.as_ref().filter(|_| role == ModelRole::Generate);
        let fits = |model: &Model| tier.is_none_or(|tier| model.tier == *tier);
        let able = || providers.iter().flat_map(|provider| provider.with_role(role));
        if let Some((name, _)) = able().find(|(_, model)| fits(model)) {
            return Some(name);
        }
        let tiers: Vec<&Tier> = able().map(|(_, model)| &model.tier).collect();
        match tier {
            _ if providers.is_empty() => {
                self.blame("providers", "is empty: there is no teacher", "add a section `[[providers]]`")
            }
            Some(tier) if !tiers.is_empty() => {
                let reason = format!(
                    "asks for `{tier}`, which no model with the role `{role}` has in {}",
                    names(providers)
                );
                self.blame("training.teacher_tier", reason, format!("there are {}", list(tiers)))
            }
            _ => {
                let reason =
                    format!("comes to nothing: no model of {} has the role `{role}`", names(providers));
                self.blame(key, reason, "add `[[providers.models]]` below a provider")
            }
        }
    }

    fn blame(
        &mut self,
        key: &str,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Option<TeacherName> {
        self.mistakes.push(self.config.mistake(key, reason, remedy));
        None
    }
}

fn names(providers: &[Provider]) -> String {
    list(providers.iter().map(|provider| &provider.name))
}

/// Words in quotes, sorted, each once.
pub(super) fn list(words: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    let words: std::collections::BTreeSet<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    words.into_iter().collect::<Vec<_>>().join(", ")
}
