//! The whole service under bad weather: processes killed at the worst moments, builders lost, crowds.
//!
//! Slow tests in a binary of their own; each has its own service, builders and dnf.

mod builders;
mod crowd;
mod forks;
mod keys;
mod kill;
mod publications;
mod restart;
mod stage;
