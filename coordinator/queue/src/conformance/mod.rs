//! What every backend must do. Run [`suite`] and [`property`] against it, unchanged.
