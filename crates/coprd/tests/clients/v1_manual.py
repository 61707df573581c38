"""The examples of the manual's chapter on the legacy client, as printed where the client can.

What is different: the addresses and chroots are this service's, and what was printed for people is looked at.
"""

import os
import shutil

from copr import CoprClient
from copr.exceptions import CoprNoConfException, CoprRequestException
from driving import FEDORA, GIVEN, OWN, WAITING, equal, fails, part, pause, refused, rows
from v1 import URL, alice, bob, create


@part
@rows("V1-01")
def manual_3_1_1_create_client():
    os.makedirs(os.path.join(os.environ["HOME"], "manual", ".config"))
    shutil.copy(GIVEN["alice"], os.path.join(os.environ["HOME"], "manual", ".config", "alt_copr"))
    home, os.environ["HOME"] = os.environ["HOME"], os.path.join(os.environ["HOME"], "manual")
    try:
        # the client does not know what a tilde is
        fails(CoprNoConfException, CoprClient.create_from_file_config, "~/.config/alt_copr")
        cl = CoprClient.create_from_file_config(os.path.expanduser("~/.config/alt_copr"))
    finally:
        os.environ["HOME"] = home
    equal(cl.username, "alice")
    cl = CoprClient(username="foo", login="abcd", token="efgk", copr_url=URL + "/")
    refused(CoprRequestException, "Login invalid/expired", cl.delete_project, "hello_world")


@part
@rows("V1-02", "V1-03", "V1-04", "V1-07")
def manual_3_1_2_and_3_1_3_lists_and_searches():
    cl = alice
    create("python-tools", who=bob)
    # your projects
    result = cl.get_projects_list().projects_list
    assert result
    # other user projects
    result = cl.get_projects_list(username="bob")
    # print list for humans and machines
    for prj in result.projects_list:
        assert str(prj).startswith("Name: " + prj.projectname), str(prj)
        # the manual leaves out `handle`
        equal(prj.handle.get_project_details().data["detail"]["name"], prj.projectname)
    result = cl.search_projects("python")
    # print list for humans
    equal([(prj.username, str(prj).splitlines()[0]) for prj in result.projects_list], [("bob", "Name: python-tools")])


@part
@rows("V1-05", "V1-06", "V1-08", "V1-09", "V1-10")
def manual_3_1_4_create_update_and_delete_a_project():
    cl = alice
    # the manual gives a list, which 1.63 can not take
    result = create("hello_world", [FEDORA], description="My cool app")

    # assert correct description
    assert result.handle.get_project_details().description == "My cool app"

    # add instruction
    result.handle.modify_project(instructions="How does one patch KDE2 under FreeBSD?")
    equal(result.handle.get_project_details().instructions, "How does one patch KDE2 under FreeBSD?")
    # which is shorter than
    cl.modify_project("hello_world", instructions="...")
    equal(result.handle.get_project_details().instructions, "...")

    # delete project
    result.handle.delete_project()
    create("hello_world")
    # again shortcut for
    cl.delete_project("hello_world")
    refused(CoprRequestException, "hello_world", cl.get_project_details, "hello_world")


@part
@rows("V1-14", "V1-17", "V1-19", "V1-20")
def manual_3_1_5_work_with_builds():
    cl = alice
    create("hello_world", [OWN, WAITING])
    source = "%s/results/alice/ready/srpm-builds/%08d/hello-noarch-1.0-1.src.rpm" % (URL, GIVEN["build"])
    # building new package
    result = cl.create_new_build("hello_world", pkgs=[source, ], chroots=[WAITING])

    # retrieve build statuses
    for bw in result.builds_list:
        assert "{0}:{1}".format(bw.build_id, bw.handle.get_build_details().status)

    # cancel all created build
    for bw in result.builds_list:
        bw.handle.cancel_build()

    # get build status for each chroot
    for bw in result.builds_list:
        for ch, status in bw.handle.get_build_details().data["chroots"].items():
            equal((ch, status), (WAITING, "canceled"))

    # simple build progress, which knows nothing of builds that were canceled
    result = cl.create_new_build("hello_world", pkgs=[source, ], chroots=[OWN])
    watched = set(result.builds_list)
    done = set()
    while watched != done:
        for bw in watched:
            if bw in done:
                continue
            status = bw.handle.get_build_details().status
            if status in ["skipped", "failed", "succeeded"]:
                done.add(bw)
        pause(0.05)
    equal(status, "succeeded")

    # cancel all created build: they are over
    for bw in result.builds_list:
        refused(CoprRequestException, str(bw.build_id), bw.handle.cancel_build)
