//! Which GPUs there are, as the driver's own tool says.

use std::process::Stdio;
use std::time::Duration;

use hafs_proto::BoundedText;
use hafs_proto::worker::GpuFacts;
use tokio::process::Command;

/// How long the driver may take to answer; one that hangs is one that cannot be used.
const PATIENCE: Duration = Duration::from_secs(10);

/// A GPU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gpu {
    /// Its name.
    pub name: String,
    /// Its memory in bytes.
    pub memory_bytes: u64,
    /// The driver's version.
    pub driver: Option<String>,
}

/// The GPUs of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hardware {
    /// These were found.
    Found(Vec<Gpu>),
    /// None was found, or none can be measured: why, for people.
    None(String),
}

impl Hardware {
    /// Asks `nvidia-smi`. GPUs of other makers have no tool that is there wherever they are: their memory is told in the
    /// configuration.
    pub async fn measure() -> Self {
        let mut command = Command::new("nvidia-smi");
        command.args(["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"]);
        let asked = command.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).output();
        match tokio::time::timeout(PATIENCE, asked).await {
            Err(_) => Self::None(format!("nvidia-smi did not answer within {} s", PATIENCE.as_secs())),
            Ok(Err(_)) => Self::None("nvidia-smi is not here".to_owned()),
            Ok(Ok(output)) if !output.status.success() => {
                Self::None(format!("nvidia-smi failed with {}", output.status))
            }
            Ok(Ok(output)) => Self::read(&String::from_utf8_lossy(&output.stdout)),
        }
    }

    fn read(text: &str) -> Self {
        let found: Vec<Gpu> = text.lines().filter_map(line).collect();
        if found.is_empty() { Self::None("nvidia-smi lists no GPU".to_owned()) } else { Self::Found(found) }
    }
}

/// `NVIDIA GeForce RTX 5060 Ti, 16311, 580.65.06`: name, MiB, driver.
fn line(text: &str) -> Option<Gpu> {
    let mut fields = text.rsplitn(3, ',').map(str::trim);
    let (driver, memory, name) = (fields.next()?, fields.next()?, fields.next()?);
    let memory_bytes = memory.parse::<u64>().ok()?.checked_mul(1 << 20)?;
    let driver = (!driver.is_empty() && !driver.starts_with('[')).then(|| driver.to_owned());
    Some(Gpu { name: name.to_owned(), memory_bytes, driver })
}

impl Gpu {
    /// The facts that a worker registers with.
    #[must_use]
    pub fn facts(&self) -> GpuFacts {
        GpuFacts {
            name: BoundedText::clipped(&self.name),
            memory_bytes: self.memory_bytes,
            driver: self.driver.as_deref().map(BoundedText::clipped),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_the_driver_is_a_gpu_and_what_is_no_line_is_none() {
        let said = "NVIDIA GeForce RTX 5060 Ti, 16311, 580.65.06\nNVIDIA H100, 80 GB, rev 2, 81559, [N/A]\n";
        let Hardware::Found(gpus) = Hardware::read(said) else { panic!("two GPUs") };
        assert_eq!(
            (gpus[0].name.as_str(), gpus[0].memory_bytes),
            ("NVIDIA GeForce RTX 5060 Ti", 16_311 << 20)
        );
        assert_eq!(gpus[0].driver.as_deref(), Some("580.65.06"));
        assert_eq!((gpus[1].name.as_str(), gpus[1].driver.as_deref()), ("NVIDIA H100, 80 GB, rev 2", None));
        for nothing in ["", "No devices were found\n", "a, b, c\n", "GPU, 99999999999999999999, 1\n"] {
            assert!(matches!(Hardware::read(nothing), Hardware::None(_)), "{nothing:?}");
        }
    }
}
