//! .repo
