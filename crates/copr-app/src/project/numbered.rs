//! Projects as the older APIs know them: by number, and made without chroots where these come later.

use super::{Input, Manner, Shown, change, make, remove, show};
use crate::build::Running;
use crate::{App, Refusal, access};
use copr_db::account::Account;
use copr_db::project::Project;
use copr_db::search::{Exactly, First};
use copr_db::{Conn, Page};
use copr_types::ProjectId;

/// The project of a number.
pub async fn find(app: &App, id: ProjectId) -> Result<Shown, Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::numbered(&mut conn, id).await?;
    Ok(show(&mut conn, vec![project]).await?.remove(0))
}

/// Projects that are exactly these, by number; those among them that a text finds, the best first.
pub async fn list(app: &App, query: Option<&str>, which: &Exactly<'_>, page: &Page) -> Result<Vec<Shown>, Refusal> {
    let mut conn = app.db.read().await?;
    let projects = match query.map(str::trim).filter(|query| !query.is_empty()) {
        Some(query) => found(&mut conn, query, which, First::Best, page).await?,
        None => copr_db::search::exactly(&mut conn, which, page).await?,
    };
    show(&mut conn, projects).await
}

/// Most letters of a search: SQLite compares with no pattern of more than 50,000 bytes.
const LONGEST_SEARCH: usize = 1000;

/// What a text that is not empty finds among some projects.
pub(super) async fn found(
    conn: &mut Conn,
    query: &str,
    among: &Exactly<'_>,
    first: First,
    page: &Page,
) -> Result<Vec<Project>, Refusal> {
    if query.chars().count() > LONGEST_SEARCH {
        return Err(Refusal::invalid(format!("Search string can have at most {LONGEST_SEARCH} characters")));
    }
    if let Some((owner, name)) = query.split_once('/') {
        let (owner, group) = owner.strip_prefix('@').map_or((owner, false), |alias| (alias, true));
        return Ok(copr_db::search::full_name(conn, owner, group, name, among, page).await?);
    }
    if query.chars().count() < 3 {
        return Err(Refusal::invalid("Search string must have at least 3 characters"));
    }
    let words: Vec<&str> = query.split_whitespace().collect();
    Ok(copr_db::search::words(conn, &words, among, first, page).await?)
}

/// Makes a project as [`super::create`] does, with other rules: its name begins with a letter, it may begin without
/// any chroot, and a name that is taken is [`crate::Kind::Taken`].
pub async fn create(app: &App, who: &Account, owner: &str, input: &Input) -> Result<Shown, Refusal> {
    Ok(make(app, who, owner, input, &[], Manner::Old).await?.0)
}

/// Changes what the input names; the rest stays.
pub async fn edit(app: &App, who: &Account, id: ProjectId, input: &Input) -> Result<Shown, Refusal> {
    change(app, app.db.begin().await?, who, id, input).await
}

/// Deletes a project: it is gone at once, its files soon after. Returns what it was.
pub async fn delete(app: &App, who: &Account, id: ProjectId) -> Result<Shown, Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::numbered(&mut tx, id).await?;
    remove(app, tx, who, project, Running::Refuse).await
}
