//! The program `copr`. See the library of the same name.

use std::process::ExitCode;

fn main() -> ExitCode {
    copr_cli::main(std::env::args_os())
}
