//! Who we are.

use clap::{Args, Subcommand};

/// Who we are.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Exchange the API token of the configuration for a new one; the old one is good for nothing from then on
    NewApiToken,
    /// Print the name of the user whom the configuration belongs to
    Whoami,
    /// Exchange the secret of a project's web hooks for a new one
    NewWebhookSecret(NewWebhookSecret),
}

/// `copr new-webhook-secret`
#[derive(Debug, Args)]
pub struct NewWebhookSecret {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME
    #[arg(value_name = "name")]
    pub name: String,
}
