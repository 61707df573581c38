//! People whom Kerberos vouches for: from the principal to the account. The proof itself is the door's business.

use crate::{App, Refusal};
use copr_db::account::Account;
use copr_types::UserName;
use glob::Pattern;

/// Which principals have, or get, an account here.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    /// Mail domain of accounts that are made at the first login; `None`: accounts come from elsewhere, and nobody gets
    /// one by logging in.
    pub create_in: Option<String>,
    /// Who is not let in: matched against the principal with and without its realm.
    pub deny: Vec<Pattern>,
}

impl Admission {
    /// The account's name: the realm is cut, `/` becomes `_`. `None` when that is no name, or is denied.
    fn name_of(&self, principal: &str) -> Option<UserName> {
        let (name, _realm) = principal.split_once('@').unwrap_or((principal, ""));
        if self.deny.iter().any(|pattern| pattern.matches(principal) || pattern.matches(name)) {
            return None;
        }
        name.replace('/', "_").parse().ok()
    }
}

/// The refusal of those who proved nothing.
pub fn no_credentials() -> Refusal {
    Refusal::forbidden("Can't log-in using GSSAPI: Kerberos authentication failed (no credentials provided)")
}

/// The account of a principal that proved itself; made now when that is allowed. 403 with the contract's sentences.
pub async fn account(app: &App, principal: &str) -> Result<Account, Refusal> {
    let rules = &app.rules.kerberos;
    let unusable = || {
        Refusal::forbidden(format!(
            "Can't log-in using GSSAPI: invalid krb5 username, contact administrators: {principal}"
        ))
    };
    let name = rules.name_of(principal).ok_or_else(unusable)?;
    let known = copr_db::account::by_name(&mut app.db.read().await?, name.as_str()).await?;
    match (known, &rules.create_in) {
        (Some(account), _) if account.disabled || is_of_this_service_alone(&account) => Err(unusable()),
        (Some(account), Some(_)) => Ok(account),
        (Some(account), None) if !account.email.is_empty() => Ok(account),
        (None, Some(domain)) => create(app, &name, domain).await,
        (_, None) => Err(Refusal::forbidden(format!(
            "Valid GSSAPI authentication supplied for user '{name}', but this user doesn't exist in the Copr build \
             system.  Please log-in using the web-UI (without GSSAPI) first."
        ))),
    }
}

/// The administrator whom the first run makes, called `admin`: nobody who happens to have that name in the realm is meant.
fn is_of_this_service_alone(account: &Account) -> bool {
    account.admin && account.email.is_empty()
}

/// Two first logins at one time make one account.
async fn create(app: &App, name: &UserName, domain: &str) -> Result<Account, Refusal> {
    match crate::account::create(app, name, &format!("{name}@{domain}"), false).await {
        Ok((account, _token)) => Ok(account),
        Err(refusal) => {
            let there = copr_db::account::by_name(&mut app.db.read().await?, name.as_str()).await?;
            there.filter(|account| !account.disabled && !is_of_this_service_alone(account)).ok_or(refusal)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(deny: &[&str]) -> Admission {
        let deny = deny.iter().map(|pattern| Pattern::new(pattern).expect("a pattern")).collect();
        Admission { deny, ..Admission::default() }
    }

    #[test]
    fn a_principal_becomes_a_name() {
        let all = admission(&[]);
        for (principal, name) in [
            ("ada@EXAMPLE.ORG", Some("ada")),
            ("ada", Some("ada")),
            ("copr/builder.example.org@EXAMPLE.ORG", Some("copr_builder.example.org")),
            ("@EXAMPLE.ORG", None),
            ("", None),
            ("ada lovelace@EXAMPLE.ORG", None),
            (r"ada\@home@EXAMPLE.ORG", None),
            ("..@EXAMPLE.ORG", None),
        ] {
            assert_eq!(all.name_of(principal).map(String::from).as_deref(), name, "{principal}");
        }
    }

    #[test]
    fn denied_is_who_matches_with_or_without_the_realm() {
        let some = admission(&["host/*", "eve", "*@OTHER.ORG"]);
        for (principal, denied) in [
            ("host/a.example.org@EXAMPLE.ORG", true),
            ("eve@EXAMPLE.ORG", true),
            ("evelyn@EXAMPLE.ORG", false),
            ("ada@OTHER.ORG", true),
            ("ada@EXAMPLE.ORG", false),
        ] {
            assert_eq!(some.name_of(principal).is_none(), denied, "{principal}");
        }
    }
}
