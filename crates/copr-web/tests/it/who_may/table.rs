//! What each may do: one row for each address, its trailing slash aside.
//!
//! A row says how the address is asked so that nothing but the caller decides. In addresses, queries and bodies these words
//! stand for what the walk has made: see `Walk::words`.

use super::{Body, May, Needs, Row, YES};

const ALL: May = [YES; 6];
/// Whoever is logged in.
const KNOWN: May = [401, YES, YES, YES, YES, YES];
const BUILD: May = [401, 403, YES, YES, YES, YES];
const EDIT: May = [401, 403, 403, YES, YES, YES];
const OWN: May = [401, 403, 403, 403, YES, YES];
/// Only builders, which are nobody's.
const MACHINES: May = [401; 6];
const NOT_THERE: May = [404; 6];
/// Nobody, as long as the service has no keytab.
const NO_KERBEROS: May = [403; 6];

/// Whoever knows the secret, but what they send says too little.
const NO_EVENT: May = [400; 6];
const PUSH: &str = r#"{"ref": "main", "project": {"git_http_url": "https://x.example/a.git"}}"#;

const BUILD_BODY: &str = r#"{"ownername": "alice", "projectname": "p", "pkgs": ["http://x.example/a-1-1.src.rpm"]}"#;
/// Enough for a source of each kind.
const SOURCE_BODY: &str = r#"{"ownername": "alice", "projectname": "p", "clone_url": "https://x.example/a.git", "gem_name": "a",
    "pypi_package_name": "a", "package_name": "a", "script": "true", "chroot": "{chroot}"}"#;
const RPM_BODY: &str = r#"{"ownername": "alice", "projectname": "p", "chroot": "{chroot}"}"#;
const PACKAGE_BODY: &str =
    r#"{"ownername": "alice", "projectname": "p", "package_name": "{package}", "gem_name": "a"}"#;
/// Of a generation that is not there: nothing but the caller decides who hears of that.
const PIN_BODY: &str = r#"{"ownername": "alice", "projectname": "p", "generation": "none", "name": "none"}"#;
const PROJECT: &str = "ownername=alice&projectname=p";
const CHROOT_OF_PROJECT: &str = "ownername=alice&projectname=p&chrootname={chroot}";
const CHROOT_OF_BUILD: &str = "build_id={id}&chrootname={chroot}";

const fn row(route: &'static str, may: May) -> Row {
    Row { route, may, query: "", body: Body::None, needs: Needs::Nothing }
}

impl Row {
    const fn query(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    const fn body(self, body: Body) -> Self {
        Self { body, ..self }
    }

    const fn json(self, body: &'static str) -> Self {
        self.body(Body::Json(body))
    }

    const fn needs(self, needs: Needs) -> Self {
        Self { needs, ..self }
    }
}

pub const ROWS: &[Row] = &[
    // Who asks.
    row("GET /api_3", ALL),
    row("GET /api_3/auth-check", KNOWN),
    row("POST /api_3/api-token", KNOWN).needs(Needs::NewToken),
    row("GET /api_3/gssapi_login", NO_KERBEROS),
    row("GET /api_3/gssapi_login/web-ui", NO_KERBEROS),
    row("GET /api_3/openapi.json", ALL),
    row("GET /api_3/docs", ALL),
    row("* /api_3/{*rest}", NOT_THERE),
    // Projects.
    row("GET /api_3/mock-chroots/list", ALL),
    row("GET /api_3/project", ALL).query(PROJECT),
    row("GET /api_3/project/list", ALL),
    row("GET /api_3/project/search", ALL).query("query=alice/p"),
    row("POST /api_3/project/add/{owner}", OWN).json(r#"{"name": "{new}", "chroots": ["{chroot}"]}"#),
    row("PUT|POST /api_3/project/edit/{owner}/{project}", EDIT).json(r#"{"description": "d"}"#),
    row("DELETE|POST /api_3/project/delete/{owner}/{project}", OWN).needs(Needs::Project),
    row("POST|PUT /api_3/project/fork/{owner}/{project}", KNOWN).json(r#"{"name": "{new}"}"#),
    row("PUT|POST /api_3/project/rename/{owner}/{project}", EDIT).json(r#"{"name": "{new}"}"#).needs(Needs::Project),
    row("PUT|POST /api_3/project/transfer/{owner}/{project}", [401, 403, 403, 403, 400, 400])
        .json(r#"{"ownername": "alice"}"#),
    row("PUT|POST /api_3/project/regenerate-repos/{owner}/{project}", EDIT),
    row("DELETE|POST /api_3/project/directory/delete/{owner}/{dir}", [401, 403, 403, 400, 400, 400]),
    row("GET /api_3/project/permissions/can_build_in/{who}/{owner}/{project}", ALL),
    row("GET /api_3/project/permissions/get/{owner}/{project}", EDIT),
    row("PUT|POST /api_3/project/permissions/set/{owner}/{project}", EDIT).json(r#"{"zed": {"builder": "approved"}}"#),
    // The owner has all roles; everybody else may give up their own.
    row("PUT|POST /api_3/project/permissions/request/{owner}/{project}", [401, YES, YES, YES, 400, YES])
        .json(r#"{"builder": false}"#)
        .needs(Needs::Project),
    row("POST /api_3/webhook/generate/{owner}/{project}", EDIT).needs(Needs::Project),
    row("GET /api_3/webhook/list/{owner}/{project}", EDIT),
    row("GET /api_3/project-chroot", ALL).query(CHROOT_OF_PROJECT),
    row("GET /api_3/project-chroot/build-config", ALL).query(CHROOT_OF_PROJECT),
    row("PUT|POST /api_3/project-chroot/edit/{owner}/{project}/{chroot}", EDIT).json(r#"{"with_opts": "x"}"#),
    // Builds.
    row("GET /api_3/build/{id}", ALL),
    row("GET /api_3/build/list", ALL).query(PROJECT),
    row("GET /api_3/build/source-chroot/{id}", ALL),
    row("GET /api_3/build/source-build-config/{id}", ALL),
    row("GET /api_3/build/queue/{id}", ALL),
    row("GET /api_3/build/built-packages/{id}", ALL),
    row("PUT|POST /api_3/build/cancel/{id}", BUILD).needs(Needs::Waiting),
    row("DELETE|POST /api_3/build/delete/{id}", EDIT).needs(Needs::Ended),
    // What one may not delete is told among what is wrong with the list.
    row("DELETE|POST /api_3/build/delete/list", [401, 400, 400, YES, YES, YES])
        .json(r#"{"builds": [{id}]}"#)
        .needs(Needs::Ended),
    // Chains. Nobody needs the package, which is said only to who may build.
    row("GET /api_3/repository/list", ALL).query(PROJECT),
    row("GET /api_3/repository/diff", ALL).query("ownername=alice&projectname=p&chrootname={chroot}&from=1"),
    row("POST /api_3/repository/pin", [401, 403, 403, 404, 404, 404]).json(PIN_BODY),
    row("POST /api_3/repository/unpin", [401, 403, 403, 404, 404, 404]).json(PIN_BODY),
    row("POST /api_3/repository/roll-back", [401, 403, 403, 404, 404, 404]).json(PIN_BODY),
    row("POST /api_3/repository/promote", EDIT).json(PIN_BODY),
    row("GET /api_3/chain/{chain}", ALL).needs(Needs::Chain),
    row("GET /api_3/chain/list", ALL).query(PROJECT),
    row("GET /api_3/chain/dependents", ALL)
        .query("ownername=alice&projectname=p&packagename={package}")
        .needs(Needs::Package),
    row("POST /api_3/chain/create", BUILD).json(BUILD_BODY),
    row("POST /api_3/chain/create/dependents", [401, 403, 400, 400, 400, 400])
        .json(r#"{"ownername": "alice", "projectname": "p", "packages": ["{package}"]}"#)
        .needs(Needs::Package),
    row("PUT|POST /api_3/chain/start/{chain}", BUILD).needs(Needs::Chain),
    row("PUT|POST /api_3/chain/cancel/{chain}", BUILD).needs(Needs::Chain),
    row("POST /api_3/build/check-before-build", BUILD).json(BUILD_BODY),
    row("POST /api_3/build/create/url", BUILD).json(BUILD_BODY),
    row("POST /api_3/build/create/upload", BUILD).body(Body::Upload("a-1-1.src.rpm", BUILD_BODY)),
    row("POST /api_3/build/create/scm", BUILD).json(SOURCE_BODY),
    row("POST /api_3/build/create/pypi", BUILD).json(SOURCE_BODY),
    row("POST /api_3/build/create/rubygems", BUILD).json(SOURCE_BODY),
    row("POST /api_3/build/create/custom", BUILD).json(SOURCE_BODY),
    row("POST /api_3/build/create/distgit", BUILD).json(SOURCE_BODY),
    // What is uploaded is no package, which is said only to who may build.
    row("POST /api_3/build/resubmit/{id}", BUILD).json("{}"),
    row("POST /api_3/build/create/rpm-upload", [401, 403, 400, 400, 400, 400])
        .body(Body::Upload("a-1-1.noarch.rpm", RPM_BODY)),
    row("GET /api_3/build-chroot", ALL).query(CHROOT_OF_BUILD),
    row("GET /api_3/build-chroot/list", ALL).query("build_id={id}"),
    row("GET /api_3/build-chroot/build-config", ALL).query(CHROOT_OF_BUILD),
    row("GET /api_3/build-chroot/built-packages", ALL).query(CHROOT_OF_BUILD),
    row("GET /api_3/build-chroot/{id}/{chroot}", ALL),
    row("GET /api_3/build-chroot/list/{id}", ALL),
    row("GET /api_3/build-chroot/build-config/{id}/{chroot}", ALL),
    // Packages.
    row("GET /api_3/package", ALL).query("ownername=alice&projectname=p&packagename=hello"),
    row("GET /api_3/package/list", ALL).query(PROJECT),
    row("POST /api_3/package/add/{owner}/{project}/{package}/{source_type}", EDIT).json(PACKAGE_BODY),
    row("POST /api_3/package/edit/{owner}/{project}/{package}", EDIT).json(PACKAGE_BODY).needs(Needs::Package),
    row("POST /api_3/package/edit/{owner}/{project}/{package}/{source_type}", EDIT)
        .json(PACKAGE_BODY)
        .needs(Needs::Package),
    row("PUT|POST /api_3/package/reset", EDIT).json(PACKAGE_BODY).needs(Needs::Package),
    row("POST /api_3/package/build", BUILD).json(PACKAGE_BODY).needs(Needs::Package),
    row("DELETE|POST /api_3/package/delete", EDIT).json(PACKAGE_BODY).needs(Needs::Package),
    row("GET /api_3/monitor", ALL).query(PROJECT),
    // Version 1: the service.
    row("GET /api/status", ALL),
    row("POST /api/auth_check", KNOWN),
    row("GET|POST /api/module/build", NOT_THERE),
    row("GET|POST /api/module/repo", NOT_THERE),
    row("* /api/{*rest}", NOT_THERE),
    // Version 1: projects.
    row("GET /api/coprs", ALL).query("username=alice"),
    row("GET /api/coprs/{owner}", ALL),
    row("GET /api/coprs/search", ALL).query("project=alice/p"),
    row("GET /api/coprs/search/{text}", ALL),
    row("GET /api/coprs/search/{text}/{name}", ALL),
    row("GET /api/playground/list", ALL),
    // A user in the address is nobody: the project becomes one of who asks.
    row("POST /api/coprs/{owner}/new", KNOWN).json(r#"{"name": "{new}", "{chroot}": "y"}"#),
    row("GET /api/coprs/{owner}/{project}/detail", ALL),
    row("POST /api/coprs/{owner}/{project}/modify", EDIT).json(r#"{"description": "d"}"#),
    row("POST /api/coprs/{owner}/{project}/delete", OWN).json(r#"{"verify": "yes"}"#).needs(Needs::Project),
    row("POST /api/coprs/{owner}/{project}/fork", KNOWN).json(r#"{"name": "{new}"}"#),
    row("POST /api/coprs/{owner}/{project}/new_webhook_secret", EDIT).needs(Needs::Project),
    row("GET /api/coprs/{owner}/{project}/monitor", ALL),
    row("GET /api/coprs/{owner}/{project}/detail/{chroot}", ALL),
    row("POST /api/coprs/{owner}/{project}/modify/{chroot}", EDIT).json(r#"{"buildroot_pkgs": "a"}"#),
    row("GET /api/coprs/{owner}/{project}/chroot/get/{chroot}", ALL),
    row("POST /api/coprs/{owner}/{project}/chroot/edit/{chroot}", EDIT).json(r#"{"with_opts": "x"}"#),
    row("GET /api/coprs/{owner}/{project}/build-config/{chroot}", ALL),
    row("GET /api/g/{group}/{project}/build-config/{chroot}", ALL),
    row("GET|POST /api/coprs/{owner}/{project}/mock-profile/{chroot}", NOT_THERE),
    row("GET|POST /api/coprs/{owner}/{project}/module/build", NOT_THERE),
    row("GET|POST /api/coprs/{owner}/{project}/module/make", NOT_THERE),
    // Version 1: builds.
    row("POST /api/coprs/{owner}/{project}/new_build", BUILD).json(BUILD_BODY),
    row("POST /api/coprs/{owner}/{project}/new_build_upload", BUILD).body(Body::Upload("a-1-1.src.rpm", BUILD_BODY)),
    row("POST /api/coprs/{owner}/{project}/new_build_pypi", BUILD).json(SOURCE_BODY),
    row("POST /api/coprs/{owner}/{project}/new_build_tito", BUILD).json(r#"{"git_url": "https://x.example/a.git"}"#),
    row("POST /api/coprs/{owner}/{project}/new_build_mock", BUILD).json(r#"{"scm_url": "https://x.example/a.git"}"#),
    row("POST /api/coprs/{owner}/{project}/new_build_rubygems", BUILD).json(SOURCE_BODY),
    row("POST /api/coprs/{owner}/{project}/new_build_distgit", BUILD).json(SOURCE_BODY),
    row("POST /api/coprs/{owner}/{project}/new_build_scm", BUILD).json(SOURCE_BODY),
    row("POST /api/coprs/{owner}/{project}/new_build_custom", BUILD).json(SOURCE_BODY),
    row("GET /api/coprs/build_status/{id}", ALL),
    row("GET /api/coprs/build/{id}", ALL),
    row("GET /api/coprs/build_detail/{id}", ALL),
    row("POST /api/coprs/cancel_build/{id}", BUILD).needs(Needs::Waiting),
    row("POST /api/coprs/delete_build/{id}", EDIT).needs(Needs::Ended),
    // Version 1: packages.
    row("GET /api/coprs/{owner}/{project}/package/list", ALL),
    row("GET /api/coprs/{owner}/{project}/package/get/{package}", ALL).needs(Needs::Package),
    row("POST /api/coprs/{owner}/{project}/package/add/{source_type}", EDIT).json(PACKAGE_BODY),
    row("POST /api/coprs/{owner}/{project}/package/{package}/edit/{source_type}", EDIT)
        .json(PACKAGE_BODY)
        .needs(Needs::Package),
    row("POST /api/coprs/{owner}/{project}/package/delete/{package}", EDIT).needs(Needs::Package),
    row("POST /api/coprs/{owner}/{project}/package/reset/{package}", EDIT).needs(Needs::Package),
    row("POST /api/coprs/{owner}/{project}/package/build/{package}", BUILD).needs(Needs::Package),
    // Version 2 of the API.
    row("GET /api_2", ALL),
    row("GET /api_2/projects", ALL),
    row("POST /api_2/projects", KNOWN).json(r#"{"name": "{new}", "chroots": ["{chroot}"]}"#),
    row("GET /api_2/projects/{project_id}", ALL),
    row("PUT /api_2/projects/{project_id}", EDIT).json(r#"{"description": "d"}"#),
    row("DELETE /api_2/projects/{project_id}", OWN).needs(Needs::Project),
    row("GET /api_2/projects/{project_id}/chroots", ALL),
    row("POST /api_2/projects/{project_id}/chroots", EDIT).json(r#"{"name": "epel-9-x86_64"}"#).needs(Needs::Project),
    row("GET /api_2/projects/{project_id}/chroots/{chroot}", ALL),
    row("PUT /api_2/projects/{project_id}/chroots/{chroot}", EDIT).json(r#"{"buildroot_pkgs": []}"#),
    row("DELETE /api_2/projects/{project_id}/chroots/{chroot}", EDIT).needs(Needs::Project),
    row("GET /api_2/builds", ALL),
    row("POST /api_2/builds", BUILD)
        .json(r#"{"project_id": {project_id}, "srpm_url": "http://x.example/a-1-1.src.rpm"}"#),
    row("GET /api_2/builds/{build_id}", ALL),
    row("PUT /api_2/builds/{build_id}", BUILD).json(r#"{"state": "canceled"}"#).needs(Needs::Waiting),
    row("DELETE /api_2/builds/{build_id}", EDIT).needs(Needs::Ended),
    row("GET /api_2/build_tasks", ALL),
    row("GET /api_2/build_tasks/{build_id}/{chroot}", ALL),
    row("GET /api_2/builds_tasks", ALL),
    row("GET /api_2/builds_tasks/{build_id}/{chroot}", ALL),
    row("GET /api_2/mock_chroots", ALL),
    row("GET /api_2/mock_chroots/{chroot}", ALL),
    row("* /api_2/{*rest}", NOT_THERE),
    // For package managers.
    row("GET /api_3/rpmrepo/{owner}/{dir}/{name_release}", ALL),
    row("GET /coprs/{owner}/{dir}/repo/{name_release}", ALL),
    row("GET /coprs/{owner}/{dir}/repo/{name_release}/{file}", ALL),
    row("GET /coprs/g/{group}/{dir}/repo/{name_release}", ALL),
    row("GET /coprs/g/{group}/{dir}/repo/{name_release}/{file}", ALL),
    row("GET /results", ALL),
    row("GET /results/{*path}", ALL),
    row("GET /dist-git/per-task-logs/{log}", ALL),
    row("GET /dist-git/{owner}/{dir}/{package}", ALL).needs(Needs::Sources),
    row("GET /dist-git/{owner}/{dir}/{package}/{*inside}", ALL).needs(Needs::Sources),
    row("GET /repo/pkgs/{owner}/{dir}/{package}/{file}/{kind}/{digest}/{name}", ALL).needs(Needs::Sources),
    row("GET /tmp/{upload}/{file}", ALL),
    // Pages.
    row("GET /", ALL),
    row("GET /api", ALL),
    row("GET /api/new", ALL),
    // A session is needed, which no token makes.
    row("POST /api/new", MACHINES),
    row("GET /coprs", ALL),
    row("GET /coprs/{owner}", ALL),
    row("GET /coprs/g/{group}", ALL),
    row("GET /coprs/{owner}/{project}", ALL),
    row("GET /coprs/g/{group}/{project}", ALL),
    row("GET /coprs/build/{id}", ALL),
    row("GET /coprs/{owner}/{project}/build/{id}", ALL),
    row("GET /coprs/g/{group}/{project}/build/{id}", ALL),
    row("GET|POST /coprs/{owner}/{project}/repeat_build/{id}", BUILD),
    row("GET|POST /coprs/g/{group}/{project}/repeat_build/{id}", OWN),
    row("GET /coprs/{owner}/{project}/packages/rebuild-all", BUILD),
    row("GET /coprs/g/{group}/{project}/packages/rebuild-all", OWN),
    // The form names packages; nobody else gets as far as that.
    row("POST /coprs/{owner}/{project}/packages/rebuild-all", [401, 403, 400, 400, 400, 400]),
    row("POST /coprs/g/{group}/{project}/packages/rebuild-all", [401, 403, 403, 403, 400, 400]),
    // The form names chroots; nobody else gets as far as that.
    row("POST /coprs/{owner}/{project}/new_build_rebuild/{id}", [401, 403, 400, 400, 400, 400]),
    row("POST /coprs/g/{group}/{project}/new_build_rebuild/{id}", [401, 403, 403, 403, 400, 400]),
    row("GET /coprs/build/{id}/log/{step}", ALL),
    row("GET /coprs/build/{id}/events", ALL),
    row("GET /coprs/{owner}/{project}/package/{package}", ALL).needs(Needs::Package),
    row("GET /coprs/g/{group}/{project}/package/{package}", NOT_THERE),
    row("GET /coprs/{owner}/{project}/package/{package}/status_image/last_build.png", ALL),
    row("GET /coprs/g/{group}/{project}/package/{package}/status_image/last_build.png", ALL),
    row("GET /coprs/build/{id}/status_image.png", ALL),
    row("GET /coprs/{owner}/{project}/integrations", EDIT),
    // The group's projects are alice's and nobody else's.
    row("GET /coprs/g/{group}/{project}/integrations", OWN),
    row("POST /coprs/{owner}/{project}/integrations/new_webhook_secret", EDIT).needs(Needs::Project),
    row("POST /coprs/g/{group}/{project}/integrations/new_webhook_secret", OWN),
    row("GET /coprs/{owner}/{project}/rename", EDIT),
    row("GET /coprs/g/{group}/{project}/rename", OWN),
    // The forms name what is to be; nobody else gets as far as that.
    row("POST /coprs/{owner}/{project}/rename", [401, 403, 403, 400, 400, 400]),
    row("POST /coprs/g/{group}/{project}/rename", [401, 403, 403, 403, 400, 400]),
    row("POST /coprs/{owner}/{project}/transfer", [401, 403, 403, 403, 400, 400]),
    row("POST /coprs/g/{group}/{project}/transfer", [401, 403, 403, 403, 400, 400]),
    // Web hooks: the address holds all that is needed.
    row("POST /webhooks/github/{project_id}/{secret}", NO_EVENT),
    row("POST /webhooks/github/{project_id}/{secret}/{package}", NO_EVENT),
    row("POST /webhooks/gitlab/{project_id}/{secret}", ALL).json(PUSH),
    row("POST /webhooks/gitlab/{project_id}/{secret}/{package}", ALL).json(PUSH),
    row("POST /webhooks/bitbucket/{project_id}/{secret}", NO_EVENT).json("{}"),
    row("POST /webhooks/bitbucket/{project_id}/{secret}/{package}", NO_EVENT).json("{}"),
    row("POST /webhooks/forgejo/{project_id}/{secret}", NO_EVENT),
    row("POST /webhooks/forgejo/{project_id}/{secret}/{package}", NO_EVENT),
    row("POST /webhooks/custom", NO_EVENT),
    row("POST /webhooks/custom/{project_id}", NO_EVENT),
    row("POST /webhooks/custom/{project_id}/{secret}", NO_EVENT),
    row("POST /webhooks/custom/{project_id}/{secret}/{package}", ALL).needs(Needs::Package),
    row("POST /webhooks/custom-dir/{owner}/{dir}/{secret}/{package}", ALL).needs(Needs::Package),
    row("GET /coprs/chain/{chain}", ALL).needs(Needs::Chain),
    row("GET /coprs/{owner}/{project}/chain/{chain}", ALL).needs(Needs::Chain),
    row("GET /coprs/g/{group}/{project}/chain/{chain}", ALL).needs(Needs::Chain),
    row("GET /assets/style.css", ALL),
    row("GET /assets/follow.js", ALL),
    // Builders.
    row("POST /builder/v1/lease", MACHINES)
        .json(r#"{"builder": "b1", "arches": ["x86_64"], "isolation": "none", "wait_seconds": 0}"#),
    row("POST /builder/v1/tasks/{id}/heartbeat", MACHINES)
        .json(r#"{"fence": {fence}, "phase": null}"#)
        .needs(Needs::Lease),
    row("PUT /builder/v1/tasks/{id}/log", MACHINES)
        .query("fence={fence}&offset=0")
        .body(Body::Bytes("a line\n"))
        .needs(Needs::Lease),
    row("GET /builder/v1/tasks/{id}/source", MACHINES).query("fence={fence}").needs(Needs::Lease),
    row("PUT /builder/v1/tasks/{id}/files/{name}", MACHINES)
        .query("fence={fence}")
        .body(Body::Bytes("content"))
        .needs(Needs::Lease),
    row("POST /builder/v1/tasks/{id}/finish", MACHINES)
        .json(r#"{"fence": {fence}, "outcome": {"result": "returned"}, "files": []}"#)
        .needs(Needs::Lease),
    row("* /builder/{*rest}", NOT_THERE),
];
