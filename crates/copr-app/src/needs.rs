//! What packages need of their builders beyond what all do: a larger machine, one with certain hardware.

use crate::Rules;
use regex::Regex;

/// A rule for packages whose path (`owner/directory/chroot/package`) fits.
#[derive(Clone, Debug)]
pub struct Need {
    path: Regex,
    tags: Vec<String>,
    memory_mib: Option<u64>,
}

/// What one package needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// What its builder has to be called, in order.
    pub tags: Vec<String>,
    /// Memory that it asks for, MiB.
    pub memory_mib: u64,
}

impl Need {
    /// A pattern as Python's `re.match` reads it: it fits when it fits from the start of the path on.
    ///
    /// # Errors
    /// When the pattern is none.
    pub fn new(pattern: &str, tags: Vec<String>, memory_mib: Option<u64>) -> Result<Self, regex::Error> {
        Ok(Self { path: Regex::new(&format!("^(?:{pattern})"))?, tags, memory_mib })
    }
}

impl Rules {
    /// Memory that a task asks for when no rule says more, MiB: never more than it may use.
    pub(crate) fn usual_memory_mib(&self) -> u64 {
        match self.memory_mib {
            0 => self.task_memory_mib,
            limit => self.task_memory_mib.min(limit),
        }
    }

    /// What a package of this path needs. Tags of all rules that fit add up; of memory the most counts.
    pub(crate) fn needs_of(&self, path: &str) -> Needs {
        let mut needs = Needs { tags: Vec::new(), memory_mib: self.usual_memory_mib() };
        for need in self.needs.iter().filter(|need| need.path.is_match(path)) {
            needs.tags.extend(need.tags.iter().cloned());
            needs.memory_mib = needs.memory_mib.max(need.memory_mib.unwrap_or_default());
        }
        needs.tags.sort();
        needs.tags.dedup();
        needs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_from_the_start_of_the_path_on_and_their_tags_add_up() {
        let need = |pattern, tags: &[&str], memory| {
            Need::new(pattern, tags.iter().map(|&tag| tag.to_owned()).collect(), memory).unwrap()
        };
        let rules = Rules {
            needs: vec![
                need("@big/.*/chromium$", &["powerful", "on_demand"], Some(16_384)),
                need(".*-s390x/", &["kvm"], None),
                need("a|@big/browsers/", &["powerful"], Some(1024)),
            ],
            ..Rules::default()
        };
        let found = |path| {
            let needs = rules.needs_of(path);
            (needs.tags.join(" "), needs.memory_mib)
        };
        assert_eq!(found("@big/browsers/fedora-44-x86_64/chromium"), ("on_demand powerful".to_owned(), 16_384));
        assert_eq!(found("@big/browsers/fedora-44-s390x/links"), ("kvm powerful".to_owned(), 2048));
        assert_eq!(found("bob/@big/fedora-44-x86_64/chromium"), (String::new(), 2048));
        assert_eq!(found("@big/x/fedora-44-x86_64/chromium-headless"), (String::new(), 2048));
    }
    #[test]
    fn nothing_asks_for_more_than_it_may_use_unless_a_rule_says_so() {
        let rules = |memory_mib, needs| Rules { memory_mib, needs, ..Rules::default() };
        assert_eq!(rules(512, Vec::new()).needs_of("a/b/c/d").memory_mib, 512);
        assert_eq!(rules(0, Vec::new()).needs_of("a/b/c/d").memory_mib, 2048);
        let large = Need::new("a/", Vec::new(), Some(1024)).unwrap();
        assert_eq!(rules(512, vec![large]).needs_of("a/b/c/d").memory_mib, 1024);
    }
}
