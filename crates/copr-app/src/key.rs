//! Keys of projects: their versions, which of them sign, which are served, and what becomes of them by itself.
//!
//! A project begins with one key. [`rotate`] gives it a newer one: that signs from then on, and metadata are signed by the
//! older one besides for a time, so that machines that have imported only that go on. Public halves of all versions by which any
//! package is signed stand in `pubkey.gpg`. The database says which versions there are; private halves are with the signer alone.

mod tend;

pub use tend::tend;

use crate::{App, Kind, Refusal, access};
use copr_db::event::Subject;
use copr_db::project::Project;
use copr_db::project_key::{ProjectKey, PublicHalf};
use copr_sign::{Error, KeyName, PublicKey, Signer, combine};
use copr_types::ProjectId;
use std::sync::Arc;

/// Signatures of one file at most. Who changes keys so often has other troubles.
const MOST_SIGNATURES: usize = 4;

/// Name of a version of a project's key. Names of deleted projects come back, their keys do not: hence the number.
pub fn name(project: ProjectId, version: i64) -> Result<KeyName, Refusal> {
    let name = match version {
        1 => format!("project-{project}"),
        version => format!("project-{project}.{version}"),
    };
    KeyName::new(name).map_err(|error| Refusal::internal("naming a key", error))
}

/// The versions of a project's key that still matter to somebody.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The oldest first; those that are not served any more are left out, and there is at least one.
    versions: Vec<ProjectKey>,
    /// When this was looked up.
    now: i64,
}

/// What a version does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It signs.
    Signs,
    /// It signs metadata, beside a newer one.
    Overlaps,
    /// Packages that it has signed are there, or may be.
    Served,
    /// Nobody needs it any more.
    Withdrawn,
}

impl Role {
    /// What `key` does, of which the project has newer versions or not.
    pub fn of(key: &ProjectKey, newest: bool, now: i64) -> Role {
        match key {
            ProjectKey { withdrawn_on: Some(_), .. } => Role::Withdrawn,
            ProjectKey { retired_on: Some(_), .. } => Role::Served,
            _ if newest => Role::Signs,
            ProjectKey { retire_on: Some(end), .. } if *end <= now => Role::Served,
            _ => Role::Overlaps,
        }
    }

    /// One word.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Signs => "signs",
            Role::Overlaps => "overlaps",
            Role::Served => "served",
            Role::Withdrawn => "withdrawn",
        }
    }
}

impl Keys {
    /// None when there is none.
    fn of(mut versions: Vec<ProjectKey>, now: i64) -> Option<Keys> {
        versions.retain(|key| key.withdrawn_on.is_none());
        (!versions.is_empty()).then_some(Keys { versions, now })
    }

    /// The one that signs: there is always one.
    pub fn signing(&self) -> &ProjectKey {
        &self.versions[self.versions.len() - 1]
    }

    /// Its name.
    pub(crate) fn signing_name(&self) -> Result<KeyName, Refusal> {
        name(self.signing().project_id, self.signing().version)
    }

    /// Those that sign metadata. The oldest first: there are readers that look at the first signature alone (rpm's own code
    /// behind librepo), and whoever has only one key has the oldest.
    pub(crate) fn of_metadata(&self) -> Result<Vec<KeyName>, Refusal> {
        let newest = self.signing().version;
        let signs =
            |key: &&ProjectKey| matches!(Role::of(key, key.version == newest, self.now), Role::Signs | Role::Overlaps);
        self.versions.iter().filter(signs).map(|key| name(key.project_id, key.version)).collect()
    }

    /// What signatures of the project's packages carry.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.versions.iter().map(|key| key.key_id.clone()).collect()
    }

    /// All public halves, as `rpm --import`, dnf and gpg take them: one armored block after the other, the newest first.
    pub(crate) fn armored(&self) -> String {
        let mut text = String::new();
        for key in self.versions.iter().rev() {
            text.push_str(key.public_key.trim_end());
            text.push('\n');
        }
        text
    }
}

fn half(public: &PublicKey) -> PublicHalf<'_> {
    PublicHalf {
        fingerprint: &public.fingerprint,
        key_id: &public.key_id,
        public_key: &public.armored,
        expires_on: public.expires_on,
    }
}

/// As upstream's keys are called, so that people recognise them (pipeline contract, "Keys").
fn user_id(app: &App, owner: &str, project: &str) -> String {
    format!("{owner}_{project} (None) <{owner}#{project}@copr.{domain}>", domain = app.rules.email_domain)
}

/// The keys of a project; the first is made when there is none.
pub(crate) async fn of_project(app: &App, id: ProjectId, owner: &str, project: &str) -> Result<Keys, Refusal> {
    let versions = copr_db::project_key::of_project(&mut app.db.read().await?, id).await?;
    if let Some(keys) = Keys::of(versions, app.clock.now()) {
        return Ok(keys);
    }
    let public = make(app, name(id, 1)?, user_id(app, owner, project)).await?;
    let mut tx = app.db.begin().await?;
    copr_db::project_key::add(&mut tx, id, 1, half(&public), app.clock.now()).await?;
    let versions = copr_db::project_key::of_project(&mut tx, id).await?;
    tx.commit().await?;
    Keys::of(versions, app.clock.now()).ok_or_else(|| Refusal::conflict("the project has no key"))
}

/// The public halves that are served, as `pubkey.gpg` has them; none for a project without a key.
pub(crate) async fn served(app: &App, id: ProjectId) -> Result<Option<String>, Refusal> {
    let versions = copr_db::project_key::of_project(&mut app.db.read().await?, id).await?;
    Ok(Keys::of(versions, app.clock.now()).map(|keys| keys.armored()))
}

async fn make(app: &App, name: KeyName, user_id: String) -> Result<PublicKey, Refusal> {
    let signer = app.signer.clone();
    crate::blocking(move || {
        signer.ensure_key(&name, &user_id).map_err(|error| Refusal::internal("making a project's key", error))
    })
    .await
}

async fn discard(app: &App, name: KeyName) -> Result<(), Refusal> {
    let signer = app.signer.clone();
    crate::blocking(move || signer.delete_key(&name).map_err(|error| Refusal::internal("removing a key", error))).await
}

/// Signs metadata by all keys that have to.
pub(crate) fn sign_metadata(signer: &Arc<dyn Signer>, data: &[u8], keys: &[KeyName]) -> Result<String, Refusal> {
    let failed = |error| Refusal::internal("signing metadata", error);
    let mut blocks = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        match signer.sign_detached(data, key) {
            Ok(block) => blocks.push(block),
            // An older one may be lost, which may be why there is a newer.
            Err(Error::NoSuchKey { key }) if index + 1 < keys.len() => {
                tracing::warn!(key, "metadata are not signed by a project's older key: it is gone");
            }
            Err(error) => return Err(failed(error)),
        }
    }
    match blocks.as_slice() {
        [one] => Ok(one.clone()),
        // The newest is the last, and never left out.
        [older @ .., newest] => {
            let skipped = older.len().saturating_sub(MOST_SIGNATURES - 1);
            let chosen = older.iter().skip(skipped).chain([newest]);
            combine(chosen.map(String::as_str), MOST_SIGNATURES).map_err(failed)
        }
        [] => Err(failed(Error::BadSignature)),
    }
}

/// A version, and what it does.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The project.
    pub project: Project,
    /// The version.
    pub key: ProjectKey,
    /// What it does.
    pub role: Role,
}

async fn project(app: &App, owner: &str, project: &str) -> Result<Project, Refusal> {
    access::project(&mut app.db.read().await?, owner, project).await
}

/// The versions of a project's key.
pub async fn list(app: &App, owner: &str, name: &str) -> Result<Vec<Shown>, Refusal> {
    let project = project(app, owner, name).await?;
    let versions = copr_db::project_key::of_project(&mut app.db.read().await?, project.id).await?;
    Ok(shown(app, &project, versions))
}

/// The versions of all projects' keys.
pub async fn list_all(app: &App) -> Result<Vec<Shown>, Refusal> {
    let mut conn = app.db.read().await?;
    let all = copr_db::project_key::all(&mut conn).await?;
    let mut found = Vec::new();
    for versions in all.chunk_by(|a, b| a.project_id == b.project_id) {
        if let Some(project) = copr_db::project::by_id(&mut conn, versions[0].project_id).await? {
            found.extend(shown(app, &project, versions.to_vec()));
        }
    }
    Ok(found)
}

fn shown(app: &App, project: &Project, versions: Vec<ProjectKey>) -> Vec<Shown> {
    let newest = versions.last().map(|key| key.version);
    let now = app.clock.now();
    let show = |key: ProjectKey| Shown {
        project: project.clone(),
        role: Role::of(&key, Some(key.version) == newest, now),
        key,
    };
    versions.into_iter().map(show).collect()
}

/// Gives a project a new key, which the next generation of each of its repositories begins with. It signs all that is signed from now on; for so many seconds more the one before signs metadata
/// besides. Packages that are there keep their signatures. Gives the versions as they are then.
pub async fn rotate(app: &App, owner: &str, name: &str, retire_after: i64) -> Result<Vec<Shown>, Refusal> {
    let project = project(app, owner, name).await?;
    let keys = of_project(app, project.id, owner, name).await?;
    let version = keys.signing().version + 1;
    // Made before anybody knows of it: whoever is broken off here finds it again.
    let public = make(app, self::name(project.id, version)?, user_id(app, owner, name)).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if let Err(refusal) = access::project(&mut tx, owner, name).await {
        if refusal.kind == Kind::NotFound {
            // Deleted meanwhile, perhaps with all keys that were known.
            discard(app, self::name(project.id, version)?).await?;
        }
        return Err(refusal);
    }
    if !copr_db::project_key::add(&mut tx, project.id, version, half(&public), now).await? {
        return Err(Refusal::conflict("somebody else has given the project a new key just now"));
    }
    copr_db::project_key::supersede(&mut tx, project.id, version, now.saturating_add(retire_after)).await?;
    note(&mut tx, "key.rotated", project.id, version, &public.fingerprint, now).await?;
    want_all(&mut tx, project.id).await?;
    tx.commit().await?;
    list(app, owner, name).await
}

/// Gives the key that signs another end (seconds UTC; none: never). Gives the versions as they are then.
pub async fn extend(app: &App, owner: &str, name: &str, until: Option<i64>) -> Result<Vec<Shown>, Refusal> {
    if until.is_some_and(|until| until <= app.clock.now()) {
        return Err(Refusal::invalid("A key can not end before now."));
    }
    let project = project(app, owner, name).await?;
    let keys = of_project(app, project.id, owner, name).await?;
    extend_version(app, keys.signing(), until).await?;
    list(app, owner, name).await
}

/// One version, in place.
async fn extend_version(app: &App, key: &ProjectKey, until: Option<i64>) -> Result<(), Refusal> {
    let (signer, name) = (app.signer.clone(), name(key.project_id, key.version)?);
    let public = crate::blocking(move || {
        signer.extend_key(&name, until).map_err(|error| Refusal::internal("extending a project's key", error))
    })
    .await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if copr_db::project_key::extended(&mut tx, key.project_id, key.version, half(&public)).await? {
        note(&mut tx, "key.extended", key.project_id, key.version, &public.fingerprint, now).await?;
        // `pubkey.gpg` and what lies beside the metadata have the new end.
        want_all(&mut tx, key.project_id).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn want_all(tx: &mut copr_db::Conn, project: ProjectId) -> Result<(), Refusal> {
    for repo in copr_db::repo::of_project(tx, project).await? {
        copr_db::repo::want(tx, repo.id).await?;
    }
    Ok(())
}

async fn note(
    tx: &mut copr_db::Conn,
    kind: &str,
    project: ProjectId,
    version: i64,
    fingerprint: &str,
    now: i64,
) -> Result<(), Refusal> {
    let about = Subject { project: Some(project), ..Subject::default() };
    let body = serde_json::json!({ "version": version, "fingerprint": fingerprint }).to_string();
    Ok(copr_db::event::append(tx, kind, about, &body, now).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn key(version: i64, retire_on: Option<i64>, retired_on: Option<i64>, withdrawn_on: Option<i64>) -> ProjectKey {
        ProjectKey {
            project_id: ProjectId(7),
            version,
            fingerprint: format!("{version:040}"),
            key_id: format!("{version:016}"),
            public_key: format!("block {version}\n"),
            created_on: 0,
            expires_on: None,
            retire_on,
            retired_on,
            withdrawn_on,
        }
    }

    #[test]
    fn older_keys_sign_metadata_until_their_time_is_over_and_are_served_until_they_are_withdrawn() {
        let versions = vec![
            key(1, Some(1), Some(2), Some(3)),
            key(2, Some(1), Some(2), None),
            key(3, Some(NOW), None, None),
            key(4, Some(NOW + 1), None, None),
            key(5, None, None, None),
        ];
        let keys = Keys::of(versions, NOW).unwrap();
        assert_eq!(keys.signing().version, 5);
        let names: Vec<String> = keys.of_metadata().unwrap().iter().map(KeyName::to_string).collect();
        assert_eq!(names, ["project-7.4", "project-7.5"]);
        assert_eq!(keys.armored(), "block 5\nblock 4\nblock 3\nblock 2\n");
        assert_eq!(keys.ids().len(), 4);
        assert!(Keys::of(vec![key(1, Some(1), Some(2), Some(3))], NOW).is_none());
    }

    #[test]
    fn the_first_key_has_the_name_that_keys_had_before_there_were_versions() {
        assert_eq!(name(ProjectId(7), 1).unwrap().as_str(), "project-7");
        assert_eq!(name(ProjectId(7), 2).unwrap().as_str(), "project-7.2");
    }
}
