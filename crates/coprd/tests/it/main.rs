//! The program through its public face.

mod admin;
mod beside;
mod check_config;
mod chroots;
mod commands;
mod configuration;
#[cfg(feature = "gssapi")]
mod kerberos;
mod keys;
mod repositories;
mod service;
