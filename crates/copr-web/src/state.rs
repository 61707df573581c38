//! What every route has at hand.

use crate::gssapi::Acceptor;
use copr_app::App;
use std::sync::Arc;

/// The use cases. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Web {
    /// What the routes are doors to.
    pub app: App,
    /// What proves Kerberos identities, where that is set up.
    pub gssapi: Option<Arc<dyn Acceptor>>,
}

impl Web {
    /// Doors to these use cases, without Kerberos.
    pub fn new(app: App) -> Self {
        Self { app, gssapi: None }
    }

    /// The same with Kerberos.
    pub fn with_gssapi(self, acceptor: Arc<dyn Acceptor>) -> Self {
        Self { gssapi: Some(acceptor), ..self }
    }
}
