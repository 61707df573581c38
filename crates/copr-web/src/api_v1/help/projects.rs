//! What can be done with projects and their chroots.

use super::{call, example, may, need, owner, project};
use copr_ui::api::Member;
use copr_ui::help::Call;
use copr_wire::v1::{
    BuildrootPackages, Detail, FoundProject, ListedProject, Message, ModifiedDetail, ModifiedProject, OneProject, Repos,
};
use std::collections::BTreeMap;

/// The calls, for a service at an address.
pub(super) fn calls(url: &str) -> Vec<Call> {
    vec![
        list(url),
        detail(url),
        create(),
        delete(),
        modify(),
        fork(),
        search(url),
        chroot_packages(),
        modify_chroot_packages(),
        chroot(),
        edit_chroot(),
        build_config(),
        webhook_secret(),
    ]
}

fn chroot_of_project() -> Vec<Member> {
    [project(), vec![need("chrootname", "name", "A chroot of the project.")]].concat()
}

fn yum_repos(url: &str) -> BTreeMap<String, String> {
    ["fedora-43-x86_64", "fedora-44-x86_64"]
        .map(|chroot| (chroot.to_owned(), format!("{url}/results/ann/tools/{chroot}/")))
        .into()
}

fn about_a_project() -> Vec<Member> {
    vec![
        need("name", "text", "Its name."),
        need("description", "text", "What it is."),
        need("instructions", "text", "How to install from it."),
        need("additional_repos", "text", "Repositories that its builds may use, with blanks between them."),
        need("yum_repos", "object", "Address of the repository by chroot."),
        need("persistent", "boolean", "It can not be deleted."),
        need("unlisted_on_hp", "boolean", "It is not on the start page."),
        need("auto_prune", "boolean", "Old builds go away by themselves."),
    ]
}

fn list(url: &str) -> Call {
    let tools = ListedProject {
        name: "tools".to_owned(),
        username: "ann".to_owned(),
        description: "Small helpers".to_owned(),
        instructions: String::new(),
        additional_repos: String::new(),
        yum_repos: yum_repos(url),
        persistent: false,
        unlisted_on_hp: false,
        auto_prune: true,
    };
    Call {
        about: "Whoever owns nothing has an empty list.",
        parameters: vec![owner()],
        result: [
            vec![need("repos", "list", "The projects, each with:")],
            vec![need("username", "name", "Its owner.")],
            about_a_project(),
        ]
        .concat(),
        example_url: Some(format!("{url}/api/coprs/ann/")),
        example: example(Repos { repos: vec![tools] }),
        ..call("List someone's projects", "GET", &["/api/coprs/<username>/", "/api/coprs/?username=<username>"])
    }
}

fn detail(url: &str) -> Call {
    let tools = Detail {
        name: "tools".to_owned(),
        description: "Small helpers".to_owned(),
        instructions: String::new(),
        additional_repos: String::new(),
        yum_repos: yum_repos(url),
        last_modified: Some(1_764_000_000),
        auto_createrepo: true,
        persistent: false,
        unlisted_on_hp: false,
        auto_prune: true,
        use_bootstrap_container: false,
        isolation: "default".to_owned(),
    };
    let more = vec![
        need("last_modified", "time", "When the newest build ended that succeeded or was skipped; null before."),
        need("auto_createrepo", "boolean", "Builds renew the repositories."),
        need("use_bootstrap_container", "boolean", "Buildroots are made with a bootstrap."),
        need("isolation", "text", "How builds are kept apart."),
    ];
    let detail = vec![need("detail", "object", "The project (repos holds it once more):")];
    Call {
        parameters: project(),
        result: [detail, about_a_project(), more].concat(),
        example_url: Some(format!("{url}/api/coprs/ann/tools/detail/")),
        example: example(OneProject { repos: vec![tools.clone()], detail: tools }),
        ..call("Detail of a project", "GET", &["/api/coprs/<username>/<projectname>/detail/"])
    }
}

fn settings() -> Vec<Member> {
    vec![
        may("description", "text", "What it is."),
        may("instructions", "text", "How to install from it."),
        may("repos", "list", "Repositories that its builds may use: http(s) addresses, or copr://owner/project."),
        may("disable_createrepo", "switch", "Builds do not renew the repositories."),
        may("unlisted_on_hp", "switch", "Keep it off the start page."),
        may("build_enable_net", "switch", "Builds may use the network."),
        may("auto_prune", "switch", "Old builds go away by themselves; only administrators switch it off."),
        may("use_bootstrap_container", "switch", "Make buildroots with a bootstrap."),
        may("isolation", "text", "default, nspawn or simple."),
    ]
}

fn create() -> Call {
    let first = vec![
        need("name", "name", "Letters, digits, _, - and dots, and not just digits."),
        need("<chroot>", "switch", "One for each chroot, at least one."),
    ];
    let more = vec![
        may(
            "initial_pkgs",
            "list",
            "Addresses of source packages or spec files, of which one build each is made at once.",
        ),
        may("persistent", "switch", "It can never be deleted; for administrators."),
    ];
    Call {
        about: "Whatever user the address names, the project becomes yours; with a group it becomes the group's. Builds may \
                use the network unless build_enable_net says no.",
        parameters: vec![owner()],
        fields: [first, settings(), more].concat(),
        result: vec![need("message", "text", "What was done.")],
        example: example(Message { message: "New project was successfully created.".to_owned() }),
        ..call("Create a project", "POST", &["/api/coprs/<username>/new/"])
    }
}

fn delete() -> Call {
    Call {
        about: "The project goes with all its builds and repositories. None of its builds may be at work.",
        parameters: project(),
        fields: vec![need("verify", "text", "The word yes.")],
        result: vec![need("message", "text", "What was done.")],
        ..call("Delete a project", "POST", &["/api/coprs/<username>/<projectname>/delete/"])
    }
}

fn modify() -> Call {
    let changed = ModifiedProject {
        description: "bar".to_owned(),
        instructions: "baz".to_owned(),
        repos: "http://example.org/repo/".to_owned(),
        chroots: vec!["fedora-44-x86_64".to_owned()],
        detail: ModifiedDetail {
            name: "tools".to_owned(),
            description: "bar".to_owned(),
            instructions: "baz".to_owned(),
            last_modified: None,
        },
        buildroot_pkgs: String::new(),
    };
    let chroots = vec![may("chroots", "list", "The chroots that it has from now on; the others are switched off.")];
    Call {
        about: "What is not sent stays as it is; what is sent empty becomes empty.",
        parameters: project(),
        fields: [settings(), chroots].concat(),
        result: vec![
            need("description", "text", "As it is now."),
            need("instructions", "text", "As they are now."),
            need("repos", "text", "As they are now."),
            need("chroots", "list", "As they are now."),
        ],
        example: example(changed),
        ..call("Modify a project", "POST", &["/api/coprs/<username>/<projectname>/modify/"])
    }
}

fn fork() -> Call {
    Call {
        about: "Chroots, packages and the newest good build of each package are copied; that goes on when the answer has come.",
        parameters: project(),
        fields: vec![
            may("name", "name", "What the copy is called; like the original unless said."),
            may("owner", "name", "You, or a group of yours as @group; you unless said."),
            may("confirm", "switch", "The copy may go into a project that is there already."),
        ],
        result: vec![need("message", "text", "What was done.")],
        ..call("Fork a project", "POST", &["/api/coprs/<username>/<projectname>/fork/"])
    }
}

fn search(url: &str) -> Call {
    let found = |name: &str, description: &str| FoundProject {
        username: "ann".to_owned(),
        coprname: name.to_owned(),
        description: description.to_owned(),
    };
    Call {
        about: "Looks for words in owners, names and descriptions; a word with a slash is an owner and a name.",
        parameters: vec![need("text", "text", "What to look for, of three characters or more.")],
        result: vec![
            need("repos", "list", "The projects, newest first, each with:"),
            need("username", "name", "Its owner."),
            need("coprname", "name", "Its name."),
            need("description", "text", "What it is."),
        ],
        example_url: Some(format!("{url}/api/coprs/search/tool/")),
        example: example(Repos { repos: vec![found("toolbox", ""), found("tools", "Small helpers")] }),
        ..call(
            "Search for projects",
            "GET",
            &["/api/coprs/search/<text>/", "/api/coprs/search/?project=<text>", "/api/coprs/?search=<text>"],
        )
    }
}

fn buildroot_pkgs() -> Vec<Member> {
    vec![need("buildroot_pkgs", "text", "Packages in each buildroot, with blanks between them.")]
}

fn scl() -> Option<String> {
    example(BuildrootPackages { buildroot_pkgs: "scl-utils-build".to_owned() })
}

fn chroot_packages() -> Call {
    Call {
        parameters: chroot_of_project(),
        result: buildroot_pkgs(),
        example: scl(),
        ..call("Packages of a chroot", "GET", &["/api/coprs/<username>/<projectname>/detail/<chrootname>/"])
    }
}

fn modify_chroot_packages() -> Call {
    Call {
        parameters: chroot_of_project(),
        fields: vec![may("buildroot_pkgs", "list", "Packages that every buildroot gets; empty for none.")],
        result: buildroot_pkgs(),
        example: scl(),
        ..call("Modify the packages of a chroot", "POST", &["/api/coprs/<username>/<projectname>/modify/<chrootname>/"])
    }
}

fn chroot() -> Call {
    Call {
        parameters: chroot_of_project(),
        result: vec![need(
            "chroot",
            "object",
            "mock_chroot, copr_id, buildroot_pkgs, repos, comps_name, with_opts and without_opts.",
        )],
        ..call("Settings of a chroot", "GET", &["/api/coprs/<username>/<projectname>/chroot/get/<chrootname>/"])
    }
}

fn edit_chroot() -> Call {
    Call {
        about: "What is not sent stays as it is. With a comps file the form has to be multipart.",
        parameters: chroot_of_project(),
        fields: vec![
            may("buildroot_pkgs", "list", "Packages that every buildroot gets."),
            may("repos", "list", "Repositories for builds in this chroot."),
            may("with_opts", "list", "What rpmbuild --with gets."),
            may("without_opts", "list", "What rpmbuild --without gets."),
            may("upload_comps", "file", "A comps.xml, which the repository offers as groups."),
            may("delete_comps", "switch", "Take the comps file away."),
        ],
        result: vec![
            need("message", "text", "What was done."),
            need("chroot", "object", "The settings as they are now."),
        ],
        ..call(
            "Edit the settings of a chroot",
            "POST",
            &["/api/coprs/<username>/<projectname>/chroot/edit/<chrootname>/"],
        )
    }
}

fn build_config() -> Call {
    Call {
        about: "What one needs to build as this service would, with mock.",
        parameters: chroot_of_project(),
        result: vec![need(
            "build_config",
            "object",
            "project_id, chroot, repos, additional_packages, with_opts, without_opts, bootstrap and isolation.",
        )],
        ..call(
            "Build configuration",
            "GET",
            &[
                "/api/coprs/<username>/<projectname>/build-config/<chrootname>/",
                "/api/g/<group>/<projectname>/build-config/<chrootname>/",
            ],
        )
    }
}

fn webhook_secret() -> Call {
    Call {
        about: "The one before stops working.",
        parameters: project(),
        result: vec![need("message", "text", "A sentence that ends with the new secret.")],
        ..call("New web hook secret", "POST", &["/api/coprs/<username>/<projectname>/new_webhook_secret/"])
    }
}
