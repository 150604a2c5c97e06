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

/// How many models of a provider are offered to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// The best ones.
    Best(usize),
    /// All, because some are asked for by name.
    All,
}

/// The providers that a configuration without any can use: those that `--teacher`, `--judge` or the configuration
/// names, else an Ollama that answers, else the embedded engine.
///
/// # Errors
/// [`Failure`] when there is none, with what to do.
pub async fn find(
    http: &reqwest::Client,
    config: &Config,
    env: &Environment,
) -> Result<Vec<Provider>, Failure> {
    let named = named(config);
    let url = ollama_url(env.get("OLLAMA_HOST"));
    if !named.is_empty() {
        let mut providers = Vec::new();
        if named.contains("ollama") {
            let found = ollama(http, &url, Wanted::All).await?;
            providers.push(found.map_err(|why| none(&[why]))?);
        }
        if named.contains("embedded") {
            providers.push(embedded(config, Wanted::All)?.map_err(|why| none(&[why]))?);
        }
        return Ok(providers);
    }
    let no_ollama = match ollama(http, &url, Wanted::Best(2)).await? {
        Ok(provider) => return Ok(vec![provider]),
        Err(why) => why,
    };
    match embedded(config, Wanted::Best(1))? {
        Ok(provider) => Ok(vec![provider]),
        Err(no_model) => Err(none(&[no_ollama, no_model])),
    }
}

/// Providers that the configuration names.
fn named(config: &Config) -> BTreeSet<String> {
    let (training, gates) = (&config.training, &config.gates);
    let references = training.multi_teacher.iter().chain(&gates.judges).map(|reference| match reference {
        TeacherRef::Provider(name) => name.as_str().to_owned(),
        TeacherRef::Teacher(name) => name.provider().to_owned(),
    });
    references.chain(training.teacher_provider.iter().map(|name| name.as_str().to_owned())).collect()
}

fn none(why: &[String]) -> Failure {
    let message = format!("there is no teacher: no provider is configured, {}", why.join(", and "));
    Failure::new(Exit::NoTeacher, message).remedy(format!(
        "`hafs-factory model pull {}` fetches a small model for the embedded engine; or start Ollama with a chat model; \
         or add [[providers]] to hafs.toml",
        EMBEDDED[0]
    ))
}

/// The provider, or why there is none.
type Found = Result<Provider, String>;

async fn ollama(http: &reqwest::Client, url: &str, wanted: Wanted) -> Result<Found, Failure> {
    let server = match OllamaServer::new(http.clone(), url) {
        Ok(server) => server,
        Err(error) => return Ok(Err(format!("OLLAMA_HOST names no server ({error})"))),
    };
    let offer = match tokio::time::timeout(KNOCK, server.offer()).await {
        Ok(Ok(offer)) => offer,
        Ok(Err(_)) | Err(_) => return Ok(Err(format!("no Ollama answers at {url}"))),
    };
    let models = by_merit(&offer.models);
    if models.is_empty() {
        return Ok(Err(format!("the Ollama at {url} has no chat model")));
    }
    provider("ollama", ProviderKind::Ollama, Some(url), wanted.of(models))
}

fn embedded(config: &Config, wanted: Wanted) -> Result<Found, Failure> {
    let folder = &config.embedded.models_dir;
    if !cfg!(feature = "embedded") {
        return Ok(Err("this program was built without the embedded engine".to_owned()));
    }
    let offer = catalogue::installed(folder);
    let mut models: Vec<&str> = offer
        .models
        .iter()
        .filter(|model| model.ability == Ability::Chat)
        .map(|model| model.name.as_str())
        .collect();
    models.sort_by_key(|name| EMBEDDED.iter().position(|known| known == name).unwrap_or(EMBEDDED.len()));
    if models.is_empty() {
        return Ok(Err(format!("no chat model of the embedded engine is in {}", folder.display())));
    }
    provider("embedded", ProviderKind::Embedded, None, wanted.of(models))
}

fn provider(name: &str, kind: ProviderKind, url: Option<&str>, models: Vec<&str>) -> Result<Found, Failure> {
    const ROLES: &[ModelRole] = &[ModelRole::Generate, ModelRole::Judge];
    let models: Vec<(&str, &[ModelRole])> = models.into_iter().map(|model| (model, ROLES)).collect();
    Provider::found(name, kind, url, &models).map(Ok).map_err(|mistakes| mistaken(&mistakes))
}

impl Wanted {
    fn of(self, mut models: Vec<&str>) -> Vec<&str> {
        if let Self::Best(most) = self {
            models.truncate(most);
        }
        models
    }
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
