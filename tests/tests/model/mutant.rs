//! Protocols that are wrong in one place. A check that never fails proves nothing: each of these must be caught.

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mutant {
    /// Nothing: the factory as it is.
    Sound,
    /// Renewals, failures and releases act for whoever sends them.
    NoFence,
    /// The answer leaves before the commit.
    AcknowledgeFirst,
    /// The generation lives in the queue, so a rebuilt one begins with the same again.
    GenerationLost,
    /// A repeated delivery is stored once more.
    NoReceipt,
    /// The queue lets a task go before its result is committed.
    QueueFirst,
    /// A token is signed for anybody.
    UnboundToken,
    /// A result is accepted also where there is one already.
    LastWins,
    /// A queue that was restored from a backup is served as it is.
    BackupServed,
    /// Nobody takes back leases that ran out.
    NoReaper,
    /// The spool is emptied when a result is sent, not when it is answered.
    ForgetfulSpool,
}

impl Mutant {
    /// All that must be caught.
    pub const ALL: [Self; 10] = [
        Self::NoFence,
        Self::AcknowledgeFirst,
        Self::GenerationLost,
        Self::NoReceipt,
        Self::QueueFirst,
        Self::UnboundToken,
        Self::LastWins,
        Self::BackupServed,
        Self::NoReaper,
        Self::ForgetfulSpool,
    ];
}
