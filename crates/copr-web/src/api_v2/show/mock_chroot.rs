//! The chroots of the service.

use super::links;
use crate::api_v2::PREFIX;
use copr_db::chroot::Chroot;
use copr_wire::v2::{MockChroot, MockChrootOne};

/// A chroot.
pub fn mock_chroot(chroot: &Chroot) -> MockChrootOne {
    let name = &chroot.name;
    let shown = MockChroot {
        name: name.to_string(),
        os_release: name.os().to_owned(),
        os_version: name.version().to_owned(),
        arch: name.arch().to_owned(),
        is_active: chroot.enabled,
    };
    MockChrootOne { chroot: shown, links: links([("self", format!("{PREFIX}/mock_chroots/{name}"))]) }
}
