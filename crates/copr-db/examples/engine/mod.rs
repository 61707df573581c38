//! A database of either kind, to be filled with plain statements.

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

pub enum Engine {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Engine {
    pub async fn connect(address: &str) -> sqlx::Result<Self> {
        if address.starts_with("sqlite:") {
            Ok(Self::Sqlite(SqliteConnection::connect(address).await?))
        } else {
            Ok(Self::Postgres(PgConnection::connect(address).await?))
        }
    }

    /// One statement, with `series(N)` as the numbers from 0 to N - 1 in a table `n (i)`.
    pub async fn run(&mut self, sql: &str) -> sqlx::Result<()> {
        let sql = match self {
            Self::Sqlite(_) => sql.to_owned(),
            // PostgreSQL wants to give the numbers of rows itself, unless told otherwise.
            Self::Postgres(_) if sql.starts_with("INSERT") => {
                sql.replacen("SELECT", "OVERRIDING SYSTEM VALUE SELECT", 1)
            }
            Self::Postgres(_) => sql.to_owned(),
        };
        let sql = AssertSqlSafe(series(&sql));
        match self {
            Self::Sqlite(conn) => sqlx::raw_sql(sql).execute(conn).await.map(drop),
            Self::Postgres(conn) => sqlx::raw_sql(sql).execute(conn).await.map(drop),
        }
    }

    pub fn yes(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "1",
            Self::Postgres(_) => "TRUE",
        }
    }

    pub fn no(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "0",
            Self::Postgres(_) => "FALSE",
        }
    }

    /// As a database is that has been running for a day: it knows what there is, and PostgreSQL gives numbers after those that were
    /// given to it.
    pub async fn settle(&mut self, numbered: &[&str]) -> sqlx::Result<()> {
        let Self::Postgres(_) = self else { return self.run("ANALYZE").await };
        for table in numbered {
            let sql = format!("SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))");
            self.run(&sql).await?;
        }
        self.run("VACUUM ANALYZE").await
    }
}

fn series(sql: &str) -> String {
    let Some((before, rest)) = sql.split_once("series(") else { return sql.to_owned() };
    let (count, after) = rest.split_once(')').unwrap_or((rest, ""));
    format!(
        "{before}(WITH RECURSIVE s (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i + 1 < {count})
         SELECT i FROM s) n{after}"
    )
}
