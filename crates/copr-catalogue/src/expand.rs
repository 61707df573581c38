//! From the compact form to one definition per chroot.

use crate::Entry;
use crate::error::{Error, nearest};
use crate::form::{Document, Family, Repo, RepoItem};
use crate::rules::{self, Rule};
use copr_types::{ChrootDefinition, ChrootName, DistroRepo, RepoAddress};
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// Where the package `distribution-gpg-keys` puts the keys of all distributions.
const KEYS: &str = "file:///usr/share/distribution-gpg-keys/";

/// The named lists that chroots refer to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lists {
    packages: BTreeMap<String, Vec<Spanned<String>>>,
    repos: BTreeMap<String, Vec<Repo>>,
}

impl Lists {
    /// Adds the lists of a document, in place of others of the same name.
    pub fn take(&mut self, document: &Document) {
        self.packages.extend(document.form.packages.clone());
        self.repos.extend(document.form.repos.clone());
    }

    /// Puts the packages themselves in the place of `=name`, so that a file that has its own list of that name does not
    /// change the lists made from it.
    pub fn flatten(&mut self, document: &Document) -> Result<(), Error> {
        let flat = document.form.packages.iter().map(|(name, list)| {
            let packages = Expansion { document, lists: self }.packages(list)?;
            Ok((name.clone(), packages.into_iter().map(|package| Spanned::new(0..0, package)).collect()))
        });
        let flat = flat.collect::<Result<BTreeMap<_, _>, Error>>()?;
        self.packages.extend(flat);
        Ok(())
    }

    /// A name that stands in both this and a document.
    pub fn shared_with(&self, document: &Document) -> Option<String> {
        let packages = document.form.packages.keys().find(|name| self.packages.contains_key(*name));
        packages.or_else(|| document.form.repos.keys().find(|name| self.repos.contains_key(*name))).cloned()
    }
}

/// All chroots of a document.
pub(crate) fn document(document: &Document, lists: &Lists) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    let mut names = BTreeSet::new();
    for family in &document.form.chroots {
        for entry in (Expansion { document, lists }).family(family)? {
            if !names.insert(entry.name.clone()) {
                return Err(Error::Twice {
                    place: document.place(&family.name),
                    what: "the chroot",
                    name: entry.name.to_string(),
                });
            }
            entries.push(entry);
        }
    }
    Ok(entries)
}

/// What `rpmbuild --target` is given, where the architecture is Copr's word and not rpm's.
fn target(arch: &str) -> Option<String> {
    match arch {
        "i386" => Some("i686".to_owned()),
        "armhfp" => Some("armv7hl".to_owned()),
        _ => None,
    }
}

struct Expansion<'a> {
    document: &'a Document,
    lists: &'a Lists,
}

impl Expansion<'_> {
    fn family(&self, family: &Family) -> Result<Vec<Entry>, Error> {
        if family.arches.is_empty() {
            return Err(Error::NoArches {
                place: self.document.place(&family.name),
                name: family.name.get_ref().clone(),
            });
        }
        self.arch_macros_are_of_arches(family)?;
        family.arches.iter().map(|arch| self.chroot(family, arch)).collect()
    }

    fn chroot(&self, family: &Family, arch: &Spanned<String>) -> Result<Entry, Error> {
        let name = format!("{}-{}", family.name.get_ref(), arch.get_ref());
        let name: ChrootName =
            name.parse().map_err(|source| Error::Name { place: self.document.place(&family.name), source })?;
        let arch = arch.get_ref().as_str();
        let mut macros = self.words(&family.macros)?;
        if let Some((_, more)) = family.arch_macros.iter().find(|(of, _)| of.get_ref() == arch) {
            macros.extend(self.words(more)?);
        }
        let definition = ChrootDefinition {
            package_manager: self
                .optional(&family.package_manager, rules::PACKAGE_MANAGER)?
                .unwrap_or_else(|| "dnf".to_owned()),
            releasever: self.optional(&family.releasever, rules::RELEASEVER)?.unwrap_or_default(),
            target: target(arch),
            install: self.packages(&family.install)?,
            modules: family.modules.iter().map(|module| self.value(module, rules::MODULE)).collect::<Result<_, _>>()?,
            repos: self.repos(family, arch)?,
            macros,
            platform_id: self.optional(&family.platform_id, rules::RELEASEVER)?,
            image: self.optional(&family.image, rules::IMAGE)?,
            rpmdb: self.optional(&family.rpmdb, rules::DIRECTORY)?,
            comment: family.comment.clone(),
        };
        Ok(Entry { name, definition })
    }

    fn arch_macros_are_of_arches(&self, family: &Family) -> Result<(), Error> {
        for arch in family.arch_macros.keys() {
            if !family.arches.iter().any(|other| other.get_ref() == arch.get_ref()) {
                return Err(Error::Unknown {
                    place: self.document.place(arch),
                    what: "architecture",
                    name: arch.get_ref().clone(),
                    nearest: None,
                });
            }
        }
        Ok(())
    }

    fn packages(&self, install: &[Spanned<String>]) -> Result<Vec<String>, Error> {
        let mut packages = Vec::new();
        self.add_packages(install, &mut Vec::new(), &mut packages)?;
        Ok(packages)
    }

    fn add_packages(
        &self,
        list: &[Spanned<String>],
        inside: &mut Vec<String>,
        packages: &mut Vec<String>,
    ) -> Result<(), Error> {
        for item in list {
            let Some(name) = item.get_ref().strip_prefix('=') else {
                let package = self.value(item, rules::PACKAGE)?;
                if !packages.contains(&package) {
                    packages.push(package);
                }
                continue;
            };
            if inside.iter().any(|outer| outer == name) {
                return Err(Error::Circle { place: self.document.place(item), name: name.to_owned() });
            }
            let Some(list) = self.lists.packages.get(name) else {
                return Err(self.unknown(item, "package list", name, self.lists.packages.keys()));
            };
            inside.push(name.to_owned());
            self.add_packages(list, inside, packages)?;
            inside.pop();
        }
        Ok(())
    }

    fn repos(&self, family: &Family, arch: &str) -> Result<Vec<DistroRepo>, Error> {
        let mut repos: Vec<DistroRepo> = Vec::new();
        for item in &family.repos {
            let list = match item.get_ref() {
                RepoItem::Repo(repo) => std::slice::from_ref(repo.as_ref()),
                RepoItem::List(name) => match self.lists.repos.get(name) {
                    Some(list) => list.as_slice(),
                    None => return Err(self.unknown(item, "list of repositories", name, self.lists.repos.keys())),
                },
            };
            for repo in list {
                let repo = self.repo(repo, arch)?;
                if repos.iter().any(|other| other.id == repo.id) {
                    let place = self.document.place(item);
                    return Err(Error::Twice { place, what: "the repository", name: repo.id });
                }
                repos.push(repo);
            }
        }
        Ok(repos)
    }

    fn repo(&self, repo: &Repo, arch: &str) -> Result<DistroRepo, Error> {
        let id = self.value(&repo.id, rules::REPO_ID)?;
        let place = || self.document.place(&repo.id);
        let (kind, url) = match (&repo.baseurl, &repo.metalink, &repo.mirrorlist) {
            (Some(url), None, None) => (RepoAddress::Baseurl, url),
            (None, Some(url), None) => (RepoAddress::Metalink, url),
            (None, None, Some(url)) => (RepoAddress::Mirrorlist, url),
            _ => return Err(Error::Address { place: place(), id }),
        };
        let url = self.value(url, rules::URL)?.replace("{arch}", arch);
        let mut keys = Vec::new();
        for key in &repo.gpgkey.0 {
            let (what, rule, holds) = rules::KEY;
            if !holds(key) {
                return Err(Error::Value { place: place(), what, value: key.clone(), rule });
            }
            keys.push(if key.contains("://") { key.clone() } else { format!("{KEYS}{key}") });
        }
        let gpgcheck = repo.gpgcheck.unwrap_or(!keys.is_empty());
        if gpgcheck && keys.is_empty() {
            return Err(Error::NoKey { place: place(), id });
        }
        let gpgkey = (!keys.is_empty()).then(|| keys.join(" "));
        Ok(DistroRepo { id, kind, url, gpgcheck, gpgkey, priority: repo.priority, options: self.words(&repo.options)? })
    }

    fn words(&self, words: &BTreeMap<String, Spanned<String>>) -> Result<BTreeMap<String, String>, Error> {
        let (what, rule, holds) = rules::WORD;
        let mut read = BTreeMap::new();
        for (word, value) in words {
            if !holds(word) {
                return Err(Error::Value { place: self.document.place(value), what, value: word.clone(), rule });
            }
            read.insert(word.clone(), self.value(value, rules::OPTION)?);
        }
        Ok(read)
    }

    fn optional(&self, value: &Option<Spanned<String>>, rule: Rule) -> Result<Option<String>, Error> {
        value.as_ref().map(|value| self.value(value, rule)).transpose()
    }

    fn value(&self, value: &Spanned<String>, (what, rule, holds): Rule) -> Result<String, Error> {
        if !holds(value.get_ref()) {
            let place = self.document.place(value);
            return Err(Error::Value { place, what, value: value.get_ref().clone(), rule });
        }
        Ok(value.get_ref().clone())
    }

    fn unknown<'n, T>(
        &self,
        at: &Spanned<T>,
        what: &'static str,
        name: &str,
        known: impl Iterator<Item = &'n String>,
    ) -> Error {
        let nearest = nearest(name, known.map(String::as_str)).map(str::to_owned);
        Error::Unknown { place: self.document.place(at), what, name: name.to_owned(), nearest }
    }
}
