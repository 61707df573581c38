//! One look per build for all who watch it.

use super::bell::Bells;
use super::snapshot::Snapshot;
use copr_app::App;
use copr_db::Topic;
use copr_types::BuildId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// Shortest time between two looks at a build: changes of other builds wake its follower too.
const BETWEEN_LOOKS: Duration = Duration::from_millis(150);
/// A look without a bell: another server's bells may get lost.
const IDLE_LOOK: Duration = Duration::from_secs(5);

/// What watchers and builders of this process share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Live {
    pub(crate) app: App,
    pub(crate) bells: Bells,
    followed: Arc<Mutex<HashMap<BuildId, Weak<Followed>>>>,
}

/// What is known of a followed build.
#[derive(Clone, Debug, Default)]
pub(crate) enum Sight {
    /// Not looked yet.
    #[default]
    Unknown,
    /// No such build.
    Gone,
    /// As it stands.
    Seen(Arc<Snapshot>),
}

/// A build that somebody watches. Dropping the last one ends the looking.
#[derive(Debug)]
pub(crate) struct Followed {
    sight: watch::Receiver<Sight>,
    _looking: AbortOnDropHandle<()>,
}

/// The first look at a build.
pub(crate) async fn first(sight: &mut watch::Receiver<Sight>) -> Sight {
    match sight.wait_for(|sight| !matches!(sight, Sight::Unknown)).await {
        Ok(seen) => seen.clone(),
        Err(_) => Sight::Gone,
    }
}

impl Live {
    /// The state that the routes of builders and watchers share.
    pub fn new(app: App) -> Self {
        Self { app, bells: Bells::default(), followed: Arc::default() }
    }

    /// Follows a build. Keep the first of the pair as long as the second is looked at.
    pub(crate) fn follow(&self, id: BuildId) -> (Arc<Followed>, watch::Receiver<Sight>) {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let known = followed.get(&id).and_then(Weak::upgrade);
        let one = known.unwrap_or_else(|| {
            followed.retain(|_, one| one.strong_count() > 0);
            let (sender, sight) = watch::channel(Sight::Unknown);
            let looking = AbortOnDropHandle::new(tokio::spawn(look(self.app.clone(), id, sender)));
            let one = Arc::new(Followed { sight, _looking: looking });
            followed.insert(id, Arc::downgrade(&one));
            one
        });
        let sight = one.sight.clone();
        (one, sight)
    }
}

/// Looks at a build whenever something changed, until nobody watches.
async fn look(app: App, id: BuildId, sender: watch::Sender<Sight>) {
    let mut last = None;
    loop {
        let heard = app.db.wake().heard(Topic::Change);
        tokio::pin!(heard);
        heard.as_mut().enable();
        match Snapshot::load(&app, id).await {
            Ok(Some(snapshot)) => {
                let json = Some(snapshot.json());
                if json != last {
                    last = json;
                    sender.send_replace(Sight::Seen(Arc::new(snapshot)));
                }
            }
            Ok(None) => {
                sender.send_replace(Sight::Gone);
                return;
            }
            Err(refusal) => tracing::warn!(build = id.0, "could not look at a build: {}", refusal.inside()),
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
        let _ = tokio::time::timeout(IDLE_LOOK, heard).await;
    }
}
