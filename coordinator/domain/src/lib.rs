//! Every decision of the coordinator, pure and synchronous.
