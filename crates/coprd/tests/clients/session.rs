//! Sessions at a terminal, kept as files: what somebody types and what has to appear.
//!
//! ```text
//! ## Words for the reader.
//!
//! alice$ copr-cli get nope
//! !
//! ! Something went wrong:
//! ! Error: Project alice/nope does not exist.
//! => 1
//! ```
//!
//! A line of the standard error begins with `!`, and `=>` tells the exit status where it is not 0. Besides `copr-cli` there are
//! a few commands of the tests' own, see [`Session::perform`]. What is new each time (addresses, times, secrets) is written
//! as `$URL`, `<time>` and the like; build numbers count from 1, as every session has a service of its own.
//!
//! Sessions of copr-cli 2.6 are played with our own `copr` in its place, too. A line that only one of them shows begins with
//! `@copr-cli ` or `@copr `:
//!
//! ```text
//! alice$ copr-cli --version
//! @copr-cli copr version 2.6
//! @copr copr version 2.6 (coprd 0.1.0)
//! ```
//!
//! `COPR_TESTS_BLESS=1` writes what copr-cli shows into the files, to be read before it is committed; steps with such lines
//! stay as they are.

use crate::cli::{Cli, Program, Said, beside};
use crate::stage::Stage;
use copr_testkit::Environment;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// One line that somebody typed, and what has to appear below it.
#[derive(Debug)]
pub struct Step {
    /// Words for the reader.
    before: String,
    pub who: String,
    pub typed: String,
    appears: String,
}

impl Step {
    /// What has to appear with a program.
    fn appears_with(&self, program: &str) -> String {
        let shown = |line: &'_ str| match line.strip_prefix('@').and_then(|rest| rest.split_once(' ')) {
            Some((only, rest)) => (only == program).then(|| rest.to_owned()),
            None => Some(line.to_owned()),
        };
        self.appears.lines().filter_map(shown).collect::<Vec<_>>().join("\n")
    }

    fn differs(&self) -> bool {
        self.appears.lines().any(|line| line.starts_with('@'))
    }

    /// The words of the line, and what is passed to the program behind `<<<`.
    pub fn words(&self) -> (Vec<String>, String) {
        let mut words = split(&self.typed);
        match words.iter().position(|word| word == "<<<") {
            Some(place) => {
                let input = words.split_off(place)[1..].join(" ") + "\n";
                (words, input)
            }
            None => (words, String::new()),
        }
    }

    /// The sub-command, of a call that has to work with a program.
    fn succeeding_command(&self, program: &str) -> Option<String> {
        let (words, _) = self.words();
        let works = words[0] == "copr-cli" && !self.appears_with(program).lines().any(|line| line.starts_with("=> "));
        works.then(|| words.get(1).cloned()).flatten()
    }
}

/// Words as the shell would split them; there are quotes and nothing else.
fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// The steps of a file's text.
pub fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut before = String::new();
    for line in text.lines() {
        let prompt = line.split_once("$ ").filter(|(who, _)| ["admin", "alice", "bob"].contains(who));
        match (prompt, steps.last_mut()) {
            (Some((who, typed)), _) => {
                let (who, typed) = (who.to_owned(), typed.to_owned());
                steps.push(Step { before: std::mem::take(&mut before), who, typed, appears: String::new() });
            }
            (None, _) if line.starts_with("## ") => before = format!("{line}\n\n"),
            (None, Some(step)) => step.appears += &format!("{}\n", line.trim_end()),
            (None, None) => assert_eq!(line, "", "words before the first prompt"),
        }
    }
    for step in &mut steps {
        step.appears = step.appears.trim_end().to_owned();
    }
    steps
}

/// The sub-commands of a program that work somewhere in the sessions of these directories.
pub fn succeeding_commands(program: &str, directories: &[&str]) -> BTreeSet<String> {
    let files = directories.iter().flat_map(|name| fs::read_dir(beside("sessions").join(name)).expect("a directory"));
    let texts = files.map(|file| fs::read_to_string(file.expect("a file").path()).expect("a text"));
    texts.flat_map(|text| steps(&text)).filter_map(|step| step.succeeding_command(program)).collect()
}

/// Plays the session of that name with these clients; every step that shows something else is told.
#[track_caller]
pub fn play(stage: &Stage, clients: &Environment, name: &str) {
    let (steps, appeared) = played(stage, Program::CoprCli(Cli::start(clients)), name);
    if std::env::var_os("COPR_TESTS_BLESS").is_some() {
        fs::write(beside("sessions").join(name), rendered(&steps, &appeared)).expect("the file is written");
    }
}

/// Plays the session of that name with `copr` in the place of copr-cli.
#[track_caller]
pub fn play_with_copr(stage: &Stage, name: &str) {
    played(stage, Program::Copr, name);
}

#[track_caller]
fn played(stage: &Stage, program: Program, name: &str) -> (Vec<Step>, Vec<String>) {
    let path = beside("sessions").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let word = program.word();
    let mut session = Session { stage, program };
    let steps = steps(&text);
    let mut different = Vec::new();
    let mut all = Vec::new();
    for step in &steps {
        let appeared = session.perform(step);
        let appears = step.appears_with(word);
        if appeared != appears {
            let Step { who, typed, .. } = step;
            different.push(format!("{who}$ {typed}\n--- has to appear\n{appears}\n--- appeared\n{appeared}\n"));
        }
        all.push(appeared);
    }
    let blessed = word == "copr-cli" && std::env::var_os("COPR_TESTS_BLESS").is_some();
    let count = different.len();
    assert!(different.is_empty() || blessed, "{name}, {word}: {count} step(s) differ\n\n{}", different.join("\n"));
    (steps, all)
}

/// The file's text, with what appeared.
fn rendered(steps: &[Step], appeared: &[String]) -> String {
    let block = |(step, appeared): (&Step, &String)| {
        let Step { before, who, typed, .. } = step;
        let appeared = if step.differs() { &step.appears } else { appeared };
        let below = if appeared.is_empty() { String::new() } else { format!("{appeared}\n") };
        format!("{before}{who}$ {typed}\n{below}")
    };
    steps.iter().zip(appeared).map(block).collect::<Vec<_>>().join("\n")
}

struct Session<'s> {
    stage: &'s Stage,
    program: Program,
}

impl Session<'_> {
    /// Runs one step:
    ///
    /// - `copr-cli …`, with the configuration of whoever types unless the line names another;
    /// - `wait N`: until nothing more happens to build N; shows its state;
    /// - `srpm NAME`: makes the source package of one of the checkout's packages in the home;
    /// - `write FILE TEXT`, `copy FILE NEW`, `cat FILE`, `find PLACE` (all files below it), in the home;
    /// - `api PATH KEY…`: what the API says below these keys.
    fn perform(&mut self, step: &Step) -> String {
        let (words, input) = step.words();
        let words: Vec<String> = words.iter().map(|word| word.replace("$URL", &self.stage.url())).collect();
        let home = self.stage.home(&step.who);
        let rest: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        let text = match (words[0].as_str(), &rest[..]) {
            ("copr-cli", _) => return self.copr_cli(&home, &words[1..], &input),
            ("wait", [build]) => self.stage.rests(build.parse().expect("a number")),
            ("srpm", [name]) => {
                let made = self.stage.srpm(name);
                let name = made.file_name().expect("a name");
                fs::copy(&made, home.join(name)).expect("a copy");
                name.display().to_string()
            }
            ("write", [name, text]) => {
                fs::write(home.join(name), text.replace("\\n", "\n")).expect("a file");
                String::new()
            }
            ("copy", [name, new]) => {
                let new = home.join(new);
                fs::create_dir_all(new.parent().expect("a directory")).expect("a directory");
                fs::copy(home.join(name), new).expect("a copy");
                String::new()
            }
            ("cat", [name]) => fs::read_to_string(home.join(name)).expect("a file"),
            ("find", [place]) => files(&home, &home.join(place)).join("\n"),
            ("api", [path, keys @ ..]) => {
                let answer = self.stage.client("bob").get(&format!("/api_3/{path}")).expect("an answer");
                let answer: Value = serde_json::from_slice(&answer.body).expect("JSON");
                let lines = keys.iter().map(|key| format!("{key}: {}", sorted(answer.pointer(key).unwrap_or(&answer))));
                lines.collect::<Vec<_>>().join("\n")
            }
            _ => panic!("no such command: {}", step.typed),
        };
        self.hidden(&home, &text).trim_end().to_owned()
    }

    fn copr_cli(&mut self, home: &Path, words: &[String], input: &str) -> String {
        let mut all = words.to_vec();
        if !words.iter().any(|word| word == "--config") {
            all.splice(0..0, ["--config".to_owned(), "copr".to_owned()]);
        }
        let Said { status, out, err } = self.program.call(home, &all, input);
        let err = match status {
            2 => without_usage(&err),
            _ => err,
        };
        let kept = |text: String| -> Vec<String> {
            self.hidden(home, &text).lines().filter(|line| !is_on_the_way(line)).map(str::to_owned).collect()
        };
        let mut lines = kept(out);
        lines.extend(kept(err).into_iter().map(|line| format!("! {line}").trim_end().to_owned()));
        if status != 0 {
            lines.push(format!("=> {status}"));
        }
        let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
        lines.join("\n").trim_end().to_owned()
    }

    /// The same text without what is new each time.
    fn hidden(&self, home: &Path, text: &str) -> String {
        let text = text.replace(&home.display().to_string(), "$HOME").replace(&self.stage.url(), "$URL");
        let is_of_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == ':';
        let mut shown = String::new();
        for piece in text.split_inclusive(|letter| !is_of_word(letter)) {
            let word = piece.trim_end_matches(|letter| !is_of_word(letter));
            shown += hidden_word(word).unwrap_or(word);
            shown += &piece[word.len()..];
        }
        shown
    }
}

/// The same with the keys of every object in order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<&String, Value> = members.iter().map(|(key, value)| (key, sorted(value))).collect();
            members.into_iter().map(|(key, value)| (key.clone(), value)).collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// What stands for a word that is new each time.
fn hidden_word(word: &str) -> Option<&'static str> {
    let shape: String = word.chars().map(|letter| if letter.is_ascii_digit() { '9' } else { letter }).collect();
    let all = |of: fn(char) -> bool| word.chars().all(of);
    match shape.as_str() {
        "99:99:99" => Some("<time>"),
        "9999-99-99" => Some("<date>"),
        "9999999999" if word.starts_with(['1', '2']) => Some("<unix>"),
        _ if word.len() == 36 && all(|c| c == '-' || c.is_ascii_hexdigit()) => Some("<uuid>"),
        _ if word.starts_with("upload-") && word.len() == 23 => Some("<upload>"),
        _ if word.len() >= 20 && all(|c| c.is_ascii_lowercase()) => Some("<secret>"),
        _ => None,
    }
}

/// What is wrong with a call, without the list of what could have been said: that one is Python's, and differs with it.
pub fn without_usage(err: &str) -> String {
    if !err.starts_with("usage: ") {
        return err.to_owned();
    }
    let line = err.lines().last().unwrap_or_default();
    let line = line.split(" (choose from").next().unwrap_or_default();
    match (line.split_once('{'), line.split_once('}')) {
        (Some((before, _)), Some((_, after))) => format!("{before}{{…}}{after}\n"),
        _ => format!("{line}\n"),
    }
}

/// A state on the way, which a client that watches a build may see or not.
fn is_on_the_way(line: &str) -> bool {
    let watching = line.strip_prefix("  <time> Build ").and_then(|rest| rest.split_once(": "));
    watching.is_some_and(|(_, state)| ["pending", "starting", "running", "importing"].contains(&state))
}

/// Every file below a directory, with its path from the home; sorted.
fn files(home: &Path, place: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(files(home, &path)),
            false => found.push(path.strip_prefix(home).expect("below the home").display().to_string()),
        }
    }
    found.sort();
    found
}

#[test]
fn a_session_is_read_as_steps() {
    let text = "## Title\n\nalice$ copr-cli new x 'a b' <<< y\nout\n\n! err\n=> 3\n\nbob$ copr-cli list\n";
    let steps = steps(text);
    assert_eq!(steps[0].words(), (["copr-cli", "new", "x", "a b"].map(str::to_owned).to_vec(), "y\n".to_owned()));
    assert_eq!((steps[0].appears.as_str(), steps[0].succeeding_command("copr")), ("out\n\n! err\n=> 3", None));
    assert_eq!((steps[1].who.as_str(), steps[1].succeeding_command("copr")), ("bob", Some("list".to_owned())));
}

#[test]
fn a_line_may_be_of_one_program_only() {
    let steps = steps("bob$ copr-cli x\n@copr-cli ! a\nb\n@copr => 1\n");
    assert_eq!(steps[0].appears_with("copr-cli"), "! a\nb");
    assert_eq!(steps[0].appears_with("copr"), "b\n=> 1");
    assert_eq!((steps[0].succeeding_command("copr"), steps[0].succeeding_command("copr-cli").is_some()), (None, true));
}

#[test]
fn words_that_are_new_each_time_are_known_by_their_shape() {
    let cases = [
        ("11:22:33", Some("<time>")),
        ("2027-05-19", Some("<date>")),
        ("1764155453", Some("<unix>")),
        ("b30ffc87-8599-4983-8640-6c5258441f23", Some("<uuid>")),
        ("znmnsznnrilhndgcykpw", Some("<secret>")),
        ("upload-nPTvyABSqHPNmi0y", Some("<upload>")),
        ("18000", None),
        ("fedora-42-x86_64", None),
    ];
    for (word, expected) in cases {
        assert_eq!(hidden_word(word), expected, "{word}");
    }
}
