//! The whole service and what strangers give it: their packages, their mistakes, their malice.
//!
//! Each test has its own service and asks it for many things, so that a run takes minutes and not hours; buildroots are
//! shared by all.

mod api;
mod fetching;
mod foreign;
mod greed;
mod own;
mod secrets;
mod stage;
mod surgery;
mod uploads;
mod web;
