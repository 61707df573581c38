//! The program's own affairs. None of them needs a configuration.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::login;
use crate::cli::setup::{Command, Completions, Man};
use crate::failure::Failure;
use crate::show::{Done, Screen};

/// Carries out a command. `path` is the file of the configuration that was named.
pub(super) async fn run(screen: &Screen, path: Option<PathBuf>, command: Command) -> Result<(), Failure> {
    match command {
        Command::Login(login) => login::run(screen, path, login).await,
        Command::Completions(Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut crate::command(), "copr", &mut script);
            Ok(io::stdout().write_all(&script)?)
        }
        Command::Man(Man { directory: None }) => {
            let mut page = Vec::new();
            clap_mangen::Man::new(crate::command()).render(&mut page)?;
            Ok(io::stdout().write_all(&page)?)
        }
        Command::Man(Man { directory: Some(directory) }) => {
            let count = pages(&directory)
                .map_err(|error| Failure::here(&format!("can't write into `{}`: {error}", directory.display())))?;
            let done = Done::new(format!("{count} manual pages are in {}.", directory.display()));
            Ok(screen.show(&done.with("directory", directory.display().to_string()).with("pages", count))?)
        }
    }
}

/// Writes a page for the program and one for each command.
fn pages(directory: &Path) -> io::Result<usize> {
    fs::create_dir_all(directory)?;
    let mut root = crate::command();
    root.build();
    let one = |command: &clap::Command, name: String| {
        let page = clap_mangen::Man::new(command.clone()).title(name.to_uppercase());
        let mut text = Vec::new();
        page.render(&mut text)?;
        fs::write(directory.join(format!("{name}.1")), text)
    };
    one(&root, root.get_name().to_owned())?;
    let mut count = 1;
    for command in root.get_subcommands().filter(|command| !command.is_hide_set()) {
        one(command, format!("{}-{}", root.get_name(), command.get_name()))?;
        count += 1;
    }
    Ok(count)
}
