//! The doors as clients meet them: a real server on a port of its own, real HTTP, and the real Python clients.

mod acceptance;
mod api_v1;
mod builder;
mod builds;
mod chroots;
mod clients;
mod encodings;
mod forks;
mod general;
mod lists;
mod live;
mod openapi;
mod package_changes;
mod packages;
mod pages;
mod people;
mod projects;
mod repo_files;
mod results;
mod server;
mod service;
mod sessions;
mod sources;
mod tags;
mod uploads;
mod who_may;
