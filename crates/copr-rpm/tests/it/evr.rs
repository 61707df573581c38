use std::cmp::Ordering::{self, Equal, Greater, Less};

use copr_rpm::evr;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use crate::rpmbuild::{Workshop, succeeded};

#[test]
fn versions_are_ordered_as_in_rpms_own_test_suite() {
    for (one, other, expected) in [
        ("1.0", "1.0", Equal),
        ("1.0", "2.0", Less),
        ("2.0.1a", "2.0.1", Greater),
        ("5.5p1", "5.5p10", Less),
        ("10xyz", "10.1xyz", Less),
        ("xyz.4", "8", Less),
        ("1.0~rc1", "1.0", Less),
        ("1.0~rc1~git123", "1.0~rc1", Less),
        ("1.0^", "1.0", Greater),
        ("1.0^git1", "1.0.1", Less),
        ("1.0^git1~pre", "1.0^git1", Less),
        ("1.0.010", "1.0.10", Equal),
        ("1-2", "1-10", Less),
        ("1:1-1", "2-1", Greater),
        ("0:1-1", "1-1", Equal),
    ] {
        assert_eq!(evr::compare_texts(one, other), expected, "{one} and {other}");
        assert_eq!(evr::compare_texts(other, one), expected.reverse(), "{other} and {one}");
    }
}

fn part() -> impl Strategy<Value = String> {
    "[0-9a-zA-Z][0-9a-zA-Z._+~^]{0,11}"
}

fn version() -> impl Strategy<Value = (Option<u32>, String, String)> {
    (prop::option::of(0u32..3), part(), part())
}

fn order(one: &(Option<u32>, String, String), other: &(Option<u32>, String, String)) -> Ordering {
    evr::compare((one.0, &one.1, &one.2), (other.0, &other.1, &other.2))
}

proptest! {
    #[test]
    fn the_order_is_total(a in version(), b in version(), c in version()) {
        prop_assert_eq!(order(&a, &a), Equal);
        prop_assert_eq!(order(&a, &b), order(&b, &a).reverse());
        let mut three = [a, b, c];
        three.sort_by(order);
        prop_assert_ne!(order(&three[0], &three[2]), Greater);
    }

    #[test]
    fn a_tilde_makes_older_and_a_caret_newer(version in "[0-9]{1,3}(\\.[0-9]{1,3}){0,2}", tail in "[a-z]{1,4}[0-9]{0,2}") {
        let older = format!("{version}~{tail}");
        let newer = format!("{version}^{tail}");
        prop_assert_eq!(evr::compare_texts(&older, &version), Less);
        prop_assert_eq!(evr::compare_texts(&newer, &version), Greater);
    }
}

/// rpm itself, asked by its Lua interpreter about many pairs at once.
#[test]
fn rpm_agrees_about_random_versions() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let pairs: Vec<(String, String)> = (0..400)
        .map(|_| {
            let tree = (part(), part()).new_tree(&mut runner).unwrap();
            tree.current()
        })
        .collect();
    let lines: String = pairs.iter().map(|(a, b)| format!("print(rpm.vercmp('{a}', '{b}')..' ')\n")).collect();
    let workshop = Workshop::new();
    let output = workshop.command("rpm").arg("--eval").arg(format!("%{{lua:{lines}}}")).output().unwrap();
    let said = succeeded("rpm --eval", output);
    let answers: Vec<i32> = said.split_whitespace().map(|word| word.parse().unwrap()).collect();
    assert_eq!(answers.len(), pairs.len());
    for ((a, b), answer) in pairs.iter().zip(answers) {
        assert_eq!(evr::compare_texts(a, b), answer.cmp(&0), "{a} and {b}");
    }
}
