//! The miners: from what people already have to seeds.
