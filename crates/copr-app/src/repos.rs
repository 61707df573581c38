//! Lists of repositories: what people write, what it means in one chroot.

use crate::{App, FieldErrors, Refusal};
use copr_db::Conn;
use copr_db::project::Project;
use copr_db::project_chroot::ProjectChroot;
use copr_types::{ChrootName, DirName};
use url::Url;

/// A repository of a chroot's build configuration, as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repo {
    /// Section name.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Address.
    pub baseurl: String,
    /// dnf's priority.
    pub priority: Option<i64>,
    /// Whether it may override modules.
    pub module_hotfixes: Option<bool>,
    /// `false` for repositories of this service, unknown for others.
    pub repo_gpgcheck: Option<bool>,
}

/// Whether a text is an address with `http` or `https` and a host.
pub fn is_http(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        && !text.contains(char::is_whitespace)
}

/// `owner/project[:dir]` of a `copr://` item.
pub(crate) fn copr_item(item: &str) -> Option<(&str, &str)> {
    let rest = item.strip_prefix("copr://")?;
    let (owner, dir) = rest.split_once('/')?;
    let dir = dir.split(['?', '/']).next().unwrap_or(dir);
    (!owner.is_empty() && !dir.is_empty()).then_some((owner, dir))
}

/// Complains about items of a list that are neither addresses nor projects of this service.
pub async fn check_list(
    conn: &mut Conn,
    text: &str,
    field: &'static str,
    errors: &mut FieldErrors,
) -> Result<(), Refusal> {
    for item in text.split_whitespace() {
        if let Some((owner, dir)) = copr_item(item) {
            let name = dir.split(':').next().unwrap_or(dir);
            if copr_db::project::by_name(conn, owner, name).await?.is_none() {
                errors.add(field, format!("{item} does not exist."));
            }
        } else if !is_http(item) {
            errors.add(
                field,
                format!(
                    "A list of http[s] URLs separated by whitespace characters is needed ('{item}' doesn't seem to be a valid URL)."
                ),
            );
        }
    }
    Ok(())
}

/// The id that is made of an item: every run of other characters than letters and digits becomes one `_`.
pub fn derived_id(item: &str) -> String {
    let mut id = String::new();
    for c in item.chars() {
        if c.is_ascii_alphanumeric() {
            id.push(c);
        } else if !id.ends_with('_') {
            id.push('_');
        }
    }
    id.trim_matches('_').to_owned()
}

/// Takes `priority=N` out of an address's query.
pub(crate) fn split_priority(item: &str) -> (String, Option<i64>) {
    let Some((base, query)) = item.split_once('?') else { return (item.to_owned(), None) };
    let mut priority = None;
    let mut rest = Vec::new();
    for pair in query.split('&') {
        match pair.strip_prefix("priority=").and_then(|value| value.parse().ok()) {
            Some(number) => priority = Some(number),
            None => rest.push(pair),
        }
    }
    let address = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    (address, priority)
}

/// What an item of a list means in a chroot.
pub fn expand(app: &App, item: &str, chroot: &ChrootName) -> Repo {
    let id = derived_id(item);
    let name = format!("Additional repo {id}");
    let (address, priority) = split_priority(item);
    if let Some((owner, dir)) = copr_item(&address) {
        let baseurl = format!("{}/{owner}/{dir}/{chroot}/", app.rules.results_url);
        return Repo { id, name, baseurl, priority, module_hotfixes: None, repo_gpgcheck: Some(false) };
    }
    let baseurl = address.replace("$chroot", chroot.as_str()).replace("$distname", chroot.os());
    Repo { id, name, baseurl, priority, module_hotfixes: None, repo_gpgcheck: None }
}

/// The repositories of a build in a chroot, in the contract's order: the project's own, its devel one, the
/// directory's, then the project's and the chroot's additional ones.
pub async fn of_chroot(
    app: &App,
    conn: &mut Conn,
    project: &Project,
    chroot: &ProjectChroot,
    dir: Option<&DirName>,
) -> Result<Vec<Repo>, Refusal> {
    let base = format!("{}/{}/{}", app.rules.results_url, project.owner, project.name);
    let priority = project.settings.repo_priority.filter(|priority| *priority != 99);
    let own = |id: &str, name: &str, baseurl: String| Repo {
        id: id.to_owned(),
        name: name.to_owned(),
        baseurl,
        priority,
        module_hotfixes: project.settings.module_hotfixes.then_some(true),
        repo_gpgcheck: Some(false),
    };
    let mut repos = vec![own("copr_base", "Copr repository", format!("{base}/{}/", chroot.name))];
    if project.settings.devel_mode {
        repos.push(own("copr_base_devel", "Copr buildroot", format!("{base}/{}/devel/", chroot.name)));
    }
    if let Some(dir) = dir.filter(|dir| dir.as_str() != project.name.as_str()) {
        let address = format!("{}/{}/{dir}/{}/", app.rules.results_url, project.owner, chroot.name);
        repos.push(own("copr_coprdir", "Coprdir repository", address));
    }
    let lists = [&project.settings.additional_repos, &chroot.settings.additional_repos];
    for item in lists.into_iter().flat_map(|list| list.split_whitespace()) {
        repos.push(for_build(app, conn, item, &chroot.name).await?);
    }
    Ok(repos)
}

/// What an item of a list means to a build in a chroot: with what the project behind it says of its repositories.
pub(crate) async fn for_build(app: &App, conn: &mut Conn, item: &str, chroot: &ChrootName) -> Result<Repo, Refusal> {
    let mut repo = expand(app, item, chroot);
    if let Some((owner, other)) = copr_item(item) {
        let name = other.split(':').next().unwrap_or(other);
        let other = copr_db::project::by_name(conn, owner, name).await?;
        repo.module_hotfixes = other.filter(|other| other.settings.module_hotfixes).map(|_| true);
    }
    Ok(repo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_made_of_letters_and_digits() {
        assert_eq!(derived_id("http://b/?priority=5"), "http_b_priority_5");
        assert_eq!(derived_id("copr://@g/p"), "copr_g_p");
    }

    #[test]
    fn a_priority_is_cut_out_and_other_arguments_stay() {
        assert_eq!(split_priority("http://b/?priority=5"), ("http://b/".to_owned(), Some(5)));
        assert_eq!(split_priority("http://b/?a=1&priority=5&c=2"), ("http://b/?a=1&c=2".to_owned(), Some(5)));
    }
}
