//! Makes spare keys in a service's directory of keys: `spares DIRECTORY COUNT`. For `cargo xtask bench api`, which measures
//! what making a project costs, and not what making a key costs; prints the seconds that one took.

use copr_sign::{KeyStore, KeyType};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(directory), Some(count)) = (arguments.next(), arguments.next()) else {
        return Err("usage: spares DIRECTORY COUNT".into());
    };
    let (keys, count) = (KeyStore::open(&directory)?, count.parse::<u32>()?);
    let start = Instant::now();
    for _ in 0..count {
        keys.prepare_spare(KeyType::Rsa4096)?;
    }
    println!("{:.2}", start.elapsed().as_secs_f64() / f64::from(count.max(1)));
    Ok(())
}
