//! Whether this coordinator leads: plans, settles and makes backups. Of several that share a library one does; one
//! that has its library for itself always does. `reconcile::lead` keeps the lead and takes it over.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hafs_library::tables::leader;
use hafs_library::{Address, StoreError, Tx};
use hafs_runtime::clock::Stopwatch;
use hafs_runtime::entropy::{self, EntropyError};

/// How long a leader that cannot write its beat goes on. Half of what the others wait for.
const TERM: Duration = Duration::from_secs(3);

/// This coordinator's part in the lead.
#[derive(Debug)]
pub struct Lead {
    me: String,
    alone: bool,
    /// Since when the last beat that is in the library was under way.
    confirmed: Mutex<Option<Stopwatch>>,
}

impl Lead {
    /// Of a process that was just started.
    ///
    /// # Errors
    /// [`EntropyError`] when the operating system has no randomness.
    pub fn new(library: &Address) -> Result<Self, EntropyError> {
        let random: [u8; 16] = entropy::bytes()?;
        let me = random.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { me, alone: matches!(library, Address::File(_)), confirmed: Mutex::default() })
    }

    /// Random text of this process's life.
    #[must_use]
    pub fn me(&self) -> &str {
        &self.me
    }

    /// Whether nobody else can have the library open.
    #[must_use]
    pub const fn is_alone(&self) -> bool {
        self.alone
    }

    /// Whether it leads, as far as it knows. One that stood still for a while may be wrong; see [`Lead::fence`].
    #[must_use]
    pub fn holds(&self) -> bool {
        self.alone || self.lock().as_ref().is_some_and(|since| since.elapsed() < TERM)
    }

    /// Whether it leads in truth: asked in the transaction that must not be done by two.
    ///
    /// # Errors
    /// [`StoreError`] of the driver.
    pub fn fence(&self, tx: &mut dyn Tx) -> Result<bool, StoreError> {
        if self.alone { Ok(true) } else { leader::leads(tx, &self.me) }
    }

    /// A beat that began then is in the library, or the lead was lost.
    pub(crate) fn confirm(&self, since: Option<Stopwatch>) {
        *self.lock() = since;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Stopwatch>> {
        self.confirmed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
