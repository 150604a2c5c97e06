//! Limits that both sides hold each other to.

/// Bytes of an instruction.
pub const INSTRUCTION_BYTES: usize = 32 * 1024;
/// Bytes of an input or of an output.
pub const BODY_BYTES: usize = 256 * 1024;
/// Bytes of a seed's text.
pub const SEED_TEXT_BYTES: usize = 64 * 1024;
/// Bytes of one entry of a seed's context.
pub const SEED_CONTEXT_BYTES: usize = 16 * 1024;
/// Bytes of a request's body, batches apart.
pub const REQUEST_BYTES: usize = 2 * 1024 * 1024;
/// Bytes of a batch of completions.
pub const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// Tasks that one claim gives: a queue's server works less than 5 ms for them behind a backlog of 100,000.
pub const CLAIM_TASKS: u32 = 128;
/// Slots of a pool.
pub const POOL_SLOTS: u32 = 256;
/// Items in one batch of completions, failures, renewals or releases.
pub const BATCH_ITEMS: usize = 1_000;
/// Seeds in one completed harvest task; the task's cursor says where the next one goes on.
pub const HARVEST_SEEDS: usize = 200;
/// Candidates of one generate task.
pub const CANDIDATES: usize = 64;
/// Calls recorded with one completion or failure.
pub const CALLS: usize = 16;
/// Routes of one worker.
pub const WORKER_ROUTES: usize = 512;
/// Longest wait of a long poll, in milliseconds: shorter than the idle limit of common proxies.
pub const CLAIM_WAIT_MS: u64 = 25_000;
/// Items of one page.
pub const PAGE_ITEMS: u32 = 500;
/// Keys of one map, such as the context of a seed.
pub const MAP_KEYS: usize = 256;
/// Bytes of a key of a map.
pub const MAP_KEY_BYTES: usize = 256;
