//! Repositories as others see them: git is the judge.

mod branches;
mod cloning;
mod fixture;
mod look_aside;
mod whole;
