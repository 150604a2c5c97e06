//! A teacher of each wire, connected to the scripted server over real HTTP.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
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

/// Somebody else's server, started by a script of ours; ends with its standard input, also when this process dies.
pub struct Foreign {
    child: Child,
    pub url: String,
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Foreign {
    /// `SCRIPT serve ARGUMENT PORT`, once its health answers.
    pub async fn start(script: &str, argument: &OsStr, health: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts").join(script);
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        let mut command = Command::new("bash");
        command.arg(script).arg("serve").args([argument, port.to_string().as_ref()]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let url = format!("http://127.0.0.1:{port}");
        let mut server = Self { child: command.spawn().expect("bash runs"), url };
        server.ready(health).await;
        server
    }

    async fn ready(&mut self, health: &str) {
        let http = hafs_runtime::http::client(&Default::default(), &Default::default()).expect("a client");
        let patience = tokio::time::Instant::now() + Duration::from_secs(180);
        let health = format!("{}{health}", self.url);
        while !http.get(&health).send().await.is_ok_and(|answer| answer.status().is_success()) {
            let ended = self.child.try_wait().expect("a child").is_some();
            assert!(!ended && tokio::time::Instant::now() < patience, "the server does not come up");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}
