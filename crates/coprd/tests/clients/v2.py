"""What the parts of the driver of version 2 share."""

import requests
from copr import create_client2_from_file_config
from copr.client_v2 import client, entities, handlers, net_client, resources
from copr.client_v2.net_client import AuthError, RequestError
from driving import FEDORA, GIVEN, OWN, PYTHON_2, Watch, equal, fails

# Owners that are groups are a later invention than python-copr 1.63.
LATER = hasattr(handlers, "owner2group")
# On Python 3 its methods that submit builds fail before they ask anything.
SUBMITS = LATER or PYTHON_2

watch = Watch()
watch.over(client.CoprClient, net_client.RequestError,
           *[each for module in [handlers, resources, entities] for each in vars(module).values()
             if isinstance(each, type) and each.__module__ == module.__name__])

alice = create_client2_from_file_config(GIVEN["alice"])
bob = create_client2_from_file_config(GIVEN["bob"])
URL = alice.root_url
# How the service is asked without any client.
CREDENTIALS = (alice.nc.login, alice.nc.token)


def create(name, chroots=(FEDORA,), who=alice, **more):
    return who.projects.create(name=name, owner="alice" if who is alice else "bob", chroots=list(chroots), **more)


def project(name, owner="alice"):
    one, = alice.projects.get_list(owner=owner, name=name)
    return one


def refused(status, method, *args, **kwargs):
    """The call fails with this status, in the shape that the client can read; gives the service's words."""
    error = fails(AuthError if status == 403 else RequestError, method, *args, **kwargs)
    equal(error.response.status_code, status)
    message = error.response_json["message"]
    assert message and "code %d: %s\n" % (status, message) in error.__unicode__(), error.__unicode__()
    return message


def done(result, successful, location=None):
    """An operation's result: what is called successful depends on a status that the client expects."""
    equal((result.is_successful(), result.new_location), (successful, location))


def fetched(address):
    answer = requests.get(address)
    equal((address, answer.status_code), (address, 200))
    return answer.content


def built(build, owned_by):
    """Looks at a build of hello-noarch that succeeded, and at what it left; gives the address of the source package."""
    equal((build.state, build.is_finished(), build.submitter, build.repos), ("succeeded", True, "alice", []))
    equal((build.package_name, build.package_version), ("hello-noarch", "1.0-1"))
    equal([(each["name"], each["version"]) for each in build.built_packages], [("hello-noarch", "1.0")])
    assert build.submitted_on <= build.started_on <= build.ended_on, build.to_dict()
    task, = build.get_build_tasks()
    equal((task.build_id, task.chroot_name, task.state), (build.id, OWN, "succeeded"))
    assert build.submitted_on <= task.started_on <= task.ended_on, (task.started_on, task.ended_on)
    results = "%s/results/%s/%s/" % (URL, owned_by.owner, owned_by.name)
    equal(task.result_dir_url.rstrip("/"), "%s%s/%08d-hello-noarch" % (results, OWN, build.id))
    package = fetched(task.result_dir_url.rstrip("/") + "/hello-noarch-1.0-1.deb12.noarch.rpm")
    equal(package[:4], b"\xed\xab\xee\xdb")
    return "%ssrpm-builds/%08d/hello-noarch-1.0-1.src.rpm" % (results, build.id)
