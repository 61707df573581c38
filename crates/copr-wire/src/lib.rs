//! What goes over the wire, as types: JSON of the API dialects and of the builder protocol.
//!
//! One module per dialect. No rules live here, and no I/O: a dialect's module says how things look, the use
//! cases say what they mean.
//!
//! ```
//! use copr_wire::builder::{Beat, BeatAnswer};
//!
//! let answer: BeatAnswer = serde_json::from_str(r#"{"cancel": false, "deadline": 1700000060}"#).unwrap();
//! assert!(!answer.cancel);
//! # let _ = Beat { fence: 1, phase: None };
//! ```

pub mod builder;
pub mod v1;
pub mod v2;
pub mod v3;
