//! Chains and their orders.

use copr_app::chain::{Chroot, Dependents as Found, Member, Needed, Provider, Shown, Step};
use copr_types::State;
use copr_wire::v3::{
    Chain, ChainBuild, ChainChroot, ChainNeed, ChainProvider, ChainStep, Dependent, Dependents, DependentsInChroot,
};

fn said(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// A chain.
pub fn chain(shown: &Shown) -> Chain {
    let chain = &shown.chain;
    Chain {
        id: chain.id.0,
        state: shown.standing().word().to_owned(),
        ownername: chain.owner.clone(),
        projectname: chain.project.clone(),
        project_dirname: chain.dir.clone(),
        submitter: chain.submitter.clone(),
        keep_going: chain.keep_going,
        with_dependents: chain.with_dependents,
        submitted_on: chain.created_on,
        started_on: chain.started_on,
        ended_on: chain.ended_on,
        builds: shown.members.iter().map(build).collect(),
        is_ordered: shown.is_ordered(),
        chroots: shown.chroots.iter().map(chroot).collect(),
    }
}

fn build(member: &Member) -> ChainBuild {
    ChainBuild {
        id: member.build.build.id.0,
        package: member.build.build.package.clone(),
        state: member.build.state().map_or("unknown", State::on_the_wire).to_owned(),
        added_for: said(&member.added_for),
    }
}

fn chroot(chroot: &Chroot) -> ChainChroot {
    ChainChroot { name: chroot.name.to_string(), steps: chroot.steps.iter().map(step).collect() }
}

fn step(step: &Step) -> ChainStep {
    ChainStep {
        build_id: step.build.0,
        package: step.package.clone(),
        state: step.state.on_the_wire().to_owned(),
        status_reason: step.reason.clone(),
        wave: (step.wave > 0).then_some(step.wave),
        held: step.held,
        needs: step.needs.iter().map(need).collect(),
        circle: step.circle.clone(),
    }
}

fn need(need: &Needed) -> ChainNeed {
    let provider = |one: &Provider| ChainProvider {
        build_id: one.build.0,
        package: one.package.clone(),
        known_from: one.known.clone(),
        given_up: said(&one.given_up),
    };
    ChainNeed { what: need.what.clone(), essential: need.essential, providers: need.by.iter().map(provider).collect() }
}

/// Who needs some packages.
pub fn dependents(found: Vec<Found>) -> Dependents {
    let in_chroot = |one: Found| DependentsInChroot {
        name: one.chroot.to_string(),
        packages: one
            .packages
            .into_iter()
            .map(|needing| Dependent {
                package: needing.package,
                what: needing.what,
                of: needing.of,
                build_id: needing.build.0,
            })
            .collect(),
    };
    Dependents { chroots: found.into_iter().map(in_chroot).collect() }
}
