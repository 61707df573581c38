//! Errors of the disk and the database that tests ask for, in builds for testing alone: a release has none of this.
//!
//! `COPR_TESTS_FAULTS=N` makes one of N changes of files, and one of N commits, fail.

use copr_app::App;
use copr_types::Faults;
use copr_types::faults::{Fault, Step};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

const VARIABLE: &str = "COPR_TESTS_FAULTS";

/// The same service, with what is to go wrong.
pub fn injected(app: App) -> App {
    let Some(every) = std::env::var(VARIABLE).ok().and_then(|text| text.parse::<u64>().ok()).filter(|one| *one > 0)
    else {
        return app;
    };
    tracing::warn!("{VARIABLE}: one of {every} changes fails");
    let (chance, count) = (RandomState::new(), AtomicU64::new(0));
    let faults = Faults::new(move |step| match step {
        Step::File | Step::Commit => {
            let number = count.fetch_add(1, Ordering::Relaxed);
            let is_due = chance.hash_one(number).is_multiple_of(every);
            is_due.then(|| Fault::Fails(io::Error::other(format!("{VARIABLE} asked for it"))))
        }
        _ => None,
    });
    App { db: app.db.with_faults(faults.clone()), store: app.store.with_faults(faults), ..app }
}
