//! What the first run tells its user: where to go, and the block for `~/.config/copr`.

use crate::config::WebAddress;
use copr_app::account::Issued;

/// A fresh token with all that belongs to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The name that Basic authentication wants (random, not the user's).
    pub login: String,
    /// The user's name.
    pub username: String,
    /// The secret.
    pub token: String,
    /// The last day it is valid, as `2027-05-19`.
    pub expiration: String,
}

/// The block that copr-cli and python-copr read from `~/.config/copr`.
pub fn client_block(server: &WebAddress, credentials: &Credentials) -> String {
    let Credentials { login, username, token, expiration } = credentials.clone();
    copr_app::account::client_block(&server.to_string(), &username, &Issued { login, token, expiration })
}

/// What a first run prints on standard error once the service is ready; the block itself goes to standard output.
pub fn greeting(server: &WebAddress, username: &str) -> String {
    format!(
        "This is the first run: `{username}` is its administrator.\n\
         Put the block below into ~/.config/copr; the token is shown only this once\n\
         (`coprd admin user token {username}` makes a new one).\n\
         Open {server} in a browser.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        Credentials {
            login: "qwertyuiopasdfghjklz".to_owned(),
            username: "ada".to_owned(),
            token: "abcdefghijklmnopqrstuvwxyzabcd".to_owned(),
            expiration: "2027-05-19".to_owned(),
        }
    }

    #[test]
    fn plain_http_needs_encryption_switched_off() {
        insta::assert_snapshot!(client_block(&"http://127.0.0.1:5000".parse().unwrap(), &credentials()), @r"
        [copr-cli]
        login = qwertyuiopasdfghjklz
        username = ada
        token = abcdefghijklmnopqrstuvwxyzabcd
        copr_url = http://127.0.0.1:5000
        encrypted = False
        # expiration date: 2027-05-19
        ");
    }

    #[test]
    fn https_does_not() {
        let block = client_block(&"https://copr.example.org/".parse().unwrap(), &credentials());
        assert!(block.contains("copr_url = https://copr.example.org\n# expiration"), "{block}");
    }
}
