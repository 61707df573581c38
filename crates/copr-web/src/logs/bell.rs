//! Bells by path: who appends to a log rings, who watches it wakes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::Notify;

/// The bells of the logs that somebody watches. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bells(Arc<Mutex<HashMap<PathBuf, Weak<Notify>>>>);

impl Bells {
    /// The bell of a path, shared by all who watch it.
    pub(crate) fn listen(&self, path: &Path) -> Arc<Notify> {
        let mut bells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bell) = bells.get(path).and_then(Weak::upgrade) {
            return bell;
        }
        bells.retain(|_, bell| bell.strong_count() > 0);
        let bell = Arc::new(Notify::new());
        bells.insert(path.to_owned(), Arc::downgrade(&bell));
        bell
    }

    /// Wakes all who watch a path.
    pub(crate) fn ring(&self, path: &Path) {
        let bell = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(path).and_then(Weak::upgrade);
        if let Some(bell) = bell {
            bell.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_watchers_of_a_log_wake_and_the_last_one_takes_the_bell_along() {
        let bells = Bells::default();
        let (one, two) = (bells.listen(Path::new("/a")), bells.listen(Path::new("/a")));
        let (mut first, mut second) = (Box::pin(one.notified()), Box::pin(two.notified()));
        first.as_mut().enable();
        second.as_mut().enable();
        bells.ring(Path::new("/a"));
        first.await;
        second.await;
        drop((one, two));
        let _other = bells.listen(Path::new("/b"));
        assert_eq!(bells.0.lock().unwrap().len(), 1);
    }
}
