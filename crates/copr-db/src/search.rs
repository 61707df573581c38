//! Looking for projects: by what they are called, and by words.

use crate::conn::Each;
use crate::project::{Project, columns};
use crate::{Conn, Error, Page};
use sqlx::AssertSqlSafe;

/// Which projects come into question: all, or those of an owner or of a name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Exactly<'a> {
    /// Whose, as in addresses.
    pub owner: Option<&'a str>,
    /// What they are called.
    pub name: Option<&'a str>,
}

/// What comes first of what a search for words found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// The newest.
    Newest,
    /// What is called like the words, then what has them in its name; the newest of each.
    Best,
}

const NEWEST: &str = "p.created_on DESC, p.id DESC";

/// Conditions in the making, with the texts that are bound to them from `$3` on.
#[derive(Default)]
struct Conditions {
    sql: String,
    binds: Vec<String>,
}

impl Conditions {
    /// A text with its place instead of `$N`.
    fn with(&mut self, sql: &str, text: String) -> String {
        self.binds.push(text);
        sql.replace("$N", &format!("${}", self.binds.len() + 2))
    }

    fn and(&mut self, sql: &str, text: String) {
        let sql = self.with(sql, text);
        self.sql.push_str(" AND ");
        self.sql.push_str(&sql);
    }

    fn exactly(which: &Exactly<'_>) -> Self {
        let mut all = Self::default();
        if let Some(owner) = which.owner {
            all.and("p.owner = $N", owner.to_owned());
        }
        if let Some(name) = which.name {
            all.and("p.name = $N", name.to_owned());
        }
        all
    }

    async fn fetch(self, conn: &mut Conn, order: &str, page: &Page) -> Result<Vec<Project>, Error> {
        let sql = AssertSqlSafe(format!(
            "SELECT {} FROM project p WHERE p.deleted_on IS NULL{} ORDER BY {order} LIMIT $1 OFFSET $2",
            columns!(),
            self.sql
        ));
        let (limit, offset) = (page.limit(), page.offset);
        match conn.each() {
            Each::Sqlite(c) => {
                let query = sqlx::query_as::<sqlx::Sqlite, Project>(sql).bind(limit).bind(offset);
                Ok(self.binds.into_iter().fold(query, |query, text| query.bind(text)).fetch_all(c).await?)
            }
            Each::Postgres(c) => {
                let query = sqlx::query_as::<sqlx::Postgres, Project>(sql).bind(limit).bind(offset);
                Ok(self.binds.into_iter().fold(query, |query, text| query.bind(text)).fetch_all(c).await?)
            }
        }
    }
}

/// The projects that come into question, by number.
pub async fn exactly(conn: &mut Conn, which: &Exactly<'_>, page: &Page) -> Result<Vec<Project>, Error> {
    Conditions::exactly(which).fetch(conn, "p.id", page).await
}

/// Projects whose owner holds `owner` and whose name holds `name`, whatever the case; newest first.
/// With `group_owner` only groups' projects, else only people's.
pub async fn full_name(
    conn: &mut Conn,
    owner: &str,
    group_owner: bool,
    name: &str,
    which: &Exactly<'_>,
    page: &Page,
) -> Result<Vec<Project>, Error> {
    let mut all = Conditions::exactly(which);
    all.sql.push_str(if group_owner { " AND p.group_id IS NOT NULL" } else { " AND p.group_id IS NULL" });
    all.and("lower(p.owner) LIKE $N ESCAPE '\\'", contains(owner));
    all.and("lower(p.name) LIKE $N ESCAPE '\\'", contains(name));
    all.fetch(conn, NEWEST, page).await
}

/// Most words of a search that are looked for.
const MOST_WORDS: usize = 5;

/// Projects that have each of the words in owner, name, texts, package names or chroot names.
/// Five words say enough: further ones are not looked for.
pub async fn words(
    conn: &mut Conn,
    words: &[&str],
    which: &Exactly<'_>,
    first: First,
    page: &Page,
) -> Result<Vec<Project>, Error> {
    // SQLite's index knows what has three letters; for less all texts are read.
    const INDEXED: &str = "t.id IN (SELECT rowid FROM search_index WHERE search_index MATCH $N)";
    const READ: &str = "instr(lower(t.text), $N) > 0";
    const LIKE: &str = "lower(t.text) LIKE $N ESCAPE '\\'";
    const CHROOTS: &str = " UNION ALL
        SELECT pc.project_id FROM project_chroot pc JOIN chroot c ON c.id = pc.chroot_id
        WHERE pc.enabled AND lower(c.name) LIKE $N ESCAPE '\\'";
    let in_sqlite = matches!(conn.each(), Each::Sqlite(_));
    let mut all = Conditions::exactly(which);
    for word in words.iter().take(MOST_WORDS).map(|word| word.to_lowercase()) {
        let like = contains(&word);
        let texts = match in_sqlite {
            true if word.chars().count() >= 3 => all.with(INDEXED, format!("\"{}\"", word.replace('"', "\"\""))),
            true => all.with(READ, word),
            false => all.with(LIKE, like.clone()),
        };
        // Few words are in a chroot's name; the others need not be looked for there.
        let chroots = match crate::chroot::any_like(conn, &like).await? {
            true => all.with(CHROOTS, like),
            false => String::new(),
        };
        all.sql.push_str(&format!(" AND p.id IN (SELECT t.project_id FROM search_text t WHERE {texts}{chroots})"));
    }
    let order = match first {
        First::Newest => NEWEST.to_owned(),
        First::Best => {
            let text = words.join(" ").to_lowercase();
            let named = all.with("lower(p.name) LIKE $N ESCAPE '\\'", contains(&text));
            let called = all.with("lower(p.name) = $N", text);
            format!("CASE WHEN {called} THEN 0 WHEN {named} THEN 1 ELSE 2 END, {NEWEST}")
        }
    };
    all.fetch(conn, &order, page).await
}

/// A `LIKE` pattern that finds a text anywhere, with its own wildcards taken literally.
fn contains(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
