//! The service and its real, unmodified clients: copr-cli, python-copr and `dnf copr`, old and new. And `copr`,
//! which has to do whatever copr-cli does.

mod cli;
mod copr;
mod copr_arguments;
mod copr_cli;
mod dnf4;
mod dnf5;
mod old_python_copr;
mod python_copr;
mod session;
mod stage;
