//! mock's configuration of one task: a program in Python, in which users' text is text and nothing else.

use std::fmt::Write as _;
use std::path::Path;

use copr_types::{ChrootBootstrap, Isolation};
use copr_wire::builder::RpmTask;

use crate::buildroot::repositories;
use crate::{macros, package};

/// Where mock keeps what, and when it stops.
pub(super) struct Places<'a> {
    /// Its chroots; gone with the task.
    pub chroots: &'a Path,
    /// Its caches; kept.
    pub cache: &'a Path,
}

/// The text of `child.cfg`. Everything comes from the task, so that the machine's own `/etc/mock` changes no build.
pub(super) fn text(task: &RpmTask, host: &str, places: &Places<'_>) -> String {
    let definition = &task.chroot.definition;
    let mut text =
        String::from("# Made for one build; the chroot is the one that was defined when the build was submitted.\n");
    let mut say = |key: &str, value: String| {
        let _ = writeln!(text, "config_opts[{}] = {value}", quoted(key));
    };
    let yes = |value: bool| if value { "True" } else { "False" }.to_owned();
    say("root", quoted(task.chroot.name.as_str()));
    say("basedir", quoted(&places.chroots.display().to_string()));
    say("cache_topdir", quoted(&places.cache.display().to_string()));
    say("target_arch", quoted(&package::target(task)));
    say("legal_host_arches", format!("({},)", quoted(std::env::consts::ARCH)));
    say("releasever", quoted(&definition.releasever));
    say("package_manager", quoted(&definition.package_manager));
    say("chroot_setup_cmd", quoted(&format!("install {}", definition.install.join(" "))));
    if !task.additional_packages.is_empty() {
        say("chroot_additional_packages", quoted(&task.additional_packages.join(" ")));
    }
    let commands = definition.modules.iter().cloned().chain(package::modules(&task.modules));
    let commands: Vec<String> = commands
        .filter_map(|command| {
            command.split_once(' ').map(|(verb, stream)| format!("({}, {})", quoted(verb), quoted(stream)))
        })
        .collect();
    if !commands.is_empty() {
        say("module_setup_commands", format!("[{}]", commands.join(", ")));
    }
    say("rpmbuild_networking", yes(task.enable_net));
    say("use_host_resolv", yes(task.enable_net));
    say("rpmbuild_timeout", task.build.limits.timeout.to_string());
    say("print_main_output", yes(true));
    let image = task.mock.bootstrap_image.as_ref().or(definition.image.as_ref());
    if let Some(image) = image {
        say("bootstrap_image", quoted(image));
    }
    let bootstrap = match task.mock.bootstrap {
        Some(ChrootBootstrap::On) => Some((true, false)),
        Some(ChrootBootstrap::Off) => Some((false, false)),
        Some(ChrootBootstrap::Image | ChrootBootstrap::CustomImage) => Some((true, true)),
        // Without an image it would be installed from the very repositories that the chroot is.
        Some(ChrootBootstrap::Unchanged | ChrootBootstrap::Default) | None => image.is_none().then_some((false, false)),
    };
    if let Some((at_all, from_image)) = bootstrap {
        say("use_bootstrap", yes(at_all));
        say("use_bootstrap_image", yes(from_image));
    }
    match task.mock.isolation {
        // Only in a container does mock keep the network away.
        Some(Isolation::Simple) if !task.enable_net => {}
        Some(isolation @ (Isolation::Simple | Isolation::Nspawn)) => say("isolation", quoted(isolation.as_str())),
        Some(Isolation::Unchanged | Isolation::Default) | None => {}
    }
    // Of the build user's files none belong to root, and what is in the chroot can not be run as it.
    say("chrootuid", "1000".to_owned());
    let repositories = configuration(task);
    say("dnf.conf", quoted(&repositories));
    say("yum.conf", quoted(&repositories));
    for (name, value) in macros::pairs(definition, host, &task.build.macros) {
        let _ = writeln!(text, "config_opts['macros'][{}] = {}", quoted(&format!("%{name}")), quoted(&value));
    }
    for (plugin, on) in [
        ("package_state", true),
        ("buildroot_lock", true),
        ("chroot_scan", true),
        // Logs are compressed with those of the builder.
        ("compress_logs", false),
        // It would hold for this configuration alone.
        ("root_cache", false),
        ("ccache", false),
    ] {
        let _ = writeln!(text, "config_opts['plugin_conf']['{plugin}_enable'] = {}", yes(on));
    }
    text.push_str(
        "config_opts['plugin_conf']['package_state_opts'] = {'available_pkgs': False, 'installed_pkgs': True}\n\
         config_opts['plugin_conf']['chroot_scan_opts'] = {'regexes': ['dnf.*log$'], 'only_failed': False, 'write_tar': True}\n",
    );
    text
}

/// The package manager's configuration, less what belongs to the builder's own way of calling it.
fn configuration(task: &RpmTask) -> String {
    let whole = repositories::configuration(&task.chroot.name, &task.chroot.definition, &task.repos, 0);
    let ours = ["logdir=", "persistdir="];
    let lines = whole.lines().filter(|line| !ours.iter().any(|begin| line.starts_with(begin)));
    lines.fold(String::new(), |mut text, line| {
        text.push_str(line);
        text.push('\n');
        text
    })
}

/// A text as Python writes it, in which mock finds no template either: it looks for `{{`, `{%` and `{#` in every text.
fn quoted(value: &str) -> String {
    let mut text = String::from("'");
    let mut before = None;
    for character in value.chars() {
        if before == Some('{') && ['{', '%', '#'].contains(&character) {
            text.push(' ');
        }
        before = Some(character);
        match character {
            '\n' => text.push_str("\\n"),
            '\'' | '\\' => {
                text.push('\\');
                text.push(character);
            }
            ' '..='~' => text.push(character),
            other => {
                let _ = write!(text, "\\U{:08x}", u32::from(other));
            }
        }
    }
    text.push('\'');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_text_can_be_neither_python_nor_a_template() {
        let cases = [
            ("plain", "'plain'"),
            ("it's \\", r"'it\'s \\'"),
            ("a\nb\r\u{2028}é", r"'a\nb\U0000000d\U00002028\U000000e9'"),
            ("{{ x }} {%- if %} {# c #} {{{{", "'{ { x }} { %- if %} { # c #} { { { {'"),
            ("%{?dist} {", "'%{?dist} {'"),
        ];
        for (text, expected) in cases {
            assert_eq!(quoted(text), expected);
        }
    }
}
