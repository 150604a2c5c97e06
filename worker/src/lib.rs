//! The worker service: agent loop, executors, generators, spool.
