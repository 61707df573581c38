//! The fields of request bodies.
//!
//! By hand, because no type holds them: bodies follow rules of their own (contract, "Request bodies"), and the code
//! reads them field by field (`api_v3::fields`). This is the one place that tells what there is.

use super::example;
use serde_json::{Map, Value, json};

/// How a field's value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A list of texts, or one text with blanks between them.
    Words,
    /// A list of texts.
    List,
    /// On or off.
    Switch,
    /// A whole number, or text with its digits.
    Number,
    /// A list of whole numbers.
    Numbers,
    /// One of some words.
    Choice(&'static [&'static str]),
}

/// A field of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// How it is read.
    pub kind: Kind,
    /// What it says.
    pub about: &'static str,
    /// Whether a request without it is refused.
    pub required: bool,
}

const fn field(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, about, required: false }
}

const fn needed(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, about, required: true }
}

/// The fields as members of a JSON object. Null means that a field was not sent.
pub fn json_schema(fields: &[Field]) -> Value {
    object(fields, |field| {
        let mut schema = match field.kind {
            Kind::Text => json!({ "type": ["string"] }),
            Kind::Words => json!({ "type": ["array", "string"], "items": { "type": "string" } }),
            Kind::List => json!({ "type": ["array"], "items": { "type": "string" } }),
            Kind::Switch => json!({ "type": ["boolean", "string", "integer"] }),
            Kind::Number => json!({ "type": ["integer", "string"] }),
            Kind::Numbers => json!({ "type": ["array"], "items": { "type": "integer" } }),
            Kind::Choice(words) => json!({ "type": ["string"], "enum": words }),
        };
        if let Some(example) = example::of(field.name) {
            schema["examples"] = json!([example]);
        }
        if !field.required {
            for list in ["type", "enum"] {
                if let Some(Value::Array(values)) = schema.get_mut(list) {
                    values.push(if list == "type" { json!("null") } else { Value::Null });
                }
            }
        }
        schema
    })
}

/// The fields of a plain form: all are text.
pub fn form_schema(fields: &[Field]) -> Value {
    object(fields, |field| match (field.kind, example::of(field.name)) {
        (Kind::Choice(words), _) => json!({ "type": "string", "enum": words }),
        (_, Some(Value::String(text))) => json!({ "type": "string", "examples": [text] }),
        _ => json!({ "type": "string" }),
    })
}

fn object(fields: &[Field], schema: impl Fn(&Field) -> Value) -> Value {
    let described = |field: &Field| {
        let mut schema = schema(field);
        schema["description"] = json!(field.about);
        (field.name.to_owned(), schema)
    };
    let mut object = json!({ "type": "object", "properties": fields.iter().map(described).collect::<Map<_, _>>() });
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

const REPOS: &str = "Repositories: `http[s]://…` or `copr://owner/project`, each perhaps with `?priority=N`.";
const ISOLATION: Kind = Kind::Choice(&["default", "nspawn", "simple"]);
const ISOLATION_HERE: Kind = Kind::Choice(&["unchanged", "default", "nspawn", "simple"]);

/// Of a new project alone.
pub const NEW_PROJECT: &[Field] = &[
    needed("name", Kind::Text, "Letters, digits, `_`, `-` and `.`, not digits alone; unique for the owner."),
    needed("chroots", Kind::List, "The chroots to build for, at least one."),
    field("persistent", Kind::Switch, "Can not be deleted; for administrators."),
    field("storage", Kind::Choice(&["backend", "pulp"]), "Where results are kept; for administrators."),
    field("use_bootstrap_container", Kind::Switch, "What older clients say instead of `bootstrap`."),
];

/// Of a project that is there.
pub const CHROOTS_OF_PROJECT: &[Field] = &[field("chroots", Kind::List, "The whole set of chroots; empty: no change.")];

/// Of every project.
pub const PROJECT: &[Field] = &[
    field("description", Kind::Text, "Free text."),
    field("instructions", Kind::Text, "Free text: how to install."),
    field("homepage", Kind::Text, "An address."),
    field("contact", Kind::Text, "A mail address or another one."),
    field("additional_repos", Kind::Words, REPOS),
    field("repos", Kind::Words, "Another name of `additional_repos`."),
    field("runtime_dependencies", Kind::Words, "Repositories that users of this one need too."),
    field("packit_forge_projects_allowed", Kind::Words, "Forge projects that may build here."),
    field("unlisted_on_hp", Kind::Switch, "Not on the start page."),
    field("enable_net", Kind::Switch, "Network during builds."),
    field("devel_mode", Kind::Switch, "Repositories are not made anew by builds."),
    field("disable_createrepo", Kind::Switch, "Another name of `devel_mode`."),
    field("auto_prune", Kind::Switch, "Old builds are pruned; only administrators may say no."),
    field("bootstrap", Kind::Choice(&["default", "off", "on", "image"]), "Mock's bootstrap."),
    field("isolation", ISOLATION, "Mock's isolation."),
    field("follow_fedora_branching", Kind::Switch, "New Fedora releases are enabled when they branch."),
    field("multilib", Kind::Switch, "32-bit packages beside those of 64 bits."),
    field("module_hotfixes", Kind::Switch, "The repository overrides modules."),
    field("fedora_review", Kind::Switch, "Run fedora-review."),
    field("appstream", Kind::Switch, "Make AppStream metadata."),
    field("delete_after_days", Kind::Number, "Days until it is deleted, -1 to 720; -1: never."),
    field("repo_priority", Kind::Number, "dnf's priority, from 1."),
];

/// Of a fork.
pub const FORK: &[Field] = &[
    field("name", Kind::Text, "The new project's name; that of the source when it is left out."),
    field("ownername", Kind::Text, "Whose it is to be: one's own name, or `@alias` of one's group."),
    field("confirm", Kind::Switch, "Into a project that is there already."),
];

/// Of another name.
pub const RENAME: &[Field] = &[field("name", Kind::Text, "What the project is to be called.")];

/// Of another owner.
pub const TRANSFER: &[Field] =
    &[field("ownername", Kind::Text, "Whose it is to be: one's own name, or `@alias` of one's group.")];

/// Of a deletion.
pub const VERIFY: &[Field] = &[field("verify", Kind::Switch, "What clients say; nothing depends on it.")];

/// Of a chroot in a project.
pub const PROJECT_CHROOT: &[Field] = &[
    field("additional_packages", Kind::Words, "Packages beside the minimal buildroot."),
    field("buildroot_pkgs", Kind::Words, "Another name of `additional_packages`."),
    field("additional_repos", Kind::Words, REPOS),
    field("repos", Kind::Words, "Another name of `additional_repos`."),
    field("additional_modules", Kind::Words, "`module:stream` or `!module:stream`; in a text with commas between."),
    field("module_toggle", Kind::Words, "Another name of `additional_modules`."),
    field("with_opts", Kind::Words, "`rpmbuild --with`."),
    field("without_opts", Kind::Words, "`rpmbuild --without`."),
    field(
        "bootstrap",
        Kind::Choice(&["unchanged", "default", "off", "on", "image", "custom_image"]),
        "Mock's bootstrap.",
    ),
    field("bootstrap_image", Kind::Text, "The image for `custom_image`, which it implies."),
    field("isolation", ISOLATION_HERE, "Mock's isolation."),
    field("delete_comps", Kind::Switch, "Remove the comps file."),
    field("reset_fields", Kind::List, "Names of attributes that are set back first."),
];

/// The comps file of a chroot.
pub const COMPS: Field = field("upload_comps", Kind::Text, "The comps file.");

/// Which project, where the path does not say.
pub const WHERE: &[Field] = &[
    needed("ownername", Kind::Text, "The project's owner."),
    needed("projectname", Kind::Text, "The project's name."),
];

/// Of every build.
pub const BUILD: &[Field] = &[
    field("project_dirname", Kind::Text, "The directory: the project's name, `…:custom:…` or `…:pr:…`."),
    field("chroots", Kind::List, "Names or patterns of the project's chroots; none: all."),
    field("exclude_chroots", Kind::List, "Names or patterns of chroots to leave out."),
    field("timeout", Kind::Number, "Seconds, 0 to 108000."),
    field("background", Kind::Switch, "After everybody who waits."),
    field("enable_net", Kind::Switch, "Network during the build."),
    field("bootstrap", Kind::Choice(&["unchanged", "default", "off", "on", "image"]), "Mock's bootstrap."),
    field("isolation", ISOLATION_HERE, "Mock's isolation."),
    field("after_build_id", Kind::Number, "Begin when the batch of that build has ended."),
    field("with_build_id", Kind::Number, "In the batch of that build."),
    field("chain_id", Kind::Number, "Into that chain, which is open."),
    field("packit_forge_project", Kind::Text, "The forge project that asks for it."),
];

/// A chain.
pub const CHAIN: &[Field] = &[
    field("project_dirname", Kind::Text, "The directory: the project's name, `…:custom:…` or `…:pr:…`."),
    field("keep_going", Kind::Switch, "Builds begin although what they need failed."),
];

/// Whose repositories.
pub const REPOSITORIES: &[Field] = &[
    field("project_dirname", Kind::Text, "The directory: the project's name, `…:custom:…` or `…:pr:…`."),
    field("chrootname", Kind::Text, "The chroot; none: all of the project, at once."),
];

/// Which of their generations.
pub const GENERATION: &[Field] =
    &[field("generation", Kind::Text, "A number, which needs a chroot, or the name of a pin; none: the present one.")];

/// The same, where the present one makes no sense.
pub const EARLIER: &[Field] =
    &[needed("generation", Kind::Text, "A number, which needs a chroot, or the name of a pin.")];

/// The name of a pin.
pub const PIN: &[Field] = &[needed("name", Kind::Text, "The name: a letter, then up to 49 of `A-Z a-z 0-9 . _ -`.")];

/// A chain that people fill.
pub const FILLED: &[Field] =
    &[field("with_dependents", Kind::Switch, "Packages of the project that need its builds are built again.")];

/// A chain of those who need some packages.
pub const DEPENDENTS: &[Field] = &[
    needed("packages", Kind::Words, "Names of packages; they are not built themselves."),
    field("chroots", Kind::List, "Names or patterns of the project's chroots; none: all."),
];

/// A build by address.
pub const URLS: &[Field] = &[needed("pkgs", Kind::Words, "Addresses of source packages or spec files.")];

/// A build of an uploaded file.
pub const UPLOAD: Field = needed("pkgs", Kind::Text, "A source package or a spec file.");

/// A ready package.
pub const RPM: Field = needed("pkgs", Kind::Text, "A package that is not a source package.");

/// The one chroot that a ready package is for.
pub const RPM_CHROOT: &[Field] = &[field("chroot", Kind::Text, "The chroot, instead of one in `chroots`.")];

/// Sources in a version control system.
pub const SCM: &[Field] = &[
    needed("clone_url", Kind::Text, "Address of the repository."),
    field("scm_type", Kind::Choice(&["git", "svn"]), "Its kind; `git` by default."),
    field("committish", Kind::Text, "Branch, tag or commit."),
    field("subdirectory", Kind::Text, "Where in the repository."),
    field("spec", Kind::Text, "The spec file."),
    field(
        "source_build_method",
        Kind::Choice(&["rpkg", "tito", "tito_test", "make_srpm"]),
        "How the source package is made.",
    ),
    field("srpm_build_method", Kind::Text, "Another name of `source_build_method`."),
];

/// Sources on PyPI.
pub const PYPI: &[Field] = &[
    needed("pypi_package_name", Kind::Text, "The package's name there, at most 93 characters."),
    field("pypi_package_version", Kind::Text, "Its version; the newest by default."),
    field("spec_generator", Kind::Choice(&["pyp2spec", "pyp2rpm"]), "What writes the spec file."),
    field("spec_template", Kind::Choice(&["", "fedora", "epel7", "mageia", "pld"]), "Template for pyp2rpm."),
    field("python_versions", Kind::List, "Versions of Python, 3 or 2."),
];

/// Sources on RubyGems.
pub const RUBYGEMS: &[Field] = &[needed("gem_name", Kind::Text, "The gem's name, at most 92 characters.")];

/// Sources in dist-git.
pub const DISTGIT: &[Field] = &[
    needed("package_name", Kind::Text, "The package's name there."),
    field("distgit", Kind::Text, "The instance; the preferred one by default."),
    field("namespace", Kind::Text, "The namespace."),
    field("committish", Kind::Text, "Branch, tag or commit."),
];

/// Sources that a script makes.
pub const CUSTOM: &[Field] = &[
    needed("script", Kind::Text, "The script, at most 4096 characters."),
    field("chroot", Kind::Text, "Where it runs; `fedora-latest-x86_64` by default."),
    field("builddeps", Kind::Words, "Packages that it needs."),
    field("resultdir", Kind::Text, "Where it leaves the sources."),
    field("repos", Kind::Words, REPOS),
];

/// What packages of the kind `custom` call the fields of [`CUSTOM`] too.
pub const SCRIPT: &[Field] = &[
    field("script_chroot", Kind::Text, "Another name of `chroot`."),
    field("script_builddeps", Kind::Words, "Another name of `builddeps`."),
    field("script_resultdir", Kind::Text, "Another name of `resultdir`."),
    field("script_repos", Kind::Words, "Another name of `repos`."),
];

/// Of every package.
pub const PACKAGE: &[Field] = &[
    field("package_name", Kind::Text, "The package's name, as in the path."),
    field("webhook_rebuild", Kind::Switch, "Rebuilt by web hooks."),
    field("max_builds", Kind::Number, "Builds that are kept, 0 to 100; 0: all."),
    field("timeout", Kind::Number, "Seconds, 0 to 108000."),
    field("chroot_denylist", Kind::Text, "Patterns of chroots that it is not built in, with commas between."),
];

/// Which package, where the path does not say.
pub const WHICH_PACKAGE: &[Field] = &[needed("package_name", Kind::Text, "The package's name.")];

/// How packages' builds are told to wait.
pub const IN_BACKGROUND: &[Field] = &[field("is_background", Kind::Switch, "Another name of `background`.")];

/// Which builds.
pub const BUILDS: &[Field] = &[needed("builds", Kind::Numbers, "The builds' numbers, all of one project.")];

/// Of what goes away with builds in it.
pub const RUNNING: &[Field] = &[field(
    "cancel_builds",
    Kind::Switch,
    "Builds that still run there are canceled; without this they are a reason to refuse. Not in Copr.",
)];

/// Of a build that is repeated.
pub const AGAIN: &[Field] = &[field(
    "failed",
    Kind::Switch,
    "Only in the chroots in which it failed or was canceled, unless `chroots` says more.",
)];
