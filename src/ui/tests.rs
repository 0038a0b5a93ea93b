//! update() by example.
