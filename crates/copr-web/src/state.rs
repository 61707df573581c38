//! What every route has at hand.

use crate::api_v3::Memory;
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
    /// Answers that need not be made again.
    pub(crate) memory: Memory,
}

impl Web {
    /// Doors to these use cases, without Kerberos.
    pub fn new(app: App) -> Self {
        Self { app, gssapi: None, memory: Memory::default() }
    }

    /// The same with Kerberos.
    pub fn with_gssapi(self, acceptor: Arc<dyn Acceptor>) -> Self {
        Self { gssapi: Some(acceptor), ..self }
    }
}
