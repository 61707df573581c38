//! What strangers may write, as chance makes it up; `cargo bolero test NAME` looks for worse on purpose.

mod names;
