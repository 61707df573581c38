//! Requests that mean nothing: the contract's refusals, and nothing of the inside.

use crate::stage::{Stage, launch, merged};
use copr_testkit::http::Answer;
use serde_json::{Value, json};

/// The text of a refusal in the contract's shape.
#[track_caller]
fn refusal(answer: &Answer, status: u16) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, status, "{text}");
    let json: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"));
    let error = json["error"].as_str().unwrap_or_else(|| panic!("no `error` that is text: {text}"));
    assert!(!error.is_empty() && !error.contains("sqlx") && !error.contains("/data/"), "{error}");
    error.to_owned()
}

#[test]
fn senseless_requests_are_refused_in_the_contracts_shape() {
    let stage = Stage::set(launch().argument("--no-builder"));
    let project = stage.project("api");
    let client = project.client();
    let json_type = "application/json";
    let create = "/api_3/build/create/url";

    let deep = format!("{}1{}", r#"{"a":"#.repeat(5000), "}".repeat(5000));
    for body in ["{", "[]", "\"x\"", "null", "", "{\"ownername\":1}", &"[".repeat(100_000), &deep] {
        let error = refusal(&client.post(create, json_type, body.as_bytes()).unwrap(), 400);
        assert!(error.starts_with("Missing argument "), "{error}");
    }
    refusal(&client.post(create, json_type, &[0xff, 0xfe]).unwrap(), 400);
    refusal(&client.post(create, "multipart/form-data; boundary=x", b"junk").unwrap(), 400);
    refusal(&client.post(create, "multipart/form-data", b"junk").unwrap(), 400);
    refusal(
        &client.post("/api_3/build/create/upload", json_type, project.options().to_string().as_bytes()).unwrap(),
        400,
    );

    for (field, value, words) in [
        ("chroots", json!(["nope-1-x86_64"]), "'nope-1-x86_64' is not a valid choice for this field."),
        ("chroots", json!("nope"), "is not a valid choice"),
        ("chroots", json!({ "a": 1 }), "is not a valid choice"),
        ("chroots", json!([5, null, ["x"]]), "are not valid choices"),
        ("exclude_chroots", json!(["nope"]), "is not a valid choice"),
        ("timeout", json!("abc"), "Not a valid integer value."),
        ("timeout", json!(-1), "Number must be between 0 and 108000."),
        ("timeout", json!(1e99), "Not a valid integer value."),
        ("timeout", json!(true), "Not a valid integer value."),
        ("timeout", json!("99999999999999999999"), "Not a valid integer value."),
        ("isolation", json!("none of them"), "Not a valid choice."),
        ("bootstrap", json!(7), "Not a valid choice."),
        ("project_dirname", json!("../x"), "must start with 'api:' prefix"),
        ("project_dirname", json!("api:pr:../../x"), "Please use directory format"),
        ("after_build_id", json!("x"), "Not a valid integer value."),
        ("with_build_id", json!(99_999), "Build 99999 not found"),
        ("pkgs", json!([["x"]]), "seem to be a valid URL"),
        ("pkgs", json!({ "a": 1 }), "A list of http[s] URLs"),
        ("pkgs", json!("file:///etc/passwd"), "A list of http[s] URLs"),
        ("pkgs", json!("http://a/.src.rpm"), "URLs must end with .src.rpm"),
        ("pkgs", json!([]), "URLs to packages are required"),
        ("ownername", json!("a\0b"), "NUL"),
        ("projectname", json!({ "x": 1 }), "does not exist"),
    ] {
        let body = merged(project.options(), json!({ "pkgs": ["http://127.0.0.1:1/x.src.rpm"], field: value }));
        let answer = client.post_json(create, &body).unwrap();
        let error = refusal(&answer, if field == "projectname" { 404 } else { 400 });
        assert!(error.contains(words), "{field}: {error}");
    }

    for (form, words) in [
        (json!({ "name": "../x" }), "name: Name must contain only letters"),
        (json!({ "name": "" }), "name: This field is required."),
        (json!({ "name": 5 }), "name: Project's name can not be just number."),
        (json!({ "name": "x".repeat(300) }), "name: Field cannot be longer than 100 characters."),
        // A hundred letters of four bytes each make no name of a directory.
        (json!({ "name": "𝒳".repeat(100) }), "name: Field cannot be longer"),
        (json!({ "name": "y", "chroots": ["nope-1-x86_64"] }), "chroots: 'nope-1-x86_64' is not a valid choice"),
        (json!({ "name": "y", "chroots": [] }), "chroots: At least one chroot must be selected"),
        (json!({ "name": "y", "chroots": { "a": "b" } }), "is not a valid choice"),
        (json!({ "name": "y", "delete_after_days": "soon" }), "delete_after_days: Not a valid integer value."),
    ] {
        let form = merged(json!({ "chroots": [project.chroot] }), form);
        let error = refusal(&client.post_json("/api_3/project/add/admin", &form).unwrap(), 400);
        assert!(error.contains(words), "{error}");
    }

    let edit = format!("/api_3/project-chroot/edit/admin/api/{}", project.chroot);
    let options = json!({ "additional_packages": "--installroot=/", "with_opts": "--define x", "additional_repos": ["file:///etc"] });
    let error = refusal(&client.post_json(&edit, &options).unwrap(), 400);
    assert_eq!(error.lines().count(), 3, "{error}");
    refusal(&client.post_json("/api_3/project-chroot/edit/admin/api/nope-1-x86_64", &json!({})).unwrap(), 404);

    for (path, status) in [
        ("build/x", 404),
        ("build/99999", 404),
        ("build/-1", 404),
        ("build/99999999999999999999", 404),
        ("build/..%2f..%2fetc/passwd", 404),
        ("build/list", 400),
        ("build/list?ownername=admin&projectname=api&limit=x", 400),
        ("build/list?ownername=admin&projectname=api&offset=-1", 400),
        ("project?ownername=a%00b&projectname=api", 400),
        ("project?ownername=%ff&projectname=api", 404),
        ("project-chroot?ownername=admin&projectname=api&chrootname=../x", 404),
        ("build-chroot?build_id=x&chrootname=y", 404),
        ("nothing", 404),
    ] {
        refusal(&client.get(&format!("/api_3/{path}")).unwrap(), status);
    }
    let nobody = copr_testkit::http::Client::new(stage.service.address());
    for client in [nobody.clone(), nobody.with_token("some", "body")] {
        let error = refusal(&client.post_json(create, &json!({})).unwrap(), 401);
        assert!(error.starts_with("Login invalid/expired."), "{error}");
    }
    let log = stage.log();
    assert!(!log.contains("ERROR") && !log.contains("panic"), "none of this is our fault:\n{log}");
}
