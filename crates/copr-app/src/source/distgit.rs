//! Sources from dist-gits: which instances there are, and where packages are in them.

use super::Stored;
use crate::project::input::NOT_A_CHOICE;
use crate::{App, FieldErrors, Refusal, Rules};
use copr_types::PackageName;
use copr_types::source::Distgit;

/// A dist-git that packages can come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// Address of a package's repository, with `{package}` and `{namespace}` in it. A part in square brackets that holds
    /// `{namespace}` is there only when the user names one.
    pub clone_url: String,
    /// Address of a file in its look-aside cache, with `{package}`, `{namespace}`, `{filename}`, `{hashtype}` and
    /// `{hash}` in it, and brackets likewise.
    pub lookaside_url: String,
}

impl Instance {
    /// Fedora's, which a service has unless it says otherwise.
    pub fn fedora() -> Self {
        let lookaside = "repo/pkgs/rpms/{package}/{filename}/{hashtype}/{hash}/{filename}";
        Self {
            name: "fedora".to_owned(),
            clone_url: "https://src.fedoraproject.org/[{namespace}/]rpms/{package}".to_owned(),
            lookaside_url: format!("https://src.fedoraproject.org/{lookaside}"),
        }
    }

    /// The address of a package's repository, or why there is none.
    fn clone_url_of(&self, package: &str, namespace: Option<&str>) -> Result<String, String> {
        if namespace.is_some() && !self.clone_url.contains("{namespace}") {
            return Err(format!("`{}` has no namespaces", self.name));
        }
        let url = fill(&self.clone_url, package, namespace);
        url.ok_or_else(|| format!("`{}` needs a namespace", self.name))
    }

    /// The same for a package that is known by the address of its repository; none when that is no address of the instance.
    fn lookaside_of(&self, clone_url: &str) -> Option<String> {
        let known = |url: &str| {
            let url = url.trim_end_matches('/').trim_end_matches(".git");
            let (scheme, rest) = url.split_once("://")?;
            let (host, path) = rest.split_once('/')?;
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            Some(format!("{scheme}://{}/{path}", host.to_ascii_lowercase()))
        };
        let wanted = known(clone_url)?;
        let segments: Vec<&str> = wanted.split('/').skip(3).collect();
        let package = segments.last()?;
        let runs = (0..segments.len()).flat_map(|from| (from + 1..segments.len()).map(move |to| (from, to)));
        let namespaces = runs.map(|(from, to)| segments[from..to].join("/"));
        std::iter::once(None).chain(namespaces.map(Some)).find_map(|namespace| {
            let namespace = namespace.as_deref();
            let url = self.clone_url_of(package, namespace).ok()?;
            (known(&url)? == wanted).then(|| self.lookaside_url_of(package, namespace))
        })
    }

    /// The address of a file of a package in the look-aside cache, in which the file's name and digest are still open.
    pub(crate) fn lookaside_url_of(&self, package: &str, namespace: Option<&str>) -> String {
        fill(&self.lookaside_url, package, namespace).unwrap_or_else(|| self.lookaside_url.clone())
    }
}

/// A pattern with the package and the namespace in their places; none when it needs a namespace and there is none.
fn fill(pattern: &str, package: &str, namespace: Option<&str>) -> Option<String> {
    let mut url = pattern.to_owned();
    if let Some((before, rest)) = pattern.split_once('[')
        && let Some((optional, after)) = rest.split_once(']')
        && optional.contains("{namespace}")
    {
        url = format!("{before}{}{after}", if namespace.is_some() { optional } else { "" });
    }
    if namespace.is_none() && url.contains("{namespace}") {
        return None;
    }
    Some(url.replace("{namespace}", namespace.unwrap_or_default()).replace("{package}", package))
}

/// The instance of a name, or the preferred one.
pub(crate) fn instance<'a>(rules: &'a Rules, name: Option<&str>) -> Option<&'a Instance> {
    match name {
        Some(name) => rules.distgits.iter().find(|instance| instance.name == name),
        None => rules.distgits.first(),
    }
}

/// Where the look-aside cache of a package is whose repository somebody names by its address, if it is of an instance.
pub(crate) fn lookaside_of(rules: &Rules, clone_url: &str) -> Option<String> {
    rules.distgits.iter().find_map(|instance| instance.lookaside_of(clone_url))
}

/// The instance of a stored source, which may have gone since.
pub(crate) fn instance_of<'a>(rules: &'a Rules, source: &Distgit) -> Result<&'a Instance, Refusal> {
    instance(rules, source.distgit.as_deref()).ok_or_else(|| {
        let name = source.distgit.as_deref().unwrap_or_default();
        Refusal::invalid(format!("Can not validate DistGit input: this service has no DistGit instance `{name}`"))
    })
}

/// What people say. `None`: not said.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Name of the instance.
    pub distgit: Option<String>,
    /// Namespace of the package.
    pub namespace: Option<String>,
    /// Branch, tag or commit.
    pub committish: Option<String>,
}

impl Input {
    pub(super) fn or(self, stored: &Stored) -> Self {
        Self {
            distgit: stored.or(self.distgit, "distgit"),
            namespace: stored.or(self.namespace, "namespace"),
            committish: stored.or(self.committish, "committish"),
        }
    }

    pub(super) fn check(&self, app: &App, package: Option<&PackageName>, errors: &mut FieldErrors) -> Option<Distgit> {
        let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let (distgit, namespace) = (said(&self.distgit), said(&self.namespace));
        let Some(instance) = instance(&app.rules, distgit.as_deref()) else {
            let names: Vec<&str> = app.rules.distgits.iter().map(|instance| instance.name.as_str()).collect();
            errors.add("distgit", NOT_A_CHOICE);
            errors.add("distgit", format!("DistGit ID must be one of: {}", names.join(", ")));
            return None;
        };
        // Whatever is said becomes part of an address: it must stay one part of its path, or several.
        let fits = |text: &str| text.split('/').all(|part| part.parse::<PackageName>().is_ok());
        if let Some(bad) = namespace.as_deref().filter(|namespace| !fits(namespace)) {
            errors.add("namespace", format!("Can not validate DistGit input: `{bad}` is not a namespace"));
            return None;
        }
        match instance.clone_url_of(package?.as_str(), namespace.as_deref()) {
            Ok(clone_url) => Some(Distgit { clone_url, distgit, namespace, committish: said(&self.committish) }),
            Err(why) => {
                errors.add("distgit", format!("Can not validate DistGit input: {why}"));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Instance;

    #[test]
    fn a_repository_of_an_instance_is_known_by_its_address() {
        let fedora = Instance::fedora();
        let expected = "https://src.fedoraproject.org/repo/pkgs/rpms/hello/{filename}/{hashtype}/{hash}/{filename}";
        for (url, known) in [
            ("https://src.fedoraproject.org/rpms/hello", true),
            ("https://me:secret@SRC.fedoraproject.org/rpms/hello.git", true),
            ("https://src.fedoraproject.org/forks/me/rpms/hello/", true),
            ("https://src.fedoraproject.org/modules/hello", false),
            ("https://example.org/rpms/hello", false),
        ] {
            assert_eq!(fedora.lookaside_of(url).as_deref(), known.then_some(expected), "{url}");
        }
    }

    #[test]
    fn namespaces_are_there_when_they_are_named() {
        let fedora = Instance::fedora();
        let of = |namespace| fedora.clone_url_of("hello", namespace);
        assert_eq!(of(None).as_deref(), Ok("https://src.fedoraproject.org/rpms/hello"));
        assert_eq!(of(Some("forks/me")).as_deref(), Ok("https://src.fedoraproject.org/forks/me/rpms/hello"));
        let plain =
            Instance { name: "own".into(), clone_url: "https://git.example.org/{package}".into(), ..fedora.clone() };
        assert_eq!(plain.clone_url_of("hello", Some("x")), Err("`own` has no namespaces".to_owned()));
        let strict = Instance { name: "own".into(), clone_url: "https://[::1]/{namespace}/{package}".into(), ..fedora };
        assert_eq!(strict.clone_url_of("hello", None), Err("`own` needs a namespace".to_owned()));
        assert_eq!(strict.clone_url_of("hello", Some("x")).as_deref(), Ok("https://[::1]/x/hello"));
    }
}
