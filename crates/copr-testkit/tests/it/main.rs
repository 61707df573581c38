//! What the test support promises to the tests of other crates.

mod minidistro;
mod packages;
mod postgres;
