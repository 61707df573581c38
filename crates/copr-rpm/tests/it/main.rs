//! Judged by the real tools: rpm, rpmbuild, createrepo_c and dnf.

mod damage;
mod evr;
mod facts;
mod metadata;
mod repository;
mod rpmbuild;
mod samples;
mod source;
