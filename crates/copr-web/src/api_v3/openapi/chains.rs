//! Chains: made, filled by submitting builds, started, looked at, canceled.

use super::fields::{CHAIN, DEPENDENTS, FILLED, WHERE};
use super::operation::Operation;
use super::query::{OWNERNAME, PACKAGENAME, PROJECTNAME, optional, paging, required};
use crate::api_v3::chain;
use copr_wire::v3::{Chain, Dependents, List};

const NO_PROJECT: &str = "There is no such project, or no such group.";
const MAY_NOT_BUILD: &str = "Who asks may not build there.";

/// The descriptions of chains.
pub fn operations() -> Vec<Operation> {
    let change = |path, summary| Operation::update(path, summary).gives::<Chain>().says(403, MAY_NOT_BUILD);
    vec![
        Operation::read("/chain/{chain}", "A chain with its builds and their order").gives::<Chain>(),
        Operation::read("/chain/list", "The chains of a project, newest first, without their orders")
            .query([required(OWNERNAME), required(PROJECTNAME)])
            .query(paging(&chain::ORDERS))
            .gives::<List<Chain>>()
            .says(404, NO_PROJECT),
        Operation::read("/chain/dependents", "Who needs some packages to be built")
            .query([required(OWNERNAME), required(PROJECTNAME), required(PACKAGENAME)])
            .query([
                optional(("project_dirname", "The directory; the main one by default.")),
                optional(("chroots", "Name or pattern of a chroot; may be repeated.")),
            ])
            .gives::<Dependents>()
            .says(404, "There is no such project, group or package."),
        Operation::create("/chain/create", "An open chain, for builds to join by `chain_id`")
            .takes(&[WHERE, CHAIN, FILLED])
            .gives::<Chain>()
            .says(403, MAY_NOT_BUILD)
            .says(404, NO_PROJECT),
        Operation::create("/chain/create/dependents", "Builds all packages again that need some")
            .takes(&[WHERE, DEPENDENTS, CHAIN])
            .gives::<Chain>()
            .says(403, MAY_NOT_BUILD)
            .says(404, "There is no such project, group or package."),
        change("/chain/start/{chain}", "Starts a chain: no more builds can join")
            .says(400, "It has no builds.")
            .says(409, "It was started already."),
        change("/chain/cancel/{chain}", "Cancels all builds of a chain that have not ended")
            .says(409, "It has ended already."),
    ]
}
