//! What a repository and a package may try: none of it reaches the machine.

use copr_testkit::forge::{Forge, Repository, git as plain_git};
use copr_types::source::SrpmMethod;
use copr_types::{FailureClass, Phase};

use crate::checkouts::{git, tiny};
use crate::trial::Trial;

#[tokio::test]
async fn submodules_start_no_programs_and_show_no_files_of_the_machine() {
    let (trial, forge) = (Trial::start().await, Forge::start().unwrap());
    let witness = trial.scratch.path().join("witness");
    for (url, words) in [
        (format!("ext::sh -c 'touch {} % >&2'", witness.display()), "transport 'ext' not allowed"),
        ("file:///root".to_owned(), "transport 'file' not allowed"),
        ("ssh://127.0.0.1/x".to_owned(), "transport 'ssh' not allowed"),
        ("http://169.254.169.254/latest".to_owned(), "is not an address that builds may fetch from"),
    ] {
        let mut repository = Repository::new();
        repository.write("tiny.spec", tiny("1"));
        repository.write(".gitmodules", format!("[submodule \"evil\"]\n\tpath = evil\n\turl = \"{url}\"\n"));
        let head = repository.commit("One");
        repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},evil")]);
        repository.git(&["commit", "--quiet", "--message", "Evil"]);
        forge.publish(&repository, "evil.git");
        let given = trial.source(git(&forge.smart("evil.git"), |_| {})).await;
        given.fails(FailureClass::User, Phase::Fetch, &[words]);
    }
    assert!(!witness.exists());
    trial.stop().await;
}

#[tokio::test]
async fn symbolic_links_lead_nowhere_on_the_machine() {
    let (trial, forge) = (Trial::start().await, Forge::start().unwrap());
    let secret = trial.scratch.path().join("secret");
    std::fs::write(&secret, "the machine's own").unwrap();
    let mut repository = Repository::new();
    let target = secret.to_str().unwrap().to_owned();
    repository.write("tiny.spec", tiny("1").replace("%description", "Source0: leak\n%description"));
    repository.link("leak", &target).link("out", "/").link("evil.spec", &target).commit("Links");
    forge.publish(&repository, "links.git");
    let url = forge.smart("links.git");
    let leak = trial.source(git(&url, |scm| scm.spec = Some("tiny.spec".to_owned()))).await;
    leak.fails(FailureClass::User, Phase::Srpm, &["leak"]);
    let out = trial.source(git(&url, |scm| scm.subdirectory = Some("out/root".to_owned()))).await;
    out.fails(FailureClass::User, Phase::Srpm, &["symbolic link"]);
    let evil = trial.source(git(&url, |scm| scm.spec = Some("evil.spec".to_owned()))).await;
    evil.fails(FailureClass::User, Phase::Srpm, &["evil.spec"]);
    for given in [leak, out, evil] {
        assert!(!given.text().contains("the machine's own"), "{}", given.text());
    }
    trial.stop().await;
}

#[tokio::test]
async fn a_repository_that_is_too_large_reaches_its_limit() {
    let (trial, forge) = (Trial::start().await, Forge::start().unwrap());
    let mut repository = Repository::new();
    // Small to send, large to have.
    repository.write("tiny.spec", tiny("1")).write("huge", vec![0_u8; 192 << 20]).commit("Huge");
    forge.publish(&repository, "huge.git");
    let given = trial.source_within(git(&forge.smart("huge.git"), |_| {}), |limits| limits.disk_mib = 64).await;
    given.fails(FailureClass::Resource, Phase::Fetch, &["limit of 64 MiB"]);
    trial.stop().await;
}

#[tokio::test]
async fn hooks_and_settings_of_a_repository_are_not_its_clones() {
    let (trial, forge) = (Trial::start().await, Forge::start().unwrap());
    let mut repository = Repository::new();
    repository.write("tiny.spec", tiny("1")).write(".gitattributes", "* filter=evil\n");
    repository.write(".gitconfig", "[filter \"evil\"]\n\tsmudge = touch /work/evil\n").commit("One");
    forge.publish(&repository, "hooks.git");
    let place = forge.root().join("hooks.git");
    let hook = place.join("hooks/post-checkout");
    std::fs::write(&hook, "#!/bin/sh\necho the hook ran\n").unwrap();
    copr_testkit::output(copr_testkit::command("chmod").arg("755").arg(&hook));
    copr_testkit::output(plain_git().current_dir(&place).args(["config", "filter.evil.smudge", "echo the filter ran"]));
    for url in [forge.smart("hooks.git"), forge.plain("hooks.git")] {
        let given = trial.source(git(&url, |_| {})).await;
        assert_eq!(given.packages(), ["tiny-1-1.src.rpm"]);
        assert!(!given.text().contains(" ran\n"), "{}", given.text());
    }
    trial.stop().await;
}

#[tokio::test]
async fn a_makefile_and_a_spec_file_see_nothing_of_the_machine() {
    let (trial, forge) = (Trial::start().await, Forge::start().unwrap());
    let secret = trial.scratch.path().join("secret");
    std::fs::write(&secret, "the machine's own").unwrap();
    let look = format!(
        "cat {} /root/.cache/* /etc/shadow; ls /proc/*/root/; mknod /mnt/resultdir/sda b 8 0; mount -t tmpfs none /mnt && echo; \
         ln -s {} /mnt/resultdir/leak-1-1.src.rpm; true",
        secret.display(),
        secret.display()
    );
    let mut repository = Repository::new();
    repository.write(".copr/Makefile", format!("srpm:\n\t{look}\n"));
    let spec =
        tiny("1").replace("Summary: x", &format!("Summary: %(cat {} 2>/dev/null || echo none)", secret.display()));
    repository.write("tiny.spec", spec).commit("Look around");
    forge.publish(&repository, "look.git");
    let url = forge.smart("look.git");
    let made = trial.source(git(&url, |scm| scm.srpm_build_method = SrpmMethod::MakeSrpm)).await;
    made.fails(FailureClass::User, Phase::Srpm, &["left no source package"]);
    assert!(!made.text().contains("the machine's own"), "{}", made.text());
    let given = trial.source(git(&url, |_| {})).await;
    assert_eq!(given.packages(), ["tiny-1-1.src.rpm"]);
    assert_eq!(given.package("tiny-1-1.src.rpm").summary.as_deref(), Some("none"));
    trial.stop().await;
}

#[tokio::test]
async fn what_is_no_package_among_the_results_is_not_taken() {
    let trial = Trial::start().await;
    // Names that begin with a dot: the script that clears the directory before packages come does not see them.
    let evil = "/results/.evil.rpm";
    for (name, script, class, words) in [
        ("symlink", format!("ln -s /etc/passwd {evil}"), FailureClass::User, "is no file"),
        ("fifo", format!("mkfifo {evil}"), FailureClass::User, "is no file"),
        ("directory", format!("mkdir {evil}"), FailureClass::User, "is no file"),
        ("text", format!("echo x >{evil}"), FailureClass::User, "is no package"),
        ("newline", "touch \"$(printf '/results/.a\\nb.rpm')\"".to_owned(), FailureClass::User, "is no package"),
        ("hardlink", format!("ln /results/*.src.rpm {evil}"), FailureClass::User, "says about itself"),
        ("sparse", format!("truncate -s 600M {evil}"), FailureClass::Resource, "512 MiB"),
    ] {
        let id = trial.spec(name, &script).await;
        trial.server.ended(id).await.fails(class, Phase::Build, &[words]);
    }
    let many = "seq -f /results/directory-%.0f 6000 | xargs mkdir";
    let id = trial.spec("many", many).await;
    trial.server.ended(id).await.fails(FailureClass::User, Phase::Build, &["the results can not be taken", "5000"]);
    // What no package can be called does no harm.
    let id =
        trial.spec("names", "touch \"$(printf '/results/.\\377.rpm')\" /results/$(printf 'x%.0s' $(seq 255))").await;
    assert_eq!(trial.server.ended(id).await.packages().len(), 2);
    trial.stop().await;
}

#[tokio::test]
async fn a_build_reaches_neither_the_machine_nor_other_builds() {
    let trial = Trial::with(|config| config.workers = 2).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let secret = trial.scratch.path().join("secret");
    std::fs::write(&secret, "the machine's own").unwrap();
    let other = trial.spec(
        "other",
        "echo begun; echo other >/tmp/x; echo other >/var/tmp/x; while test -d /builddir; do sleep 0.1; done",
    );
    let other = other.await;
    trial.server.logged(other, "begun\n").await;
    let look = format!(
        "cat {} /tmp/x /var/tmp/x 2>/dev/null && exit 3\n\
         (exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null && exit 4\n\
         mount -t tmpfs none /mnt 2>/dev/null && exit 5\n\
         unshare -Ur true 2>/dev/null && exit 6\n\
         mknod disk b 8 0 2>/dev/null && exit 7\n\
         touch /usr/x /etc/x 2>/dev/null && exit 8\n\
         cat /proc/kcore >/dev/null 2>&1 && exit 9\n\
         ls /proc/1/root/ /proc/1/cwd/ 2>/dev/null && exit 10\n\
         grep -l 'while test -d' /proc/[0-9]*/cmdline 2>/dev/null && exit 11\n\
         kill -9 -1 || echo saw nobody",
        secret.display()
    );
    // It ends itself with all that it can see.
    let id = trial.spec("look", &look).await;
    let ended = trial.server.ended(id).await;
    let failure = ended.failure();
    assert!(failure.message.contains("signal 9") || failure.message.contains("Killed"), "{failure}\n{}", ended.text());
    assert!(trial.server.known().tasks[&other].finish.is_none(), "the other build goes on");
    trial.server.cancel(other);
    trial.server.ended(other).await;
    trial.stop().await;
}
