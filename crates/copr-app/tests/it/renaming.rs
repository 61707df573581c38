//! Projects that get another name or owner: everything goes along, what runs goes on, and old names lead on.

use crate::both_engines;
use crate::world::{World, X86, entries, input};
use copr_app::build::{self, Options};
use copr_app::{App, Kind, Refusal, account, expiry, permission, project, renaming};
use copr_types::faults::Fault;
use copr_types::{Faults, State};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const DAY: i64 = 86_400;

async fn rename(w: &World, from: &str, to: &str) -> Result<project::Shown, Refusal> {
    renaming::rename(&w.app, &w.alice, "alice", from, to).await
}

fn at(w: &World, owner: &str, name: &str) -> PathBuf {
    w.app.store.results().join(owner).join(name)
}

/// Names of what lies in an owner's results, links with an arrow behind them.
fn places(w: &World, owner: &str) -> Vec<String> {
    let mut found: Vec<String> = entries(w.app.store.results().join(owner))
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.symlink_metadata().unwrap().is_symlink() { name + "→" } else { name }
        })
        .collect();
    found.sort();
    found
}

fn published(w: &World, owner: &str, name: &str) -> usize {
    w.published_at(&at(w, owner, name).join(X86)).len()
}

async fn full_name(app: &App, owner: &str, name: &str) -> String {
    project::find(app, owner, name).await.unwrap().project.full_name()
}

/// A server that dies before its step of this number; whether it did.
fn dying(app: &App, step: usize) -> (App, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let faults = Faults::new(move |_| {
        let dead = counted.fetch_add(1, Ordering::SeqCst) >= step;
        dead.then(|| Fault::Fails(std::io::Error::other("the server is no more")))
    });
    let app = App {
        db: app.db.clone().with_faults(faults.clone()),
        store: app.store.clone().with_faults(faults),
        ..app.clone()
    };
    (app, count)
}

both_engines! {
    async fn everything_goes_along_and_the_old_name_leads_on(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.succeeded(&builder).await;
        let renamed = rename(&w, "hello", "bye").await.unwrap();
        assert_eq!(renamed.project.full_name(), "alice/bye");
        assert_eq!(places(&w, "alice"), ["bye", "hello→"]);
        assert_eq!((published(&w, "alice", "bye"), published(&w, "alice", "hello")), (2, 2));
        let build = w.show(id).await.build;
        assert_eq!((build.dir.as_str(), build.project.as_str()), ("bye", "bye"));
        assert!(build.source_url.unwrap().contains("/results/alice/bye/srpm-builds/"));
        // Under the old name it is found, and built in.
        assert_eq!(full_name(&w.app, "alice", "hello").await, "alice/bye");
        let again = w.succeeded(&builder).await;
        assert_eq!(w.show(again).await.build.dir.as_str(), "bye");
        let options = Options { project_dirname: Some("hello:pr:1".to_owned()), ..Options::default() };
        let pr = w.try_submit(&w.alice, &options).await.unwrap().remove(0);
        assert_eq!(pr.build.dir.as_str(), "bye:pr:1");
        assert_eq!(published(&w, "alice", "bye"), 4);
        // What can not be taken back wants the name as it is.
        let refused = project::delete(&w.app, &w.alice, "alice", "hello").await.unwrap_err();
        assert_eq!(refused.message, "Project alice/hello does not exist. It is called alice/bye now.");
        // And back again.
        rename(&w, "bye", "hello").await.unwrap();
        assert_eq!(places(&w, "alice"), ["bye:pr:1→", "bye→", "hello", "hello:pr:1"].map(str::to_owned).to_vec());
        assert_eq!(full_name(&w.app, "alice", "bye").await, "alice/hello");
    }

    async fn what_runs_goes_on(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.submit().await;
        let source = builder.lease().await;
        builder.log(&source, "begun\n").await.unwrap();
        rename(&w, "hello", "bye").await.unwrap();
        builder.deliver(&source, "hello-noarch").await.unwrap();
        rename(&w, "bye", "third").await.unwrap();
        w.import().await;
        let rpm = builder.lease().await;
        rename(&w, "third", "fourth").await.unwrap();
        builder.log(&rpm, "building\n").await.unwrap();
        builder.deliver(&rpm, "hello-noarch").await.unwrap();
        rename(&w, "fourth", "fifth").await.unwrap();
        w.publish().await;
        assert_eq!(w.state(id).await, Some(State::Succeeded));
        assert_eq!(published(&w, "alice", "fifth"), 2);
        assert_eq!(places(&w, "alice"), ["bye→", "fifth", "fourth→", "hello→", "third→"]);
        for former in ["hello", "bye", "third", "fourth"] {
            let target = std::fs::read_link(at(&w, "alice", former)).unwrap();
            assert_eq!(target, std::path::Path::new("../alice/fifth"), "chains of links break when a name is taken");
        }
    }

    async fn names_are_free_some_minutes_after_they_were_left(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        rename(&w, "hello", "bye").await.unwrap();
        rename(&w, "bye", "third").await.unwrap();
        let taken = input("hello", &[X86]);
        let refused = project::create(&w.app, &w.alice, "alice", &taken, false).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Conflict);
        w.clock.advance(600);
        project::create(&w.app, &w.alice, "alice", &taken, false).await.unwrap();
        assert_eq!(full_name(&w.app, "alice", "hello").await, "alice/hello");
        assert_eq!((published(&w, "alice", "hello"), published(&w, "alice", "third")), (0, 2));
        // The other former name leads on.
        assert_eq!(full_name(&w.app, "alice", "bye").await, "alice/third");
        assert_eq!(published(&w, "alice", "bye"), 2);
        assert_eq!(places(&w, "alice"), ["bye→", "hello", "third"]);
        // A name in use is nobody's else.
        let refused = rename(&w, "third", "hello").await.unwrap_err();
        assert_eq!((refused.kind, refused.message.as_str()), (Kind::Taken, "alice already has a project named 'hello'."));
        // A project may take what another one left, when it is free.
        rename(&w, "hello", "bye").await.unwrap();
        assert_eq!((published(&w, "alice", "bye"), published(&w, "alice", "third")), (0, 2));
        assert_eq!(places(&w, "alice"), ["bye", "hello→", "third"]);
    }

    async fn bad_names_and_no_changes_are_refused(w: World) {
        w.project(&[X86]).await;
        for (to, kind) in [("hello", Kind::Invalid), ("", Kind::Invalid), ("a/b", Kind::Invalid), ("12", Kind::Invalid)] {
            assert_eq!(rename(&w, "hello", to).await.unwrap_err().kind, kind, "{to}");
        }
        assert_eq!(rename(&w, "nothing", "x").await.unwrap_err().kind, Kind::NotFound);
        let eve = w.person("eve").await;
        let refused = renaming::rename(&w.app, &eve, "alice", "hello", "mine").await.unwrap_err();
        assert_eq!(refused.kind, Kind::Forbidden);
        assert_eq!(places(&w, "alice"), ["hello"]);
    }

    async fn owners_give_projects_to_their_groups_and_take_them_back(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        let (bob, eve) = (w.person("bob").await, w.person("eve").await);
        account::create_group(&w.app, &"team".parse().unwrap(), "team").await.unwrap();
        account::add_to_group(&w.app, "team", "bob").await.unwrap();
        let transfer = |who: &copr_db::account::Account, owner: &'static str, to: &'static str| {
            let (app, who) = (w.app.clone(), who.clone());
            async move { renaming::transfer(&app, &who, owner, "hello", to).await }
        };
        for (who, to, kind) in [
            (&w.alice, "bob", Kind::Forbidden),
            (&w.alice, "@team", Kind::Forbidden),
            (&w.alice, "alice", Kind::Invalid),
            (&w.alice, "nobody", Kind::NotFound),
            (&w.alice, "", Kind::Invalid),
            (&bob, "@team", Kind::Forbidden),
            (&eve, "eve", Kind::Forbidden),
        ] {
            assert_eq!(transfer(who, "alice", to).await.unwrap_err().kind, kind, "{} to {to}", who.name);
        }
        account::add_to_group(&w.app, "team", "alice").await.unwrap();
        assert_eq!(transfer(&w.alice, "alice", "@team").await.unwrap().project.full_name(), "@team/hello");
        assert_eq!((places(&w, "alice"), places(&w, "@team")), (vec!["hello→".to_owned()], vec!["hello".to_owned()]));
        assert_eq!(published(&w, "@team", "hello"), 2);
        // She keeps a role when she leaves the group.
        account::remove_from_group(&w.app, "team", "alice").await.unwrap();
        let roles = permission::get(&w.app, &w.alice, "@team", "hello").await.unwrap();
        assert_eq!(roles.len(), 1);
        let taken = transfer(&bob, "@team", "bob").await.unwrap();
        assert_eq!(taken.project.account_id, Some(bob.id.0));
        assert_eq!(full_name(&w.app, "alice", "hello").await, "bob/hello");
        assert_eq!(full_name(&w.app, "@team", "hello").await, "bob/hello");
        // Administrators of the service may give anything to anybody.
        let root = w.admin().await;
        assert_eq!(transfer(&root, "bob", "eve").await.unwrap().project.full_name(), "eve/hello");
        assert_eq!(published(&w, "alice", "hello"), 2);
    }

    async fn nothing_is_left_of_a_deleted_project_that_had_other_names(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        let options = Options { project_dirname: Some("hello:pr:1".to_owned()), ..Options::default() };
        let pr = w.try_submit(&w.alice, &options).await.unwrap().remove(0).build.id;
        w.made(&builder, pr, "hello-noarch").await;
        rename(&w, "hello", "bye").await.unwrap();
        assert_eq!(places(&w, "alice"), ["bye", "bye:pr:1", "hello:pr:1→", "hello→"]);
        w.clock.advance(41 * DAY);
        expiry::all(&w.app).await.unwrap();
        assert_eq!(places(&w, "alice"), ["bye", "hello→"], "the link of a directory goes with it");
        project::delete(&w.app, &w.alice, "alice", "bye").await.unwrap();
        w.sweep().await;
        w.sweep().await;
        assert!(places(&w, "alice").is_empty() && entries(w.app.store.distgit().join("alice")).is_empty());
        assert_eq!(copr_db::project::rows(&mut w.app.db.read().await.unwrap()).await.unwrap(), []);
        assert!(project::find(&w.app, "alice", "hello").await.is_err());
        // Both names are free at once.
        for name in ["hello", "bye"] {
            project::create(&w.app, &w.alice, "alice", &input(name, &[X86]), false).await.unwrap();
        }
    }

    /// The server dies before each of its steps, one after the other; another one comes and looks.
    async fn a_move_that_was_broken_off_anywhere_is_finished_or_never_was(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.succeeded(&builder).await;
        let (mut here, mut there) = ("hello", "bye");
        let mut moves = 0;
        for step in 0.. {
            let (app, count) = dying(&w.app, step);
            let done = renaming::rename(&app, &w.alice, "alice", here, there).await;
            let died = count.load(Ordering::SeqCst) > step;
            renaming::finish_all(&w.app).await.unwrap();
            let build = w.show(id).await.build;
            let now = build.project.to_string();
            assert!(now == here || now == there, "step {step}: {now}");
            assert_eq!(build.dir.as_str(), now);
            assert_eq!(published(&w, "alice", &now), 2, "step {step}");
            assert!(!at(&w, "alice", &now).symlink_metadata().unwrap().is_symlink(), "step {step}");
            let other = if now == here { there } else { here };
            if at(&w, "alice", other).symlink_metadata().is_ok() {
                assert_eq!(full_name(&w.app, "alice", other).await, format!("alice/{now}"), "step {step}: a link without an alias");
            }
            assert!(copr_db::rename::pending(&mut w.app.db.read().await.unwrap()).await.unwrap().is_empty(), "step {step}");
            if now == there {
                (here, there) = (there, here);
                moves += 1;
            }
            if !died {
                done.unwrap();
                break;
            }
        }
        assert!(moves > 3, "{moves}");
        let again = w.succeeded(&builder).await;
        assert_eq!(build::find(&w.app, again).await.unwrap().build.project.as_str(), here);
    }
}
