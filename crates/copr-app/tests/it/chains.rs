//! Sets of builds whose order is found out.

use crate::both_engines;
use crate::builder::FakeBuilder;
use crate::rpms::{Made, written};
use crate::sources::{git, text};
use crate::world::{ARM, World, X86, input};
use copr_app::build::{self, Options};
use copr_app::chain::{self, Input, Standing};
use copr_app::{Kind, package, project};
use copr_types::{BuildId, ChainId, Failure, FailureClass, Phase, State};
use copr_wire::builder::{Lease, Outcome, Task};
use std::collections::BTreeMap;

/// A chain, and what its members are made of.
struct Set {
    id: ChainId,
    made: BTreeMap<BuildId, Made>,
}

fn into(id: ChainId) -> Options {
    Options { chain_id: Some(id.to_string()), ..Options::default() }
}

async fn opened(w: &World, input: &Input) -> ChainId {
    chain::create(&w.app, &w.alice, "alice", "hello", input).await.unwrap().chain.id
}

/// A chain of packages, each a name and the preamble of its spec; its builds in their order.
async fn set(w: &World, input: &Input, rows: &[(&str, &str)]) -> (Set, Vec<BuildId>) {
    let id = opened(w, input).await;
    let (mut made, mut builds) = (BTreeMap::new(), Vec::new());
    for (name, preamble) in rows {
        let build = submitted(w, &into(id)).await;
        made.insert(build, written(name, preamble));
        builds.push(build);
    }
    (Set { id, made }, builds)
}

async fn submitted(w: &World, options: &Options) -> BuildId {
    w.try_submit(&w.alice, options).await.unwrap()[0].build.id
}

fn is_source(lease: &Lease) -> bool {
    matches!(lease.task, Task::Source(_))
}

fn build_of(lease: &Lease) -> BuildId {
    match &lease.task {
        Task::Source(task) => BuildId(task.build.build_id),
        Task::Rpm(task) => BuildId(task.build.build_id),
    }
}

impl Set {
    /// Makes all sources, and starts the chain.
    async fn start(&self, w: &World, builder: &FakeBuilder) {
        self.sources(w, builder, self.made.len()).await;
        chain::start(&w.app, &w.alice, self.id).await.unwrap();
        advance(w).await;
    }

    async fn sources(&self, w: &World, builder: &FakeBuilder, count: usize) {
        for _ in 0..count {
            let lease = builder.lease().await;
            assert!(is_source(&lease));
            builder.deliver_made(&lease, &self.made[&build_of(&lease)]).await.unwrap();
        }
        w.import().await;
        assert!(builder.try_lease().await.is_none(), "packages are built before there is an order");
    }

    /// Builds the next one, and publishes it.
    async fn build_next(&self, w: &World, builder: &FakeBuilder) -> BuildId {
        let lease = builder.lease().await;
        builder.deliver_made(&lease, &self.made[&build_of(&lease)]).await.unwrap();
        w.publish().await;
        advance(w).await;
        build_of(&lease)
    }

    async fn show(&self, w: &World) -> chain::Shown {
        chain::find(&w.app, self.id).await.unwrap()
    }

    /// `package` and wave, as the order of a chroot tells them.
    async fn waves(&self, w: &World) -> Vec<(String, i64)> {
        let chroot = self.show(w).await.chroots.remove(0);
        chroot.steps.into_iter().map(|step| (step.package, step.wave)).collect()
    }
}

async fn advance(w: &World) {
    chain::advance(&w.app).await.unwrap();
}

/// Fails the next one as builders do when something can not be installed.
async fn miss(w: &World, builder: &FakeBuilder, what: &str) -> BuildId {
    let lease = builder.lease().await;
    let message = format!("the build dependencies can not be installed:\nNo matching package to install: '{what}'");
    let failure = Failure::new(FailureClass::User, Phase::Builddeps, message);
    builder.finish(&lease, Outcome::Failed { failure }, Vec::new()).await.unwrap();
    advance(w).await;
    build_of(&lease)
}

/// Why the one chroot of a build failed.
async fn reason(w: &World, id: BuildId) -> String {
    let shown = w.show(id).await;
    assert_eq!(shown.state(), Some(State::Failed), "{id}");
    shown.chroots[0].failure().unwrap().message
}

fn names(pairs: &[(&str, i64)]) -> Vec<(String, i64)> {
    pairs.iter().map(|(name, wave)| ((*name).to_owned(), *wave)).collect()
}

const APP: (&str, &str) = ("app", "BuildRequires: lib(api) >= 1, gcc\n");
const LIB: (&str, &str) = ("lib", "BuildRequires: (tool or elsewhere)\nProvides: lib(api) = %{version}\n");
const TOOL: (&str, &str) = ("tool", "");

both_engines! {
    async fn a_set_given_in_the_wrong_order_is_built_in_the_right_one(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let (set, builds) = set(&w, &Input::default(), &[APP, LIB, TOOL]).await;
        let [app, lib, tool] = builds[..] else { panic!() };
        set.start(&w, &builder).await;
        assert_eq!(set.waves(&w).await, names(&[("tool", 1), ("lib", 2), ("app", 3)]));
        assert_eq!(set.show(&w).await.standing(), Standing::Running);
        for expected in [tool, lib, app] {
            let lease = builder.lease().await;
            assert_eq!(build_of(&lease), expected);
            assert!(builder.try_lease().await.is_none(), "what it was let go for is not there yet");
            builder.deliver_made(&lease, &set.made[&expected]).await.unwrap();
            advance(&w).await;
            assert!(builder.try_lease().await.is_none(), "nobody can install it yet");
            w.publish().await;
            advance(&w).await;
        }
        let shown = set.show(&w).await;
        assert_eq!((shown.standing(), shown.chain.state.as_str()), (Standing::Succeeded, "ended"));
        let [need] = &shown.chroots[0].steps[2].needs[..] else { panic!("one need") };
        assert_eq!((need.what.as_str(), need.by[0].build), ("lib(api) >= 1", lib));
        assert_eq!(need.by[0].known, "its spec file says `Provides`");
    }

    async fn the_order_can_be_looked_at_before_anything_is_built(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let (set, _) = set(&w, &Input::default(), &[APP, LIB]).await;
        assert!(set.show(&w).await.chroots.is_empty(), "no source is in");
        set.sources(&w, &builder, 2).await;
        assert_eq!(set.waves(&w).await, names(&[("lib", 1), ("app", 2)]));
        advance(&w).await;
        assert!(builder.try_lease().await.is_none());
        assert_eq!(set.show(&w).await.standing(), Standing::Open);
    }

    async fn who_needs_what_failed_is_not_built_and_says_why(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let rows = [APP, LIB, ("after-app", "BuildRequires: app\n"), ("alone", "")];
        let (set, builds) = set(&w, &Input::default(), &rows).await;
        let [app, lib, after, alone] = builds[..] else { panic!() };
        set.start(&w, &builder).await;
        let lease = builder.lease().await;
        assert_eq!(build_of(&lease), lib);
        builder.fail(&lease, FailureClass::User).await.unwrap();
        advance(&w).await;
        assert_eq!(reason(&w, app).await, format!("not built: it needs `lib`, whose build {lib} failed (for `lib(api) >= 1`)"));
        assert_eq!(reason(&w, after).await, format!("not built: it needs `app`, whose build {app} failed"));
        assert_eq!(set.build_next(&w, &builder).await, alone);
        assert_eq!(set.show(&w).await.standing(), Standing::Failed);
        assert!(w.tasks().await.is_empty());
    }

    async fn who_keeps_going_builds_against_what_there_is(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let keep_going = Input { keep_going: true, ..Input::default() };
        let (set, builds) = set(&w, &keep_going, &[APP, LIB]).await;
        set.start(&w, &builder).await;
        builder.fail(&builder.lease().await, FailureClass::User).await.unwrap();
        advance(&w).await;
        assert_eq!(set.build_next(&w, &builder).await, builds[0]);
    }

    async fn canceled_and_deleted_members_are_waited_for_by_nobody(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let rows = [APP, LIB, ("other", "BuildRequires: tool\n"), TOOL];
        let (set, builds) = set(&w, &Input::default(), &rows).await;
        let [app, lib, other, tool] = builds[..] else { panic!() };
        set.start(&w, &builder).await;
        build::cancel(&w.app, &w.alice, lib).await.unwrap();
        build::cancel(&w.app, &w.alice, tool).await.unwrap();
        build::delete(&w.app, &w.alice, tool).await.unwrap();
        advance(&w).await;
        assert!(reason(&w, app).await.starts_with(&format!("not built: it needs `lib`, whose build {lib} was canceled")));
        assert_eq!(reason(&w, other).await, format!("not built: it needs `tool`, whose build {tool} was deleted"));
        assert_eq!(set.show(&w).await.members.len(), 3);
    }

    async fn a_circle_is_named_and_stops_nobody_else(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let rows = [("a", "BuildRequires: b\n"), ("b", "BuildRequires: a\n"), ("c", "BuildRequires: a\n"), ("d", "")];
        let (set, builds) = set(&w, &Input::default(), &rows).await;
        let [a, b, c, d] = builds[..] else { panic!() };
        set.start(&w, &builder).await;
        let circle = |names: &str| format!(
            "not built: it is in a circle of packages that need each other: {names}\n\
             hint: build one of them first in a way that needs none of the others"
        );
        assert_eq!(reason(&w, a).await, circle("a → b → a"));
        assert_eq!(reason(&w, b).await, circle("b → a → b"));
        assert_eq!(reason(&w, c).await, format!("not built: it needs `a`, whose build {a} failed"));
        assert_eq!(set.build_next(&w, &builder).await, d);
        assert_eq!(set.show(&w).await.standing(), Standing::Failed);
    }

    async fn a_circle_is_opened_where_an_older_build_will_do(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let old = written("a", "");
        let first = w.submit().await;
        builder.deliver_made(&builder.lease().await, &old).await.unwrap();
        w.import().await;
        builder.deliver_made(&builder.lease().await, &old).await.unwrap();
        w.publish().await;
        let (set, builds) =
            set(&w, &Input::default(), &[("a", "BuildRequires: b\n"), ("b", "BuildRequires: a\n")]).await;
        set.start(&w, &builder).await;
        assert_eq!(set.waves(&w).await, names(&[("b", 1), ("a", 2)]));
        let given_up = &set.show(&w).await.chroots[0].steps[0].needs[0].by[0].given_up;
        assert_eq!(*given_up, format!("`a` needs it in turn; what build {first} left in the repository is used"));
        assert_eq!(set.build_next(&w, &builder).await, builds[1]);
    }

    async fn who_missed_something_is_tried_again_when_a_member_turns_out_to_provide_it(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let rows = [("app", "BuildRequires: surprise\n"), ("lib", "Provides: %(echo surprise)\n")];
        let (set, builds) = set(&w, &Input::default(), &rows).await;
        set.start(&w, &builder).await;
        assert_eq!(set.waves(&w).await, names(&[("app", 1), ("lib", 1)]));
        assert_eq!(miss(&w, &builder, "surprise").await, builds[0]);
        assert_eq!(w.state(builds[0]).await, Some(State::Pending));
        assert!(set.show(&w).await.chroots[0].steps[0].held);
        assert_eq!(set.build_next(&w, &builder).await, builds[1]);
        assert_eq!(set.waves(&w).await, names(&[("lib", 1), ("app", 2)]));
        let known = set.show(&w).await.chroots[0].steps[1].needs[0].by[0].known.clone();
        assert_eq!(known, format!("found out when its build {} was published", builds[1]));
        assert_eq!(set.build_next(&w, &builder).await, builds[0]);
        assert_eq!(set.show(&w).await.standing(), Standing::Succeeded);
    }

    async fn who_misses_what_nobody_provides_fails_in_the_end_with_its_own_words(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let rows = [("app", "BuildRequires: nowhere\n"), ("after", "BuildRequires: app\n"), TOOL];
        let (set, builds) = set(&w, &Input::default(), &rows).await;
        set.start(&w, &builder).await;
        miss(&w, &builder, "nowhere").await;
        assert_eq!(set.build_next(&w, &builder).await, builds[2]);
        assert!(reason(&w, builds[0]).await.contains("No matching package to install: 'nowhere'"));
        assert!(reason(&w, builds[1]).await.contains("it needs `app`"));
        assert_eq!(set.show(&w).await.standing(), Standing::Failed);
    }

    async fn each_chroot_has_its_own_order_and_fails_for_itself(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        let (set, builds) = set(&w, &Input::default(), &[APP, LIB]).await;
        set.start(&w, &builder).await;
        w.publish().await;
        let lib_on_arm = builder.lease_for(&["aarch64"]).await.expect("a task");
        builder.fail(&lib_on_arm, FailureClass::User).await.unwrap();
        advance(&w).await;
        assert!(builder.lease_for(&["aarch64"]).await.is_none());
        assert_eq!(set.build_next(&w, &builder).await, builds[1]);
        assert_eq!(set.build_next(&w, &builder).await, builds[0]);
        let app = w.show(builds[0]).await;
        let state = |name: &str| app.chroots.iter().find(|one| one.name.as_str() == name).map(|one| one.state);
        assert_eq!((state(X86), state(ARM)), (Some(State::Succeeded), Some(State::Failed)));
        assert_eq!(set.show(&w).await.chroots.len(), 2);
    }

    async fn what_depends_on_the_changed_is_built_again_when_asked_for(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let (set_before, before) = set(&w, &Input::default(), &[APP, LIB, ("after-app", "BuildRequires: app\n"), TOOL]).await;
        set_before.start(&w, &builder).await;
        for _ in 0..4 {
            set_before.build_next(&w, &builder).await;
        }
        let found = chain::dependents(&w.app, "alice", "hello", None, &["lib".to_owned()], &[]).await.unwrap();
        let told: Vec<_> = found[0].packages.iter().map(|one| (one.package.as_str(), one.of.as_str())).collect();
        assert_eq!(told, [("app", "lib"), ("after-app", "app")]);

        let again = Input { with_dependents: true, ..Input::default() };
        let (mut later, builds) = set(&w, &again, &[LIB]).await;
        later.start(&w, &builder).await;
        let shown = later.show(&w).await;
        let added: Vec<_> = shown.members.iter().map(|member| (member.build.build.id, member.added_for.clone())).collect();
        assert_eq!((added[0].0, added[0].1.as_str()), (builds[0], ""));
        for ((build, why), of) in added[1..].iter().zip([(before[2], "it needs `app` of `app`"), (before[0], "it needs `lib(api) >= 1` of `lib`")]) {
            assert_eq!(why, of.1);
            later.made.insert(*build, set_before.made[&of.0].clone());
        }
        later.sources(&w, &builder, 2).await;
        advance(&w).await;
        assert_eq!(later.waves(&w).await, names(&[("lib", 1), ("app", 2), ("after-app", 3)]));
        for expected in [builds[0], added[2].0, added[1].0] {
            assert_eq!(later.build_next(&w, &builder).await, expected);
        }
        assert_eq!(later.show(&w).await.standing(), Standing::Succeeded);
    }

    async fn canceling_a_chain_cancels_what_has_not_ended(w: World) {
        w.project(&[X86]).await;
        let bob = w.person("bob").await;
        let builder = w.builder("b1").await;
        let (set, builds) = set(&w, &Input::default(), &[APP, LIB]).await;
        set.start(&w, &builder).await;
        set.build_next(&w, &builder).await;
        assert_eq!(chain::cancel(&w.app, &bob, set.id).await.unwrap_err().kind, Kind::Forbidden);
        let shown = chain::cancel(&w.app, &w.alice, set.id).await.unwrap();
        assert_eq!(shown.standing(), Standing::Canceled);
        assert_eq!((w.state(builds[0]).await, w.state(builds[1]).await), (Some(State::Canceled), Some(State::Succeeded)));
        assert_eq!(chain::cancel(&w.app, &w.alice, set.id).await.unwrap_err().kind, Kind::Conflict);
        advance(&w).await;
        assert!(w.tasks().await.is_empty());
    }

    async fn a_cancel_that_was_interrupted_is_brought_to_its_end(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let (set, builds) = set(&w, &Input::default(), &[APP, LIB]).await;
        set.start(&w, &builder).await;
        let mut tx = w.app.db.begin().await.unwrap();
        copr_db::chain::cancel(&mut tx, set.id).await.unwrap();
        tx.commit().await.unwrap();
        advance(&w).await;
        assert_eq!(set.show(&w).await.standing(), Standing::Canceled);
        assert_eq!((w.state(builds[0]).await, w.state(builds[1]).await), (Some(State::Canceled), Some(State::Canceled)));
    }

    async fn a_chain_that_nobody_starts_holds_its_builds_for_a_day(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let (set, builds) = set(&w, &Input::default(), &[LIB]).await;
        set.sources(&w, &builder, 1).await;
        w.clock.advance(86_399);
        advance(&w).await;
        assert_eq!(w.state(builds[0]).await, Some(State::Pending));
        w.clock.advance(1);
        advance(&w).await;
        assert_eq!(reason(&w, builds[0]).await, "not built: its chain was not started within a day");
    }

    async fn two_servers_let_each_step_go_once(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let (set, _) = set(&w, &Input::default(), &[APP, LIB, TOOL]).await;
        set.sources(&w, &builder, 3).await;
        chain::start(&w.app, &w.alice, set.id).await.unwrap();
        let other = w.second().await;
        for _ in 0..3 {
            let (one, two) = tokio::join!(chain::advance(&w.app), chain::advance(&other));
            one.unwrap();
            two.unwrap();
            let lease = builder.lease().await;
            assert!(builder.try_lease().await.is_none());
            builder.deliver_made(&lease, &set.made[&build_of(&lease)]).await.unwrap();
            w.publish().await;
        }
        let (one, two) = tokio::join!(chain::advance(&w.app), chain::advance(&other));
        one.unwrap();
        two.unwrap();
        assert_eq!(set.show(&w).await.standing(), Standing::Succeeded);
    }

    async fn what_can_not_be_a_member_is_refused_by_name(w: World) {
        w.project(&[X86]).await;
        let id = opened(&w, &Input::default()).await;
        let refused = async |options: Options| {
            let refused = w.try_submit(&w.alice, &options).await.expect_err("it was accepted");
            assert!(refused.fields.is_some() && refused.kind == Kind::Invalid);
            refused.message
        };
        let said = |text: &str| Options { chain_id: Some(text.to_owned()), ..Options::default() };
        assert_eq!(refused(said("first")).await, "chain_id: Not a valid integer value.");
        assert_eq!(refused(said("99")).await, "chain_id: Chain 99 not found");
        let elsewhere = Options { project_dirname: Some("hello:custom:next".to_owned()), ..into(id) };
        assert_eq!(refused(elsewhere).await, format!("chain_id: Chain {id} is of the directory hello"));
        let both = Options { after_build_id: Some("1".to_owned()), ..into(id) };
        assert!(refused(both).await.contains("chain_id: A build of a chain can not be in a batch"));
        project::create(&w.app, &w.alice, "alice", &input("other", &[X86]), false).await.unwrap();
        let foreign = chain::create(&w.app, &w.alice, "alice", "other", &Input::default()).await.unwrap().chain.id;
        assert_eq!(refused(into(foreign)).await, format!("chain_id: Chain {foreign} belongs to project alice/other"));

        let empty = chain::start(&w.app, &w.alice, id).await.unwrap_err();
        assert_eq!((empty.kind, empty.message.as_str()), (Kind::Invalid, format!("Chain {id} has no builds").as_str()));
        submitted(&w, &into(id)).await;
        chain::start(&w.app, &w.alice, id).await.unwrap();
        assert_eq!(chain::start(&w.app, &w.alice, id).await.unwrap_err().kind, Kind::Conflict);
        assert_eq!(refused(into(id)).await, format!("chain_id: Chain {id} has been started already"));
        assert_eq!(chain::find(&w.app, ChainId(99)).await.unwrap_err().kind, Kind::NotFound);
        let bob = w.person("bob").await;
        let denied = chain::create(&w.app, &bob, "alice", "hello", &Input::default()).await.unwrap_err();
        assert_eq!(denied.kind, Kind::Forbidden);
    }

    async fn a_package_is_built_once_in_a_chain(w: World) {
        w.project(&[X86]).await;
        let id = opened(&w, &Input::default()).await;
        let input = package::Input { package_name: text("tool"), source: git("https://x.org/tool.git"), ..Default::default() };
        package::add(&w.app, &w.alice, "alice", "hello", "tool", "scm", &input).await.unwrap();
        let again = || async { build::of_package(&w.app, &w.alice, "alice", "hello", Some("tool"), &into(id)).await };
        let first = again().await.unwrap().build.id;
        assert_eq!(again().await.unwrap_err().message, format!("chain_id: `tool` is in chain {id} already, as build {first}"));
    }
}
