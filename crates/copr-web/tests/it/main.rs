//! The API as clients meet it: a real server on a port of its own, real HTTP, and the real Python clients.

mod builder;
mod live;
mod pages;
mod repo_files;
mod results;
mod service;
