"""Calls every public method of python-copr's client of version 2, of whatever release is installed, against a running service.

The rows are those of the contract's checklist for this client.
"""

import os
import shutil

import copr
from copr.client_v2 import tools
from copr.client_v2.client import CoprClient
from copr.client_v2.entities import Entity, Link
from copr.client_v2.net_client import NetClient, RequestError
from copr.exceptions import CoprNoConfException
from driving import EPEL, FEDORA, FEDORA_32, GIVEN, OWN, WAITING, equal, fails, part, rows, tell, until
from v2 import LATER, SUBMITS, URL, alice, bob, built, create, done, project, refused, watch

import v2_manual
import v2_raw


@part
@rows("V2-01")
def clients():
    home = os.path.join(os.environ["HOME"], ".config")
    fails(CoprNoConfException, copr.create_client2_from_file_config)
    os.mkdir(home)
    shutil.copy(GIVEN["alice"], os.path.join(home, "copr"))
    for cl in [copr.create_client2_from_file_config(), CoprClient.create_from_file_config(GIVEN["alice"]),
               copr.create_client2_from_params(root_url=URL, login=alice.nc.login, token=alice.nc.token),
               CoprClient.create_from_params(URL + "/"), CoprClient(NetClient(), root_url=URL)]:
        if cl.root is None:
            fails(RuntimeError, lambda: cl.projects)
            cl.post_init()
        equal(cl.api_root, cl.root_url + "/api_2")
        assert str(cl).startswith("<Copr client. api root url: %s" % URL), str(cl)
        for name in ["projects", "builds", "build_tasks", "mock_chroots"]:
            equal(getattr(cl, name).get_base_url(), cl.root_url + "/api_2/" + name)
            equal(cl.root.get_resource_base_url(name), cl.root_url + "/api_2/" + name)
        assert cl.project_chroots
        equal(len(cl.mock_chroots.get_list()), 5)


@part
@rows("V2-02", "V2-03")
def lists_of_projects():
    for name in ["zebra", "ant", "mouse"]:
        create(name, description=name + " in the list")
    found = bob.projects.get_list(search_query="zebra")
    equal([str(each) for each in found], ["<Project #%d: alice/zebra>" % found.projects[0].id])
    one = bob.projects.get_one(found[0].id)
    equal((one.id, one.name, one.owner, one.description), (found[0].id, "zebra", "alice", "zebra in the list"))
    again = one.get_self()
    equal((again.name, again.get_href_by_name("chroots")), ("zebra", "/api_2/projects/%d/chroots" % one.id))
    equal([each.name for each in bob.projects.get_list(owner="alice", name="ant")], ["ant"])
    equal(len(bob.projects.get_list(owner="bob", name="ant")), 0)
    equal(len(bob.projects.get_list(owner="nemo")), 0)
    every = [each.id for each in bob.projects.get_list(owner="alice")]
    equal(every, sorted(every))
    pages = [bob.projects.get_list(owner="alice", limit=2, offset=offset) for offset in range(0, len(every), 2)]
    equal([each.id for page in pages for each in page], every)
    equal(pages[1].get_href_by_name("self").split("?")[0], "/api_2/projects")


@part
@rows("V2-04", "V2-05", "V2-06")
def projects():
    made = create("projects", [FEDORA, FEDORA_32], description="A tool", instructions="Use it", homepage="http://h.example/",
                  contact="a@example.org", disable_createrepo=True, build_enable_net=False, repos=["http://r.example/"])
    shown = alice.projects.get_one(made.id)
    for each in [made, shown]:
        equal([each.name, each.owner, each.description, each.instructions, each.homepage, each.contact],
              ["projects", "alice", "A tool", "Use it", "http://h.example/", "a@example.org"])
        equal([each.disable_createrepo, each.build_enable_net, each.repos], [True, False, ["http://r.example/"]])
    equal(sorted(each.name for each in made.get_project_chroot_list()), [FEDORA_32, FEDORA])
    plain = create("plain", [])
    equal([plain.description, plain.instructions, plain.homepage, plain.contact, plain.disable_createrepo, plain.build_enable_net,
           plain.repos], ["", "", None, None, False, True, []])
    equal(len(plain.get_project_chroot_list()), 0)

    shown.description, shown.homepage, shown.repos, shown.build_enable_net = "Another tool", None, [], True
    done(shown.update(), False)
    shown = made.get_self()
    equal([shown.description, shown.instructions, shown.homepage, shown.repos, shown.build_enable_net, shown.disable_createrepo],
          ["Another tool", "Use it", None, [], True, True])
    shown.instructions = u"Bient\xf4t"
    done(alice.projects.update(shown._entity), False)
    equal(made.get_self().instructions, u"Bient\xf4t")
    equal(str(alice.projects.update(shown._entity)), "<Result:  status: 204>")

    refused(409, create, "projects")
    refused(400, create, "3abc")
    refused(400, create, "x", ["nope-1-x86_64"])
    if LATER:
        # an older marshmallow lets no such thing out
        refused(400, create, "x", homepage="nonsense")
    shown.contact = "nonsense"
    refused(400, shown.update)
    equal(made.get_self().contact, "a@example.org")
    done(made.delete(), True)
    refused(404, made.get_self)
    refused(404, made.update)
    done(alice.projects.delete(plain.id), True)
    refused(404, alice.projects.delete, plain.id)


@part
@rows("V2-02", "V2-04")
def projects_of_groups():
    if not LATER:
        # it has no way to say the group, and the service takes no other owner than who asks; older ones say it
        mine = alice.projects.create(name="alone", owner="@devs", chroots=[FEDORA])
        equal(mine.owner, "alice")
        older = copr.CoprClient(username="@devs", login=alice.nc.login, token=alice.nc.token, copr_url=URL)
        older.create_project("grouped", (FEDORA,))
        shared = project("grouped", owner="@devs")
        shared.description = "Ours"
        done(shared.update(), False)
        equal((shared.get_self().description, str(shared)), ("Ours", "<Project #%d: @devs/grouped>" % shared.id))
        refused(403, bob.projects.get_one(shared.id).update)
        return
    made = alice.projects.create(name="grouped", owner="@devs", chroots=[FEDORA])
    equal((made.owner, made.group, str(made)), ("@devs", "devs", "<Project #%d: @devs/grouped>" % made.id))
    equal([each.id for each in bob.projects.get_list(owner="@devs")], [made.id])
    equal(str(bob.projects.get_list(owner="@devs")), "<ProjectList: [<Project #%d: @devs/grouped>]>" % made.id)
    made.description = "Ours"
    done(made.update(), False)
    equal((made.get_self().description, made.get_self().owner), ("Ours", "@devs"))
    refused(403, bob.projects.create, name="x", owner="@devs", chroots=[FEDORA])
    refused(404, alice.projects.create, name="x", owner="@nope", chroots=[FEDORA])
    done(made.delete(), True)


@part
@rows("V2-07", "V2-08", "V2-09", "V2-10", "V2-11")
def chroots_of_projects():
    p = create("switched", [FEDORA])
    handle = alice.project_chroots
    base = "%s/api_2/projects/%d/chroots" % (URL, p.id)
    equal(handle.get_base_url(p), base)
    done(p.enable_project_chroot(FEDORA_32), False, base + "/" + FEDORA_32)
    done(handle.enable(p, EPEL, buildroot_pkgs=["gcc"]), False, base + "/" + EPEL)
    done(p.get_project_chroot_list().enable(OWN), False, base + "/" + OWN)
    listed = handle.get_list(project=p)
    equal([each.name for each in listed.chroots], [each.name for each in p.get_project_chroot_list()])
    equal(sorted(each.name for each in listed), [OWN, EPEL, FEDORA_32, FEDORA])
    for chroot in [p.get_project_chroot(EPEL), handle.get_one(p, EPEL)]:
        equal((chroot.name, chroot.buildroot_pkgs, chroot.comps, chroot.comps_name, chroot.comps_len), (EPEL, ["gcc"], None, None, 0))
    equal(str(chroot), "<Project chroot: epel-9-x86_64, additional packages: %r, comps size if any: 0>" % chroot.buildroot_pkgs)

    chroot.buildroot_pkgs, chroot.comps, chroot.comps_name = ["bash", "make"], "<comps/>", "comps.xml"
    done(chroot.update(), True)
    chroot = p.get_project_chroot(EPEL)
    equal((chroot.buildroot_pkgs, chroot.comps, chroot.comps_name, chroot.comps_len), (["bash", "make"], "<comps/>", "comps.xml", 8))
    chroot.comps = chroot.comps_name = None
    done(handle.update(p, chroot._entity), True)
    equal((p.get_project_chroot(EPEL).comps, p.get_project_chroot(EPEL).buildroot_pkgs), (None, ["bash", "make"]))
    equal(chroot.get_href_by_name("project"), "/api_2/projects/%d" % p.id)

    refused(409, p.enable_project_chroot, FEDORA)
    refused(400, p.enable_project_chroot, "nonsense")
    refused(400, p.enable_project_chroot, "nope-1-x86_64")
    refused(404, p.get_project_chroot, WAITING)
    refused(404, p.get_project_chroot, "nope-1-x86_64")
    refused(400, p.get_project_chroot, "nonsense")
    theirs = bob.projects.get_one(p.id)
    refused(403, theirs.enable_project_chroot, WAITING)
    refused(403, theirs.get_project_chroot(EPEL).update)
    refused(403, theirs.get_project_chroot(EPEL).disable)
    done(chroot.disable(), False)
    refused(404, p.get_project_chroot, EPEL)
    # what is off may be switched off
    done(chroot.disable(), False)
    done(handle.disable(p, FEDORA_32), False)
    equal(sorted(each.name for each in p.get_project_chroot_list()), [OWN, FEDORA])


@part
@rows("V2-12", "V2-13", "V2-20", "V2-21", "V2-28", "V2-30", "V2-31")
def a_build_that_is_over():
    ready = project("ready")
    build = bob.builds.get_one(GIVEN["build"])
    built(build, ready)
    equal((build.source_type, build.source_metadata["pkg"]), ("srpm_upload", "hello-noarch-1.0-1.src.rpm"))
    equal(build.get_self().id, build.id)
    equal(build.get_href_by_name("project"), "/api_2/projects/%d" % ready.id)
    for listed in [ready.get_builds(limit=5), alice.builds.get_list(project_id=ready.id), bob.builds.get_list(project_id=ready.id, limit=1)]:
        equal(([str(each) for each in listed], len(listed)), (["<Build #%d state: succeeded>" % build.id], 1))
    assert build.id in [each.id for each in bob.builds.get_list(owner="alice").builds]
    equal(len(bob.builds.get_list(project_id=ready.id, limit=5, offset=1)), 0)
    refused(404, bob.builds.get_list, project_id=999)
    refused(404, bob.builds.get_list, owner="nemo")

    text = "<Build task #%d-%s, state: succeeded>" % (build.id, OWN)
    for listed in [ready.get_build_tasks(limit=5), build.get_build_tasks(state="succeeded"),
                   bob.build_tasks.get_list(project_id=ready.id, offset=0)]:
        equal([str(each) for each in listed.build_tasks], [text])
    assert text in [str(each) for each in bob.build_tasks.get_list(owner="alice", state="succeeded", limit=100)]
    equal(len(build.get_build_tasks(state="failed")), 0)
    task = bob.build_tasks.get_one(build.id, OWN)
    equal((str(task), str(task.get_self()), task.get_href_by_name("self")), (text, text, "/api_2/build_tasks/%d/%s" % (build.id, OWN)))
    refused(400, bob.build_tasks.get_list, state="nonsense")
    refused(404, bob.build_tasks.get_list, build_id=999)
    refused(404, bob.build_tasks.get_one, build.id, EPEL)
    refused(404, bob.build_tasks.get_one, 999, OWN)
    refused(400, alice.builds.cancel, alice.builds.get_one(build.id)._entity)
    tools.wait_for_builds([build], check_timeout=0)


def waiting_build(p):
    """A build whose task nobody takes; the older client submits it where this one can not."""
    if SUBMITS:
        return p.create_build_from_file(GIVEN["srpm"], chroots=[WAITING])
    older = copr.CoprClient.create_from_file_config(GIVEN["alice"])
    return alice.builds.get_one(older.create_new_build(p.name, [GIVEN["srpm"]], chroots=[WAITING]).builds_list[0].build_id)


@part
@rows("V2-22", "V2-23", "V2-28", "V2-42")
def builds_are_canceled_and_deleted():
    p = create("canceled", [WAITING])
    first, second = waiting_build(p), waiting_build(p)
    equal([each.id for each in p.get_builds()], [second.id, first.id])
    for build in [first, second]:
        until(lambda: [each.state for each in build.get_build_tasks()], ["pending"])
        equal(build.is_finished(), False)
    refused(400, first.delete)
    refused(400, p.delete)
    refused(403, bob.builds.get_one(first.id).cancel)
    at = "%s/api_2/builds/%d"
    done(first.cancel(), False, at % (URL, first.id))
    done(alice.builds.cancel(second._entity), False, at % (URL, second.id))
    for build in [first, second]:
        shown = build.get_self()
        # a canceled build is none that is finished for this client
        equal((shown.state, shown.is_finished(), [each.state for each in shown.get_build_tasks()]), ("canceled", False, ["canceled"]))
    # there is nothing left to do
    done(first.cancel(), False, at % (URL, first.id))
    refused(403, bob.builds.delete, first.id)
    done(first.delete(), True)
    refused(404, first.get_self)
    done(alice.builds.delete(second.id), True)
    refused(404, alice.builds.delete, second.id)


@part
@rows(*(["V2-24", "V2-25", "V2-26", "V2-27"] if SUBMITS else []))
def builds_are_submitted():
    p = create("submitted", [OWN, WAITING])
    if not SUBMITS:
        # the client gives an iterator to what writes JSON
        fails(TypeError, p.create_build_from_url, URL + "/nowhere/a.spec")
        fails(TypeError, p.create_build_from_file, GIVEN["srpm"])
        equal(len(p.get_builds()), 0)
        return
    first = alice.builds.create_from_file(p.id, file_path=GIVEN["srpm"], chroots=[OWN], enable_net=False)
    equal((first.source_type, first.source_metadata["pkg"], first.enable_net), ("srpm_upload", "hello-noarch-1.0-1.src.rpm", False))
    assert first.state in ["importing", "pending", "starting", "running"], first.state
    until(lambda: first.get_self().state, "succeeded")
    address = built(first.get_self(), p)

    second = p.create_build_from_url(address, chroots=[OWN])
    equal((second.source_type, second.source_metadata, second.enable_net), ("srpm_link", {"url": address}, True))
    until(lambda: second.get_self().state, "succeeded")
    built(second.get_self(), p)
    tools.wait_for_builds(second, check_timeout=0)
    done(second.delete(), True)

    # the service itself has nothing there
    third = alice.builds.create_from_url(p.id, URL + "/nowhere/a.spec")
    until(lambda: third.get_self().state, "failed")
    with open(GIVEN["srpm"], "rb") as source:
        fourth = alice.builds.create_from_file(p.id, file_obj=source, file_name="other-1.0-1.src.rpm", chroots=[WAITING])
    equal(fourth.source_metadata["pkg"], "other-1.0-1.src.rpm")
    # all chroots of the project, as none is named, once there is something to be built in them
    p.get_project_chroot(OWN).disable()
    p.enable_project_chroot(EPEL)
    fifth = p.create_build_from_file(GIVEN["srpm"])
    until(lambda: [each.chroot_name for each in fifth.get_build_tasks()], [WAITING, EPEL])
    for build in [fourth, fifth]:
        done(build.cancel(), False, "%s/api_2/builds/%d" % (URL, build.id))
    fails(RuntimeError, alice.builds.create_from_file, p.id)
    refused(400, p.create_build_from_url, "nonsense")
    refused(400, p.create_build_from_url, address, chroots=[FEDORA])
    refused(404, alice.builds.create_from_url, 999, address)
    refused(403, bob.projects.get_one(p.id).create_build_from_url, address)
    refused(403, bob.projects.get_one(p.id).create_build_from_file, GIVEN["srpm"])


@part
@rows("V2-32", "V2-33")
def chroots_of_the_service():
    for listed in [bob.mock_chroots.get_list(), bob.mock_chroots.get_list(active_only=False)]:
        equal(sorted(each.name for each in listed.chroots), [WAITING, OWN, EPEL, FEDORA_32, FEDORA])
    one = bob.mock_chroots.get_one(FEDORA)
    equal((one.name, one.os_release, one.os_version, one.arch, one.is_active), (FEDORA, "fedora", "42", "x86_64", True))
    equal(str(one), "<Mock chroot: fedora-42-x86_64 is active: True>")
    refused(404, bob.mock_chroots.get_one, "nope-1-x86_64")


@part
@rows("V2-40", "V2-41", "V2-42", "V2-43")
def people_without_the_right():
    p = create("protected")
    nobody = copr.create_client2_from_params(root_url=URL)
    error = fails(RequestError, nobody.projects.delete, p.id)
    equal(error.response, None)
    fails(ValueError, lambda: error.response_json)
    wrong = copr.create_client2_from_params(root_url=URL, login=alice.nc.login, token="x")
    refused(401, wrong.projects.delete, p.id)
    refused(401, create, "x", who=wrong)
    theirs = bob.projects.get_one(p.id)
    refused(403, theirs.delete)
    refused(403, theirs.update)
    refused(403, bob.builds.delete, GIVEN["build"])
    refused(404, bob.projects.get_one, 999)
    refused(404, bob.builds.get_one, 999)
    # the error can be read, but says nothing when it is printed
    equal(str(fails(RequestError, bob.builds.get_one, 999)), "")


@part
def entities_and_handles():
    p = project("ready")
    assert p.get_href_by_name("self").startswith("/api_2/projects/")
    entity = p.get_project_chroot(OWN)._entity
    equal((type(entity).from_dict(entity.to_dict()).name, '"%s"' % OWN in entity.to_json()), (OWN, True))
    equal(Entity.from_dict({}).to_dict(), {})
    equal(str(Link.from_dict({"self": {"href": "/x"}})["self"]), "<Link: role: self, href: /x")
    for handle in [alice.projects, alice.builds]:
        equal(handle.get_build_tasks_handle().get_base_url(), alice.build_tasks.get_base_url())
    equal(alice.projects.get_builds_handle().get_base_url(), alice.builds.get_base_url())
    equal(alice.projects.get_project_chroots_handle().get_base_url(p), alice.project_chroots.get_base_url(p))
    equal(bob.builds.get_one(GIVEN["build"])._entity.is_finished(), True)


@part
def pages_that_the_client_can_not_turn():
    for listed in [alice.projects.get_list(), alice.projects.get_list(limit=1, offset=0), alice.builds.get_list(),
                   alice.builds.get_list(limit=1, offset=0)]:
        # nothing is added to a number, or the list is taken for its own first argument
        fails(TypeError, listed.next_page)


ROWS = ["V2-%02d" % number for number in list(range(1, 14)) + list(range(20, 29)) + list(range(30, 34)) + list(range(40, 45))
        if SUBMITS or number not in range(24, 28)]
# Only the client's own methods call these.
INNER = [pair for pair in watch.every if pair[1] == "from_response"]
IMPOSSIBLE = [(name, "next_page") for name in ["CollectionResource", "ProjectList", "BuildList"]]
if not SUBMITS:
    IMPOSSIBLE += [("BuildHandle", "create_from_url"), ("BuildHandle", "create_from_file"),
                   ("Project", "create_build_from_url"), ("Project", "create_build_from_file")]

tell(watch.every, INNER + IMPOSSIBLE, ROWS)
