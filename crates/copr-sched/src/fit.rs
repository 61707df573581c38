//! Which builders can do a task.

use crate::Waiting;

/// A builder that asks for a task, and what it can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// The builder's number.
    pub builder: i64,
    /// The process, where one number stands for several: those that ask under one number and name share their memory.
    pub name: String,
    /// Architectures that it builds for.
    pub arches: Vec<String>,
    /// Programs that it can make sources with.
    pub tools: Vec<String>,
    /// What it is called besides.
    pub tags: Vec<String>,
    /// Memory, MiB; any when it does not say.
    pub memory_mib: Option<i64>,
    /// How much of it the tasks have that it holds.
    pub held_mib: i64,
}

impl Offer {
    /// Whether it could do a task if it had nothing else to do.
    pub fn fits(&self, task: &Waiting) -> bool {
        self.builds_for(task)
            && missing(&task.tools, &self.tools).next().is_none()
            && missing(&task.tags, &self.tags).next().is_none()
            && self.memory_mib.is_none_or(|memory| task.memory_mib <= memory)
    }

    fn builds_for(&self, task: &Waiting) -> bool {
        task.arch.as_ref().is_none_or(|arch| self.arches.contains(arch))
    }
}

fn missing<'a>(wanted: &'a [String], there: &'a [String]) -> impl Iterator<Item = &'a String> {
    wanted.iter().filter(|word| !there.contains(word))
}

/// What no builder has that a task needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// There is none at all.
    Builder,
    /// None builds for its architecture.
    Arch(String),
    /// Of those the best lacks programs.
    Tools(Vec<String>),
    /// Of those the best is not called so.
    Tags(Vec<String>),
    /// Of those none has as much memory, MiB.
    Memory(i64),
}

/// Why none of these builders can do a task; nothing when one can.
pub fn lack(builders: &[Offer], task: &Waiting) -> Option<Lack> {
    if builders.is_empty() {
        return Some(Lack::Builder);
    }
    let mut left: Vec<&Offer> = builders.iter().filter(|builder| builder.builds_for(task)).collect();
    if left.is_empty() {
        return Some(Lack::Arch(task.arch.clone().unwrap_or_default()));
    }
    if let Some(words) = fewest(&mut left, |builder| missing(&task.tools, &builder.tools).cloned().collect()) {
        return Some(Lack::Tools(words));
    }
    if let Some(words) = fewest(&mut left, |builder| missing(&task.tags, &builder.tags).cloned().collect()) {
        return Some(Lack::Tags(words));
    }
    let fits = left.iter().any(|builder| builder.fits(task));
    (!fits).then_some(Lack::Memory(task.memory_mib))
}

/// What the best of them misses; nothing, and those alone are left that miss nothing, when there are such.
fn fewest(left: &mut Vec<&Offer>, misses: impl Fn(&Offer) -> Vec<String>) -> Option<Vec<String>> {
    let least = left.iter().map(|builder| misses(builder)).min_by_key(Vec::len)?;
    if !least.is_empty() {
        return Some(least);
    }
    left.retain(|builder| misses(builder).is_empty());
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_best_builder_lacks_is_told() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let builder = |arch: &str, tools: &str, tags: &str, memory| Offer {
            arches: words(arch),
            tools: words(tools),
            tags: words(tags),
            memory_mib: memory,
            ..Offer::default()
        };
        let builders = [
            builder("x86_64 i686", "git tito", "", Some(4096)),
            builder("x86_64", "git", "powerful", Some(32_768)),
            builder("aarch64", "", "powerful arm", None),
        ];
        let task = |arch: Option<&str>, tools: &str, tags: &str, memory_mib| Waiting {
            arch: arch.map(str::to_owned),
            tools: words(tools),
            tags: words(tags),
            memory_mib,
            ..Waiting::default()
        };
        let x86 = Some("x86_64");
        for (task, expected) in [
            (task(x86, "git", "", 2048), None),
            (task(None, "", "", 1 << 20), None),
            (task(Some("s390x"), "git", "powerful", 2048), Some(Lack::Arch("s390x".into()))),
            (task(x86, "git svn", "", 2048), Some(Lack::Tools(words("svn")))),
            (task(x86, "tito", "powerful", 2048), Some(Lack::Tags(words("powerful")))),
            (task(x86, "", "powerful arm", 2048), Some(Lack::Tags(words("arm")))),
            (task(x86, "tito", "", 8192), Some(Lack::Memory(8192))),
            (task(x86, "git", "", 8192), None),
            (task(x86, "git", "", 65_536), Some(Lack::Memory(65_536))),
        ] {
            assert_eq!(lack(&builders, &task), expected, "{task:?}");
            assert_eq!(builders.iter().any(|builder| builder.fits(&task)), expected.is_none(), "{task:?}");
        }
        assert_eq!(lack(&[], &task(None, "", "", 0)), Some(Lack::Builder));
    }
}
