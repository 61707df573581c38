//! How long an empty command takes: `cargo run --example overhead -- TREE DIRECTORY [COUNT]`.

use std::{path::PathBuf, time::Instant};

use copr_sandbox::{Command, Config, Root, Sandbox, User};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    copr_sandbox::main_if_child();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [tree, directory, rest @ ..] = words.as_slice() else {
        return Err("a tree with `/bin/true` and a directory for layers are needed".into());
    };
    let count: usize = rest.first().map_or(Ok(50), |word| word.parse())?;
    let start = Instant::now();
    let sandbox = Sandbox::new(Config::default())?;
    println!("probe: {:?}\n{}", start.elapsed(), sandbox.capabilities());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    for user in [User::Root, User::Build] {
        let mut times = Vec::new();
        for _ in 0..count {
            let layer = PathBuf::from(directory);
            let root =
                Root::Overlay { lowers: vec![tree.into()], upper: layer.join("upper"), work: layer.join("work") };
            let start = Instant::now();
            let ended = runtime.block_on(sandbox.run(Command::new(root, "/bin/true").user(user)))?;
            times.push(start.elapsed());
            assert!(ended.success(), "{ended:?}");
        }
        times.sort_unstable();
        println!("{user:?}: least {:?}, median {:?}", times[0], times[count / 2]);
    }
    Ok(())
}
