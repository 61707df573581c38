//! Addresses of projects that are called otherwise now: their pages and `.repo` files lead on, until somebody takes the name.
//!
//! Only what is read is led on; the API finds such projects by itself, and `results` and `dist_git` see it by their files.

use crate::Web;
use crate::results::encode;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use copr_types::OwnerName;
use percent_encoding::percent_decode_str;

/// Answers with a redirect where a page's project is called otherwise now.
pub(crate) async fn lead_on(State(web): State<Web>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD)
        && let Some(page) = Page::of(request.uri().path())
    {
        match copr_app::renaming::former(&web.app, &page.owner, &page.project).await {
            Ok(Some(now)) => {
                let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
                return moved(page.under(&now.owner, now.name.as_str()) + &query);
            }
            Ok(None) => {}
            Err(refusal) => tracing::warn!("could not look for a former name: {}", refusal.inside()),
        }
    }
    next.run(request).await
}

/// The answer for what is somewhere else: for as long as nobody takes the old name, so nobody is to keep it.
pub(crate) fn moved(to: String) -> Response {
    let headers = [(header::LOCATION, to), (header::CACHE_CONTROL, "no-cache".to_owned())];
    (StatusCode::MOVED_PERMANENTLY, headers).into_response()
}

/// A page below a project's address.
#[derive(Debug, PartialEq, Eq)]
struct Page<'a> {
    owner: String,
    project: String,
    /// What follows the project in a directory's name.
    suffix: String,
    /// What follows in the address, as it is.
    rest: &'a str,
}

impl<'a> Page<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix("/coprs/")?;
        let (mark, path) = path.strip_prefix("g/").map_or(("", path), |path| ("@", path));
        let (owner, path) = path.split_once('/')?;
        let (dir, rest) = path.find('/').map_or((path, ""), |at| path.split_at(at));
        let plain = |part: &str| percent_decode_str(part).decode_utf8().ok().map(|part| part.into_owned());
        let dir = plain(dir).filter(|dir| !dir.is_empty())?;
        let (project, suffix) = dir.find(':').map_or((dir.as_str(), ""), |at| dir.split_at(at));
        let owner = format!("{mark}{}", plain(owner)?);
        Some(Self { owner, project: project.to_owned(), suffix: suffix.to_owned(), rest })
    }

    /// The same page of the project under another name.
    fn under(&self, owner: &OwnerName, project: &str) -> String {
        let owner = match owner {
            OwnerName::User(name) => encode(name.as_str()),
            OwnerName::Group(alias) => format!("g/{}", encode(alias.as_str())),
        };
        format!("/coprs/{owner}/{}{}", encode(&format!("{project}{}", self.suffix)), self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_stays_the_same_page_of_another_project() {
        let user = OwnerName::User("bob".parse().expect("a name"));
        let group = OwnerName::Group("team".parse().expect("a name"));
        for (path, owner, project, of_bob, of_team) in [
            ("/coprs/alice/old/", "alice", "old", "/coprs/bob/new/", "/coprs/g/team/new/"),
            ("/coprs/alice/old", "alice", "old", "/coprs/bob/new", "/coprs/g/team/new"),
            ("/coprs/g/devs/o.ld/build/1/", "@devs", "o.ld", "/coprs/bob/new/build/1/", "/coprs/g/team/new/build/1/"),
            (
                "/coprs/alice/old:pr:1/repo/fedora-44/a%20b.repo",
                "alice",
                "old",
                "/coprs/bob/new:pr:1/repo/fedora-44/a%20b.repo",
                "/coprs/g/team/new:pr:1/repo/fedora-44/a%20b.repo",
            ),
        ] {
            let page = Page::of(path).expect(path);
            assert_eq!((page.owner.as_str(), page.project.as_str()), (owner, project));
            assert_eq!((page.under(&user, "new"), page.under(&group, "new")), (of_bob.to_owned(), of_team.to_owned()));
        }
        for none in ["/", "/coprs", "/coprs/alice", "/coprs/alice/", "/coprs/g/devs/", "/results/alice/old/"] {
            assert_eq!(Page::of(none), None, "{none}");
        }
    }
}
