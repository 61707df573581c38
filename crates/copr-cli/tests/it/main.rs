//! The program itself, against servers that do what no service should, and in hands that let go of it.

mod call;
mod completions;
mod eyes;
mod interrupted;
mod server;
mod trouble;
