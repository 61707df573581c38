"""What the parts of the driver of version 1 share."""

import requests
from copr import CoprClient
from copr.client import responses
from driving import FEDORA, GIVEN, OWN, Watch, equal

# python-copr 1.63 knows projects, chroots and builds of source packages, no more.
LATER = hasattr(CoprClient, "get_packages_list")

watch = Watch()
watch.over(CoprClient, responses.CoprResponse, responses.BaseHandle, responses.ProjectHandle, responses.BuildHandle,
           responses.ProjectChrootHandle, responses.ProjectWrapper, responses.BuildWrapper, responses.ProjectChrootWrapper)
if LATER:
    watch.over(responses.PackageHandle, responses.PackageWrapper, responses.CoprChrootWrapper)

alice = CoprClient.create_from_file_config(GIVEN["alice"])
bob = CoprClient.create_from_file_config(GIVEN["bob"])
URL = alice.copr_url


def create(name, chroots=(FEDORA,), who=alice, **more):
    """1.63 takes any sequence of chroots but a list, 1.109 takes a list, and an owner before it."""
    if LATER:
        return who.create_project(None, name, list(chroots), **more)
    return who.create_project(name, tuple(chroots), **more)


def names(projects):
    return sorted(each.projectname for each in projects.projects_list)


def status(build):
    return alice.get_build_details(build).status


def fetched(address):
    answer = requests.get(address)
    equal((address, answer.status_code), (address, 200))
    return answer.content


def built(number, project):
    """Looks at a build of hello-noarch that succeeded, and at what it left; gives the address of the source package."""
    details = alice.get_build_details(number)
    equal((details.output, details.status, details.project, details.owner), ("ok", "succeeded", project, "alice"))
    equal((details.built_pkgs, details.src_version), (["hello-noarch 1.0"], "1.0-1"))
    equal(details.data["chroots"], {OWN: "succeeded"})
    assert details.submitted_on <= details.started_on <= details.ended_on, details.data
    equal((details.data["submitted_by"], details.data["project_dirname"]), ("alice", project))
    equal(details.results, "%s/results/alice/%s/" % (URL, project))
    place = details.data["results_by_chroot"][OWN]
    equal(place.rstrip("/"), "%s%s/%08d-hello-noarch" % (details.results, OWN, number))
    package = fetched(place.rstrip("/") + "/hello-noarch-1.0-1.deb12.noarch.rpm")
    equal(package[:4], b"\xed\xab\xee\xdb")
    # where copr-cli of that time looked for it
    listed = fetched(details.results + OWN + "/repodata/repomd.xml")
    assert b"primary" in listed, listed
    of_project = details.handle.project_handle.get_project_details()
    equal((of_project.name, of_project.last_modified), (project, details.ended_on))
    return "%ssrpm-builds/%08d/hello-noarch-1.0-1.src.rpm" % (details.results, number)


def exists(build):
    return requests.get("%s/api/coprs/build/%d/" % (URL, build)).status_code == 200
