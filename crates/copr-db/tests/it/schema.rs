//! The two sets of migrations make one schema, and these tests call every function of the crate.

use crate::fixture::Fixture;
use sqlx::{Connection, PgConnection, Row, SqliteConnection};
use std::collections::BTreeSet;
use std::path::Path;

/// A column: table, name, kind, whether it may be NULL.
type Column = (String, String, &'static str, bool);

async fn sqlite_columns(conn: &mut SqliteConnection) -> BTreeSet<Column> {
    let sql = "SELECT t.name AS tab, c.name AS col, c.type AS kind, c.\"notnull\" = 0 AND c.pk = 0 AS nullable
               FROM sqlite_schema t JOIN pragma_table_info(t.name) c
               WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '\\_sqlx%' ESCAPE '\\'
                 -- Each engine finds words inside of texts in its own way.
                 AND t.name NOT LIKE 'search_index%'";
    let rows = sqlx::query(sql).fetch_all(conn).await.unwrap();
    let kind = |word: String| match word.as_str() {
        // STRICT tables have no other whole numbers, and no booleans.
        "INTEGER" => "number",
        "TEXT" => "text",
        "BLOB" => "bytes",
        other => panic!("what is {other}?"),
    };
    rows.into_iter().map(|row| (row.get("tab"), row.get("col"), kind(row.get("kind")), row.get("nullable"))).collect()
}

async fn postgres_columns(conn: &mut PgConnection) -> BTreeSet<Column> {
    let sql = "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'YES'
               FROM information_schema.columns
               WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'";
    let rows: Vec<(String, String, String, bool)> = sqlx::query_as(sql).fetch_all(conn).await.unwrap();
    let kind = |word: &str| match word {
        "bigint" | "boolean" => "number",
        "text" => "text",
        "bytea" => "bytes",
        other => panic!("what is {other}?"),
    };
    rows.into_iter().map(|(table, column, word, nullable)| (table, column, kind(&word), nullable)).collect()
}

/// An index: table, whether it is unique, whether it is partial, its columns in order.
type Index = (String, bool, bool, String);

async fn sqlite_indexes(conn: &mut SqliteConnection) -> BTreeSet<Index> {
    let sql = "SELECT t.name AS tab, i.\"unique\" AS uniq, i.partial AS part,
                      (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) AS cols
               FROM sqlite_schema t JOIN pragma_index_list(t.name) i
               WHERE t.type = 'table' AND t.name NOT LIKE '\\_sqlx%' ESCAPE '\\' AND t.name NOT LIKE 'search_index%'";
    let rows = sqlx::query(sql).fetch_all(conn).await.unwrap();
    rows.into_iter().map(|row| (row.get("tab"), row.get("uniq"), row.get("part"), row.get("cols"))).collect()
}

async fn postgres_indexes(conn: &mut PgConnection) -> BTreeSet<Index> {
    let sql = "SELECT t.relname::text, x.indisunique, x.indpred IS NOT NULL,
                      (SELECT string_agg(a.attname::text, ',' ORDER BY k.place)
                       FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k (number, place)
                       JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number)
               FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid
               JOIN pg_namespace n ON n.oid = t.relnamespace
               WHERE n.nspname = 'public' AND t.relname NOT LIKE '\\_sqlx%'
                 AND x.indexrelid::regclass::text <> 'search_index'
                 -- The key of a numbered table is the row's own number in SQLite, which needs no index.
                 AND NOT (x.indisprimary AND x.indnatts = 1)";
    let rows: Vec<Index> = sqlx::query_as(sql).fetch_all(conn).await.unwrap();
    rows.into_iter().collect()
}

fn assert_same<T: Ord + std::fmt::Debug>(what: &str, sqlite: &BTreeSet<T>, postgres: &BTreeSet<T>) {
    assert!(sqlite.len() > 10, "{what}: {sqlite:?}");
    let only_sqlite: Vec<_> = sqlite.difference(postgres).collect();
    let only_postgres: Vec<_> = postgres.difference(sqlite).collect();
    assert!(
        only_sqlite.is_empty() && only_postgres.is_empty(),
        "{what} differ\nonly SQLite: {only_sqlite:#?}\nonly PostgreSQL: {only_postgres:#?}"
    );
}

#[tokio::test]
async fn both_engines_have_the_same_tables_columns_and_indexes() {
    let Some(postgres) = Fixture::postgres().await else {
        eprintln!("skipped: COPR_TESTS_POSTGRES is not set (`cargo xtask test` sets it)");
        return;
    };
    let sqlite = Fixture::sqlite().await;
    let mut small = SqliteConnection::connect(&sqlite.address()).await.unwrap();
    let mut large = PgConnection::connect(&postgres.address()).await.unwrap();
    assert_same("columns", &sqlite_columns(&mut small).await, &postgres_columns(&mut large).await);
    assert_same("indexes", &sqlite_indexes(&mut small).await, &postgres_indexes(&mut large).await);
}

/// The modules of a directory with their texts. Parts of a module are seen through it, so they have its name.
fn texts(dir: &Path) -> Vec<(String, String)> {
    let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let mut found = Vec::new();
    for path in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(texts(&path).into_iter().map(|(_, text)| (stem(&path), text)));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((stem(&path), std::fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn every_statement_of_the_crate_is_run_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests: String = texts(&root.join("tests/it")).into_iter().map(|(_, text)| text).collect();
    let mut count = 0;
    let mut missing = Vec::new();
    for (module, text) in texts(&root.join("src")) {
        for name in text.split("\npub async fn ").skip(1).filter_map(|rest| rest.split('(').next()) {
            count += 1;
            // Modules that share a word with a helper of the tests are imported in the plural.
            let called = [format!("{module}::{name}("), format!("{module}s::{name}(")];
            if !called.iter().any(|call| tests.contains(call)) {
                missing.push(format!("{module}::{name}"));
            }
        }
    }
    assert!(count > 80, "only {count} statements were found: did their form change?");
    assert!(missing.is_empty(), "no test runs {}", missing.join(", "));
}
