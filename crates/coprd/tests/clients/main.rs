//! The service and its real, unmodified clients: copr-cli, python-copr and `dnf copr`, old and new.

mod cli;
mod copr_cli;
mod dnf4;
mod dnf5;
mod old_python_copr;
mod python_copr;
mod session;
mod stage;
