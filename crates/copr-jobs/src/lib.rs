//! copr-jobs
