//! How much GPU memory the models of each provider may take.

use hafs_teachers::TeacherKind;
use tracing::info;

use super::{Gpus, Hardware};
use crate::executors::TeacherSettings;

/// Of the memory, models may take so many tenths: the rest is for the screen, other programs and what is computed.
const TENTHS: u64 = 9;

/// Measures the GPUs of this machine, if there is an Ollama to use them, and says in its models' settings what they may take
/// together: what the configuration says, else their share of what is here, for an Ollama on this machine.
pub async fn share(mut teachers: Vec<TeacherSettings>) -> (Gpus, Vec<TeacherSettings>) {
    let is_ollama = |teacher: &TeacherSettings| teacher.config.kind == TeacherKind::Ollama;
    if !teachers.iter().any(is_ollama) {
        return (Gpus::default(), teachers);
    }
    let gpus = match Hardware::measure().await {
        Hardware::Found(found) => Gpus::new(found),
        Hardware::None(why) => {
            info!("no GPU was measured ({why}); `gpu_memory_mb` of a provider says what its models may take");
            Gpus::default()
        }
    };
    let usable = gpus.memory() / 10 * TENTHS;
    for teacher in teachers.iter_mut().filter(|teacher| is_ollama(teacher)) {
        let is_here = is_on_this_machine(teacher.config.base_url.as_deref());
        teacher.memory = teacher.memory.or((is_here && usable > 0).then_some(usable));
    }
    (gpus, teachers)
}

/// Whether an address is on this machine; that of an Ollama that is not told is.
fn is_on_this_machine(url: Option<&str>) -> bool {
    let Some(url) = url else { return true };
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_this_machine_is_shared_with_its_own_ollama_only() {
        for here in
            [None, Some("http://127.0.0.1:11434"), Some("http://localhost:1/x"), Some("http://[::1]:2")]
        {
            assert!(is_on_this_machine(here), "{here:?}");
        }
        for elsewhere in ["http://192.168.1.9:11434", "http://gpu.example", "no address"] {
            assert!(!is_on_this_machine(Some(elsewhere)), "{elsewhere}");
        }
    }
}
