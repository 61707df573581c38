//! What clients may still ask for, and what is told instead.

use super::answer::Refused;
use copr_app::Refusal;

/// `module/build`, `module/make` and `module/repo`
pub async fn modules() -> Refused {
    Refusal::not_found("This service builds no modules: there is no such API endpoint.").into()
}

/// `mock-profile/{chroot}/`
pub async fn mock_profile() -> Refused {
    Refusal::not_found("There are no mock profiles any more; hint: `build-config` tells what a chroot's builds use.")
        .into()
}
