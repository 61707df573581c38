use copr_testkit::{command, fresh_database, output, postgres_url};

fn ask(url: &str, statement: &str) -> String {
    let mut psql = command("psql");
    psql.args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", statement, url]);
    output(&mut psql).trim().to_owned()
}

#[test]
fn every_database_is_new_and_goes_away() {
    let (Some(server), Some(one), Some(two)) = (postgres_url(), fresh_database(), fresh_database()) else {
        eprintln!("skipped: no COPR_TESTS_POSTGRES (`cargo xtask test` sets it)");
        return;
    };
    assert_ne!(one.name(), two.name());
    assert_eq!(ask(&one.url(), "SELECT current_database()"), one.name());

    let name = one.name().to_owned();
    drop(one);
    let left = ask(&server, &format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'"));
    assert_eq!(left, "0");
}
