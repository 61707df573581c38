//! Projects, who may do what in them, and their chroots.

use super::fields::{
    CHROOTS_OF_PROJECT, COMPS, FORK, NEW_PROJECT, PROJECT, PROJECT_CHROOT, RENAME, RUNNING, TRANSFER, VERIFY,
};
use super::operation::{Operation, Parameter};
use super::query::{CHROOTNAME, OWNERNAME, PROJECTNAME, one_of, optional, paging, required};
use copr_wire::v3::{HookCall, List, Message, Monitor, Project, ProjectChroot, ProjectChrootConfig};
use serde_json::{Value, json};

const NO_PROJECT: &str = "There is no such project, or no such group.";
const MAY_NOT_EDIT: &str = "Only owners and administrators of the project may.";

/// The descriptions of projects.
pub fn operations() -> Vec<Operation> {
    vec![
        Operation::read("/project", "A project")
            .query([required(OWNERNAME), required(PROJECTNAME)])
            .gives::<Project>()
            .says(404, NO_PROJECT),
        Operation::read("/project/list", "Projects, of one owner or of all")
            .query([optional(OWNERNAME)])
            .query(paging(&copr_db::project::ORDERS))
            .gives::<List<Project>>(),
        Operation::read("/project/search", "Projects that match, newest first")
            .query([required((
                "query",
                "Words, of three characters at least; or parts of an owner and a name around `/`.",
            ))])
            .query(paging(&copr_db::project::ORDERS))
            .gives::<List<Project>>(),
        Operation::create("/project/add/{owner}", "Makes a project")
            .query([one_of("exist_ok", "`True`: a project that is there already is no error.", &["True", "False"])])
            .takes(&[NEW_PROJECT, PROJECT])
            .gives::<Project>()
            .says(403, "Not for this owner, or not with these settings."),
        Operation::update("/project/edit/{owner}/{project}", "Changes what is sent, and nothing else")
            .takes(&[CHROOTS_OF_PROJECT, PROJECT, RUNNING])
            .gives::<Project>()
            .says(403, MAY_NOT_EDIT)
            .says(409, "A chroot that is to go is still built in."),
        Operation::create("/project/fork/{owner}/{project}", "Copies a project; its packages follow in the background")
            .old("put")
            .takes(&[FORK])
            .gives::<Project>()
            .says(403, "Not into this owner's."),
        Operation::update(
            "/project/rename/{owner}/{project}",
            "Gives a project another name; what it was called leads to it until somebody takes that name. Not in Copr",
        )
        .takes(&[RENAME])
        .gives::<Project>()
        .says(403, MAY_NOT_EDIT)
        .says(400, "Another project has the name, or it is none.")
        .says(409, "The name was left, or promised, only just now."),
        Operation::update(
            "/project/transfer/{owner}/{project}",
            "Gives a project to another owner, as to be renamed. Not in Copr",
        )
        .takes(&[TRANSFER])
        .gives::<Project>()
        .says(400, "The owner has a project of that name.")
        .says(403, "Only owners may, to groups of their own and from those to themselves.")
        .says(409, "The name was left, or promised, only just now."),
        Operation::remove("/project/delete/{owner}/{project}", "Deletes a project with everything in it")
            .takes(&[VERIFY, RUNNING])
            .gives::<Project>()
            .says(400, "Builds run there.")
            .says(403, "Only owners may, and nobody may delete a persistent project."),
        Operation::remove(
            "/project/directory/delete/{owner}/{dir}",
            "Deletes a directory beside the main one; not in Copr",
        )
        .takes(&[RUNNING])
        .gives::<Message>()
        .says(400, "Builds run there, or it is the main one.")
        .says(403, MAY_NOT_EDIT),
        Operation::update("/project/regenerate-repos/{owner}/{project}", "Makes the metadata of the repositories anew")
            .gives::<Project>()
            .says(403, MAY_NOT_EDIT),
        Operation::read("/monitor", "The newest build of each package in each chroot")
            .query([required(OWNERNAME), required(PROJECTNAME)])
            .query([optional(("project_dirname", "The directory; the main one by default."))])
            .query([many("additional_fields[]", &["url_build", "url_build_log", "url_backend_log"])])
            .gives::<Monitor>()
            .says(404, "There is no such project, or no such directory in it."),
        Operation::create("/webhook/generate/{owner}/{project}", "A new secret for web hooks; the old one is void")
            .gives_written(object(json!({
                "id": { "type": "integer" },
                "name": { "type": "string" },
                "ownername": { "type": "string" },
                "full_name": { "type": "string" },
                "webhook_secret": { "type": "string" },
            })))
            .says(403, MAY_NOT_EDIT),
        Operation::read(
            "/webhook/list/{owner}/{project}",
            "What forges reported, the newest first; old calls are forgotten",
        )
        .login()
        .query(paging(&["id"]).into_iter().take(2))
        .gives::<List<HookCall>>()
        .says(403, MAY_NOT_EDIT),
        Operation::read("/rpmrepo/{owner}/{dir}/{name_release}", "The repositories of a project, for dnf5")
            .gives_written(repositories()),
    ]
}

/// The descriptions of permissions.
pub fn permissions() -> Vec<Operation> {
    let state = json!({ "enum": ["nothing", "request", "approved"] });
    let roles = json!({ "type": "object", "properties": { "admin": state, "builder": state } });
    let of_users = json!({ "type": "object", "additionalProperties": roles });
    vec![
        Operation::read(
            "/project/permissions/can_build_in/{who}/{owner}/{project}",
            "Whether a user may build in a project",
        )
        .gives_written(object(json!({
            "who": { "type": "string" },
            "ownername": { "type": "string" },
            "projectname": { "type": "string" },
            "can_build_in": { "type": "boolean" },
        }))),
        Operation::read("/project/permissions/get/{owner}/{project}", "Who may do what, and who asks to")
            .login()
            .gives_written(object(json!({ "permissions": of_users })))
            .says(403, MAY_NOT_EDIT),
        Operation::update("/project/permissions/set/{owner}/{project}", "Says who may do what: roles by user")
            .takes_json(of_users)
            .gives_written(object(json!({ "updated": { "type": "array", "items": { "type": "string" } } })))
            .says(403, MAY_NOT_EDIT)
            .says(415, "There is no JSON."),
        Operation::update("/project/permissions/request/{owner}/{project}", "Asks for roles, or gives them up")
            .takes_json(json!({
                "type": "object",
                "properties": { "admin": { "type": "boolean" }, "builder": { "type": "boolean" } },
            }))
            .gives_written(object(json!({ "updated": { "type": "boolean" } })))
            .says(415, "There is no JSON."),
    ]
}

/// The descriptions of projects' chroots.
pub fn chroots() -> Vec<Operation> {
    let which = || [required(OWNERNAME), required(PROJECTNAME), required(CHROOTNAME)];
    let no_chroot = "There is no such project, or no such chroot in it.";
    vec![
        Operation::read("/project-chroot", "A chroot of a project")
            .query(which())
            .gives::<ProjectChroot>()
            .says(404, no_chroot),
        Operation::read("/project-chroot/build-config", "What a build there would use")
            .query(which())
            .gives::<ProjectChrootConfig>()
            .says(404, no_chroot),
        Operation::update("/project-chroot/edit/{owner}/{project}/{chroot}", "Changes what is sent, and nothing else")
            .takes_with_file(COMPS, &[PROJECT_CHROOT])
            .gives::<ProjectChroot>()
            .says(403, MAY_NOT_EDIT),
    ]
}

/// An object that always has all its members.
fn object(properties: Value) -> Value {
    let required: Vec<String> = properties.as_object().into_iter().flat_map(|all| all.keys().cloned()).collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn many(name: &'static str, words: &[&str]) -> Parameter<'static> {
    let schema = json!({ "type": "array", "items": { "enum": words } });
    Parameter { name, about: "What else is wanted.", required: false, schema }
}

/// What dnf5 needs; the members of `opts` go into the `.repo` file as they are.
fn repositories() -> Value {
    let opts = json!({ "type": "object" });
    let multilib = json!({ "type": "object", "additionalProperties": object(json!({ "opts": opts })) });
    let mut arch = object(json!({ "opts": opts }));
    arch["properties"]["delete_after_days"] = json!({ "type": "integer" });
    arch["properties"]["multilib"] = multilib;
    let release = object(json!({ "arch": { "type": "object", "additionalProperties": arch } }));
    let dependency = object(json!({
        "type": { "enum": ["copr", "external_baseurl"] },
        "opts": opts,
        "data": { "type": "object" },
    }));
    let mut all = object(json!({
        "results_url": { "type": "string" },
        "repos": { "type": "object", "additionalProperties": release },
        "directories": { "type": "object", "additionalProperties": { "type": "object" } },
        "dependencies": { "type": "array", "items": dependency },
    }));
    all["properties"]["delete_after_days"] = json!({ "type": "integer" });
    all
}
