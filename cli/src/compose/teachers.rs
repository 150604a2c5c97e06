//! Teachers that nobody has configured: an Ollama on this machine, else a model of the embedded engine.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use hafs_runtime::config::{Config, ModelRole, Provider, ProviderKind, TeacherRef};
use hafs_runtime::env::Environment;
use hafs_teachers::{Ability, OfferedModel, OllamaServer, catalogue};

use crate::context::mistaken;
use crate::exit::Exit;
use crate::failure::Failure;

/// How long an Ollama may take to say what it has.
const KNOCK: Duration = Duration::from_secs(5);
/// Where Ollama listens unless told otherwise.
const PORT: u16 = 11_434;
/// Models of the embedded engine, best first.
const EMBEDDED: [&str; 3] =
    ["qwen2.5-coder-0.5b-instruct", "qwen2.5-coder-1.5b-instruct", "smollm2-135m-instruct"];
/// Bytes of weights beyond which a larger model is not preferred: it would hardly fit a common GPU.
const LARGE: u64 = 12 << 30;

/// A provider on this machine that nobody has configured.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Host {
    kind: ProviderKind,
    url: Option<String>,
    /// Its chat models, best first.
    models: Vec<String>,
    /// How many of them make a team: a teacher, and a judge if it is worth its time.
    team: usize,
}

/// Whom command line and configuration name.
#[derive(Debug, Default)]
struct Named {
    teachers: Vec<TeacherRef>,
    judges: Vec<TeacherRef>,
}

/// The providers that a configuration without any can use: those that `--teacher`, `--judge` or the configuration
/// names; and where no teacher is named an Ollama that answers, else the embedded engine.
///
/// # Errors
/// [`Failure`] when there is none, with what to do.
pub async fn find(
    http: &reqwest::Client,
    config: &Config,
    env: &Environment,
) -> Result<Vec<Provider>, Failure> {
    let named = Named::of(config);
    let ollama = if named.teachers.is_empty() || named.names("ollama") {
        ollama(http, &ollama_url(env.get("OLLAMA_HOST"))).await
    } else {
        Err("nobody asks for Ollama".to_owned())
    };
    let picked = pick(&named, [("ollama", ollama), ("embedded", embedded(config))]);
    picked.map_err(|why| none(&why))?.into_iter().map(|(host, models)| provider(&host, &models)).collect()
}

/// Hosts with the models to take from each, the one of the default teacher first; or why there is nobody.
fn pick(
    named: &Named,
    hosts: [(&str, Result<Host, String>); 2],
) -> Result<Vec<(Host, Vec<String>)>, Vec<String>> {
    let why = |(_, host): &(&str, Result<Host, String>)| host.as_ref().err().cloned();
    let missing: Vec<String> = hosts.iter().filter(|(name, _)| named.names(name)).filter_map(why).collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let away: Vec<String> = hosts.iter().filter_map(why).collect();
    let mut here = hosts.into_iter().filter_map(|(name, host)| Some((name, host.ok()?)));
    let mut picked = Vec::new();
    if named.teachers.is_empty() {
        let (name, host) = here.next().ok_or(away)?;
        let team = if named.judges.is_empty() { host.team } else { 1 };
        let models = host.models.iter().take(team).cloned().chain(named.models(name, &host)).collect();
        picked.push((host, models));
    }
    picked.extend(here.map(|(name, host)| {
        let models = named.models(name, &host);
        (host, models)
    }));
    picked.iter_mut().for_each(|(_, models)| keep_first(models));
    picked.retain(|(_, models)| !models.is_empty());
    Ok(picked)
}

fn keep_first(names: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
}

impl Named {
    fn of(config: &Config) -> Self {
        let training = &config.training;
        let provider = training.teacher_provider.iter().cloned().map(TeacherRef::Provider);
        Self {
            teachers: training.multi_teacher.iter().cloned().chain(provider).collect(),
            judges: config.gates.judges.clone(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &TeacherRef> {
        self.teachers.iter().chain(&self.judges)
    }

    /// Whether somebody of this provider is named.
    fn names(&self, provider: &str) -> bool {
        self.all().any(|reference| match reference {
            TeacherRef::Provider(name) => name.as_str() == provider,
            TeacherRef::Teacher(name) => name.provider() == provider,
        })
    }

    /// The models of a provider that are meant: a name is taken as it is, so that one that is not there is told of.
    fn models(&self, provider: &str, host: &Host) -> Vec<String> {
        let meant = |reference: &TeacherRef| match reference {
            TeacherRef::Provider(name) if name.as_str() == provider => {
                host.models.iter().take(host.team).cloned().collect()
            }
            TeacherRef::Teacher(name) if name.provider() == provider => vec![name.model().to_owned()],
            TeacherRef::Provider(_) | TeacherRef::Teacher(_) => Vec::new(),
        };
        self.all().flat_map(meant).collect()
    }
}

fn none(why: &[String]) -> Failure {
    let message = format!("there is no teacher: no provider is configured, {}", why.join(", and "));
    Failure::new(Exit::NoTeacher, message).remedy(format!(
        "`hafs-factory model pull {}` fetches a small model for the embedded engine; or start Ollama with a chat model; \
         or add [[providers]] to hafs.toml",
        EMBEDDED[0]
    ))
}

async fn ollama(http: &reqwest::Client, url: &str) -> Result<Host, String> {
    let server = OllamaServer::new(http.clone(), url)
        .map_err(|error| format!("OLLAMA_HOST names no server ({error})"))?;
    let offer = match tokio::time::timeout(KNOCK, server.offer()).await {
        Ok(Ok(offer)) => offer,
        Ok(Err(_)) | Err(_) => return Err(format!("no Ollama answers at {url}")),
    };
    let models: Vec<String> = by_merit(&offer.models).into_iter().map(str::to_owned).collect();
    if models.is_empty() {
        return Err(format!("the Ollama at {url} has no chat model"));
    }
    Ok(Host { kind: ProviderKind::Ollama, url: Some(url.to_owned()), models, team: 2 })
}

/// The embedded engine alone: what a model so small thinks of another's samples is worth less than its time.
fn embedded(config: &Config) -> Result<Host, String> {
    let folder = &config.embedded.models_dir;
    if !cfg!(feature = "embedded") {
        return Err("this program was built without the embedded engine".to_owned());
    }
    let here = catalogue::installed(folder).models.into_iter();
    let mut models: Vec<String> =
        here.filter(|model| model.ability == Ability::Chat).map(|model| model.name).collect();
    models.sort_by_key(|name| EMBEDDED.iter().position(|known| known == name).unwrap_or(EMBEDDED.len()));
    if models.is_empty() {
        return Err(format!("no chat model of the embedded engine is in {}", folder.display()));
    }
    Ok(Host { kind: ProviderKind::Embedded, url: None, models, team: 1 })
}

fn provider(host: &Host, models: &[String]) -> Result<Provider, Failure> {
    const ROLES: &[ModelRole] = &[ModelRole::Generate, ModelRole::Judge];
    let models: Vec<(&str, &[ModelRole])> = models.iter().map(|model| (model.as_str(), ROLES)).collect();
    let name = host.kind.to_string();
    Provider::found(&name, host.kind, host.url.as_deref(), &models).map_err(|mistakes| mistaken(&mistakes))
}

/// Models that can answer prompts: what is loaded first, then coders, then larger ones.
fn by_merit(models: &[OfferedModel]) -> Vec<&str> {
    let mut able: Vec<&OfferedModel> =
        models.iter().filter(|model| matches!(model.ability, Ability::Chat | Ability::Unknown)).collect();
    able.sort_by_key(|model| {
        let size = model.bytes.filter(|bytes| *bytes <= LARGE).unwrap_or_default();
        (model.loaded.is_none(), !model.name.contains("code"), Reverse(size), &model.name)
    });
    able.into_iter().map(|model| model.name.as_str()).collect()
}

/// The address that Ollama's own variable means: a URL, or a host with or without port; one that it listens on
/// everywhere is reached on this machine.
fn ollama_url(host: Option<&str>) -> String {
    let host = host.map(str::trim).filter(|host| !host.is_empty()).unwrap_or("127.0.0.1");
    let (scheme, rest) = host.split_once("://").unwrap_or(("http", host));
    let rest = rest.trim_end_matches('/');
    let rest = rest.replacen("0.0.0.0", "127.0.0.1", 1);
    let has_port = rest.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    match (has_port, scheme) {
        (false, "http") if !host.contains("://") => format!("http://{rest}:{PORT}"),
        _ => format!("{scheme}://{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hafs_teachers::Loaded;

    fn model(name: &str, ability: Ability, bytes: u64) -> OfferedModel {
        OfferedModel {
            name: name.to_owned(),
            digest: None,
            bytes: Some(bytes),
            context: None,
            ability,
            quantization: None,
            loaded: None,
        }
    }

    #[test]
    fn a_loaded_model_is_preferred_then_coders_then_larger_ones_and_embedders_are_none() {
        let mut loaded = model("tiny:1b", Ability::Chat, 1 << 30);
        loaded.loaded = Some(Loaded { bytes: 1, gpu_bytes: 0, context: None });
        let models = [
            model("all-minilm:latest", Ability::Embed, 1),
            model("huge:70b", Ability::Chat, 40 << 30),
            model("general:8b", Ability::Unknown, 5 << 30),
            model("qwen2.5-coder:7b", Ability::Chat, 4 << 30),
            loaded,
        ];
        assert_eq!(by_merit(&models), ["tiny:1b", "qwen2.5-coder:7b", "general:8b", "huge:70b"]);
    }

    fn host(kind: ProviderKind, models: &[&str], team: usize) -> Result<Host, String> {
        let models = models.iter().map(|model| (*model).to_owned()).collect();
        Ok(Host { kind, url: None, models, team })
    }

    fn picked(teachers: &[&str], judges: &[&str]) -> Result<Vec<Vec<String>>, Vec<String>> {
        let references = |names: &[&str]| {
            let names = names.iter().map(|name| name.parse().expect("a teacher"));
            names.map(TeacherRef::Teacher).collect()
        };
        let named = Named { teachers: references(teachers), judges: references(judges) };
        let ollama = host(ProviderKind::Ollama, &["a", "b", "c"], 2);
        let embedded = host(ProviderKind::Embedded, &["x", "y"], 1);
        let picked = pick(&named, [("ollama", ollama), ("embedded", embedded)])?;
        Ok(picked.into_iter().map(|(_, models)| models).collect())
    }

    #[test]
    fn ollama_comes_first_and_names_add_to_or_take_the_place_of_the_default() {
        assert_eq!(picked(&[], &[]), Ok(vec![vec!["a".to_owned(), "b".to_owned()]]));
        assert_eq!(picked(&["embedded/y"], &[]), Ok(vec![vec!["y".to_owned()]]));
        assert_eq!(picked(&[], &["ollama/c"]), Ok(vec![vec!["a".to_owned(), "c".to_owned()]]));
        let across = picked(&["embedded/x"], &["ollama/a"]);
        assert_eq!(across, Ok(vec![vec!["a".to_owned()], vec!["x".to_owned()]]));
        assert_eq!(picked(&["elsewhere/z"], &[]), Ok(Vec::new()), "a configured provider is not looked for");
    }

    #[test]
    fn a_host_that_is_named_and_away_is_told_of() {
        let away = || [("ollama", Err("no Ollama".to_owned())), ("embedded", Err("no model".to_owned()))];
        let all = ["no Ollama".to_owned(), "no model".to_owned()];
        assert_eq!(pick(&Named::default(), away()), Err(all.to_vec()));
        let judges = vec![TeacherRef::Teacher("embedded/x".parse().expect("a teacher"))];
        let named = Named { judges, ..Named::default() };
        assert_eq!(pick(&named, away()), Err(vec!["no model".to_owned()]));
    }

    #[test]
    fn the_address_of_ollama_is_read_as_ollama_reads_it() {
        for (host, url) in [
            (None, "http://127.0.0.1:11434"),
            (Some("0.0.0.0"), "http://127.0.0.1:11434"),
            (Some("gpu.lan:8000"), "http://gpu.lan:8000"),
            (Some("https://gpu.lan/"), "https://gpu.lan"),
            (Some("http://10.0.0.2:11434"), "http://10.0.0.2:11434"),
        ] {
            assert_eq!(ollama_url(host), url);
        }
    }
}
