//! coprd
fn main() {}
