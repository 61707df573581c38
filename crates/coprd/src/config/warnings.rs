//! What is allowed and yet hardly meant.

use super::{Config, Engine};
use std::os::unix::fs::PermissionsExt;

impl Config {
    /// What an operator should know about this configuration: one sentence each, with a hint.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut warn = |condition: bool, text: String| {
            if condition {
                warnings.push(text);
            }
        };
        let exposed = !self.listen.ip().is_loopback();
        let plain = self.public_url.is_plain_http() && !self.public_url.is_loopback();
        warn(
            plain || (exposed && !self.origin.public_url_given),
            format!(
                "tokens and packages travel readable for everybody on the way to `{}`\n\
                 hint: put a proxy with TLS before it, and set `public_url` to its https address",
                if plain { self.public_url.to_string() } else { format!("http://{}", self.listen) }
            ),
        );
        warn(
            exposed && !self.origin.public_url_given,
            format!(
                "clients and `.repo` files are told `{}`\nhint: set `public_url` to the address that they can use",
                self.public_url
            ),
        );
        warn(
            !self.public_url.is_plain_http() && self.results_url.is_plain_http() && !self.results_url.is_loopback(),
            format!("`results_url` is plain http while `public_url` is https: `{}`", self.results_url),
        );
        let memory = self.limits.memory_mib == 0 || self.limits.processes == 0 || self.limits.disk_mib == 0;
        warn(
            memory && self.builder.enabled,
            "a build may take all memory, processes or disk of this machine\n\
             hint: set `limits.memory_mib`, `limits.processes` and `limits.disk_mib`"
                .to_owned(),
        );
        warn(
            self.builder.enabled
                && self.builder.engine == copr_builder::Engine::Mock
                && !std::path::Path::new("/usr/bin/mock").is_file(),
            "this machine does not build: there is no `/usr/bin/mock`\n\
             hint: install `mock`, or set `builder.engine = \"native\"`"
                .to_owned(),
        );
        if let Some(keytab) = &self.gssapi.keytab {
            warn(
                !copr_web::gssapi::BUILT_IN,
                "nobody can log in by Kerberos: this program was built without it\n\
                 hint: build it with `--features gssapi`, or remove `gssapi.keytab`"
                    .to_owned(),
            );
            if let Err(error) = std::fs::File::open(keytab) {
                warn(true, format!("nobody can log in by Kerberos: can't read `{}`: {error}", keytab.display()));
            }
        }
        if let Some(socket) = &self.signing.socket
            && let Err(error) = copr_sign::RemoteSigner::is_there(socket)
        {
            warn(
                true,
                format!(
                    "nothing is published until a signer answers at `{}`: {error}\nhint: start `coprd signer --socket {0}`",
                    socket.display()
                ),
            );
        }
        let readable = self.file().and_then(|file| Some((file, file.metadata().ok()?.permissions().mode())));
        if let Some((file, mode)) = readable {
            let text = format!(
                "`{}` can be read by others and may hold the database's password\nhint: chmod 600",
                file.display()
            );
            let secret = self.database.has_password() && self.database.engine() == Engine::Postgres;
            warn(mode & 0o077 != 0 && secret, text);
        }
        warnings
    }
}
