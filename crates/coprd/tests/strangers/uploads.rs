//! Uploads that are not what they say that they are.

use crate::stage::{Stage, Submitted, launch, merged, read, try_upload, upload, upload_with};
use crate::surgery::{NAME, VERSION, repacked, retold};
use copr_testkit::http::{form, form_type};
use copr_types::FailureClass::User;
use copr_types::Phase::{Build, Import, Srpm};
use serde_json::json;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

const FILE: u32 = 0o100_644;
const LINK: u32 = 0o120_777;

fn spec(name: &str, version: &str, rest: &str) -> Vec<u8> {
    format!(
        "Name: {name}\nVersion: {version}\nRelease: 1\nSummary: x\nLicense: MIT\nBuildArch: noarch\n%description\nx\n\
         {rest}\n%files\n"
    )
    .into_bytes()
}

#[test]
fn what_is_no_source_package_fails_and_says_why() {
    let stage = Stage::set(launch());
    let project = stage.project("uploads");
    let hello = stage.srpm("hello-noarch");
    let (program, hello_spec) = (
        read(&copr_testkit::checkout().join("packages/hello-noarch/hello-noarch")),
        read(&copr_testkit::spec("hello-noarch")),
    );
    let mut all = Submitted::to(&stage, &project);
    let send = |name: &str, bytes: &[u8]| upload(&project, name, bytes);

    all.add("garbage", send("x.src.rpm", &b"this is no package".repeat(1000)));
    all.add("empty", send("x.src.rpm", b""));
    all.add("cut in the header", send("x.src.rpm", &hello[..400]));
    all.add("cut in the payload", send("x.src.rpm", &hello[..hello.len() - 200]));
    all.add("path as name", send("x.src.rpm", &retold(&hello, NAME, b"../x")));
    all.add("colours as name", send("x.src.rpm", &retold(&hello, NAME, b"a\x1b[31mb")));
    all.add("lines as name", send("x.src.rpm", &retold(&hello, NAME, b"a\nb")));
    all.add("option as name", send("x.src.rpm", &retold(&hello, NAME, b"-rf")));
    all.add("path as version", send("x.src.rpm", &retold(&hello, VERSION, b"../")));
    all.add("another name", send("x.src.rpm", &retold(&hello, NAME, b"hello-noarcX")));
    let packed = |members: &[(&str, u32, &[u8])]| send("x.src.rpm", &repacked(&hello, members));
    let good = [("hello-noarch", FILE, &program[..]), ("hello-noarch.spec", FILE, &hello_spec[..])];
    all.add("packed anew", packed(&good));
    all.add("absolute path", packed(&[("/etc/evil", FILE, b"x"), good[0], good[1]]));
    all.add("path upwards", packed(&[("../../evil", FILE, b"x"), good[0], good[1]]));
    all.add("late absolute path", packed(&[good[1], good[0], ("/etc/evil", FILE, b"x")]));
    all.add("link as source", packed(&[("hello-noarch", LINK, b"/etc/passwd"), good[1]]));
    all.add("link as spec", packed(&[good[0], ("hello-noarch.spec", LINK, b"/etc/passwd")]));
    all.add("no spec", packed(&[good[0]]));
    all.add("no name", send("noname.spec", &read(&copr_testkit::spec("noname"))));
    all.add("no text", send("x.spec", &[0xff, 0xfe, 0].repeat(100)));
    all.add("nothing", send("x.spec", b""));
    all.add("name with a path", send("x.spec", &spec("../../x", "1", "")));
    all.add("long name", send("x.spec", &spec(&"x".repeat(120), "1", "")));
    let planted = "%build\nmkdir -p %{_rpmdir}\nln -s /etc/passwd %{_rpmdir}/evil-1-1.noarch.rpm";
    all.add("planted results", send("x.spec", &spec("planted", "1", planted)));
    // The longest file name that there is: `long-1…1-1.noarch.rpm` has 255 bytes.
    all.add("long version", send("x.spec", &spec("long", &"1".repeat(235), "")));
    for name in ["../../up.src.rpm", "a b.src.rpm", "-rf.src.rpm", ".hidden.src.rpm", "ž.src.rpm", "$(id);`id`.SRC.RPM"]
    {
        all.add(name, send(name, &hello));
    }

    for (called, words) in [
        ("garbage", "not an RPM package"),
        ("empty", "empty"),
        ("cut in the header", "cut short"),
        ("cut in the payload", "cut short"),
        ("path as name", "`../x` is not allowed"),
        ("colours as name", r"`a\u{1b}[31mb` is not allowed"),
        ("lines as name", r"`a\nb` is not allowed"),
        ("option as name", "`-rf` is not allowed"),
        ("path as version", "`../` is not allowed"),
        ("another name", "digest: BAD"),
        ("absolute path", "`/etc/evil`; only plain file names"),
        ("path upwards", "`../../evil`; only plain file names"),
        ("link as source", "could not be unpacked"),
        ("link as spec", "could not be unpacked"),
        ("no spec", "no spec file"),
        ("no name", "Name field must be present"),
        ("no text", "`x.spec` can not be read"),
        ("nothing", "Name field must be present"),
        ("name with a path", "../../x"),
        ("long name", "longer than 100"),
    ] {
        all.failed(called, User, Srpm, &[words]);
    }
    // Its spec file comes first, and no more of it is read where the source is made.
    all.failed("late absolute path", User, Import, &["`/etc/evil`; only plain file names"]);
    all.failed("planted results", User, Build, &["`evil-1-1.noarch.rpm` is no package"]);
    for good in ["packed anew", "long version", "a b.src.rpm", "-rf.src.rpm", "ž.src.rpm", "$(id);`id`.SRC.RPM"] {
        all.end(good).succeeded();
    }
    for (name, kept) in [("../../up.src.rpm", "up.src.rpm"), (".hidden.src.rpm", "hidden.src.rpm")] {
        all.end(name).succeeded();
        let log = project
            .client()
            .get(&format!("/results/admin/uploads/srpm-builds/{:08}/builder-live.log.gz", all.end(name).build));
        assert_eq!(log.expect("an answer").status, 200);
        let shown = project.build(all.end(name).build).expect("the build").to_string();
        assert!(!shown.contains(".."), "{kept}: {shown}");
    }
    stage.still_builds(&project);
}

#[test]
fn an_upload_that_breaks_off_leaves_nothing() {
    let stage = Stage::set(launch().argument("--no-builder").setting("limits.upload_max_mib", "1"));
    let project = stage.project("broken");
    let hello = stage.srpm("hello-noarch");
    let uploads = || -> usize {
        let inside = |path: std::path::PathBuf| std::fs::read_dir(path).map_or(0, |found| found.flatten().count());
        std::fs::read_dir(stage.service.data_dir().join("uploads"))
            .unwrap()
            .flatten()
            .map(|one| inside(one.path()))
            .sum()
    };
    let until = |what: &str, seen: &dyn Fn() -> bool| {
        let start = Instant::now();
        while !seen() {
            assert!(start.elapsed() < Duration::from_secs(20), "still not: {what}\n{}", stage.service.log_tail());
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let whole = form("hello.src.rpm", &hello.repeat(20), &project.options()).expect("a form");

    // The client goes away in the middle of the file.
    let path = "/api_3/build/create/upload";
    let mut connection = project.client().begin("POST", path, Some((&form_type(), whole.len()))).expect("a connection");
    connection.write_all(&whole[..whole.len() / 2]).expect("half of it");
    until("the file has begun to arrive", &|| uploads() == 1);
    drop(connection);
    until("the file is gone", &|| uploads() == 0);

    // The form ends before its last boundary.
    let short = &whole[..whole.len() - 40];
    let mut connection = project.client().begin("POST", path, Some((&form_type(), short.len()))).expect("a connection");
    connection.write_all(short).expect("all but its end");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("an answer");
    assert!(
        answer.contains(" 400 ") && answer.contains(r#"{"error":"The form in the request is not complete."}"#),
        "{answer}"
    );

    // Larger than is allowed; nothing that can be built; for a project that is not there.
    let refused = |name: &str, bytes: &[u8], options| {
        let answer = try_upload(&project, name, bytes, options);
        (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
    };
    let (status, text) = refused("x.src.rpm", &vec![0; 2 << 20], json!({}));
    assert_eq!(status, 413, "{text}");
    let (status, text) = refused("x.rpm", &hello, json!({}));
    assert!(status == 400 && text.contains("You can upload only .src.rpm"), "{status} {text}");
    let (status, text) = refused("x.src.rpm", &hello, json!({ "projectname": "nowhere" }));
    assert!(status == 404 && text.contains("Project admin/nowhere does not exist."), "{status} {text}");
    let (status, text) = refused("x.src.rpm", &hello, json!({ "chroots": ["nope-1-x86_64"] }));
    assert!(status == 400 && text.contains("'nope-1-x86_64' is not a valid choice for this field."), "{status} {text}");
    let far = format!("{}:custom:{}", project.name, "x".repeat(300));
    let (status, text) = refused("x.src.rpm", &hello, merged(json!({ "project_dirname": far }), json!({})));
    assert!(status == 400 && text.contains("Directory name"), "{status} {text}");
    assert_eq!(uploads(), 0);
    let list = project.client().get("/api_3/build/list?ownername=admin&projectname=broken").expect("an answer");
    assert_eq!(list.json().expect("a list")["items"], json!([]), "no build came of any of them");

    let build = upload_with(&project, "hello.src.rpm", &hello, json!({}));
    assert_eq!((uploads(), project.build(build).expect("the build")["state"].as_str()), (1, Some("pending")));
}
