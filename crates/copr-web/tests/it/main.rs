//! The API as clients meet it: a real server on a port of its own, real HTTP, and the real Python clients.

mod builds;
mod chroots;
mod clients;
mod encodings;
mod general;
mod lists;
mod packages;
mod projects;
mod server;
mod uploads;
