//! What only people see: at a terminal.

use crate::call::Home;
use crate::server;
use copr_testkit::terminal::Terminal;
use std::sync::mpsc::channel;

const BUILD: &str = r#"{"id": 5, "state": "pending", "ownername": "alice", "projectname": "foo", "message": "ok"}"#;

#[test]
fn a_bar_shows_how_much_of_a_file_is_sent() {
    let (go_on, waits) = channel();
    let home = Home::at(&format!("http://127.0.0.1:{}", server::that_dawdles(waits, BUILD)));
    // More than what networks keep on their way.
    std::fs::write(home.path("large.src.rpm"), vec![0; 64 << 20]).expect("a file");
    let call = home.command("build foo large.src.rpm --nowait");
    let terminal = Terminal::start(call, 100).expect("a terminal");
    terminal.shows("Uploading package large.src.rpm").expect("a line");
    terminal.shows("/67.11 MB").expect("a bar");
    go_on.send(()).expect("a server");
    let (status, shown) = terminal.ends().expect("an end");
    assert!(status.success() && shown.ends_with("Created builds: 5\n"), "{shown:?}");
}

#[test]
fn nobody_sees_a_bar_who_is_no_terminal() {
    let home = Home::at(&format!("http://127.0.0.1:{}", server::that_says(200, BUILD)));
    std::fs::write(home.path("small.src.rpm"), "x").expect("a file");
    let said = home.says("build foo small.src.rpm --nowait");
    assert_eq!((said.status, said.err.as_str()), (Some(0), ""));
}

#[test]
fn errors_have_colours_and_hints_at_a_terminal() {
    let home = Home::at(&format!("http://127.0.0.1:{}", server::nowhere()));
    let shown = |words: &str, variable: (&str, &str)| {
        let mut call = home.command(words);
        call.env(variable.0, variable.1);
        Terminal::start(call, 200).expect("a terminal").ends().expect("an end").1
    };
    let coloured = shown("get foo", ("LANG", "C"));
    assert!(coloured.contains("\u{1b}[31mError:\u{1b}[0m Unable to connect"), "{coloured:?}");
    assert!(coloured.contains("\nhint: nothing listens at http://127.0.0.1:"), "{coloured:?}");
    for plain in [shown("get foo", ("NO_COLOR", "1")), shown("--no-color get foo", ("LANG", "C"))] {
        assert!(plain.contains("\nError: Unable to connect") && !plain.contains('\u{1b}'), "{plain:?}");
    }
    let said = home.says("get foo");
    assert!(!said.err.contains("hint:") && said.err.contains("\nError: Unable to connect"), "{said:?}");
}

#[test]
fn words_that_are_no_commands_are_near_to_some() {
    let home = Home::with("");
    let said = home.says("--hints list-build foo");
    assert_eq!(said.status, Some(2));
    assert!(said.err.ends_with("\nhint: there is `list-builds`\n"), "{}", said.err);
    assert!(!home.says("list-build foo").err.contains("hint"));
}
