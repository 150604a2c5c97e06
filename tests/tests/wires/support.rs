//! A teacher of each wire, connected to the scripted server over real HTTP.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hafs_teachers::{
    ChatRequest, Connector, Message, Reply, SecretSource, Teacher, TeacherConfig, TeacherKind,
};
use hafs_tests::scripted::{Fault, MODEL, Script, ScriptedTeacher, Wire};
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// The kind of provider that speaks a wire.
pub fn kind(wire: Wire) -> TeacherKind {
    match wire {
        Wire::Chat => TeacherKind::OpenAi,
        Wire::Responses => TeacherKind::Responses,
        Wire::Messages => TeacherKind::Anthropic,
        Wire::Gemini => TeacherKind::Gemini,
        Wire::Ollama => TeacherKind::Ollama,
    }
}

pub fn connector() -> Connector {
    let http = hafs_runtime::http::client(&Default::default(), &Default::default()).expect("a client");
    Connector::new(http, std::env::temp_dir())
}

pub fn config(wire: Wire, server: &ScriptedTeacher) -> TeacherConfig {
    let mut config = TeacherConfig::new(kind(wire), "scripted", MODEL);
    config.base_url = Some(server.root_url());
    config.idle_timeout = Duration::from_millis(300);
    config
}

pub fn teacher(wire: Wire, server: &ScriptedTeacher) -> Arc<dyn Teacher> {
    connector().teacher(&config(wire, server)).expect("a teacher")
}

/// A server whose first call goes wrong.
pub async fn faulty(fault: Fault) -> ScriptedTeacher {
    start(Script { faults: [(1, vec![fault])].into(), ..Script::default() }).await
}

pub async fn start(script: Script) -> ScriptedTeacher {
    ScriptedTeacher::start(script).await.expect("a port")
}

pub async fn ask(teacher: &dyn Teacher, request: &ChatRequest) -> Reply {
    teacher.chat(request, &CancellationToken::new()).await
}

/// One call of a wire whose server goes wrong.
pub async fn ask_faulty(wire: Wire, fault: Fault) -> Reply {
    let server = faulty(fault).await;
    ask(teacher(wire, &server).as_ref(), &request()).await
}

pub fn request() -> ChatRequest {
    let text = json!({"type": "string", "minLength": 1});
    let schema = json!({"type": "object", "properties": {"output": text}, "required": ["output"],
        "additionalProperties": false});
    ChatRequest {
        system: "You write questions. Answer in JSON.".to_owned(),
        messages: vec![Message::user("What is a lease, and why does it end?")],
        schema: Some(schema),
        max_tokens: 256,
        temperature: 0.2,
        seed: 7,
        num_ctx: None,
        deadline: Duration::from_secs(10),
    }
}

/// A file that holds a key.
pub fn key_file(folder: &Path, key: &str) -> SecretSource {
    std::fs::create_dir_all(folder).expect("a folder");
    let path = folder.join("key");
    std::fs::write(&path, key).expect("written");
    SecretSource::File(path)
}
