//! Login by Kerberos, where the program was built with it and the configuration names a keytab.

use crate::config::Gssapi;
use copr_app::App;
use copr_web::Web;

/// What the Kerberos library reads to find the keytab.
#[cfg(feature = "gssapi")]
const KEYTAB_VARIABLE: &str = "KRB5_KTNAME";

/// Sees to it that the Kerberos library finds the configured keytab: it looks into the environment alone, which no
/// thread of a running process can change safely. So the program starts itself once more, in the same process.
#[cfg(feature = "gssapi")]
#[expect(clippy::disallowed_methods, reason = "it is this program itself that goes on")]
pub fn name_keytab(gssapi: &Gssapi) -> anyhow::Result<()> {
    use anyhow::Context;
    use std::os::unix::process::CommandExt;

    let Some(keytab) = &gssapi.keytab else { return Ok(()) };
    if std::env::var_os(KEYTAB_VARIABLE).as_deref() == Some(keytab.as_os_str()) {
        return Ok(());
    }
    let again = "can't start again with the keytab in the environment";
    let mut words = std::env::args_os();
    let mut command = std::process::Command::new(std::env::current_exe().context(again)?);
    if let Some(name) = words.next() {
        command.arg0(name);
    }
    Err(command.args(words).env(KEYTAB_VARIABLE, keytab).exec()).context(again)
}

/// Nothing to do without the library.
#[cfg(not(feature = "gssapi"))]
pub fn name_keytab(_: &Gssapi) -> anyhow::Result<()> {
    Ok(())
}

/// The doors of the service, with the login by Kerberos when it is set up.
#[cfg(feature = "gssapi")]
pub fn doors(app: App, gssapi: &Gssapi) -> Web {
    let web = Web::new(app);
    if gssapi.keytab.is_none() {
        return web;
    }
    let library = copr_web::gssapi::Library::new(&gssapi.service);
    if let Err(error) = library.check() {
        // It may get a key while we run, so this is no reason not to start.
        tracing::warn!("the keytab has no usable key for `{}`: {error}", gssapi.service);
    }
    web.with_gssapi(std::sync::Arc::new(library))
}

/// The doors of the service; nobody logs in by Kerberos.
#[cfg(not(feature = "gssapi"))]
pub fn doors(app: App, _: &Gssapi) -> Web {
    Web::new(app)
}
