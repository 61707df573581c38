//! The smallest program that can be re-executed as a stage of a sandbox.

fn main() {
    copr_sandbox::main_if_child();
    eprintln!(
        "`copr-sandbox-stage` is started by a sandbox, never by hand\n\
         hint: it exists so that tests and tools have a program to re-execute"
    );
    std::process::exit(2);
}
