//! Every statement on both engines. PostgreSQL takes part when `COPR_TESTS_POSTGRES` names a server, as
//! `cargo xtask test` does; otherwise its half of each test says aloud that it did not run.

mod batches;
mod bells;
mod builds;
mod chains;
mod expiries;
mod fixture;
mod forks;
mod generations;
mod life;
mod listings;
mod people;
mod projects;
mod prunes;
mod publishing;
mod queue;
mod renames;
mod revisions;
mod schema;
mod webhooks;

/// A test on SQLite and the same on PostgreSQL.
macro_rules! both_engines {
    ($($(#[doc = $doc:literal])* async fn $name:ident($t:ident: Fixture) $body:block)*) => {$(
        $(#[doc = $doc])*
        mod $name {
            #[allow(unused_imports, reason = "not every story needs all that its file imports")]
            use super::*;

            async fn story($t: crate::fixture::Fixture) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                story(crate::fixture::Fixture::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                match crate::fixture::Fixture::postgres().await {
                    Some(fixture) => story(fixture).await,
                    None => eprintln!("skipped on PostgreSQL: COPR_TESTS_POSTGRES is not set (`cargo xtask test` sets it)"),
                }
            }
        }
    )*};
}
pub(crate) use both_engines;
