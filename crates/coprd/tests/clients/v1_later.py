"""What python-copr's client of version 1 learned after 1.63."""

import os

from copr import CoprClient
from copr.exceptions import CoprRequestException
from driving import FEDORA, FEDORA_32, GIVEN, OWN, WAITING, equal, fails, part, refused, rows, until
from v1 import URL, alice, bob, built, create, names, status

NOWHERE = URL + "/nowhere/a-1-1.src.rpm"
GIT = "https://git.example.org/a.git"


def details(name, owner="alice"):
    return alice.get_project_details(name, username=owner).data["detail"]


@part
@rows("V1-30", "V1-31")
def options_of_projects():
    made = alice.create_project("alice", "options", [FEDORA], description="A tool", disable_createrepo="true",
                                unlisted_on_hp=True, enable_net=False, auto_prune=True, use_bootstrap_container=True)
    assert "New project was successfully created" in made.message, made.message
    shown = details("options")
    equal([shown[key] for key in ["auto_createrepo", "unlisted_on_hp", "auto_prune", "persistent", "use_bootstrap_container"]],
          [False, True, True, False, True])
    changed = alice.modify_project("options", unlisted_on_hp=False, enable_net=True, auto_prune=True, use_bootstrap_container=False,
                                   chroots=[FEDORA_32, OWN])
    equal((changed.output, sorted(changed.data["chroots"])), ("ok", [OWN, FEDORA_32]))
    shown = details("options")
    equal((shown["unlisted_on_hp"], shown["use_bootstrap_container"], sorted(shown["yum_repos"])), (False, False, [OWN, FEDORA_32]))
    # only what is said changes
    alice.modify_project("options", description="Another")
    equal((sorted(details("options")["yum_repos"]), details("options")["description"]), ([OWN, FEDORA_32], "Another"))
    refused(CoprRequestException, "nope", alice.modify_project, "options", chroots=["nope"])
    refused(CoprRequestException, "", alice.create_project, "alice", "kept", [FEDORA], persistent=True)
    alice.create_project("@devs", "options", [FEDORA])
    equal(names(alice.get_projects_list("@devs")), ["options"])
    equal([each.username for each in alice.get_projects_list("@devs").projects_list], ["@devs"])
    refused(CoprRequestException, "devs", bob.create_project, "@devs", "x", [FEDORA])
    refused(CoprRequestException, "nope", alice.create_project, "@nope", "x", [FEDORA])


@part
@rows("V1-32")
def authentication():
    equal(alice.authentication_check(), None)
    wrong = CoprClient(username="alice", login="x", token="y", copr_url=URL)
    refused(CoprRequestException, "Login invalid/expired", wrong.authentication_check)


@part
@rows("V1-33", "V1-34")
def builds_are_submitted_in_the_background_and_deleted():
    create("background", [WAITING])
    build, = alice.create_new_build("background", [GIVEN["srpm"]], background=True).builds_list
    refused(CoprRequestException, str(build.build_id), alice.delete_build, build.build_id)
    until(lambda: status(build.build_id), "pending")
    alice.cancel_build(build.build_id)
    refused(CoprRequestException, "", bob.delete_build, build.build_id)
    deleted = alice.delete_build(build.build_id)
    equal((deleted.status, deleted.output), ("Build deleted", "ok"))
    refused(CoprRequestException, str(build.build_id), alice.get_build_details, build.build_id)
    refused(CoprRequestException, str(build.build_id), alice.delete_build, build.build_id)


@part
@rows("V1-35")
def builds_from_elsewhere():
    create("elsewhere")
    for method, arguments, options in [
            ("pypi", ["requests"], {"pypi_package_version": "2.0", "python_versions": [3]}),
            ("pypi", ["requests"], {}),
            ("tito", [GIT], {"git_dir": "x", "git_branch": "main", "tito_test": True}),
            ("mock", [GIT, "a.spec"], {"scm_type": "svn", "scm_branch": "main"}),
            ("scm", [GIT], {"committish": "main", "subdirectory": "x", "spec": "a.spec", "srpm_build_method": "tito_test"}),
            ("rubygems", ["rails"], {"timeout": 100, "memory": 2048}),
            ("custom", ["#!/bin/sh\ntrue\n"], {"script_chroot": FEDORA, "script_builddeps": "gcc make", "script_resultdir": "out"}),
            ("distgit", ["https://src.example.org/rpms/bash"], {"branch": "rawhide"})]:
        made = getattr(alice, "create_new_build_" + method)("elsewhere", *arguments, chroots=[FEDORA], **options)
        build, = made.builds_list
        shown = build.handle.get_build_details()
        equal((shown.output, shown.project, list(shown.data["chroots"])), ("ok", "elsewhere", [FEDORA]))
    refused(CoprRequestException, "", alice.create_new_build_scm, "elsewhere", "nonsense")
    refused(CoprRequestException, "", alice.create_new_build_pypi, "elsewhere", "")
    refused(CoprRequestException, "", bob.create_new_build_rubygems, "elsewhere", "rails", username="alice")


PACKAGES = [
    # what it is called, its arguments in both methods, what becomes of it
    ("tito", {"git_url": GIT, "git_dir": "x", "git_branch": "main", "tito_test": True}, "scm"),
    ("pypi", {"pypi_package_name": "requests", "pypi_package_version": "2.0"}, "pypi"),
    ("mockscm", {"scm_type": "git", "scm_url": GIT, "scm_branch": "main", "spec": "a.spec"}, "scm"),
    ("scm", {"clone_url": GIT, "committish": "main", "spec": "a.spec"}, "scm"),
    ("rubygems", {"gem_name": "rails"}, "rubygems"),
    ("custom", {"script": "#!/bin/sh\ntrue\n", "script_chroot": FEDORA}, "custom"),
]


@part
@rows("V1-36", "V1-37", "V1-38")
def sources_of_packages():
    create("packages")
    for kind, source, becomes in PACKAGES:
        made = getattr(alice, "add_package_" + kind)(kind, "packages", webhook_rebuild=True, **source)
        assert made.output == "ok" and made.message, made.data
        found = alice.get_package("packages", kind).package
        equal((found.name, found.source_type, found.webhook_rebuild), (kind, becomes, True))
        assert found.id and found.copr_id and found.enable_net is not None and found.source_json, found.data
        edit = getattr(alice, "edit_package_" + kind)
        equal(edit(kind, "packages", webhook_rebuild=False, **source).output, "ok")
        equal(alice.get_package("packages", kind).package.webhook_rebuild, False)
        # what is not said stays
        edit(kind, "packages", **source)
        equal(alice.get_package("packages", kind).package.webhook_rebuild, False)
        refused(CoprRequestException, "nope", edit, "nope", "packages", **source)
    refused(CoprRequestException, "rubygems", alice.add_package_rubygems, "rubygems", "packages", "x")
    refused(CoprRequestException, "", bob.add_package_rubygems, "x", "packages", "x", ownername="alice")
    listed = alice.get_packages_list("packages").packages_list
    equal(sorted(each.name for each in listed), sorted(kind for kind, _, _ in PACKAGES))
    equal((listed[0].handle.name, listed[0].handle.projectname, listed[0].handle.ownername), (listed[0].name, "packages", "alice"))
    equal(listed[0].for_json(), listed[0].data)

    for method, path in [("add", "add/scm"), ("edit", "x/edit/scm"), ("delete", "x/delete")]:
        arguments = [None, "packages"] + ["x"] * (method != "add") + ["scm"] * (method != "delete")
        equal(getattr(alice, "get_package_%s_url" % method)(*arguments), "%s/api/coprs/alice/packages/package/%s/" % (URL, path))

    assert alice.reset_package("packages", "custom").message
    equal(alice.get_package("packages", "custom").package.source_type, "unset")
    refused(CoprRequestException, "", alice.build_package, "packages", "custom")
    assert alice.delete_package("packages", "custom").message
    for method in ["delete_package", "reset_package", "get_package", "build_package"]:
        refused(CoprRequestException, "custom", getattr(alice, method), "packages", "custom")
    refused(CoprRequestException, "", bob.delete_package, "packages", "tito", ownername="alice")


@part
@rows("V1-37", "V1-39")
def builds_of_packages():
    flags = ["with_latest_build", "with_latest_succeeded_build", "with_all_builds"]
    found = bob.get_package("ready", "hello-noarch", ownername="alice", **dict.fromkeys(flags, True)).package
    listed, = bob.get_packages_list("ready", ownername="alice", **dict.fromkeys(flags, True)).packages_list
    for package in [found, listed]:
        for build in [package.latest_build, package.latest_succeeded_build] + package.builds:
            equal((build["id"], build["state"], build["pkg_version"]), (GIVEN["build"], "succeeded", "1.0-1"))
        equal(len(package.builds), 1)
    without = bob.get_package("ready", "hello-noarch", ownername="alice").package
    fails(AttributeError, lambda: without.latest_build)

    create("built", [FEDORA, FEDORA_32])
    alice.add_package_rubygems("rails", "built", "rails")
    made = alice.build_package("built", "rails", chroots=[FEDORA], timeout=100)
    build, = made.builds_list
    equal((made.output, list(build.handle.get_build_details().data["chroots"])), ("ok", [FEDORA]))
    latest = alice.get_package("built", "rails", with_latest_build=True, with_latest_succeeded_build=True).package
    equal((latest.latest_build["id"], latest.latest_succeeded_build), (build.build_id, None))
    refused(CoprRequestException, "", bob.build_package, "built", "rails", ownername="alice")


@part
@rows("V1-40")
def forks():
    made = alice.fork_project("alice/ready", "forked")
    assert made.output == "ok" and made.message, made.data
    equal(list(made.handle.get_project_details().data["detail"]["yum_repos"]), [OWN])
    refused(CoprRequestException, "forked", alice.fork_project, "alice/ready", "forked")
    equal(alice.fork_project("alice/ready", "forked", confirm=True).output, "ok")
    equal(alice.fork_project("alice/ready", "forked", username="@devs").output, "ok")
    equal(bob.fork_project("alice/ready", "mine").output, "ok")
    refused(CoprRequestException, "", bob.fork_project, "alice/ready", "mine", username="@devs")
    refused(CoprRequestException, "nope", bob.fork_project, "alice/nope", "mine")
    refused(CoprRequestException, "", alice.fork_project, "alice/ready", "ready", confirm=True)
    # the copy is a build of its own, which the copier puts in place
    latest = alice.get_package("forked", "hello-noarch", with_latest_build=True).package.latest_build
    equal(latest["state"], "forked")


@part
@rows("V1-41", "V1-42")
def settings_of_chroots():
    create("settings", [FEDORA, FEDORA_32])
    with open("comps.xml", "w") as comps:
        comps.write("<comps/>")
    changed = alice.edit_chroot("settings", FEDORA, upload_comps="comps.xml", packages="gcc make", repos="http://r.example/")
    equal((changed.output, changed.chroot.comps_name), ("ok", "comps.xml"))
    shown = bob.get_chroot("settings", "alice", FEDORA).chroot
    equal((shown.mock_chroot, shown.buildroot_pkgs, shown.repos, shown.comps_name), (FEDORA, "gcc make", "http://r.example/", "comps.xml"))
    equal((shown.for_json(), shown.data), (changed.chroot.data, changed.chroot.data))
    changed = alice.edit_chroot("settings", FEDORA, delete_comps=True)
    equal((changed.chroot.comps_name, changed.chroot.buildroot_pkgs), (None, "gcc make"))
    equal(alice.edit_chroot("settings", FEDORA, packages="").chroot.buildroot_pkgs, "")
    refused(CoprRequestException, "", bob.edit_chroot, "settings", FEDORA, ownername="alice", packages="gcc")
    refused(CoprRequestException, "nope-1-x86_64", alice.get_chroot, "settings", None, "nope-1-x86_64")
    refused(CoprRequestException, "", alice.edit_chroot, "settings", FEDORA, repos="nonsense")

    config = bob.get_build_config("alice/settings", FEDORA).build_config
    equal((config["project_id"], config["chroot"], config["repos"][0]["id"]), ("alice-settings", FEDORA, "copr_base"))
    equal([each["baseurl"] for each in config["repos"]], [URL + "/results/alice/settings/%s/" % FEDORA, "http://r.example/"])
    refused(CoprRequestException, "", bob.get_build_config, "alice/settings", OWN)


@part
@rows("V1-43")
def secrets_of_web_hooks():
    create("hooked")
    first, second = [alice.new_webhook_secret("hooked").message for _ in range(2)]
    assert len(first.split()[-1]) == 36 and first != second, first
    refused(CoprRequestException, "", bob.new_webhook_secret, "hooked", ownername="alice")


@part
@rows("V1-44", "V1-45")
def modules_are_gone():
    create("modular")
    refused(CoprRequestException, "", alice.build_module, "http://x.example/m.yaml", None, "modular")
    with open("m.yaml", "w") as module:
        module.write("document: modulemd\n")
    with open("m.yaml", "rb") as module:
        refused(CoprRequestException, "", alice.build_module, module, None, "modular")
    refused(CoprRequestException, "", alice.get_module_repo, "alice", "modular", "m", "s", 1, "x86_64")
