//! Judged by the real tools: rpm, rpmbuild, createrepo_c and dnf.

mod chunks;
mod damage;
mod evr;
mod facts;
mod metadata;
mod peculiar;
mod repository;
mod rpmbuild;
mod samples;
mod source;
