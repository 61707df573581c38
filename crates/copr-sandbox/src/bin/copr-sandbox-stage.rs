//! The smallest program around a sandbox: what tests re-execute, and a way to look into one by hand.
//!
//! ```text
//! copr-sandbox-stage host /bin/ls /
//! copr-sandbox-stage /srv/root /bin/sh -c 'id; mount'
//! ```

use std::{
    io::{self, Write},
    process::ExitCode,
};

use copr_sandbox::{Command, Config, Exit, Root, Sandbox};

fn main() -> ExitCode {
    copr_sandbox::main_if_child();
    let mut words = std::env::args().skip(1);
    let (Some(root), Some(program)) = (words.next(), words.next()) else {
        eprintln!("a root (`host` or a directory) and a program are needed");
        return ExitCode::from(2);
    };
    let root = if root == "host" { Root::HostTools } else { Root::Tree(root.into()) };
    let command = Command::new(root, program).args(words).on_output(|bytes| {
        // Nobody to tell when nobody reads.
        let _ = io::stdout().write_all(bytes);
        let _ = io::stdout().flush();
    });
    match run(command) {
        Ok(Exit::Exited(code)) => ExitCode::from(code as u8),
        Ok(Exit::Signaled(signal)) => ExitCode::from(128 + signal as u8),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(70)
        }
    }
}

fn run(command: Command) -> Result<Exit, Box<dyn std::error::Error>> {
    let sandbox = Sandbox::new(Config::default())?;
    eprintln!("{}", sandbox.capabilities());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(sandbox.run(command))?.exit)
}
