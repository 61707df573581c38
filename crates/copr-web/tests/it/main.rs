//! The doors as clients meet them: a real server on a port of its own, real HTTP, and the real Python clients.

mod builder;
mod builds;
mod chroots;
mod clients;
mod encodings;
mod general;
mod lists;
mod live;
mod package_changes;
mod packages;
mod pages;
mod projects;
mod repo_files;
mod results;
mod server;
mod service;
mod sources;
mod uploads;
