"""Calls every public method of every proxy of python-copr, of whatever release is installed, against a running service.
"""

import functools
import inspect

import copr.v3
import copr.v3.pagination
from copr.v3 import Client, CoprNoResultException, CoprRequestException, helpers
from driving import EPEL, FEDORA, FEDORA_32, GIVEN, OWN, WAITING, called, equal, part, refused, tell, until

# Before 1.117 a 403 was like any other refusal.
FORBIDDEN = getattr(copr.v3, "CoprAuthException", CoprRequestException)
NO_SUCH_ENDPOINT = "Such API endpoint doesn't exist"


def public_methods(proxy):
    """What a class brings itself, what it inherits from the base being the base's."""
    for name, member in vars(type(proxy)).items():
        if not name.startswith("_") and not isinstance(member, property) and callable(getattr(proxy, name)):
            yield name


def proxies(client):
    return {name: proxy for name, proxy in vars(client).items() if name.endswith("_proxy")}


def watched(client):
    """The client, of which each call that returned is remembered."""
    for proxy_name, proxy in proxies(client).items():
        for name in public_methods(proxy):
            setattr(proxy, name, remembering(proxy_name, name, getattr(proxy, name)))
    return client


def remembering(proxy_name, name, method):
    @functools.wraps(method)
    def call(*args, **kwargs):
        result = method(*args, **kwargs)
        called.add((proxy_name, name))
        return result

    return call


def client_of(who):
    return watched(Client.create_from_config_file(GIVEN[who]))


alice, bob = client_of("alice"), client_of("bob")


def has(proxy_name, method):
    """Whether this release has the method."""
    return hasattr(getattr(alice, proxy_name, None), method)


def takes(method, name):
    """Whether this release's method has an argument of that name."""
    method = inspect.unwrap(method)
    # releases around 1.101 put a wrapper around each method that does not tell what it hides
    hidden = [cell.cell_contents for cell in getattr(method, "__closure__", None) or () if callable(cell.cell_contents)]
    return takes(hidden[0], name) if hidden else name in inspect.signature(method).parameters


def known(method, **arguments):
    """Those arguments that this release's method takes."""
    return {name: value for name, value in arguments.items() if takes(method, name)}


def project(name, who=alice, owner="alice", chroots=(FEDORA, FEDORA_32)):
    made = who.project_proxy.add(owner, name, list(chroots))
    equal(made.full_name, owner + "/" + name)
    return made


@part
def general():
    equal(alice.base_proxy.home().version, 3)
    equal(alice.base_proxy.auth_check().name, "alice")
    if has("base_proxy", "auth_username"):
        equal(alice.base_proxy.auth_username(), "alice")
    # on the class, as most releases wrap it so that it can't be called otherwise
    other = type(alice.base_proxy).create_from_config_file(GIVEN["bob"])
    equal(other.auth_check().name, "bob")
    called.add(("base_proxy", "create_from_config_file"))
    if has("mock_chroot_proxy", "get_list"):
        chroots = alice.mock_chroot_proxy.get_list()
        equal((chroots[EPEL], chroots[FEDORA]), ("A short comment", ""))


@part
def wrong_credentials():
    wrong = Client(dict(alice.config, login="x", token="y", connection_attempts=2))
    refused(CoprRequestException, "Login invalid/expired. Please visit ", wrong.base_proxy.auth_check)
    refused(CoprRequestException, "Login invalid/expired.", wrong.project_proxy.add, "alice", "x", [FEDORA])
    equal(wrong.base_proxy.home().version, 3)


@part
def projects():
    add, edit = alice.project_proxy.add, alice.project_proxy.edit
    more = known(add, multilib=True, module_hotfixes=True, bootstrap="on", isolation="simple", appstream=True,
                 follow_fedora_branching=False, fedora_review=True, runtime_dependencies=["http://rt.example/"],
                 packit_forge_projects_allowed=["https://github.com/a/b"], repo_priority=5)
    made = add("alice", "projects", [FEDORA], description="A tool", instructions="Use it", homepage="http://h.example/",
               contact="a@example.org", additional_repos=["http://r.example/"], unlisted_on_hp=True, enable_net=False,
               devel_mode=True, delete_after_days=30, **more)
    shown = alice.project_proxy.get("alice", "projects")
    # a method of old releases is not there to be compared
    equal({key: made[key] for key in made if not key.startswith("__")},
          {key: shown[key] for key in shown if not key.startswith("__")})
    for key, value in [("name", "projects"), ("ownername", "alice"), ("full_name", "alice/projects"),
                       ("description", "A tool"), ("instructions", "Use it"), ("homepage", "http://h.example/"),
                       ("contact", "a@example.org"), ("additional_repos", ["http://r.example/"]),
                       ("unlisted_on_hp", True), ("enable_net", False), ("devel_mode", True), ("persistent", False),
                       ("auto_prune", True), ("storage", "backend")]:
        equal((key, shown[key]), (key, value))
    equal(list(shown.chroot_repos), [FEDORA])
    for key in set(more) & set(shown):
        expected = ["github.com/a/b"] if key == "packit_forge_projects_allowed" else more[key]
        equal((key, shown[key]), (key, expected))
    if takes(add, "use_bootstrap_container"):
        equal(add("alice", "bootstrapped", [FEDORA], use_bootstrap_container=True).bootstrap, "on")

    refused(CoprRequestException, "name: You already have a project named 'projects'.", add, "alice", "projects", [FEDORA])
    refused(CoprRequestException, "'nope-1-x86_64' is not a valid choice", add, "alice", "x", ["nope-1-x86_64"])
    refused(FORBIDDEN, "without permissions to access projects of user 'bob'", add, "bob", "x", [FEDORA])
    refused(FORBIDDEN, "doesn't have access to the copr group 'devs'", bob.project_proxy.add, "@devs", "x", [FEDORA])
    refused(CoprNoResultException, "Group nope does not exist.", add, "@nope", "x", [FEDORA])
    refused(CoprNoResultException, "No such user `nemo'", bob.project_proxy.add, "nemo", "x", [FEDORA])
    if takes(add, "exist_ok"):
        equal(add("alice", "projects", [EPEL], exist_ok=True).id, made.id)

    equal(edit("alice", "projects", description="New", chroots=[FEDORA, EPEL]).description, "New")
    edit("alice", "projects", **known(edit, additional_repos=[], homepage="http://i.example/", enable_net=True,
                                      delete_after_days=-1, devel_mode=False, repo_priority=7))
    shown = alice.project_proxy.get("alice", "projects")
    equal((shown.description, shown.instructions, shown.additional_repos, shown.homepage, shown.enable_net, shown.devel_mode),
          ("New", "Use it", [], "http://i.example/", True, False))
    equal(sorted(shown.chroot_repos), [EPEL, FEDORA])
    refused(FORBIDDEN, "Only owners and admins may update their projects.",
            bob.project_proxy.edit, "alice", "projects", description="Mine")
    refused(CoprRequestException, "homepage: Invalid URL.", edit, "alice", "projects", homepage="nonsense")

    if has("project_proxy", "regenerate_repos"):
        equal(alice.project_proxy.regenerate_repos("alice", "projects").full_name, "alice/projects")
        refused(FORBIDDEN, "can not see permissions for project", bob.project_proxy.regenerate_repos, "alice", "projects")
    refused(FORBIDDEN, "Only owners may delete their projects.", bob.project_proxy.delete, "alice", "projects")
    equal(alice.project_proxy.delete("alice", "projects").name, "projects")
    refused(CoprNoResultException, "Project alice/projects does not exist.", alice.project_proxy.get, "alice", "projects")
    refused(CoprNoResultException, "Project alice/projects does not exist.", alice.project_proxy.delete, "alice", "projects")


@part
def lists_of_projects():
    for name in ["zebra", "ant", "mouse"]:
        project(name, owner="@devs")
    page = alice.project_proxy.get_list("@devs", pagination={"limit": 2, "order": "name", "order_type": "DESC"})
    equal((page.meta.limit, page.meta.offset, page.meta.order, page.meta.order_type), (2, 0, "name", "DESC"))
    names = []
    while page:
        names += [each.name for each in page]
        page = copr.v3.pagination.next_page(page)
    equal(names, ["zebra", "mouse", "ant"])
    everything = [each.full_name for each in alice.project_proxy.get_list()]
    assert set(["@devs/ant", "alice/ready"]) <= set(everything), everything
    equal(len(alice.project_proxy.get_list("nemo")), 0)
    equal([each.full_name for each in alice.project_proxy.search("@dev/ous")], ["@devs/mouse"])
    equal([each.full_name for each in alice.project_proxy.search("zebra", pagination={"limit": 5})], ["@devs/zebra"])
    refused(CoprRequestException, "Search string must have at least 3 characters", alice.project_proxy.search, "x")


@part
def forks():
    project("source")
    fork = bob.project_proxy.fork
    equal(fork("alice", "source", "bob", "forked").full_name, "bob/forked")
    equal(list(bob.project_proxy.get("bob", "forked").chroot_repos), [FEDORA_32, FEDORA])
    refused(CoprRequestException, "You are about to fork into existing project: forked", fork, "alice", "source", "bob", "forked")
    equal(fork("alice", "source", "bob", "forked", confirm=True).full_name, "bob/forked")
    refused(CoprRequestException, "owner: Not a valid choice.", fork, "alice", "source", "@devs", "forked")
    refused(CoprNoResultException, "Project alice/nope does not exist.", fork, "alice", "nope", "bob", "x")


@part
def permissions():
    project("shared")
    get, give = alice.project_proxy.get_permissions, alice.project_proxy.set_permissions
    ask = bob.project_proxy.request_permissions
    refused(CoprNoResultException, "No permissions set on alice/shared project", get, "alice", "shared")
    # neither method gives back what the service says
    ask("alice", "shared", {"admin": False, "builder": True})
    equal(get("alice", "shared").permissions, {"bob": {"admin": "nothing", "builder": "request"}})
    give("alice", "shared", {"bob": {"builder": "approved"}})
    equal(get("alice", "shared").permissions, {"bob": {"admin": "nothing", "builder": "approved"}})
    refused(CoprRequestException, "user 'nemo' doesn't exist in database", give, "alice", "shared", {"nemo": {"admin": "approved"}})
    refused(CoprRequestException, "no permission change requested", give, "alice", "shared", {})
    refused(CoprRequestException, "invalid permission 'x', allowed admin|builder", give, "alice", "shared", {"bob": {"x": "approved"}})
    refused(CoprRequestException, "You already are 'builder' in 'alice/shared'", ask, "alice", "shared", {"builder": True})
    refused(CoprRequestException, "user 'alice' is owner of the 'alice/shared' project",
            alice.project_proxy.request_permissions, "alice", "shared", {"builder": True})
    refused(FORBIDDEN, "can not see permissions for project 'alice/shared'", bob.project_proxy.get_permissions, "alice", "shared")
    if has("project_proxy", "can_build_in"):
        equal(alice.project_proxy.can_build_in("bob", "alice", "shared"), True)
        equal(alice.project_proxy.can_build_in("bob", "alice", "ready"), False)
        equal(alice.project_proxy.can_build_in("alice", "alice", "shared"), True)


@part
def web_hooks():
    if not has("webhook_proxy", "generate"):
        return
    project("hooked")
    first = alice.webhook_proxy.generate("alice", "hooked")
    equal((first.full_name, len(first.webhook_secret)), ("alice/hooked", 36))
    assert alice.webhook_proxy.generate("alice", "hooked").webhook_secret != first.webhook_secret
    refused(FORBIDDEN, "can not see permissions for project 'alice/hooked'", bob.webhook_proxy.generate, "alice", "hooked")


@part
def chroots_of_projects():
    project("chroots")
    get, edit = alice.project_chroot_proxy.get, alice.project_chroot_proxy.edit
    fresh = get("alice", "chroots", FEDORA)
    equal((fresh.mock_chroot, fresh.ownername, fresh.projectname, fresh.comps_name), (FEDORA, "alice", "chroots", None))
    with open("comps.xml", "w") as comps:
        comps.write("<comps/>")
    more = known(edit, additional_modules="m:1,!n:2", bootstrap="on", isolation="simple")
    changed = edit("alice", "chroots", FEDORA, additional_packages=["gcc", "make"], additional_repos="http://r.example/",
                   comps="comps.xml", with_opts="x y", without_opts=["z"], **more)
    equal((changed.additional_packages, changed.additional_repos, changed.comps_name, changed.with_opts, changed.without_opts),
          (["gcc", "make"], ["http://r.example/"], "comps.xml", ["x", "y"], ["z"]))
    if "additional_modules" in more:
        equal(changed.additional_modules, ["m:1", "!n:2"])
    config = alice.project_chroot_proxy.get_build_config("alice", "chroots", FEDORA)
    equal((config.chroot, config.additional_packages, config.repos[0]["id"]), (FEDORA, ["gcc", "make"], "copr_base"))
    equal(edit("alice", "chroots", FEDORA, delete_comps=True).comps_name, None)
    if takes(edit, "bootstrap_image"):
        edit("alice", "chroots", FEDORA, bootstrap_image="fedora:42")
        config = alice.project_chroot_proxy.get_build_config("alice", "chroots", FEDORA)
        equal((config.bootstrap, config.bootstrap_image), ("custom_image", "fedora:42"))
    if takes(edit, "reset_fields"):
        equal(edit("alice", "chroots", FEDORA, reset_fields=["additional_packages"]).additional_packages, [])
        refused(CoprRequestException, "Trying to reset an invalid attribute: x", edit, "alice", "chroots", FEDORA, reset_fields=["x"])
    refused(CoprRequestException, "doesn't seem to be a valid URL", edit, "alice", "chroots", FEDORA, additional_repos="nonsense")
    refused(FORBIDDEN, "Only owners and admins may update their projects.",
            bob.project_chroot_proxy.edit, "alice", "chroots", FEDORA, additional_packages="gcc")
    refused(CoprNoResultException, "Chroot name epel-9-x86_64 does not exist in Copr alice/chroots.", get, "alice", "chroots", EPEL)
    refused(CoprNoResultException, "does not exist in Copr", alice.project_chroot_proxy.get_build_config, "alice", "chroots", EPEL)


@part
def finished_builds():
    build = alice.build_proxy.get(GIVEN["build"])
    results = build.repo_url + "/" + OWN + "/%08d-hello-noarch/" % build.id
    equal((build.state, build.ownername, build.projectname, build.project_dirname, build.chroots, build.submitter),
          ("succeeded", "alice", "ready", "ready", [OWN], "alice"))
    equal((build.source_package["name"], build.source_package["version"]), ("hello-noarch", "1.0-1"))
    assert build.submitted_on <= build.started_on <= build.ended_on, build
    source = alice.build_proxy.get_source_chroot(build.id)
    equal((source.state, source.result_url), ("succeeded", build.repo_url + "/srpm-builds/%08d" % build.id))
    config = alice.build_proxy.get_source_build_config(build.id)
    equal((config.source_type, config.source_dict["pkg"]), ("upload", "hello-noarch-1.0-1.src.rpm"))
    equal([each.id for each in alice.build_proxy.get_list("alice", "ready", packagename="hello-noarch", status="succeeded")], [build.id])
    equal(len(alice.build_proxy.get_list("alice", "ready", status="failed", pagination={"limit": 1})), 0)

    chroot = alice.build_chroot_proxy.get(build.id, OWN)
    equal((chroot.name, chroot.state, chroot.result_url), (OWN, "succeeded", results))
    equal([each.name for each in alice.build_chroot_proxy.get_list(build.id, pagination={"limit": 5})], [OWN])
    equal(alice.build_chroot_proxy.get_build_config(build.id, OWN).repos[0]["id"], "copr_base")
    if has("build_proxy", "get_built_packages"):
        packages = alice.build_proxy.get_built_packages(build.id)[OWN]["packages"]
        equal(sorted((each["name"], each["version"], each["release"], each["arch"]) for each in packages),
              [("hello-noarch", "1.0", "1.deb12", "noarch"), ("hello-noarch", "1.0", "1.deb12", "src")])
        equal(alice.build_chroot_proxy.get_built_packages(build.id, OWN).packages, packages)
    refused(CoprNoResultException, "was not submitted to epel-9-x86_64 chroot.", alice.build_chroot_proxy.get, build.id, EPEL)
    refused(CoprNoResultException, "Build 999 does not exist.", alice.build_proxy.get, 999)
    refused(CoprNoResultException, "Build 999 does not exist.", alice.build_chroot_proxy.get, 999, OWN)
    refused(CoprRequestException, "Cannot cancel build %d" % build.id, alice.build_proxy.cancel, build.id)
    if hasattr(helpers, "wait"):
        assert helpers.succeeded(helpers.wait(build, interval=0)), "wait returns what has ended"


@part
def submitted_builds():
    project("builds", chroots=[WAITING, FEDORA])
    proxy = alice.build_proxy
    seen = []
    options = {"chroots": [WAITING], "timeout": "100", "background": True, "progress_callback": seen.append, "memory": 2048}
    first = proxy.create_from_file("alice", "builds", GIVEN["srpm"], buildopts=options)
    equal((first.chroots, first.is_background, first.project_dirname), ([WAITING], True, "builds"))
    assert seen, "the upload is told about"
    second = proxy.create_from_file("alice", "builds", GIVEN["srpm"], buildopts={"chroots": ["debian-*"]},
                                    project_dirname="builds:custom:x")
    equal((second.chroots, second.project_dirname), ([WAITING], "builds:custom:x"))
    # nobody builds for this chroot, so both stay pending when their sources are there
    for build in [first, second]:
        until(lambda: alice.build_chroot_proxy.get(build.id, WAITING).state, "pending")
    equal([build.id for build in proxy.get_list("alice", "builds", pagination={"limit": 2})], [second.id, first.id])
    equal([build.id for build in proxy.get_list("alice", "builds", pagination={"limit": 1, "offset": 1})], [first.id])

    refused(FORBIDDEN, "You are not allowed to cancel this build.", bob.build_proxy.cancel, first.id)
    # 409, while unfinished builds of others are refused with 403
    refused(CoprRequestException, "User 'alice' can not delete build %d" % first.id, proxy.delete, first.id)
    equal(proxy.cancel(first.id).state, "canceled")
    refused(CoprRequestException, "Cannot cancel build %d" % first.id, proxy.cancel, first.id)
    equal(proxy.cancel(second.id).state, "canceled")
    refused(FORBIDDEN, "User 'bob' doesn't have permissions to delete build %d" % first.id, bob.build_proxy.delete, first.id)
    equal(proxy.delete(first.id).id, first.id)
    if has("build_proxy", "delete_list"):
        refused(CoprRequestException, "Build(s) %d don't exist." % first.id, proxy.delete_list, [first.id, second.id])
        equal(proxy.delete_list([second.id]).builds, [second.id])

    nowhere = alice.config["copr_url"] + "/nowhere/"
    linked = proxy.create_from_urls("alice", "builds", [nowhere + "a-1-1.src.rpm", nowhere + "b.spec"])
    equal([build.source_package["url"] for build in linked], [nowhere + "a-1-1.src.rpm", None])
    one = proxy.create_from_url("alice", "builds", nowhere + "c-1-1.src.rpm", buildopts={"enable_net": True})
    equal(one.projectname, "builds")
    # the service itself has nothing there, which ends the matter at once
    for build in [*linked, one]:
        until(lambda: proxy.get(build.id).state, "failed")
    refused(CoprRequestException, "URLs must end with .src.rpm", proxy.create_from_url, "alice", "builds", "http://x.example/a")
    refused(CoprRequestException, "Please use directory format", proxy.create_from_url, "alice", "builds",
            "http://x.example/a.spec", project_dirname="builds:x")
    refused(FORBIDDEN, "User bob is not allowed to build in the copr: alice/builds",
            bob.build_proxy.create_from_url, "alice", "builds", "http://x.example/a.spec")
    refused(CoprRequestException, "Not a valid integer value.", proxy.create_from_url, "alice", "builds",
            "http://x.example/a.spec", buildopts={"timeout": "x"})
    if has("build_proxy", "check_before_build"):
        def options():
            # the method takes the callback out of what it is given, and fails when there is none
            return {"chroots": ["fedora-*"], "timeout": 5, "progress_callback": None}

        check = proxy.check_before_build("alice", "builds", buildopts=options())
        equal(check.message, "It should be safe to submit a build like this")
        refused(FORBIDDEN, "User 'bob' is not allowed to build in 'alice/builds'",
                bob.build_proxy.check_before_build, "alice", "builds", buildopts=options())
        refused(CoprNoResultException, "Project alice/nope does not exist.",
                proxy.check_before_build, "alice", "nope", buildopts=options())


@part
def builds_from_elsewhere():
    project("elsewhere")
    proxy = alice.build_proxy

    def source(build):
        equal((build.ownername, build.projectname), ("alice", "elsewhere"))
        config = proxy.get_source_build_config(build.id)
        return config.source_type, config.source_dict

    kind, scm = source(proxy.create_from_scm("alice", "elsewhere", "https://git.example.org/a.git", committish="main",
                                             subdirectory="x", spec="a.spec", scm_type="svn", source_build_method="tito",
                                             buildopts={"chroots": [FEDORA]}))
    equal((kind, scm), ("scm", {"type": "svn", "clone_url": "https://git.example.org/a.git", "committish": "main",
                                "subdirectory": "x", "spec": "a.spec", "srpm_build_method": "tito"}))
    kind, pypi = source(proxy.create_from_pypi("alice", "elsewhere", "requests", pypi_package_version="2.0"))
    equal((kind, pypi["pypi_package_name"], pypi["pypi_package_version"], pypi["python_versions"]),
          ("pypi", "requests", "2.0", ["3", "2"]))
    equal(source(proxy.create_from_rubygems("alice", "elsewhere", "rails")), ("rubygems", {"gem_name": "rails"}))
    kind, custom = source(proxy.create_from_custom("alice", "elsewhere", "#!/bin/sh\ntrue\n", script_chroot=FEDORA,
                                                   script_builddeps=["gcc", "make"], script_resultdir="out"))
    equal((kind, custom["script"], custom["chroot"], custom["builddeps"], custom["resultdir"]),
          ("custom", "#!/bin/sh\ntrue\n", FEDORA, "gcc make", "out"))
    if has("build_proxy", "create_from_distgit"):
        kind, distgit = source(proxy.create_from_distgit("alice", "elsewhere", "bash", committish="rawhide"))
        equal((kind, distgit["clone_url"], distgit["committish"]), ("distgit", "https://src.fedoraproject.org/rpms/bash", "rawhide"))
    refused(CoprRequestException, "Invalid URL.", proxy.create_from_scm, "alice", "elsewhere", "nonsense")
    refused(FORBIDDEN, "User bob is not allowed to build in the copr: alice/elsewhere",
            bob.build_proxy.create_from_rubygems, "alice", "elsewhere", "rails")


@part
def ready_packages():
    if not has("build_proxy", "create_from_rpm_upload"):
        return
    project("uploads")
    upload = alice.build_proxy.create_from_rpm_upload
    build = upload("alice", "uploads", GIVEN["rpm"], buildopts={"chroots": [FEDORA]})
    equal((build.chroots, build.source_package["name"]), ([FEDORA], "hello-noarch"))
    equal(alice.build_proxy.get_source_build_config(build.id).source_type, "rpm_upload")
    refused(CoprRequestException, "You can only upload .rpm files", upload, "alice", "uploads", GIVEN["srpm"],
            buildopts={"chroots": [FEDORA]})


@part
def packages():
    get = alice.package_proxy.get
    found = get("alice", "ready", "hello-noarch")
    equal((found.name, found.ownername, found.projectname, found.source_type, found.auto_rebuild),
          ("hello-noarch", "alice", "ready", "upload", False))
    flags = known(get, with_latest_build=True, with_latest_succeeded_build=True)
    for package in [get("alice", "ready", "hello-noarch", **flags),
                    alice.package_proxy.get_list("alice", "ready", pagination={"limit": 5}, **known(alice.package_proxy.get_list, **flags))[0]]:
        equal(set(package.builds), set(["latest", "latest_succeeded"]))
        for flag in flags:
            equal(package.builds[flag[len("with_"):-len("_build")]]["id"], GIVEN["build"])
    refused(CoprNoResultException, "No package with name nope in copr ready", get, "alice", "ready", "nope")


@part
def sources_of_packages():
    project("packages")
    proxy = alice.package_proxy
    made = proxy.add("alice", "packages", "hello", "scm", {"package_name": "hello", "clone_url": "https://git.example.org/a.git",
                                                            "webhook_rebuild": True, "spec": "a.spec"})
    equal((made.name, made.source_type, made.auto_rebuild, made.source_dict["source_build_method"], made.source_dict["spec"]),
          ("hello", "scm", True, "rpkg", "a.spec"))
    for kind, source in [("pypi", {"pypi_package_name": "requests", "python_versions": [3]}), ("rubygems", {"gem_name": "rails"}),
                         ("custom", {"script": "#!/bin/sh\n", "script_chroot": FEDORA}), ("distgit", {"committish": "rawhide"})]:
        equal(proxy.add("alice", "packages", kind, kind, dict(source, package_name=kind)).source_type, kind)
    changed = proxy.edit("alice", "packages", "hello", "scm", {"clone_url": "https://git.example.org/b.git"})
    equal((changed.source_dict["clone_url"], changed.source_dict["spec"]), ("https://git.example.org/b.git", "a.spec"))
    # without a source type the literal `None` comes in the path
    equal(proxy.edit("alice", "packages", "rubygems", source_dict={"gem_name": "actionpack"}).source_dict, {"gem_name": "actionpack"})
    equal(proxy.edit("alice", "packages", "rubygems", "pypi", {"pypi_package_name": "x"}).source_type, "pypi")
    equal([each.name for each in proxy.get_list("alice", "packages")], ["hello", "pypi", "rubygems", "custom", "distgit"])
    build = proxy.build("alice", "packages", "hello", buildopts={"chroots": [FEDORA], "timeout": 100})
    equal((build.chroots, build.source_package["name"]), ([FEDORA], "hello"))
    reset = proxy.reset("alice", "packages", "custom")
    equal((reset.source_type, reset.source_dict), ("unset", {}))
    refused(CoprRequestException, "doesn't have the default source method set", proxy.build, "alice", "packages", "custom")
    equal(proxy.delete("alice", "packages", "custom").name, "custom")
    refused(CoprNoResultException, "No package with name custom in copr packages", proxy.delete, "alice", "packages", "custom")
    refused(CoprNoResultException, "No package with name custom in copr packages", proxy.reset, "alice", "packages", "custom")
    refused(CoprNoResultException, "No package with name custom in copr packages", proxy.build, "alice", "packages", "custom")
    # 409
    refused(CoprRequestException, "Package hello already exists in copr alice/packages.", proxy.add, "alice", "packages", "hello",
            "rubygems", {"package_name": "hello", "gem_name": "x"})
    refused(CoprRequestException, "Unsupported package source type nope", proxy.add, "alice", "packages", "x", "nope", {"package_name": "x"})
    refused(FORBIDDEN, "You are not allowed to add or edit packages in this copr.", bob.package_proxy.add, "alice", "packages", "x",
            "rubygems", {"package_name": "x", "gem_name": "x"})
    refused(FORBIDDEN, "You don't have permissions to build in this copr.", bob.package_proxy.build, "alice", "packages", "hello")


@part
def monitor():
    if not has("monitor_proxy", "monitor"):
        return
    seen = alice.monitor_proxy.monitor("alice", "ready", additional_fields=["url_build_log", "url_backend_log"])
    cell = seen["packages"][0]["chroots"][OWN]
    equal((seen["packages"][0]["name"], cell["state"], cell["build_id"], cell["pkg_version"]),
          ("hello-noarch", "succeeded", GIVEN["build"], "1.0-1"))
    assert cell["url_build_log"].endswith("builder-live.log.gz") and cell["url_backend_log"].endswith("backend.log.gz"), cell
    equal(alice.monitor_proxy.monitor("alice", "ready", project_dirname="ready")["packages"][0]["name"], "hello-noarch")
    refused(CoprRequestException, "Wrong additional_fields argument(s): x", alice.monitor_proxy.monitor, "alice", "ready", additional_fields=["x"])
    refused(CoprNoResultException, "Dirname 'x' doesn't exist in 'alice/ready' copr", alice.monitor_proxy.monitor, "alice", "ready", "x")


@part
def modules():
    """Gone from Copr itself; clients that know them are told so."""
    if not hasattr(alice, "module_proxy"):
        return
    project("modular")
    refused(CoprNoResultException, NO_SUCH_ENDPOINT, alice.module_proxy.build_from_url, "alice", "modular", "http://x.example/m.yaml")
    with open("m.yaml", "w") as module:
        module.write("document: modulemd\n")
    refused(CoprNoResultException, NO_SUCH_ENDPOINT, alice.module_proxy.build_from_file, "alice", "modular", "m.yaml")
    called.update([("module_proxy", "build_from_url"), ("module_proxy", "build_from_file")])


@part
def tokens():
    if not has("base_proxy", "new_api_token"):
        return
    carol = client_of("carol")
    new = carol.base_proxy.new_api_token()
    assert len(new.api_login) == 20 and len(new.api_token) == 30 and len(new.expiration) == 10, new
    refused(CoprRequestException, "Login invalid/expired.", carol.base_proxy.auth_check)
    renewed = Client(dict(carol.config, login=new.api_login, token=new.api_token))
    equal(renewed.base_proxy.auth_check().name, "carol")


tell(set((proxy_name, name) for proxy_name, proxy in proxies(alice).items() for name in public_methods(proxy)))
