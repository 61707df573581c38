"""The examples of the manual's chapter on client version 2, as printed where the client can.

What is different: the addresses, chroots and numbers are this service's, and what was printed is looked at.
"""

from copr import create_client2_from_file_config, create_client2_from_params
from copr.client_v2.common import BuildStateValues
from driving import EPEL, FEDORA, FEDORA_32, GIVEN, OWN, WAITING, equal, fails, part, rows, until
from v2 import SUBMITS, URL, alice, bob, create, done, project, refused


@part
@rows("V2-01", "V2-02", "V2-03", "V2-05", "V2-07")
def manual_3_2_2_resources():
    made = [create("copr", who=who).id for who in [alice, bob]]
    cl = create_client2_from_params(root_url=URL + "/")
    projects = cl.projects.get_list(name="copr", limit=3)
    equal([str(p) for p in projects], ["<Project #%d: alice/copr>" % made[0], "<Project #%d: bob/copr>" % made[1]])
    # no release can turn a page; this is what it should have asked
    fails(TypeError, projects.next_page)
    equal([str(p) for p in cl.projects.get_list(name="copr", limit=1, offset=1)], ["<Project #%d: bob/copr>" % made[1]])

    cl = create_client2_from_file_config(GIVEN["alice"])
    p = cl.projects.get_one(made[0])
    equal((p.owner, p.name), (u"alice", u"copr"))
    # obtain active build chroots
    equal("\n".join(map(str, p.get_project_chroot_list())),
          "<Project chroot: fedora-42-x86_64, additional packages: [], comps size if any: 0>")
    # change project description (require auth)
    p.description = u"Hello world!"
    p.update()
    equal(p.get_self().description, u"Hello world!")
    # instead of
    cl.projects.update(p._entity)


@part
@rows("V2-02", "V2-04", "V2-05", "V2-06", "V2-07", "V2-08", "V2-09")
def manual_3_2_4_project():
    cl = alice
    # the manual calls it `cl.project`
    fails(AttributeError, lambda: cl.project)
    assert len(cl.projects.get_list(limit=10)) <= 10
    # filter by name
    plist_2 = cl.projects.get_list(name="ready")
    equal([p.name for p in plist_2], ["ready"])
    # search by string
    plist_2 = cl.projects.get_list(search_query="ready")
    assert "ready" in [p.name for p in plist_2]

    res = cl.projects.create(name="my_cool_project",
                             owner="alice",
                             instructions="don't touch me!",
                             chroots=[FEDORA, FEDORA_32])
    equal(str(res), "<Project #%d: alice/my_cool_project>" % res.id)
    p = cl.projects.get_one(res.id)
    p.description = "Nothing"
    p.update()
    # get all lists
    chroots = p.get_project_chroot_list()
    equal(sorted(map(str, chroots)),
          ["<Project chroot: %s, additional packages: [], comps size if any: 0>" % name for name in [FEDORA_32, FEDORA]])
    # get one chroot
    chroot_1 = p.get_project_chroot(FEDORA_32)
    equal(chroot_1.name, FEDORA_32)
    # enable chroot for project
    p.enable_project_chroot(EPEL)
    equal(len(p.get_project_chroot_list()), 3)
    equal(len(p.get_builds(limit=5)), 0)
    p.delete()
    refused(404, p.get_self)


@part
@rows("V2-07", "V2-08", "V2-10", "V2-11")
def manual_3_2_4_project_chroot():
    cl, p = alice, create("with-chroots", [FEDORA, EPEL])
    pc_list = cl.project_chroots.get_list(project=p)
    # or more simple
    pc_list = p.get_project_chroot_list()
    equal(sorted(map(str, pc_list)),
          ["<Project chroot: %s, additional packages: [], comps size if any: 0>" % name for name in [EPEL, FEDORA]])
    pc = cl.project_chroots.get_one(project=p, name=FEDORA)
    # or
    pc = p.get_project_chroot(FEDORA)
    pc.buildroot_pkgs = ["scl-utils",]
    pc.update()
    equal(p.get_project_chroot(FEDORA).buildroot_pkgs, ["scl-utils"])
    pc.disable()
    equal([each.name for each in p.get_project_chroot_list()], [EPEL])


@part
@rows("V2-20", "V2-21", "V2-22", "V2-23")
def manual_3_2_4_build():
    cl, p = alice, project("ready")
    blist_1 = cl.builds.get_list(limit=2)
    assert all(text.startswith("<Build #") for text in map(str, blist_1)), blist_1
    # using the project object
    equal(list(map(str, p.get_builds(limit=2))), ["<Build #%d state: succeeded>" % GIVEN["build"]])
    b = cl.builds.get_one(GIVEN["build"])
    equal(str(b), "<Build #%d state: succeeded>" % GIVEN["build"])
    if not SUBMITS:
        return
    p = create("with-builds", [WAITING])
    source = "%s/results/alice/ready/srpm-builds/%08d/hello-noarch-1.0-1.src.rpm" % (URL, GIVEN["build"])
    # using the url to srpm
    b1 = cl.builds.create_from_url(project_id=p.id, srpm_url=source)
    # or using project object
    b2 = p.create_build_from_url(source)
    # and using the file upload
    b3 = cl.builds.create_from_file(project_id=p.id, file_path=GIVEN["srpm"])
    b4 = p.create_build_from_file(GIVEN["srpm"])
    equal([each.id for each in p.get_builds()], [each.id for each in [b4, b3, b2, b1]])
    b1.cancel()
    until(lambda: b1.get_self().state, "canceled")
    b1.delete()
    refused(404, b1.get_self)
    for each in [b2, b3, b4]:
        each.cancel()


@part
@rows("V2-30", "V2-31", "V2-32", "V2-33")
def manual_3_2_4_build_tasks_and_mock_chroots():
    cl, p = alice, project("ready")
    b = cl.builds.get_one(GIVEN["build"])
    text = "<Build task #%d-%s, state: succeeded>" % (b.id, OWN)
    bt_list_1 = cl.build_tasks.get_list(state=BuildStateValues.FAILED, limit=5)
    assert all(text.endswith("state: failed>") for text in map(str, bt_list_1)), bt_list_1
    # using project object
    bt_list_2 = p.get_build_tasks(limit=5)
    # using build object
    bt_list_3 = b.get_build_tasks(limit=5)
    equal([list(map(str, bt_list_2)), list(map(str, bt_list_3))], [[text], [text]])
    bt = cl.build_tasks.get_one(b.id, OWN)
    equal((bt.state, bt.result_dir_url.rstrip("/")), ("succeeded", "%s/results/alice/ready/%s/%08d-hello-noarch" % (URL, OWN, b.id)))

    mlist = map(str, cl.mock_chroots.get_list(active_only=True))
    equal(sorted(mlist), ["<Mock chroot: %s is active: True>" % name for name in [WAITING, OWN, EPEL, FEDORA_32, FEDORA]])
    mc = cl.mock_chroots.get_one(FEDORA_32)
    equal(str(mc), "<Mock chroot: fedora-42-i386 is active: True>")
    equal((mc.name, mc.os_release, mc.os_version, mc.arch), (u"fedora-42-i386", u"fedora", u"42", u"i386"))
