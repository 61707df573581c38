//! In place of the login by Kerberos, where the feature `gssapi` is missing.

use crate::transport::Transport;
use crate::{Secret, Trouble};

pub(crate) async fn session(_transport: &Transport) -> Result<Secret, Trouble> {
    let problem = "this program can't\nhint: it has to be built with the feature `gssapi`, or use an API token";
    Err(Trouble::Kerberos(problem.to_owned()))
}

pub(crate) fn forget(_transport: &Transport) {}
