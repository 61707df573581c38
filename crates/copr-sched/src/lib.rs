//! copr-sched
