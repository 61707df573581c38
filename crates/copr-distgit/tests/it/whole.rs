//! Repositories stay whole: when several write at one time, when somebody is killed, when they are removed.

use crate::fixture::{Place, branch, commit, f, git, import, sound};
use copr_distgit::Error;
use std::fs;

#[test]
fn imports_of_one_package_wait_for_each_other() {
    let place = Place::new();
    let repository = place.repository("hello");
    std::thread::scope(|threads| {
        for number in 0..8 {
            let repository = &repository;
            threads.spawn(move || {
                let text = format!("{number}\n");
                let files: &[(&str, &[u8])] = &[("hello.spec", text.as_bytes()), ("x.tar", b"\0same")];
                import(repository, &[f(43), f(44)], files).unwrap();
            });
        }
    });
    assert_eq!(git(repository.path(), &["rev-list", "--count", "f44"]), "8");
    assert_eq!(repository.head("f43").unwrap(), repository.head("f44").unwrap());
    sound(&repository);
}

#[test]
fn what_a_killed_import_left_does_no_harm() {
    let place = Place::new();
    let repository = place.repository("hello");
    import(&repository, &[f(44)], &[("hello.spec", b"1\n")]).unwrap();
    // Killed while it wrote: half a file waits, and so does a lock that nobody holds.
    fs::create_dir_all(repository.path().join("incoming")).unwrap();
    fs::write(repository.path().join("incoming/.tmpHALF"), b"half").unwrap();
    // Killed between two branches: one is ahead, and the lists are of before.
    let lists = fs::read(repository.path().join("info/refs")).unwrap();
    let heads = fs::read(repository.path().join("refs/heads/f44")).unwrap();
    let second = import(&repository, &[f(44), f(45)], &[("hello.spec", b"2\n")]).unwrap().made[0];
    fs::write(repository.path().join("info/refs"), &lists).unwrap();
    fs::write(repository.path().join("refs/heads/f45"), &heads).unwrap();
    let again = import(&repository, &[f(44), f(45)], &[("hello.spec", b"2\n")]).unwrap();
    assert_eq!((again.made.len(), again.commits[&f(45)]), (0, second));
    let told = fs::read_to_string(repository.path().join("info/refs")).unwrap();
    assert_eq!(told, format!("{second}\trefs/heads/f44\n{second}\trefs/heads/f45\n"));
    assert!(fs::read_dir(repository.path().join("incoming")).unwrap().next().is_none());
    sound(&repository);
}

#[test]
fn a_repository_that_was_begun_is_finished_by_the_next() {
    let place = Place::new();
    let repository = place.repository("hello");
    // As far as a kill after the first directories lets it come.
    fs::create_dir_all(repository.path().join("objects/info")).unwrap();
    import(&repository, &[f(44)], &[("hello.spec", b"1\n")]).unwrap();
    sound(&repository);
}

#[test]
fn nothing_is_written_into_what_was_removed_or_took_its_place() {
    let place = Place::new();
    let repository = place.repository("hello");
    let owner = repository.path().parent().unwrap().to_owned();
    let mut late = repository.import().unwrap();
    late.add(&["hello.spec"], false, 2, &mut &b"1\n"[..]).unwrap();
    fs::rename(&owner, place.dir.path().join("trash")).unwrap();
    let error = late.commit(&[f(44)], &commit("late")).unwrap_err();
    assert!(!error.is_of_the_files(), "{error}");
    assert!(!owner.exists(), "nothing came back");

    let mut late = repository.import().unwrap();
    late.add(&["hello.spec"], false, 2, &mut &b"1\n"[..]).unwrap();
    fs::rename(&owner, place.dir.path().join("trash-2")).unwrap();
    let new = import(&repository, &[f(44)], &[("hello.spec", b"new\n")]).unwrap().made[0];
    assert!(matches!(late.commit(&[f(44)], &commit("late")), Err(Error::Removed(_) | Error::Io { .. })));
    assert_eq!(repository.head("f44").unwrap(), Some(new));
}

#[test]
fn a_damaged_object_is_named_and_nothing_is_built_on_it() {
    let place = Place::new();
    let repository = place.repository("hello");
    let first = import(&repository, &[f(44)], &[("hello.spec", b"1\n")]).unwrap().made[0];
    let name = first.to_string();
    let object = repository.path().join("objects").join(&name[..2]).join(&name[2..]);
    let whole = fs::read(&object).unwrap();
    fs::remove_file(&object).unwrap();
    fs::write(&object, &whole[..whole.len() / 2]).unwrap();
    let error = import(&repository, &[f(44)], &[("hello.spec", b"2\n")]).unwrap_err();
    assert!(error.to_string().contains(&name) && !error.is_of_the_files(), "{error}");
    assert_eq!(repository.head("f44").unwrap(), Some(first));
}

#[test]
fn a_small_package_costs_milliseconds() {
    let place = Place::new();
    let repository = place.repository("hello");
    let begun = std::time::Instant::now();
    const IMPORTS: u32 = 20;
    for number in 0..IMPORTS {
        let text = format!("Name: hello\nVersion: {number}\n");
        let files: &[(&str, &[u8])] =
            &[("hello.spec", text.as_bytes()), ("fix.patch", b"+\n"), ("x.tar", text.as_bytes())];
        import(&repository, &[f(44), branch("epel-9-x86_64")], files).unwrap();
    }
    // Told, not asserted: machines differ.
    eprintln!("{:?} an import", begun.elapsed() / IMPORTS);
    assert_eq!(git(repository.path(), &["rev-list", "--count", "epel9"]), IMPORTS.to_string());
}
