//! Importing: files in, a commit on each branch out.

use crate::error::doing;
use crate::look_aside;
use crate::object::{self, CommitParts, Entry, Kind};
use crate::objects::Incoming;
use crate::repository::Lock;
use crate::sources::{self, Home, IGNORED, LIST};
use crate::{Branch, Digest, Error, ObjectId, Repository};
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Read};

/// What a commit says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Whose doing it is, by name.
    pub author: String,
    /// The author's address; may be empty.
    pub email: String,
    /// When, in seconds since the epoch.
    pub time: i64,
    /// What it is: a line, and more after an empty one.
    pub message: String,
}

/// Files on their way into a repository, which nobody else writes to meanwhile. Dropping it changes nothing.
pub struct Import<'a> {
    repository: &'a Repository,
    lock: Lock,
    incoming: Incoming,
    names: HashSet<String>,
    entries: Vec<Entry>,
    sources: Vec<(String, Digest)>,
}

/// What an import came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The commit that each branch is at.
    pub commits: BTreeMap<Branch, ObjectId>,
    /// Those of them that were made for it.
    pub made: Vec<ObjectId>,
    /// Files that went to the look-aside cache, by name.
    pub sources: Vec<(String, Digest)>,
}

impl std::fmt::Debug for Import<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Import").field("repository", &self.repository.path()).finish_non_exhaustive()
    }
}

impl Repository {
    /// Begins an import, as soon as every other is over. Makes the repository when it is not there.
    pub fn import(&self) -> Result<Import<'_>, Error> {
        let lock = self.lock()?;
        let incoming = Incoming::begin(self.path())?;
        let (names, entries, sources) = (HashSet::new(), Vec::new(), Vec::new());
        Ok(Import { repository: self, lock, incoming, names, entries, sources })
    }
}

impl Import<'_> {
    /// Adds a file of `size` bytes under one or more names. Large ones are written as they are read.
    pub fn add(&mut self, names: &[&str], executable: bool, size: u64, data: &mut dyn Read) -> Result<(), Error> {
        let Some(first) = names.first() else { return Ok(()) };
        if let Some(name) = names.iter().find(|name| !self.names.insert((**name).to_owned())) {
            return Err(Error::Twice { file: (*name).to_owned() });
        }
        // One body can have two homes, when its names ask for them: what is small is held, what is large has but one.
        let homes: Vec<Home> = names.iter().map(|name| sources::home(name, size)).collect();
        if let Some(at) = homes.iter().position(|home| *home == Home::Nowhere) {
            return Err(Error::Name { file: names[at].to_owned() });
        }
        if homes.iter().all(|home| *home == Home::LookAside) {
            let digest = look_aside::take(&mut self.incoming, self.repository, first, size, data)?;
            self.sources.extend(names.iter().map(|name| ((*name).to_owned(), digest.clone())));
            return Ok(());
        }
        let bytes = read(first, size, data)?;
        let is_text = sources::is_text(&bytes);
        for (name, home) in names.iter().zip(homes) {
            match home {
                Home::GitIfText(_) if is_text => self.add_blob(name, executable, &bytes)?,
                Home::Git => self.add_blob(name, executable, &bytes)?,
                _ => {
                    let digest =
                        look_aside::take(&mut self.incoming, self.repository, name, size, &mut bytes.as_slice())?;
                    self.sources.push(((*name).to_owned(), digest));
                }
            }
        }
        Ok(())
    }

    fn add_blob(&mut self, name: &str, executable: bool, bytes: &[u8]) -> Result<(), Error> {
        let id = self.incoming.object(Kind::Blob, bytes, &format!("`{name}`"))?;
        self.entries.push(Entry { name: name.to_owned(), executable, id });
        Ok(())
    }

    /// Brings what was added to these branches. A branch that has the very same files already stays where it is; one
    /// that is behind another goes forward to the same commit; branches that went different ways each get a commit.
    pub fn commit(mut self, branches: &[Branch], commit: &Commit) -> Result<Imported, Error> {
        let tree = self.tree()?;
        let heads = self.starts(branches)?;
        let (commits, made) = self.commits(tree, &heads, commit)?;
        self.tell(&commits)?;
        self.incoming.settle()?;
        let digests: Vec<Digest> = self.sources.iter().map(|(_, digest)| digest.clone()).collect();
        look_aside::share(self.repository, &digests)?;
        if !self.lock.is_in_place() {
            return Err(Error::Removed(self.repository.path().to_owned()));
        }
        self.incoming.finish(&self.repository.heads())?;
        Ok(Imported { commits, made, sources: self.sources })
    }

    /// The tree of all that was added, with the lists that belong to it.
    fn tree(&mut self) -> Result<ObjectId, Error> {
        self.sources.sort();
        let list = sources::list(&self.sources);
        self.add_blob(LIST, false, list.as_bytes())?;
        let ignored = sources::ignored(&self.sources);
        if !ignored.is_empty() {
            self.add_blob(IGNORED, false, ignored.as_bytes())?;
        }
        self.incoming.object(Kind::Tree, &object::tree(&self.entries), "the list of files")
    }

    /// The commit from which each branch goes on. A new branch begins at the youngest commit of the
    /// others that are imported to, or of all.
    fn starts(&self, branches: &[Branch]) -> Result<BTreeMap<Branch, Option<ObjectId>>, Error> {
        let mut starts = BTreeMap::new();
        for branch in branches {
            starts.insert(branch.clone(), self.repository.head(branch.as_str())?);
        }
        if starts.values().any(Option::is_none) {
            let mut known: Vec<ObjectId> = starts.values().flatten().copied().collect();
            if known.is_empty() {
                known = self.repository.branches()?.into_iter().map(|(_, id)| id).collect();
            }
            let mut youngest = None;
            for id in known {
                youngest = youngest.max(Some((self.repository.commit_parts(id)?.time, id)));
            }
            let youngest = youngest.map(|(_, id)| id);
            starts.values_mut().filter(|start| start.is_none()).for_each(|start| *start = youngest);
        }
        Ok(starts)
    }

    /// The commit with this tree for each branch, and those of them that are new.
    fn commits(
        &mut self,
        tree: ObjectId,
        starts: &BTreeMap<Branch, Option<ObjectId>>,
        commit: &Commit,
    ) -> Result<(BTreeMap<Branch, ObjectId>, Vec<ObjectId>), Error> {
        let repository = self.repository;
        let mut distinct: Vec<Option<ObjectId>> = starts.values().copied().collect();
        distinct.sort_unstable();
        distinct.dedup();
        // Where to go from a start: the commit itself where it has the tree.
        let mut ends: Vec<(Option<ObjectId>, ObjectId)> = Vec::new();
        for start in distinct.iter().flatten() {
            if repository.commit_parts(*start)?.tree == tree {
                ends.push((Some(*start), *start));
            }
        }
        let leads_to =
            |from: Option<ObjectId>, to: ObjectId| from.map_or(Ok(true), |from| repository.contains(to, from));
        let mut open = Vec::new();
        for start in distinct {
            let mut led = false;
            for (_, end) in &ends {
                led = led || leads_to(start, *end)?;
            }
            if !led {
                open.push(start);
            }
        }
        // One commit on top of each start that no other comes after.
        let mut made = Vec::new();
        for (at, start) in open.iter().enumerate() {
            let mut is_behind = false;
            for other in open.iter().enumerate().filter(|(other, _)| *other != at).filter_map(|(_, other)| *other) {
                is_behind = is_behind || leads_to(*start, other)?;
            }
            if is_behind {
                continue;
            }
            let Commit { author, email, time, message } = commit.clone();
            let parts = CommitParts { tree, parent: *start, author, email, time, message };
            let id = self.incoming.object(Kind::Commit, &object::commit(&parts), "the commit")?;
            ends.push((*start, id));
            made.push(id);
        }
        let mut commits = BTreeMap::new();
        for (branch, start) in starts {
            for (from, end) in &ends {
                // What is not on disk yet is looked at through what it was made from.
                let before = if made.contains(end) { *from } else { Some(*end) };
                let leads = match before {
                    _ if start == from => true,
                    Some(before) => leads_to(*start, before)?,
                    None => start.is_none(),
                };
                if leads {
                    commits.insert(branch.clone(), *end);
                    break;
                }
            }
        }
        Ok((commits, made))
    }

    /// Writes the branches, and what clients of the dumb protocol read first: their list, and which one to check out. The
    /// two can be made again from the branches, which the next import does.
    fn tell(&mut self, commits: &BTreeMap<Branch, ObjectId>) -> Result<(), Error> {
        let repository = self.repository;
        let mut branches: BTreeMap<String, ObjectId> = repository.branches()?.into_iter().collect();
        for (branch, id) in commits {
            self.incoming.replace(repository.heads().join(branch.as_str()), format!("{id}\n").as_bytes())?;
            branches.insert(branch.to_string(), *id);
        }
        let lines: String = branches.iter().map(|(name, id)| format!("{id}\trefs/heads/{name}\n")).collect();
        self.incoming.replace(repository.path().join("info/refs"), lines.as_bytes())?;
        let head = repository.path().join("HEAD");
        let present = doing("read", &head, std::fs::read_to_string(&head))?;
        let present = present.trim_end().strip_prefix("ref: refs/heads/").unwrap_or_default();
        // The newest sources are Rawhide's, where a package is built for it.
        let best = match commits.keys().next_back() {
            _ if branches.contains_key("master") => "master",
            _ if branches.contains_key(present) => present,
            Some(branch) => branch.as_str(),
            None => present,
        };
        self.incoming.replace(head, format!("ref: refs/heads/{best}\n").as_bytes())
    }
}

/// All bytes of a file that is small.
fn read(name: &str, size: u64, data: &mut dyn Read) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let read = data.take(size).read_to_end(&mut bytes);
    read.map_err(|source: io::Error| Error::Unreadable { file: name.to_owned(), source })?;
    if (bytes.len() as u64) < size {
        return Err(Error::Short { file: name.to_owned() });
    }
    Ok(bytes)
}
