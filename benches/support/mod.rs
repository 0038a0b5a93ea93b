//! What the engine's benches share: arguments, quantiles, an engine over a filled workspace, a plain database as filled.

#![allow(dead_code, reason = "each bench uses its part")]

pub mod engine;
pub mod load;
pub mod plain;
pub mod rest;

use std::time::Duration;

/// Two numbers from the command line: how many, and on how much history.
pub fn args(count: usize, fill: usize) -> (usize, usize) {
    (number(0).unwrap_or(count), number(1).unwrap_or(fill))
}

/// A number from the command line, by its place.
pub fn number(place: usize) -> Option<usize> {
    std::env::args().skip(1).filter_map(|a| a.parse().ok()).nth(place)
}

/// A quantile of sorted times.
pub fn quantile(sorted: &[Duration], q: f64) -> Duration {
    let at = ((sorted.len() as f64 - 1.0) * q).round().max(0.0) as usize;
    sorted.get(at).copied().unwrap_or_default()
}
