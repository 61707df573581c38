//! The order of versions, as rpm sees it (`rpmvercmp` with `~` and `^`).

use std::cmp::Ordering;

use rpm_version::Evr;

/// Compares `(epoch, version, release)`; no epoch is epoch 0.
///
/// ```
/// use std::cmp::Ordering::*;
/// use copr_rpm::evr;
/// assert_eq!(evr::compare((None, "1.0~rc1", "1"), (None, "1.0", "1")), Less);
/// assert_eq!(evr::compare((Some(1), "0.1", "1"), (None, "9", "1")), Greater);
/// assert_eq!(evr::compare((Some(0), "1", "1"), (None, "1", "1")), Equal);
/// ```
pub fn compare(one: (Option<u32>, &str, &str), other: (Option<u32>, &str, &str)) -> Ordering {
    // Equal epochs are compared as numbers here, so that `None` and `Some(0)` are the same.
    let epochs = one.0.unwrap_or(0).cmp(&other.0.unwrap_or(0));
    epochs.then_with(|| Evr::new("", one.1, one.2).cmp(&Evr::new("", other.1, other.2)))
}

/// Compares two texts of the form `[epoch:]version[-release]`, as `rpmdev-vercmp` takes them.
pub fn compare_texts(one: &str, other: &str) -> Ordering {
    compare(split(one), split(other))
}

/// The parts of `[epoch:]version[-release]`; no release is an empty one.
pub fn split(text: &str) -> (Option<u32>, &str, &str) {
    let (epoch, rest) = match text.split_once(':') {
        Some((epoch, rest)) => (epoch.parse().ok(), rest),
        None => (None, text),
    };
    let (version, release) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch, version, release)
}
