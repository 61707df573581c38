"""What the pages about version 2 show of HTTP itself, asked without the client."""

import json

import requests
from driving import FEDORA, GIVEN, OWN, WAITING, equal, part, rows, until
from v2 import CREDENTIALS, URL, create, project

API = URL + "/api_2"


def get(path, **query):
    answer = requests.get(API + path, params=query)
    equal((answer.status_code, answer.headers["Content-Type"]), (200, "application/json"))
    return answer.json()


def post_build(**more):
    """Gives the address of the new build."""
    answer = requests.post(API + "/builds", auth=CREDENTIALS, **more)
    equal((answer.status_code, answer.content), (201, b""))
    assert answer.headers["Location"].startswith(API + "/builds/"), answer.headers
    return answer.headers["Location"]


def cancel(location, word):
    answer = requests.put(location, auth=CREDENTIALS, data=json.dumps({"state": word}), headers={"Content-Type": "application/json"})
    equal((answer.status_code, answer.content), (204, b""))
    until(lambda: requests.get(location).json()["build"]["state"], "canceled")


@part
@rows("V2-44")
def samples_of_new_builds():
    p = create("samples", [WAITING])
    metadata = {"project_id": p.id, "chroots": [WAITING]}
    linked = post_build(data=json.dumps(dict(metadata, srpm_url=URL + "/nowhere/copr-ping-1-1.fc20.src.rpm")),
                        headers={"Content-Type": "application/json"})
    until(lambda: requests.get(linked).json()["build"]["state"], "failed")
    with open(GIVEN["srpm"], "rb") as source:
        package = ("pkg.src.rpm", source.read(), "application/x-rpm")
    uploads = [
        # as in the page on builds: a part without a type, with an empty name of a file
        {"srpm": package, "metadata": ("", json.dumps(metadata))},
        [("metadata", (None, json.dumps(dict(metadata, enable_net=False)), "application/json")), ("srpm", package)],
        # of two parts with the same name the first counts
        [("metadata", (None, json.dumps(metadata))), ("metadata", (None, "application/json")), ("srpm", package)],
    ]
    for files, word in zip(uploads, ["cancelled", "canceled", "cancelled"]):
        location = post_build(files=files)
        equal(requests.get(location).json()["build"]["source_metadata"]["pkg"], "pkg.src.rpm")
        cancel(location, word)
        equal(requests.delete(location, auth=CREDENTIALS).status_code, 204)
        equal(requests.get(location).status_code, 404)


@part
@rows("V2-44")
def samples_of_what_is_shown():
    ready = project("ready").id
    path = "/builds/%d" % GIVEN["build"]
    task = {"href": "/api_2/build_tasks/%d/%s" % (GIVEN["build"], OWN)}
    for flag in ["show_build_tasks", "show_chroots"]:
        shown = get(path, **{flag: "True"})
        equal(shown["_links"]["self"]["href"], "/api_2%s?show_build_tasks=True" % path)
        embedded, = shown["build_tasks"]
        equal((embedded["_links"]["self"], embedded["tasks"]), (task, embedded["build_task"]))
        equal(embedded["tasks"]["state"], "succeeded")
    assert "build_tasks" not in get(path)
    for place in ["/builds_tasks", "/build_tasks", "/build_tasks/"]:
        listed = get(place, build_id=GIVEN["build"])
        equal([each["_links"]["self"] for each in listed["build_tasks"]], [task])
        assert listed["_links"]["self"]["href"].startswith("/api_2/build_tasks?"), listed["_links"]
        equal(len(get(place, build_id=GIVEN["build"], state="cancelled")["build_tasks"]), 0)
    equal(get("/builds_tasks/%d/%s" % (GIVEN["build"], OWN))["build_task"]["chroot_name"], OWN)

    equal(get("/builds", project_id=ready, limit=1)["_links"]["self"]["href"], "/api_2/builds?project_id=%d&limit=1" % ready)
    equal(get("/builds", limit=105)["_links"]["self"]["href"], "/api_2/builds?limit=100")
    equal(get("/projects")["_links"]["self"]["href"], "/api_2/projects")
    equal(get("/mock_chroots", active_only="True")["_links"]["self"]["href"], "/api_2/mock_chroots?active_only=True")
    whole = get("/projects/%d" % ready, show_builds="True", show_chroots="True")
    equal([each["build"]["id"] for each in whole["project_builds"]], [GIVEN["build"]])
    equal([each["chroot"]["name"] for each in whole["project_chroots"]], [OWN])
    equal(set(get("/projects/%d" % ready)["project"]), set([
        "id", "name", "owner", "group", "description", "instructions", "homepage", "contact", "disable_createrepo",
        "build_enable_net", "repos"]))


@part
@rows("V2-44")
def what_is_refused():
    p = create("refusals", [FEDORA])
    for method, path in [("POST", "/build_tasks"), ("POST", "/mock_chroots"), ("DELETE", "/mock_chroots/" + FEDORA), ("GET", "/nope")]:
        answer = requests.request(method, API + path, auth=CREDENTIALS)
        equal((path, answer.status_code), (path, 404 if path == "/nope" else 405))
        assert answer.json()["message"], answer.text
    forms = [{"repos": "x"}, {"repos": 1}, {"contact": "adsg"}, {"contact": 1}, {"homepage": "sdg"}, {"name": None}, {"name": ""},
             {"name": "3abc"}, {"chroots": "x"}, {"chroots": ""}]
    for form in forms:
        answer = requests.post(API + "/projects", auth=CREDENTIALS, data=json.dumps(dict({"name": "x", "chroots": [FEDORA]}, **form)))
        equal((form, answer.status_code, answer.headers["Content-Type"]), (form, 400, "application/json"))
    forms = [{}, {"srpm_url": None}, {"srpm_url": ""}, {"srpm_url": "ftp://x.example/a.src.rpm"}]
    for form in forms:
        answer = requests.post(API + "/builds", auth=CREDENTIALS, headers={"Content-Type": "application/json"},
                               data=json.dumps(dict({"project_id": p.id, "chroots": []}, **form)))
        equal((form, answer.status_code), (form, 400))
    equal(requests.post(API + "/builds", auth=CREDENTIALS, data="{}", headers={"Content-Type": "text/plain"}).status_code, 400)
    for form in [{}, {"state": "running"}, {"state": "succeeded"}]:
        answer = requests.put(API + "/builds/%d" % GIVEN["build"], auth=CREDENTIALS, data=json.dumps(form))
        equal((form, answer.status_code), (form, 400))
