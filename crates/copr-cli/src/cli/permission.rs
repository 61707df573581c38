//! Roles in projects.

use clap::{ArgAction, Args, Subcommand};

/// Roles in projects.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Give people roles in a project, or take them away
    EditPermissions(EditPermissions),
    /// Print who has which role in a project
    ListPermissions(ListPermissions),
    /// Ask for roles in a project, or give them back
    RequestPermissions(RequestPermissions),
}

/// `copr edit-permissions`
#[derive(Debug, Args)]
pub struct EditPermissions {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME
    #[arg(value_name = "PROJECT", id = "project")]
    pub project: String,
    /// Who may change the project: approved unless VALUE is request or nothing; once for each
    #[arg(long, value_name = "USERNAME[=VALUE]")]
    pub admin: Vec<String>,
    /// Who may build in the project: approved unless VALUE is request or nothing; once for each
    #[arg(long, value_name = "USERNAME[=VALUE]")]
    pub builder: Vec<String>,
}

/// `copr list-permissions`
#[derive(Debug, Args)]
pub struct ListPermissions {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME
    #[arg(value_name = "PROJECT", id = "project")]
    pub project: String,
}

/// `copr request-permissions`
#[derive(Debug, Args)]
pub struct RequestPermissions {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME
    #[arg(value_name = "PROJECT", id = "project")]
    pub project: String,
    /// Ask for changing the project; nothing gives it back
    #[arg(long, value_name = "VALUE", num_args = 0..=1, default_missing_value = "request", action = ArgAction::Append)]
    pub admin: Vec<String>,
    /// Ask for building in the project; nothing gives it back
    #[arg(long, value_name = "VALUE", num_args = 0..=1, default_missing_value = "request", action = ArgAction::Append)]
    pub builder: Vec<String>,
}

impl Command {
    /// What is said twice, though it can be said but once: the sub-command and a complaint.
    pub fn repetition(&self) -> Option<(&'static str, String)> {
        let (name, admin, builder): (_, Vec<&str>, Vec<&str>) = match self {
            Self::EditPermissions(edit) => ("edit-permissions", users(&edit.admin), users(&edit.builder)),
            Self::RequestPermissions(request) => {
                let oneself = |values: &[String]| vec!["your user"; values.len()];
                ("request-permissions", oneself(&request.admin), oneself(&request.builder))
            }
            Self::ListPermissions(_) => return None,
        };
        let complaint = |role: &str, users: &[&str]| {
            let twice = users.iter().enumerate().find(|(place, user)| users[..*place].contains(user))?.1;
            Some((name, format!("argument --{role}: requested more than once for {twice}")))
        };
        complaint("admin", &admin).or_else(|| complaint("builder", &builder))
    }
}

/// A user and what is to be of them: `name[=value]`.
pub fn assigned(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once('=') {
        Some((user, value)) => (user, Some(value)),
        None => (text, None),
    }
}

fn users(texts: &[String]) -> Vec<&str> {
    texts.iter().map(|text| assigned(text).0).collect()
}
