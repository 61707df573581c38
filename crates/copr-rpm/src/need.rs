//! What a package needs, as a condition on what others provide: plain dependencies with versions, and rich ones.
//!
//! ```
//! use copr_rpm::need::{Need, satisfies};
//! use copr_rpm::Dependency;
//!
//! let need = Need::of(&Dependency::parse("(cmake or meson >= 1.0)"));
//! let Need::Any(either) = need else { panic!("it is an `or`") };
//! assert_eq!(either.len(), 2);
//! assert!(satisfies(&Dependency::parse("meson = 1.4.0-2"), &Dependency::parse("meson >= 1.0")));
//! ```

use std::cmp::Ordering;

use crate::{Dependency, evr};

/// A condition on what others provide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// One capability.
    One(Dependency),
    /// All of these (`and`).
    All(Vec<Need>),
    /// At least one of these (`or`).
    Any(Vec<Need>),
    /// All of these, from one and the same package (`with`).
    Same(Vec<Need>),
    /// It depends on what else is installed (`if`, `unless`), which nobody knows beforehand.
    Perhaps(Box<Need>),
}

/// Rich dependencies may be nested; rpm takes any depth, nobody writes more than a few.
const DEEPEST: usize = 32;

impl Need {
    /// What a dependency asks for. A rich one that can not be read is a capability that nobody provides.
    pub fn of(dependency: &Dependency) -> Need {
        if dependency.name.starts_with('(')
            && let Some(rich) = Rich::read(&dependency.name)
        {
            return rich;
        }
        Need::One(dependency.clone())
    }

    /// All capabilities that it names.
    pub fn capabilities(&self) -> Vec<&Dependency> {
        match self {
            Need::One(one) => vec![one],
            Need::All(many) | Need::Any(many) | Need::Same(many) => many.iter().flat_map(Need::capabilities).collect(),
            Need::Perhaps(one) => one.capabilities(),
        }
    }
}

impl Dependency {
    /// Reads `name`, or `name >= version`, as spec files and rpm write it.
    pub fn parse(text: &str) -> Dependency {
        let text = text.trim();
        let plain = || Dependency { name: text.to_owned(), comparison: String::new(), version: String::new() };
        if text.starts_with('(') {
            return plain();
        }
        match text.split_whitespace().collect::<Vec<_>>()[..] {
            [name, comparison, version] if is_comparison(comparison) => Dependency {
                name: name.to_owned(),
                comparison: normal(comparison).to_owned(),
                version: version.to_owned(),
            },
            _ => plain(),
        }
    }
}

fn is_comparison(word: &str) -> bool {
    matches!(word, "<" | "<=" | "=" | ">=" | ">" | "=<" | "=>" | "==")
}

fn normal(comparison: &str) -> &str {
    match comparison {
        "=<" => "<=",
        "=>" => ">=",
        "==" => "=",
        other => other,
    }
}

/// Whether a package with this `Provides` is what that `Requires` asks for: rpm's rule, by which two ranges of versions
/// have to overlap, and no version fits every one.
pub fn satisfies(provide: &Dependency, need: &Dependency) -> bool {
    provide.name == need.name && ranges_overlap(provide, need)
}

fn ranges_overlap(provide: &Dependency, need: &Dependency) -> bool {
    if provide.comparison.is_empty() || need.comparison.is_empty() {
        return true;
    }
    let has = |range: &Dependency, sign: char| range.comparison.contains(sign);
    match order(&provide.version, &need.version) {
        Ordering::Less => has(provide, '>') || has(need, '<'),
        Ordering::Greater => has(provide, '<') || has(need, '>'),
        Ordering::Equal => ['=', '<', '>'].into_iter().any(|sign| has(provide, sign) && has(need, sign)),
    }
}

/// The order of two versions, of which releases are looked at only where both have one.
fn order(one: &str, other: &str) -> Ordering {
    let (one, other) = (evr::split(one), evr::split(other));
    let both = !one.2.is_empty() && !other.2.is_empty();
    let release = |own| if both { own } else { "" };
    evr::compare((one.0, one.1, release(one.2)), (other.0, other.1, release(other.2)))
}

/// A reader of rich dependencies.
struct Rich<'a> {
    rest: &'a str,
}

impl<'a> Rich<'a> {
    fn read(text: &'a str) -> Option<Need> {
        let mut rich = Rich { rest: text };
        let need = rich.group(0)?;
        rich.rest.trim().is_empty().then_some(need)
    }

    /// `(` … `)`.
    fn group(&mut self, depth: usize) -> Option<Need> {
        if depth > DEEPEST {
            return None;
        }
        self.rest = self.rest.trim_start().strip_prefix('(')?;
        let first = self.operand(depth)?;
        let Some(operator) = self.word() else { return self.close().map(|()| first) };
        let mut operands = vec![first, self.operand(depth)?];
        let chained = matches!(operator, "and" | "or" | "with");
        loop {
            match self.word() {
                None => break,
                Some(word) if chained && word == operator => operands.push(self.operand(depth)?),
                // `if … else …` and `unless … else …`: either of two may be asked for.
                Some("else") if matches!(operator, "if" | "unless") && operands.len() == 2 => {
                    operands.push(self.operand(depth)?);
                }
                Some(_) => return None,
            }
        }
        self.close()?;
        let perhaps = |need| Need::Perhaps(Box::new(need));
        Some(match operator {
            "and" => Need::All(operands),
            "or" => Need::Any(operands),
            "with" => Need::Same(operands),
            "without" => operands.swap_remove(0),
            "if" | "unless" => {
                operands.remove(1);
                Need::All(operands.into_iter().map(perhaps).collect())
            }
            _ => return None,
        })
    }

    fn close(&mut self) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(')')?;
        Some(())
    }

    /// A group, or a capability perhaps with a version.
    fn operand(&mut self, depth: usize) -> Option<Need> {
        if self.rest.trim_start().starts_with('(') {
            return self.group(depth + 1);
        }
        let name = self.word()?.to_owned();
        let before = self.rest;
        match self.word() {
            Some(comparison) if is_comparison(comparison) => {
                let (comparison, version) = (normal(comparison).to_owned(), self.word()?.to_owned());
                Some(Need::One(Dependency { name, comparison, version }))
            }
            _ => {
                self.rest = before;
                Some(Need::One(Dependency { name, comparison: String::new(), version: String::new() }))
            }
        }
    }

    /// Up to the next blank, or to a `)` that was not opened in the word: `pkgconfig(zlib)` is one.
    fn word(&mut self) -> Option<&'a str> {
        let text = self.rest.trim_start();
        let mut open = 0_usize;
        let end = text.find(|c: char| match c {
            '(' => {
                open += 1;
                false
            }
            ')' if open > 0 => {
                open -= 1;
                false
            }
            ')' => true,
            c => c.is_whitespace(),
        });
        let (word, rest) = text.split_at(end.unwrap_or(text.len()));
        if word.is_empty() {
            return None;
        }
        self.rest = rest;
        Some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(text: &str) -> Need {
        Need::One(Dependency::parse(text))
    }

    fn read(text: &str) -> Need {
        Need::of(&Dependency::parse(text))
    }

    #[test]
    fn rich_dependencies_are_read_as_rpm_reads_them() {
        let perhaps = |text| Need::Perhaps(Box::new(one(text)));
        let cases = [
            ("zlib-devel", one("zlib-devel")),
            ("zlib-devel >= 1.2", one("zlib-devel >= 1.2")),
            ("(a and pkgconfig(b) >= 2 and c)", Need::All(vec![one("a"), one("pkgconfig(b) >= 2"), one("c")])),
            ("(a or (b and c))", Need::Any(vec![one("a"), Need::All(vec![one("b"), one("c")])])),
            (
                "(python3dist(x) >= 1 with python3dist(x) < 2)",
                Need::Same(vec![one("python3dist(x) >= 1"), one("python3dist(x) < 2")]),
            ),
            ("(a without b)", one("a")),
            ("(a if b)", Need::All(vec![perhaps("a")])),
            ("(a if b else c)", Need::All(vec![perhaps("a"), perhaps("c")])),
            ("(a unless b)", Need::All(vec![perhaps("a")])),
            ("((a))", one("a")),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text}");
        }
        for broken in ["(a and)", "(a and b", "(a and b or c)", "(a xor b)", "()", "(a) b", "(a if b if c)"] {
            assert_eq!(read(broken), one(broken), "{broken}");
        }
    }

    #[test]
    fn versions_are_compared_by_rpms_rule() {
        let cases = [
            ("a", "a >= 3", true),
            ("a = 1", "a", true),
            ("a = 2-1", "a >= 2", true),
            ("a = 2-1", "a > 2", false),
            ("a = 2-1", "a = 2-2", false),
            ("a = 2-1.fc44", "a = 2", true),
            ("a = 1:1-1", "a >= 5", true),
            ("a = 1.0~rc1-1", "a >= 1.0", false),
            ("a < 2", "a >= 1", true),
            ("a < 2", "a >= 2", false),
            ("a = 1", "b = 1", false),
        ];
        for (provide, need, expected) in cases {
            assert_eq!(
                satisfies(&Dependency::parse(provide), &Dependency::parse(need)),
                expected,
                "{provide} / {need}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "[(]{0,40}[a-c() <>=]{0,60}") {
            read(&text);
        }
    }
}
