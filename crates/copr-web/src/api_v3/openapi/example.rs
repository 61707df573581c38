//! Values of parameters and fields for people who try the API out; one story through all endpoints.

use serde_json::{Value, json};

/// An example of what stands under a name.
pub fn of(name: &str) -> Option<Value> {
    Some(match name {
        "owner" | "ownername" | "who" => json!("alice"),
        "project" | "projectname" | "dir" | "package" | "packagename" | "package_name" => json!("hello"),
        "chroot" | "chrootname" => json!("fedora-42-x86_64"),
        "chroots" => json!(["fedora-42-x86_64"]),
        "packages" => json!(["hello"]),
        "name_release" => json!("fedora-42"),
        "id" | "build_id" | "chain" | "chain_id" => json!(1),
        "query" => json!("alice/hello"),
        "status" => json!("succeeded"),
        "clone_url" => json!("https://git.example.org/hello.git"),
        _ => return None,
    })
}
