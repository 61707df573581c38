"""Calls every public method of python-copr's client of version 1, of whatever release is installed, against a running service.

The rows are those of the contract's checklist for this client.
"""

import os
import shutil

from copr import CoprClient
from copr.exceptions import CoprNoConfException, CoprRequestException
from driving import (EPEL, FEDORA, FEDORA_32, GIVEN, OWN, PYTHON_2, WAITING, equal, fails, part, refused, rows, tell,
                     until)
from v1 import LATER, URL, alice, bob, built, create, exists, names, status, watch

import v1_manual
if LATER:
    import v1_later

@part
@rows("V1-01", "V1-23")
def clients():
    home = os.path.join(os.environ["HOME"], ".config")
    fails(CoprNoConfException, CoprClient.create_from_file_config)
    nobody = CoprClient.create_from_file_config(ignore_error=True)
    equal((nobody.no_config, nobody.username), (True, None))
    os.mkdir(home)
    shutil.copy(GIVEN["alice"], os.path.join(home, "copr"))
    cl = CoprClient.create_from_file_config()
    equal((cl.username, cl.copr_url, cl.api_url, cl.no_config), ("alice", URL, URL + "/api", False))
    equal(str(cl), "<Copr client. username: alice, api url: %s/api, login presents: True, token presents: True>" % URL)
    slash = CoprClient(username="alice", login=cl.login, token=cl.token, copr_url=URL + "/")
    equal(slash.api_url, URL + "//api")
    create("slash", who=slash)
    equal(slash.get_project_details("slash").name, "slash")
    assert "slash" in names(slash.get_projects_list())
    equal(slash.delete_project("slash").output, "ok")


@part
@rows("V1-02", "V1-03", "V1-04")
def lists_of_projects():
    create("listed", [FEDORA, FEDORA_32], description=u"A d\xe9p\xf4t",
           instructions="Use it", repos=["http://r.example/", "http://s.example/"])
    mine = alice.get_projects_list()
    equal(mine.output, "ok")
    one, = [each for each in mine.projects_list if each.projectname == "listed"]
    repositories = {name: "%s/results/alice/listed/%s/" % (URL, name) for name in [FEDORA, FEDORA_32]}
    equal((one.username, one.description, one.yum_repos), ("alice", u"A d\xe9p\xf4t", repositories))
    equal(one.additional_repos, "http://r.example/ http://s.example/")
    lines = str(one).splitlines()
    equal((lines[0], lines[2]), ("Name: listed", "  Yum repo(s):"))
    equal(lines[3:], ["    %s: %s" % pair for pair in sorted(repositories.items())]
          + ["  Additional repo: http://r.example/ http://s.example/"])
    equal(one.handle.get_project_details().instructions, "Use it")
    equal(names(bob.get_projects_list("alice")), names(mine))
    equal(names(bob.get_projects_list(username="alice")), names(mine))
    equal(mine.handle.username, "alice")
    equal(alice.get_projects_list("nemo").projects_list, [])
    # lists are for everybody, whoever they say they are
    nobody = CoprClient(username="alice", login="x", token="y", copr_url=URL)
    equal(names(nobody.get_projects_list()), names(mine))
    equal(names(CoprClient(copr_url=URL, no_config=True).get_projects_list("alice")), names(mine))

    found = bob.search_projects("listed")
    equal([(each.username, each.projectname, each.description) for each in found.projects_list], [("alice", "listed", u"A d\xe9p\xf4t")])
    equal(found.output, "ok")
    equal(str(found.projects_list[0]).splitlines()[0], "Name: listed")
    equal(found.projects_list[0].handle.get_project_details().name, "listed")
    equal(names(bob.search_projects("alice/listed")), ["listed"])
    equal(bob.search_projects("no such words").projects_list, [])


@part
@rows("V1-05", "V1-06", "V1-07", "V1-08", "V1-09", "V1-10", "V1-22")
def projects():
    made = create("projects", [FEDORA, FEDORA_32], description="A tool", instructions="Use it", repos=["http://r.example/"],
                  initial_pkgs=[URL + "/nowhere/a-1-1.src.rpm", URL + "/nowhere/b.spec"])
    assert "New project was successfully created" in made.message, made.message
    equal(made.output, "ok")
    details = made.handle.get_project_details()
    equal((details.name, details.description, details.instructions, details.last_modified), ("projects", "A tool", "Use it", None))
    equal(sorted((each.chrootname, each.projectname, each.username, each.repo_url) for each in details.chroots),
          [(name, "projects", "alice", "%s/results/alice/projects/%s/" % (URL, name)) for name in [FEDORA_32, FEDORA]])
    equal((details.data["detail"]["additional_repos"], details.data["detail"]["auto_createrepo"]), ("http://r.example/", True))

    changed = made.handle.modify_project(description="Another tool", repos="http://s.example/")
    equal((changed.output, changed.description, changed.instructions, changed.name), ("ok", "Another tool", "Use it", "projects"))
    equal((changed.buildroot_pkgs, changed.data["repos"]), ("", "http://s.example/"))
    changed = alice.modify_project("projects", username="alice", instructions="Look", disable_createrepo="true")
    equal((changed.description, changed.instructions), ("Another tool", "Look"))
    equal(bob.get_project_details("projects", username="alice").data["detail"]["auto_createrepo"], False)
    # nothing is changed by a form without anything, which 1.63 sends without a body
    equal(alice.modify_project("projects").description, "Another tool")

    refused(CoprRequestException, "projects", create, "projects")
    refused(CoprRequestException, "nope-1-x86_64", create, "x", ["nope-1-x86_64"])
    refused(CoprRequestException, "", create, "1")
    refused(CoprRequestException, "", create, "x", repos=["nonsense"])
    refused(CoprRequestException, "", alice.modify_project, "projects", repos="nonsense")
    refused(CoprRequestException, "", bob.modify_project, "projects", username="alice", description="Mine")
    refused(CoprRequestException, "", bob.delete_project, "projects", username="alice")
    # the two first packages have no source that could be had, which ends their builds
    refused_builds = [each for each in range(1, 30) if exists(each) and alice.get_build_details(each).project == "projects"]
    equal(len(refused_builds), 2)
    for number in refused_builds:
        until(lambda: status(number), "failed")
    gone = alice.delete_project("projects")
    equal(gone.output, "ok")
    assert gone.message, gone.data
    refused(CoprRequestException, "projects", alice.get_project_details, "projects")
    refused(CoprRequestException, "projects", gone.handle.get_project_details)
    refused(CoprRequestException, "projects", alice.delete_project, "projects")
    refused(CoprRequestException, "projects", alice.modify_project, "projects")
    refused(CoprRequestException, "999", alice.get_build_details, 999)
    refused(CoprRequestException, "999", alice.cancel_build, 999)
    equal(create("projects").handle.delete_project().output, "ok")


@part
@rows("V1-11", "V1-12", "V1-13")
def chroots_of_projects():
    create("chroots", [FEDORA, FEDORA_32])
    fresh = bob.get_project_chroot_details("chroots", FEDORA, username="alice")
    equal((fresh.buildroot_pkgs, fresh.output), ("", "ok"))
    changed = alice.modify_project_chroot_details("chroots", FEDORA, pkgs=["gcc", "make"], username="alice")
    equal((changed.buildroot_pkgs, changed.output), ("gcc make", "ok"))
    equal(changed.handle.get_project_chroot_details().buildroot_pkgs, "gcc make")
    equal(changed.handle.project_handle.get_project_details().name, "chroots")
    one, = [each for each in alice.get_project_details("chroots").chroots if each.chrootname == FEDORA]
    equal(one.handle.get_project_chroot_details().buildroot_pkgs, "gcc make")
    equal(one.handle.modify_project_chroot_details(pkgs=["bash"]).buildroot_pkgs, "bash")
    equal(one.handle.modify_project_chroot_details().buildroot_pkgs, "")
    equal(alice.get_project_chroot_details("chroots", FEDORA_32).buildroot_pkgs, "")
    for chroot in [EPEL, "nope-1-x86_64", "nonsense"]:
        words = "Chroot identification is not valid" if chroot == "nonsense" else chroot
        refused(CoprRequestException, words, alice.get_project_chroot_details, "chroots", chroot)
        refused(CoprRequestException, words, alice.modify_project_chroot_details, "chroots", chroot, ["gcc"])
    refused(CoprRequestException, "", bob.modify_project_chroot_details, "chroots", FEDORA, ["gcc"], username="alice")


@part
@rows("V1-14", "V1-15", "V1-17", "V1-18")
def a_package_is_built_from_an_upload_and_from_an_address():
    create("uploaded", [OWN, FEDORA])
    seen = []
    made = alice.create_new_build("uploaded", [GIVEN["srpm"]], timeout="600", memory="2048", chroots=[OWN],
                                  progress_callback=lambda monitor: seen.append(monitor.bytes_read))
    assert seen, "the upload is told about"
    wrapper, = made.builds_list
    equal((wrapper.username, wrapper.projectname, made.data["id"]), ("alice", "uploaded", wrapper.build_id))
    equal(made.output, "ok")
    assert "uploaded" in made.message, made.message
    equal((made.handle.username, list(wrapper.handle.get_build_details().data["chroots"])), ("alice", [OWN]))
    until(lambda: wrapper.handle.get_build_details().status, "succeeded")
    address = built(wrapper.build_id, "uploaded")

    create("linked", [OWN])
    made = alice.create_new_build("linked", [address], username="alice")
    wrapper, = made.builds_list
    until(lambda: status(wrapper.build_id), "succeeded")
    built(wrapper.build_id, "linked")
    equal(wrapper.handle.get_build_details().src_pkg, address)
    # what is finished is not canceled, and nothing about it changes
    refused(CoprRequestException, str(wrapper.build_id), alice.cancel_build, wrapper.build_id)
    equal(status(wrapper.build_id), "succeeded")
    equal(alice.delete_project("linked").output, "ok")
    refused(CoprRequestException, str(wrapper.build_id), wrapper.handle.get_build_details)


@part
@rows("V1-14", "V1-15", "V1-16", "V1-19")
def submitted_builds():
    made = create("builds", [WAITING, FEDORA])
    first, = alice.create_new_build("builds", [GIVEN["srpm"]], chroots=[WAITING]).builds_list
    # nobody builds for this chroot
    until(lambda: first.handle.get_build_details().data["chroots"], {WAITING: "pending"})
    details = alice.get_build_details(first.build_id)
    equal((details.built_pkgs, details.ended_on, details.status, details.src_version), (None, None, "pending", "1.0-1"))
    refused(CoprRequestException, "", bob.cancel_build, first.build_id)
    refused(CoprRequestException, "", alice.delete_project, "builds")
    canceled = alice.cancel_build(first.build_id)
    equal((canceled.status, canceled.output), ("Build canceled", "ok"))
    equal(canceled.handle.get_build_details().status, "canceled")

    nowhere = [URL + "/nowhere/a-1-1.src.rpm", URL + "/nowhere/b.spec"]
    two = alice.create_new_build("builds", nowhere).builds_list
    third, = made.handle.get_project_details().handle.create_new_build([nowhere[0]]).builds_list
    equal((third.username, third.projectname), ("alice", "builds"))
    # the service itself has nothing there, which ends the matter at once
    for build in two + [third]:
        until(lambda: status(build.build_id), "failed")
    # all chroots, as none is named, once there is something to be built in them
    fourth, = alice.create_new_build("builds", [GIVEN["srpm"]]).builds_list
    until(lambda: sorted(fourth.handle.get_build_details().data["chroots"]), [WAITING, FEDORA])
    equal(fourth.handle.cancel_build().status, "Build canceled")

    refused(CoprRequestException, "", alice.create_new_build, "builds", ["http://x.example/a"])
    refused(CoprRequestException, "", alice.create_new_build, "builds", [GIVEN["alice"]])
    refused(CoprRequestException, EPEL, alice.create_new_build, "builds", nowhere, chroots=[EPEL])
    refused(CoprRequestException, "", alice.create_new_build, "builds", nowhere, timeout="x")
    refused(CoprRequestException, "nope", alice.create_new_build, "nope", nowhere)
    refused(CoprRequestException, "", bob.create_new_build, "builds", nowhere, username="alice")
    refused(CoprRequestException, "", alice.create_new_build, "builds", ["no-such-file.src.rpm"])


@part
@rows("V1-21")
def wrong_credentials():
    create("guarded")
    nobody = CoprClient(username="alice", login=alice.login, token="y", copr_url=URL)
    for method, arguments in [("modify_project", ["guarded"]), ("delete_project", ["guarded"]), ("cancel_build", [1]),
                              ("modify_project_chroot_details", ["guarded", FEDORA, ["gcc"]]),
                              ("create_new_build", ["guarded", ["http://x.example/a.spec"]]),
                              ("create_new_build", ["guarded", [GIVEN["srpm"]]])]:
        refused(CoprRequestException, "Login invalid/expired", getattr(nobody, method), *arguments)
    refused(CoprRequestException, "Login invalid/expired", create, "x", who=nobody)
    refused(CoprRequestException, "Login invalid/expired", create, "x", who=CoprClient(username="alice", copr_url=URL))
    equal(nobody.get_project_details("guarded").name, "guarded")


@part
def what_the_client_itself_can_not_do():
    made = create("limited", [WAITING])
    nowhere = [URL + "/nowhere/a.spec"]
    # how many seconds and how much memory have to be texts, as a form with a file is made of texts alone
    for option in ["timeout", "memory"]:
        fails(AttributeError, alice.create_new_build, "limited", nowhere, **{option: 100})
    # what comes after the packages is taken for the owner's name
    refused(CoprRequestException, "", made.handle.get_project_details().handle.create_new_build, nowhere, [WAITING])
    fails(AttributeError, lambda: alice.get_projects_list().projects_list[0].get_project_details())
    canceled = alice.cancel_build(alice.create_new_build("limited", [GIVEN["srpm"]]).builds_list[0].build_id)
    fails(KeyError, lambda: canceled.error)
    if not LATER:
        fails(TypeError, alice.create_project, "x", [FEDORA])
        # a text is taken for a list of letters
        refused(CoprRequestException, "", alice.create_project, "x", FEDORA)


ROWS = ["V1-%02d" % number for number in list(range(1, 24)) + (list(range(30, 46)) if LATER else [])]
# Nobody has modules any more, Copr neither.
IMPOSSIBLE = [("CoprClient", "build_module"), ("CoprClient", "get_module_repo")]
# Only the client's own methods call these.
INNER = [("CoprClient", "process_creating_new_build"), ("CoprClient", "process_package_action")]

tell(watch.every, IMPOSSIBLE + INNER, ROWS)
