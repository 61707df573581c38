//! The client against servers that say exactly what a test wants. How it gets on with a real service is tested where
//! the program is.

mod answers;
mod attempts;
mod downloads;
mod fake;
mod files;
mod legacy;
mod logs;
mod progress;
mod uploads;
mod v2;
mod waiting;
