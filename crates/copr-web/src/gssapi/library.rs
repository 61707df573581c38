//! The system's GSSAPI library.

use super::{Accepted, Acceptor};
use libgssapi::context::{CtxFlags, SecurityContext, ServerCtx};
use libgssapi::credential::{Cred, CredUsage};
use libgssapi::error::Error;
use libgssapi::name::Name;
use libgssapi::oid::{GSS_MECH_KRB5, GSS_MECH_SPNEGO, GSS_NT_HOSTBASED_SERVICE, OidSet};

/// Accepts what is for one service, such as `HTTP`, under any host's name that the keytab has.
///
/// The keytab is the one that the library finds by itself: that of `KRB5_KTNAME`.
#[derive(Clone, Debug)]
pub struct Library {
    service: String,
}

impl Library {
    /// An acceptor for a service.
    pub fn new(service: impl Into<String>) -> Self {
        Self { service: service.into() }
    }

    /// Says whether there is a key for the service.
    pub fn check(&self) -> Result<(), String> {
        self.credentials().map(drop).map_err(|error| error.to_string())
    }

    /// Read anew each time, so that a keytab with new keys needs no restart.
    fn credentials(&self) -> Result<Cred, Error> {
        let name = Name::new(self.service.as_bytes(), Some(GSS_NT_HOSTBASED_SERVICE))?;
        let mut mechanisms = OidSet::singleton(GSS_MECH_KRB5)?;
        mechanisms.add(GSS_MECH_SPNEGO)?;
        Cred::acquire(Some(&name), None, CredUsage::Accept, Some(&mechanisms))
    }
}

impl Acceptor for Library {
    fn accept(&self, token: &[u8]) -> Result<Accepted, String> {
        let refused = |error: Error| error.to_string();
        let mut context = ServerCtx::new(Some(self.credentials().map_err(refused)?));
        let reply = context.step(token, None).map_err(refused)?;
        if !context.is_complete() {
            return Err("the client's mechanism wants more than one round trip".to_owned());
        }
        if context.flags().map_err(refused)?.contains(CtxFlags::GSS_C_ANON_FLAG) {
            return Err("the client proved no name".to_owned());
        }
        let name = context.source_name().and_then(|name| name.display_name()).map_err(refused)?;
        let principal = String::from_utf8(name.to_vec()).map_err(|_| "the principal is not UTF-8".to_owned())?;
        Ok(Accepted { principal, reply: reply.map(|reply| reply.to_vec()) })
    }
}
