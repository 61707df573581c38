//! Orders of small sets, drawn by hand, and the time that a large one takes.

use super::super::repository::{Published, dependents};
use super::*;
use std::time::{Duration, Instant};

fn parsed(texts: &[&str]) -> Vec<Dependency> {
    texts.iter().map(|text| Dependency::parse(text)).collect()
}

/// Members with builds from 1, each a name, what it needs and what its spec file provides besides its name.
fn members(rows: &[(&str, &[&str], &[&str])]) -> Vec<Member> {
    let member = |(at, (name, needs, provides)): (usize, &(&str, &[&str], &[&str]))| {
        let own = Foreseen { provide: Dependency::parse(&format!("{name} = 1-1")), known: foreseen::Known::Package };
        let more = parsed(provides).into_iter().map(|provide| Foreseen { provide, known: foreseen::Known::Provides });
        Member {
            build: BuildId(at as i64 + 1),
            name: (*name).to_owned(),
            needs: parsed(needs),
            foreseen: std::iter::once(own).chain(more).collect(),
            evr: "1-1".to_owned(),
        }
    };
    rows.iter().enumerate().map(member).collect()
}

fn published(build: i64, package: &str, arch: &str, provides: &[&str], requires: &[&str]) -> Published {
    let described = Described {
        arch: arch.to_owned(),
        evr: "0.9-1.fc44".to_owned(),
        provides: parsed(provides),
        requires: parsed(requires),
        files: Vec::new(),
    };
    Published { build: BuildId(build), package: package.to_owned(), described }
}

fn waves_of(planned: &[Planned]) -> Vec<usize> {
    planned.iter().map(|one| one.wave).collect()
}

fn ordered(rows: &[(&str, &[&str], &[&str])]) -> Vec<Planned> {
    plan(&members(rows), &Repository::default(), false)
}

#[test]
fn an_order_follows_from_names_and_virtual_provides() {
    let planned = ordered(&[
        ("app", &["lib", "pkgconfig(x) >= 1", "gcc"], &[]),
        ("lib", &["macros"], &["pkgconfig(x) = 1.0"]),
        ("macros", &[], &[]),
        ("alone", &["make", "alone"], &[]),
    ]);
    assert_eq!(waves_of(&planned), [3, 2, 1, 1]);
    let [lib, pc] = &planned[0].needs[..] else { panic!("two needs: {:?}", planned[0].needs) };
    assert_eq!((lib.what.as_str(), lib.by[0].known.as_str()), ("lib", "its spec file has a package of that name"));
    assert_eq!((pc.what.as_str(), pc.by[0].build), ("pkgconfig(x) >= 1", BuildId(2)));
    assert!(planned[3].needs.is_empty());
}

#[test]
fn versions_decide_who_is_meant() {
    let planned = ordered(&[("old", &["lib < 1"], &[]), ("new", &["lib = 1-1.fc44"], &[]), ("lib", &[], &[])]);
    assert_eq!(waves_of(&planned), [1, 2, 1], "the old one needs what the set does not make");
}

#[test]
fn rich_needs_order_all_that_could_matter() {
    let planned = ordered(&[
        ("both", &["(a and b)"], &[]),
        ("either", &["(a or b)"], &[]),
        ("or-the-distribution", &["(a or elsewhere)"], &[]),
        ("perhaps", &["(a if elsewhere)"], &[]),
        ("range", &["(a >= 1 with a < 2)"], &[]),
        ("out-of-range", &["(a >= 2 with a < 3)"], &[]),
        ("a", &[], &[]),
        ("b", &["a"], &[]),
    ]);
    assert_eq!(waves_of(&planned), [3, 3, 2, 2, 2, 1, 1, 2]);
    let essential = |at: usize| planned[at].needs.iter().map(|need| need.essential).collect::<Vec<_>>();
    assert_eq!(
        [essential(0), essential(1), essential(2), essential(3)],
        [vec![true; 2], vec![true], vec![false], vec![false]]
    );
    assert_eq!(planned[1].needs[0].what, "(a or b)");
}

#[test]
fn what_a_package_provided_before_it_will_provide_in_its_new_version() {
    let repository = Repository::new(vec![
        published(7, "lib", "x86_64", &["lib-devel = 0.9-1.fc44", "lib(abi) = 0.9", "libx.so.1()(64bit)"], &[]),
        published(7, "lib", "src", &[], &["x"]),
        published(3, "lib", "x86_64", &["gone"], &[]),
    ]);
    let rows: [(&str, &[&str], &[&str]); 4] = [
        ("app", &["lib-devel >= 1", "lib(abi) = 1"], &[]),
        ("tool", &["libx.so.1()(64bit)"], &[]),
        ("late", &["gone"], &[]),
        ("lib", &[], &[]),
    ];
    let planned = plan(&members(&rows), &repository, false);
    assert_eq!(waves_of(&planned), [2, 2, 1, 1]);
    assert_eq!(planned[0].needs[0].by[0].known, "its build 7 provides it");
}

#[test]
fn circles_are_named_and_stop_nobody_else() {
    let rows: [(&str, &[&str], &[&str]); 4] =
        [("a", &["b"], &[]), ("b", &["a"], &[]), ("c", &["a"], &[]), ("d", &[], &[])];
    let planned = ordered(&rows);
    let circle = |at: usize| planned[at].circle.as_ref().map(|names| names.join(" → "));
    assert_eq!(
        [circle(0), circle(1), circle(2), circle(3)],
        [Some("a → b → a".to_owned()), Some("b → a → b".to_owned()), None, None]
    );
    assert_eq!(waves_of(&planned), [0, 0, 1, 1]);
    let going_on = plan(&members(&rows), &Repository::default(), true);
    assert!(going_on.iter().all(|one| one.circle.is_none() && one.wave > 0));
}

#[test]
fn a_circle_is_opened_where_the_repository_has_what_is_needed() {
    let rows: [(&str, &[&str], &[&str]); 2] = [("a", &["b"], &[]), ("b", &["a"], &[])];
    let repository = Repository::new(vec![published(9, "a", "x86_64", &["a = 0.9-1.fc44"], &[])]);
    let planned = plan(&members(&rows), &repository, false);
    assert_eq!(waves_of(&planned), [2, 1]);
    assert_eq!(planned[1].needs[0].by[0].given_up, "`a` needs it in turn; what build 9 left in the repository is used");
    assert_eq!(planned[0].needs[0].by[0].given_up, "");
}

#[test]
fn two_builds_of_one_package_go_one_after_the_other() {
    let planned = ordered(&[("lib", &[], &[]), ("app", &["lib"], &[]), ("lib", &[], &[])]);
    assert_eq!(waves_of(&planned), [1, 3, 2]);
}

#[test]
fn dependents_are_found_over_others_and_by_name_alone() {
    let repository = Repository::new(vec![
        published(1, "lib", "x86_64", &["lib-devel = 0.9"], &[]),
        published(2, "tool", "x86_64", &["tool = 0.9"], &[]),
        published(2, "tool", "src", &[], &["(lib-devel or other)"]),
        published(3, "app", "src", &[], &["tool >= 5", "gcc"]),
        published(4, "alone", "src", &[], &["gcc"]),
    ]);
    let found = dependents(&["lib".to_owned()], &repository);
    let told: Vec<_> = found.iter().map(|one| (one.package.as_str(), one.of.as_str(), one.what.as_str())).collect();
    assert_eq!(told, [("tool", "lib", "(lib-devel or other)"), ("app", "tool", "tool >= 5")]);
    assert_eq!(dependents(&["alone".to_owned()], &repository), []);
}

/// Sets of a thousand packages are planned while nobody notices, even by a program that was built without optimisation.
#[test]
fn a_thousand_packages_are_planned_in_no_time() {
    let count = 1000;
    let names: Vec<String> = (0..count).map(|at| format!("pkg{at}")).collect();
    let member = |at: usize| {
        let own =
            Foreseen { provide: Dependency::parse(&format!("{} = 1-1", names[at])), known: foreseen::Known::Package };
        let devel = format!("{}-devel = 1-1", names[at]);
        let devel = Foreseen { provide: Dependency::parse(&devel), known: foreseen::Known::Package };
        // Twenty needs each, five of them of members before it.
        let inside = (1..=5).filter_map(|step| at.checked_sub(step * 7)).map(|by| format!("{}-devel >= 1", names[by]));
        let outside = (0..15).map(|need| format!("system{need}-devel"));
        let needs = inside.chain(outside).map(|text| Dependency::parse(&text)).collect();
        Member {
            build: BuildId(at as i64 + 1),
            name: names[at].clone(),
            needs,
            foreseen: vec![own, devel],
            evr: "1-1".to_owned(),
        }
    };
    let members: Vec<Member> = (0..count).map(member).collect();
    let begun = Instant::now();
    let planned = plan(&members, &Repository::default(), false);
    let took = begun.elapsed();
    println!("planned {count} members in {took:?}");
    assert_eq!(planned[count - 1].wave, (count - 1) / 7 + 1);
    assert!(took < Duration::from_secs(5), "{took:?}");
}
