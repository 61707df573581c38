//! Empty PostgreSQL databases, one for each test that wants one.

use std::env;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::UNIX_EPOCH;

use crate::{command, output};

/// The server that tests may use, as `cargo xtask test` names it in `COPR_TESTS_POSTGRES`:
/// `postgres://USER@localhost/postgres?host=/socket/directory`. Its user may create databases.
///
/// None when the variable is unset or empty: then tests run on SQLite alone, and should say so.
pub fn postgres_url() -> Option<String> {
    env::var("COPR_TESTS_POSTGRES").ok().filter(|url| !url.is_empty())
}

/// An empty database with a name of its own, dropped with the value.
#[derive(Debug)]
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    /// The address to connect to.
    pub fn url(&self) -> String {
        with_database(&self.server, &self.name)
    }

    /// The database's name on its server.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // FORCE ends the connections of a pool that outlives its test. A failure here is not worth a
        // panic in a drop: the server is a private one and goes away with the run.
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let _ = psql(&self.server, &drop).output();
    }
}

/// Makes an empty database on [`postgres_url`]; None when tests have no server.
///
/// # Panics
/// When the server is named but refuses.
pub fn fresh_database() -> Option<Database> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = postgres_url()?;
    // The time as well: a process number comes again, and a killed test drops nothing.
    let name = format!("t{}_{}_{}", nanoseconds(), process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    output(&mut psql(&server, &format!("CREATE DATABASE {name}")));
    Some(Database { server, name })
}

#[expect(clippy::disallowed_methods, reason = "for a name that was not there before, not for a decision")]
fn nanoseconds() -> u128 {
    std::time::SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos())
}

// psql and not sqlx, so that whoever needs a source package does not compile a database driver.
fn psql(url: &str, statement: &str) -> process::Command {
    let mut psql = command("psql");
    psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--command", statement, url]);
    psql
}

/// `url` with the path replaced by `/name`.
fn with_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(a, q)| (a, Some(q)));
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address[host..].find('/').map_or(address.len(), |at| host + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{name}{query}", &address[..end])
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_database_is_the_path_of_the_address() {
        for (url, expected) in [
            ("postgres://u@h/postgres?host=/tmp/x", "postgres://u@h/t1?host=/tmp/x"),
            ("postgres://u:p@h:5433/postgres", "postgres://u:p@h:5433/t1"),
            ("postgres://h", "postgres://h/t1"),
            ("postgres:///postgres?host=/run", "postgres:///t1?host=/run"),
        ] {
            assert_eq!(with_database(url, "t1"), expected);
        }
    }
}
