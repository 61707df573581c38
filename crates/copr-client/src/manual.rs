#![doc = include_str!("../docs/manual.md")]

#[doc = include_str!("../docs/legacy.md")]
pub mod legacy {}

#[doc = include_str!("../docs/v2.md")]
pub mod v2 {}

#[doc = include_str!("../docs/v3.md")]
pub mod v3 {}
