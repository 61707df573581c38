//! What builders of this crate's tests start again inside sandboxes: a test's own program is taken by its
//! harness.

fn main() {
    copr_builder::main_if_child();
    eprintln!("this program only works as a part of a builder");
    std::process::exit(64);
}
