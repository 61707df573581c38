//! People and groups: accounts, tokens, membership.

use crate::{App, Refusal, secret};
use copr_db::account::Account;
use copr_db::group::Group;
use copr_types::{GroupAlias, UserName};

/// A login and its token, in clear: shown once.
#[derive(Clone)]
pub struct Issued {
    /// The login.
    pub login: String,
    /// The token.
    pub token: String,
    /// The last day it is valid, ISO form.
    pub expiration: String,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued").field("expiration", &self.expiration).finish_non_exhaustive()
    }
}

/// The block that copr-cli and python-copr read from `~/.config/copr`, for a service at an address.
///
/// Clients refuse to start when that is plain http, unless `encrypted` is off. The comment with the date is looked for
/// and rewritten by `copr new-api-token`.
pub fn client_block(server: &str, username: &str, issued: &Issued) -> String {
    let Issued { login, token, expiration } = issued;
    let encrypted = if server.starts_with("http://") { "encrypted = False\n" } else { "" };
    format!(
        "[copr-cli]\nlogin = {login}\nusername = {username}\ntoken = {token}\ncopr_url = {server}\n{encrypted}# expiration date: {expiration}\n"
    )
}

impl App {
    /// The account behind a login and a token. 401 with the contract's sentence for everything that is wrong with them.
    pub async fn authenticate(&self, login: &str, token: &str) -> Result<Account, Refusal> {
        let mut conn = self.db.read().await?;
        match copr_db::account::by_login(&mut conn, login).await? {
            Some(found)
                if secret::matches(token, &found.token_hash)
                    && self.clock.now() < found.expires_on
                    && !found.account.disabled =>
            {
                Ok(found.account)
            }
            _ => Err(self.login_needed()),
        }
    }

    /// The refusal of everyone who is not logged in.
    pub fn login_needed(&self) -> Refusal {
        Refusal::unauthenticated(format!(
            "Login invalid/expired. Please visit {}/api to get or renew your API token.",
            self.rules.public_url
        ))
    }
}

/// Makes an account with its first token.
pub async fn create(app: &App, name: &UserName, email: &str, admin: bool) -> Result<(Account, Issued), Refusal> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let account = match copr_db::account::create(&mut tx, name, email, admin, now).await {
        Err(copr_db::Error::Exists(_)) => {
            return Err(Refusal::conflict(format!("there is a user `{name}` already")));
        }
        other => other?,
    };
    let issued = issue(app, &mut tx, &account).await?;
    tx.commit().await?;
    Ok((account, issued))
}

/// Gives an account a new token; the old one stops working at once.
pub async fn new_token(app: &App, name: &str) -> Result<Issued, Refusal> {
    let mut tx = app.db.begin().await?;
    let account = existing(&mut tx, name).await?;
    let issued = issue(app, &mut tx, &account).await?;
    tx.commit().await?;
    Ok(issued)
}

async fn issue(app: &App, tx: &mut copr_db::Conn, account: &Account) -> Result<Issued, Refusal> {
    let now = app.clock.now();
    let (login, token) = (secret::login(), secret::token());
    // Valid through the whole last day.
    let last_day = (now / 86_400 + app.rules.token_days) * 86_400;
    copr_db::account::replace_token(tx, account.id, &login, &secret::hash(&token), now, last_day + 86_400).await?;
    Ok(Issued { login, token, expiration: date(last_day)? })
}

/// The day of a second, ISO form.
fn date(second: i64) -> Result<String, Refusal> {
    jiff::Timestamp::from_second(second)
        .map(|day| day.strftime("%Y-%m-%d").to_string())
        .map_err(|error| Refusal::internal("writing a date", error))
}

/// What can be told of a token that exists; the token itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The login that goes with it.
    pub login: String,
    /// The last day it is valid, ISO form.
    pub expiration: String,
    /// That day is over.
    pub expired: bool,
}

/// What can be told of an account's token.
pub async fn held_token(app: &App, account: &Account) -> Result<Option<Held>, Refusal> {
    let Some(token) = copr_db::account::token(&mut app.db.read().await?, account.id).await? else { return Ok(None) };
    let expiration = date(token.expires_on - 86_400)?;
    Ok(Some(Held { login: token.login, expiration, expired: token.expires_on <= app.clock.now() }))
}

/// The account of a name, or the contract's 404.
pub(crate) async fn existing(conn: &mut copr_db::Conn, name: &str) -> Result<Account, Refusal> {
    copr_db::account::by_name(conn, name).await?.ok_or_else(|| Refusal::not_found(format!("No such user `{name}'")))
}

/// All accounts by name.
pub async fn list(app: &App) -> Result<Vec<Account>, Refusal> {
    Ok(copr_db::account::list(&mut app.db.read().await?).await?)
}

/// Forbids an account to log in, which ends its sessions, or allows it again.
pub async fn set_disabled(app: &App, name: &str, disabled: bool) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    let account = existing(&mut tx, name).await?;
    copr_db::account::set_disabled(&mut tx, name, disabled).await?;
    if disabled {
        copr_db::session::end_all(&mut tx, account.id).await?;
    }
    Ok(tx.commit().await?)
}

/// Makes a group.
pub async fn create_group(app: &App, alias: &GroupAlias, external_name: &str) -> Result<Group, Refusal> {
    let mut tx = app.db.begin().await?;
    let group = match copr_db::group::create(&mut tx, alias, external_name, app.clock.now()).await {
        Err(copr_db::Error::Exists(_)) => {
            return Err(Refusal::conflict(format!("there is a group `@{alias}` already")));
        }
        other => other?,
    };
    tx.commit().await?;
    Ok(group)
}

/// All groups with their members.
pub async fn groups(app: &App) -> Result<Vec<(Group, Vec<Account>)>, Refusal> {
    let mut conn = app.db.read().await?;
    let mut found = Vec::new();
    for group in copr_db::group::list(&mut conn).await? {
        let members = copr_db::group::members(&mut conn, group.id).await?;
        found.push((group, members));
    }
    Ok(found)
}

/// Puts a user into a group.
pub async fn add_to_group(app: &App, alias: &str, user: &str) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    let group = crate::access::group(&mut tx, alias).await?;
    let account = existing(&mut tx, user).await?;
    copr_db::group::add(&mut tx, group.id, account.id).await?;
    Ok(tx.commit().await?)
}

/// Takes a user out of a group.
pub async fn remove_from_group(app: &App, alias: &str, user: &str) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    let group = crate::access::group(&mut tx, alias).await?;
    let account = existing(&mut tx, user).await?;
    if !copr_db::group::remove(&mut tx, group.id, account.id).await? {
        return Err(Refusal::not_found(format!("`{user}` is not in the group `@{alias}`")));
    }
    Ok(tx.commit().await?)
}

/// Whether there is a user (`ada`) or a group (`@kitchen`) of that name.
pub async fn is_owner(app: &App, name: &str) -> Result<bool, Refusal> {
    let mut conn = app.db.read().await?;
    Ok(match name.strip_prefix('@') {
        Some(alias) => copr_db::group::by_alias(&mut conn, alias).await?.is_some(),
        None => copr_db::account::by_name(&mut conn, name).await?.is_some(),
    })
}
