//! An independent implementation of the cloud protocols (the LiteLLM proxy), over a small real model and over the
//! scripted server. It proves that somebody else's code accepts our requests and that we read its answers; what the
//! real providers do beyond that (their headers, their errors) is in the tests beside this one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hafs_proto::task::FailureClass;
use hafs_proto::{ContentHash, Reason, StopReason};
use hafs_teachers::{ChatRequest, Message, SecretSource, Teacher, TeacherConfig};
use hafs_tests::cache::cached;
use hafs_tests::engine::{Engine, smollm2};
use hafs_tests::scripted::{Fault, MODEL, Script, Wire};
use serde_json::{Value, json};

use crate::support::{Foreign, ask, connector, key_file, kind, request, start};

/// The wires that it serves.
const WIRES: [Wire; 4] = [Wire::Chat, Wire::Responses, Wire::Messages, Wire::Gemini];

/// A running proxy and its key.
struct Proxy {
    server: Foreign,
    key: SecretSource,
    folder: tempfile::TempDir,
}

impl Proxy {
    /// A proxy in front of servers: what it calls their kind, the model's name, and the server's address.
    async fn start(upstreams: &[(&str, &str, &str)]) -> Option<Self> {
        installed()?;
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("proxy.json");
        // It takes no key that could be guessed.
        let key = format!("sk-{}", ContentHash::of(folder.path().to_string_lossy().as_bytes()));
        std::fs::write(&config, config_of(upstreams, &key).to_string()).expect("written");
        let key = key_file(folder.path(), &key);
        let server = Foreign::start("litellm.sh", config.as_os_str(), "/health/liveliness").await;
        Some(Self { server, key, folder })
    }

    fn config(&self, wire: Wire, model: &str) -> TeacherConfig {
        let mut config = TeacherConfig::new(kind(wire), "proxy", model);
        config.base_url = Some(self.server.url.clone());
        config.key = Some(self.key.clone());
        config.idle_timeout = Duration::from_secs(60);
        config
    }

    fn teacher(&self, wire: Wire, model: &str) -> Arc<dyn Teacher> {
        connector().teacher(&self.config(wire, model)).expect("a teacher")
    }
}

/// JSON is YAML too.
fn config_of(upstreams: &[(&str, &str, &str)], key: &str) -> Value {
    let models: Vec<Value> = upstreams
        .iter()
        .map(|(server, name, url)| {
            let params = json!({"model": format!("{server}/{name}"), "api_base": url, "api_key": "none"});
            json!({"model_name": name, "litellm_params": params})
        })
        .collect();
    json!({"model_list": models, "general_settings": {"master_key": key}, "litellm_settings": {"num_retries": 0, "drop_params": true},
        "router_settings": {"disable_cooldowns": true, "num_retries": 0}})
}

fn installed() -> Option<PathBuf> {
    let mark = cached("HAFS_TEST_ENGINES", "engines")?.join("litellm-1.106.2/installed");
    mark.exists().then_some(mark)
}

fn skipped() {
    println!(
        "SKIPPED: the LiteLLM proxy is not installed; `HAFS_TEST_LITELLM=1 scripts/setup.sh` gets it (740 MB)"
    );
}

#[tokio::test]
async fn a_foreign_implementation_takes_our_calls_and_we_read_its_answers_and_errors() {
    // The first conversation goes well on every wire.
    let faults =
        [(2, Fault::RateLimited(7)), (3, Fault::Truncated), (4, Fault::Truncated), (5, Fault::Truncated)];
    let faults = faults.map(|(conversation, fault)| (conversation, vec![fault])).into();
    let scripted = start(Script { faults, ..Script::default() }).await;
    let Some(proxy) = Proxy::start(&[("openai", MODEL, &scripted.base_url())]).await else {
        return skipped();
    };
    for wire in WIRES {
        let reply = ask(proxy.teacher(wire, MODEL).as_ref(), &request()).await;
        let text = reply.outcome.unwrap_or_else(|failure| panic!("{wire:?}: {failure}"));
        let object: Value = serde_json::from_str(&text).expect("an object");
        assert!(object["output"].is_string(), "{wire:?}: {text}");
        let asked = scripted.last().expect("a call");
        assert_eq!(
            asked.texts,
            ["You write questions. Answer in JSON.", "What is a lease, and why does it end?"]
        );
        assert_eq!(asked.schema["required"][0], "output", "{wire:?}: the schema arrived");
        assert_eq!(reply.record.stop, StopReason::Complete, "{wire:?}");
        assert!(reply.record.usage.output > 0, "{wire:?}: counted, or estimated");
        // It counts nothing at the end of a Gemini stream.
        assert_eq!(reply.record.usage.reported, wire != Wire::Gemini, "{wire:?}: {:?}", reply.record.usage);
    }
    let limited = ask(proxy.teacher(Wire::Chat, MODEL).as_ref(), &other("limited")).await;
    assert_eq!(limited.outcome.expect_err("limited").class, FailureClass::RateLimited);
    for (wire, prompt) in [(Wire::Chat, "a"), (Wire::Responses, "b"), (Wire::Gemini, "c")] {
        let cut = ask(proxy.teacher(wire, MODEL).as_ref(), &other(prompt)).await;
        let failure = cut.outcome.expect_err("cut at the limit");
        assert_eq!(failure.reason, Reason::Truncated, "{wire:?}: {failure}");
    }
    for wire in WIRES {
        let calls = scripted.calls();
        let none = ask(proxy.teacher(wire, "no-such-model").as_ref(), &request()).await;
        assert_eq!(none.outcome.expect_err("no model").class, FailureClass::ModelMissing, "{wire:?}");
        let mut config = proxy.config(wire, MODEL);
        config.key = Some(key_file(&proxy.folder.path().join("other"), &["another", "key"].join("-")));
        let refused = ask(connector().teacher(&config).expect("a teacher").as_ref(), &request()).await;
        assert!(refused.outcome.is_err(), "{wire:?}: our key is looked at");
        assert_eq!(scripted.calls(), calls, "{wire:?}: neither was passed on");
    }
}

#[tokio::test]
async fn a_small_real_model_behind_a_foreign_implementation_answers_on_every_wire() {
    let Some(engine) = smollm2().as_deref().and_then(Engine::start) else {
        return println!("SKIPPED: llama.cpp or its model is not there; `scripts/setup.sh` gets both");
    };
    let upstream = format!("{}/v1", engine.url);
    let Some(proxy) = Proxy::start(&[("lm_studio", &engine.model, &upstream)]).await else {
        return skipped();
    };
    for wire in WIRES {
        let teacher = proxy.teacher(wire, &engine.model);
        for schema in [None, request().schema] {
            let structured = schema.is_some();
            let request =
                ChatRequest { schema, max_tokens: 96, deadline: Duration::from_secs(120), ..request() };
            let reply = ask(teacher.as_ref(), &request).await;
            println!("{wire:?} {structured}: {:?} {:?}", reply.outcome, reply.record.usage);
            let usable =
                reply.outcome.as_ref().map_or_else(|failure| failure.reason == Reason::Truncated, |_| true);
            assert!(usable, "{wire:?}: {:?}", reply.outcome);
            assert!(
                reply.record.reply_hash.is_some() && reply.record.usage.output > 0,
                "{wire:?}: {:?}",
                reply.record
            );
            // The proxy does not pass the schema of Messages on to a server of this kind. A model this small may fill
            // an object without end, but with the schema it cannot begin with anything else.
            if structured && wire != Wire::Messages {
                let cut = reply.record.reply_excerpt.map(|excerpt| excerpt.to_string());
                let text = reply.outcome.ok().or(cut).unwrap_or_default();
                assert!(text.trim_start().starts_with('{'), "{wire:?}: {text}");
            }
        }
    }
}

/// Another prompt than the usual one.
fn other(text: &str) -> ChatRequest {
    ChatRequest { messages: vec![Message::user(text)], ..request() }
}
