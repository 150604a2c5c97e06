//! Ending with the program outside, however that ends.
//!
//! The launcher's standard input is a pipe that only the outside holds and never writes to. It closes when the outside
//! ends, also when it is killed; then the whole group ends, with what a compiler driver has started. The signal at a
//! parent's death would end the launcher alone, and first.

use std::io;

use rustix::process::{Signal, kill_current_process_group};

/// Ties this process's group to the program outside.
///
/// # Errors
/// Why no thread could be started to watch it.
pub(super) fn tie() -> Result<(), String> {
    let watch = std::thread::Builder::new().name("leash".to_owned()).spawn(|| {
        // A pipe that cannot be read is as good as closed.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = kill_current_process_group(Signal::KILL);
    });
    watch.map(drop).map_err(|error| format!("the leash could not be tied: {error}"))
}
