//! The two engines behind one face.

use crate::page::Marks;
use crate::wake::{Topic, Wake};
use copr_types::Faults;
use copr_types::faults::Step;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgListener, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Name of the channel on which PostgreSQL servers wake each other.
const CHANNEL: &str = "coprd_wake";

/// What can go wrong between us and the database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A unique name or number exists already.
    #[error("a row with this name exists already")]
    Exists(#[source] sqlx::Error),
    /// The address of the database is not one that we know.
    #[error("`{0}` is not a database address: use `sqlite://PATH` or `postgres://…`")]
    Address(String),
    /// The schema could not be brought up to date.
    #[error("the database's schema could not be brought up to date")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A value can not be written as JSON.
    #[error("a value can not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// Anything else.
    #[error("the database did not answer as expected")]
    Sql(#[source] sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inner) if inner.is_unique_violation() => Self::Exists(error),
            _ => Self::Sql(error),
        }
    }
}

#[derive(Clone, Debug)]
enum Pools {
    Sqlite { read: SqlitePool, write: SqlitePool },
    Postgres(PgPool),
}

/// An open database.
#[derive(Clone, Debug)]
pub struct Db {
    pools: Pools,
    wake: Wake,
    marks: Arc<Marks>,
    faults: Faults,
}

impl Db {
    /// Opens a database by its address and brings its schema up to date. A missing SQLite file is made.
    pub async fn open(address: &str) -> Result<Self, Error> {
        let pools = if address.starts_with("sqlite:") {
            Self::open_sqlite(address).await?
        } else if address.starts_with("postgres:") || address.starts_with("postgresql:") {
            let pool = PgPoolOptions::new()
                .max_connections(16)
                .acquire_timeout(Duration::from_secs(10))
                .connect(address)
                .await?;
            sqlx::migrate!("migrations/postgres").run(&pool).await?;
            Pools::Postgres(pool)
        } else {
            return Err(Error::Address(address.split('@').next_back().unwrap_or_default().to_owned()));
        };
        Ok(Self { pools, wake: Wake::default(), marks: Arc::default(), faults: Faults::default() })
    }

    /// The same database, with what is to go wrong from now on.
    pub fn with_faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }

    /// WAL and one writer, as SQLite wants it; readers never wait for the writer.
    async fn open_sqlite(address: &str) -> Result<Pools, Error> {
        let options = SqliteConnectOptions::from_str(address)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30));
        let write = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        // Two processes may open a new database at once. For SQLite sqlx has no lock of its own: the second would make
        // every table again. So the one that has the right to write goes first, and the other finds it all done.
        let mut tx = write.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::migrate!("migrations/sqlite").run(&mut *tx).await?;
        tx.commit().await?;
        let read = SqlitePoolOptions::new().max_connections(4).connect_with(options.read_only(true)).await?;
        Ok(Pools::Sqlite { read, write })
    }

    /// A connection for reading, outside of any transaction.
    pub async fn read(&self) -> Result<Conn, Error> {
        self.faults.before(Step::Read).await.map_err(sqlx::Error::Io)?;
        let inner = match &self.pools {
            Pools::Sqlite { read, .. } => Inner::SqliteRead(read.acquire().await?),
            Pools::Postgres(pool) => Inner::PostgresRead(pool.acquire().await?),
        };
        Ok(Conn { inner, rings: Vec::new(), wake: self.wake.clone(), faults: self.faults.clone() })
    }

    /// A transaction that may write. Rolled back unless committed.
    pub async fn begin(&self) -> Result<Conn, Error> {
        self.faults.before(Step::Begin).await.map_err(sqlx::Error::Io)?;
        let inner = match &self.pools {
            Pools::Sqlite { write, .. } => Inner::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Postgres(pool) => Inner::Postgres(pool.begin().await?),
        };
        Ok(Conn { inner, rings: Vec::new(), wake: self.wake.clone(), faults: self.faults.clone() })
    }

    /// Whether writers take turns: several small transactions cost as much as one large one, and the time of all.
    pub fn has_one_writer(&self) -> bool {
        matches!(self.pools, Pools::Sqlite { .. })
    }

    /// The bells that commits ring.
    pub fn wake(&self) -> &Wake {
        &self.wake
    }

    /// Places in lists that readers came by.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Carries other servers' bells into this process (PostgreSQL only; returns at once for SQLite, which has one process).
    pub async fn listen(&self) -> Result<(), Error> {
        let Pools::Postgres(pool) = &self.pools else { return Ok(()) };
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        loop {
            let notification = listener.recv().await?;
            if let Some(topic) = Topic::from_word(notification.payload()) {
                self.wake.ring(topic);
            }
        }
    }

    /// Closes all connections.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

#[derive(Debug)]
enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
    SqliteRead(PoolConnection<Sqlite>),
    PostgresRead(PoolConnection<Postgres>),
}

/// A connection of either engine: what all functions of this crate take.
#[derive(Debug)]
pub struct Conn {
    inner: Inner,
    rings: Vec<Topic>,
    wake: Wake,
    faults: Faults,
}

/// Either engine's connection, for one statement.
pub(crate) enum Each<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

impl Conn {
    pub(crate) fn each(&mut self) -> Each<'_> {
        match &mut self.inner {
            Inner::Sqlite(tx) => Each::Sqlite(tx),
            Inner::Postgres(tx) => Each::Postgres(tx),
            Inner::SqliteRead(connection) => Each::Sqlite(connection),
            Inner::PostgresRead(connection) => Each::Postgres(connection),
        }
    }

    /// The connection, for the next statement.
    pub(crate) async fn next(&mut self) -> Result<Each<'_>, Error> {
        self.faults.before(Step::Statement).await.map_err(sqlx::Error::Io)?;
        Ok(self.each())
    }

    /// Rings a bell when, and only when, this transaction is in.
    pub fn ring(&mut self, topic: Topic) {
        if !self.rings.contains(&topic) {
            self.rings.push(topic);
        }
    }

    /// Makes what was written last.
    pub async fn commit(self) -> Result<(), Error> {
        self.faults.before(Step::Commit).await.map_err(sqlx::Error::Io)?;
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await?,
            Inner::Postgres(mut tx) => {
                if !self.rings.is_empty() {
                    let words: Vec<&str> = self.rings.iter().map(|topic| topic.word()).collect();
                    let sql = "SELECT pg_notify($1, word) FROM unnest(string_to_array($2, ' ')) word";
                    sqlx::query(sql).bind(CHANNEL).bind(words.join(" ")).execute(&mut *tx).await?;
                }
                tx.commit().await?;
            }
            Inner::SqliteRead(_) | Inner::PostgresRead(_) => {}
        }
        self.faults.before(Step::Committed).await.map_err(sqlx::Error::Io)?;
        for topic in self.rings {
            self.wake.ring(topic);
        }
        Ok(())
    }
}

/// One statement on either engine: `run!(conn, execute, "SQL", bind…)` and `run!(conn, fetch_all as Row, "SQL", bind…)`.
/// Where the texts differ: `run!(conn, execute, [sqlite: "…", postgres: "…"], bind…)`.
macro_rules! run {
    ($conn:expr, $how:ident $(as $row:ty)?, [sqlite: $sqlite:expr, postgres: $postgres:expr] $(, $bind:expr)* $(,)?) => {
        match $conn.next().await {
            Err(error) => Err(error),
            Ok(crate::conn::Each::Sqlite(c)) => run!(@one sqlx::Sqlite, c, $how $(as $row)?, $sqlite $(, $bind)*),
            Ok(crate::conn::Each::Postgres(c)) => run!(@one sqlx::Postgres, c, $how $(as $row)?, $postgres $(, $bind)*),
        }
    };
    ($conn:expr, $how:ident $(as $row:ty)?, $sql:expr $(, $bind:expr)* $(,)?) => {
        run!($conn, $how $(as $row)?, [sqlite: $sql, postgres: $sql] $(, $bind)*)
    };
    (@one $engine:ty, $c:ident, execute, $sql:expr $(, $bind:expr)*) => {
        sqlx::query::<$engine>($sql)$(.bind($bind))*.execute($c).await
            .map(|done| done.rows_affected()).map_err(crate::Error::from)
    };
    (@one $engine:ty, $c:ident, $how:ident as $row:ty, $sql:expr $(, $bind:expr)*) => {
        sqlx::query_as::<$engine, $row>($sql)$(.bind($bind))*.$how($c).await.map_err(crate::Error::from)
    };
}
pub(crate) use run;

/// A list of ids as one bound value: `IN (SELECT value FROM json_each($1))` for SQLite,
/// `= ANY (translate($1, '[]', '{}')::bigint[])` for PostgreSQL, which then knows that they are few.
pub(crate) fn id_list(ids: impl IntoIterator<Item = i64>) -> String {
    let words: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
    format!("[{}]", words.join(","))
}

/// A value kept as JSON text, which both engines store alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonText<T>(pub T);

impl<T: serde::de::DeserializeOwned> TryFrom<String> for JsonText<T> {
    type Error = serde_json::Error;

    fn try_from(text: String) -> Result<Self, serde_json::Error> {
        serde_json::from_str(&text).map(Self)
    }
}
