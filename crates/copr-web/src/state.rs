//! What every route has at hand.

/// The use cases. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Web {
    /// What the routes are doors to.
    pub app: copr_app::App,
}
