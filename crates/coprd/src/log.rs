//! Where log lines go: standard error, so that standard output stays for data.

use crate::config::{Log, LogFormat};
use tracing_subscriber::EnvFilter;

/// Starts logging as configured.
pub fn start(log: &Log) {
    let filter = EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => lines.with_target(false).init(),
        LogFormat::Json => lines.json().init(),
    }
}
