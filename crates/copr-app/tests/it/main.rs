//! Stories of projects and builds, told through the public face, on both engines. PostgreSQL takes part when
//! `COPR_TESTS_POSTGRES` names a server, as `cargo xtask test` does; otherwise its half says aloud that it did not run.

mod batches;
mod books;
mod builder;
mod building;
mod canceling;
mod chains;
mod chance;
mod events;
mod expiries;
mod forks;
mod generations;
mod importing;
mod interrupted;
mod keeping;
mod leases;
mod looking;
mod numbered;
mod options;
mod packages;
mod permissions;
mod projects;
mod pruning;
mod publishing;
mod reader;
mod ready;
mod removing;
mod renaming;
mod repeating;
mod roles;
mod rpms;
mod scheduling;
mod sessions;
mod simulation;
mod sources;
mod vanishing;
mod world;

/// A story on SQLite and the same on PostgreSQL.
macro_rules! both_engines {
    ($($(#[doc = $doc:literal])* async fn $name:ident($w:ident: World) $body:block)*) => {$(
        $(#[doc = $doc])*
        mod $name {
            #[allow(unused_imports, reason = "not every story needs all that its file imports")]
            use super::*;

            async fn story($w: crate::world::World) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                story(crate::world::World::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                match crate::world::World::postgres().await {
                    Some(world) => story(world).await,
                    None => eprintln!("skipped on PostgreSQL: COPR_TESTS_POSTGRES is not set (`cargo xtask test` sets it)"),
                }
            }
        }
    )*};
}
pub(crate) use both_engines;
