//! The program through its public face.

mod check_config;
mod commands;
mod configuration;
