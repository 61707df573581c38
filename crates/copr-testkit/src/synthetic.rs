//! Binary packages by the thousand: headers as real ones have them, and next to no payload.
//!
//! They are for what reads headers (repository metadata, signing); they can not be installed. A package takes some
//! microseconds, where rpmbuild needs parts of a second.

const LEAD: usize = 96;
const REGION: usize = 16;
/// As much as rpmbuild reserves for signatures.
const RESERVED: usize = 4128;
const BUILT: u32 = 1_750_000_000;

const WORDS: [&str; 24] = [
    "alpha", "core", "render", "stream", "proto", "graph", "matrix", "crypto", "socket", "parser", "theme", "locale",
    "plugin", "driver", "kernel", "daemon", "client", "server", "index", "cache", "token", "vector", "widget", "shell",
];

/// How much a package's header has, each a number of entries.
const PROVIDES: u64 = 6;
const REQUIRES: u64 = 14;
const FILES: u64 = 40;
const CHANGES: u64 = 9;

/// The file name of the package of a number: `synthetic-00000042-1.42-1.noarch.rpm`.
pub fn file_name(number: u64) -> String {
    format!("{}-{}-1.noarch.rpm", name(number), version(number))
}

fn name(number: u64) -> String {
    format!("synthetic-{number:08}")
}

fn version(number: u64) -> String {
    format!("1.{}", number % 97)
}

/// A package: the same number gives the same bytes, another one other names, dependencies, files and changes.
pub fn rpm(number: u64) -> Vec<u8> {
    let mut dice = Dice(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let main = header(63, main_rows(number, &mut dice));
    // An archive without files, as gzip of nothing.
    let payload = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let size = (main.len() + payload.len()) as u32;
    let signature =
        header(62, vec![Row::numbers(1000, &[size]), Row::numbers(1007, &[0]), Row::binary(1008, vec![0; RESERVED])]);
    let mut bytes = lead(number);
    bytes.extend(&signature);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes.extend(main);
    bytes.extend(payload);
    bytes
}

fn lead(number: u64) -> Vec<u8> {
    let mut lead = vec![0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 0, 0, 0];
    lead.extend(name(number).bytes().take(65));
    lead.resize(76, 0);
    lead.extend([0, 1, 0, 5]);
    lead.resize(LEAD, 0);
    lead
}

fn main_rows(number: u64, dice: &mut Dice) -> Vec<Row> {
    let (name, version) = (name(number), version(number));
    let summary = format!("The {} of {}", dice.word(), dice.word());
    let description: String = (0..40).map(|_| format!("{} ", dice.word())).collect();
    let mut rows = vec![
        Row::text(1000, 6, &name),
        Row::text(1001, 6, &version),
        Row::text(1002, 6, "1"),
        Row::text(1004, 9, &summary),
        Row::text(1005, 9, description.trim_end()),
        Row::numbers(1006, &[BUILT + dice.below(1_000_000) as u32]),
        Row::text(1007, 6, "builder.example"),
        Row::numbers(1009, &[dice.below(1 << 24) as u32]),
        Row::text(1011, 6, "Example"),
        Row::text(1014, 6, "MIT"),
        Row::text(1016, 9, "Unspecified"),
        Row::text(1020, 6, &format!("https://example.org/{name}")),
        Row::text(1021, 6, "linux"),
        Row::text(1022, 6, "noarch"),
        Row::text(1044, 6, &format!("{name}-{version}-1.src.rpm")),
        Row::text(1124, 6, "cpio"),
        Row::text(1125, 6, "gzip"),
        Row::text(1126, 6, "9"),
    ];
    let provides: Vec<_> = (0..PROVIDES)
        .map(|at| match at {
            0 => (name.clone(), 8, format!("{version}-1")),
            1..=3 => (format!("lib{}-{}.so.{}()(64bit)", dice.word(), number, dice.below(9)), 0, String::new()),
            _ => (format!("pkgconfig({}-{})", dice.word(), number), 8, version.clone()),
        })
        .collect();
    rows.extend(dependencies([1047, 1112, 1113], &provides));
    let requires: Vec<_> = (0..REQUIRES)
        .map(|at| match at % 3 {
            0 => (format!("lib{}-{}.so.{}()(64bit)", dice.word(), dice.below(50_000), dice.below(9)), 0, String::new()),
            1 => (format!("synthetic-{:08}", dice.below(50_000)), 12, format!("1.{}", dice.below(97))),
            _ => (format!("python3.13dist({}-{})", dice.word(), dice.below(2_000)), 0, String::new()),
        })
        .collect();
    rows.extend(dependencies([1049, 1048, 1050], &requires));
    rows.extend(files(number, dice));
    rows.extend(changes(dice));
    rows
}

fn dependencies([names, flags, versions]: [u32; 3], all: &[(String, u32, String)]) -> [Row; 3] {
    [
        Row::texts(names, all.iter().map(|(name, ..)| name.clone())),
        Row::numbers(flags, &all.iter().map(|(_, flags, _)| *flags).collect::<Vec<_>>()),
        Row::texts(versions, all.iter().map(|(.., version)| version.clone())),
    ]
}

fn files(number: u64, dice: &mut Dice) -> Vec<Row> {
    let directories = ["/usr/bin/", "/usr/share/doc/", "/usr/lib/python3.13/site-packages/"].map(str::to_owned);
    let own = (0..5).map(|at| format!("/usr/share/synthetic-{number:08}/{}-{at}/", dice.word()));
    let directories: Vec<String> = directories.into_iter().chain(own.collect::<Vec<_>>()).collect();
    let count = FILES as usize;
    let mut indexes: Vec<u32> = (0..count).map(|_| dice.below(directories.len() as u64) as u32).collect();
    indexes.sort_unstable();
    let names: Vec<String> = (0..count).map(|at| format!("{}-{}-{at}.py", dice.word(), dice.word())).collect();
    let digests: Vec<String> = (0..count).map(|_| (0..4).map(|_| format!("{:016x}", dice.next())).collect()).collect();
    let all = |value: u32| vec![value; count];
    let each = |text: &str| vec![text.to_owned(); count];
    vec![
        Row::numbers(1028, &(0..count).map(|_| dice.below(100_000) as u32).collect::<Vec<_>>()),
        Row::shorts(1030, &vec![0o100_644; count]),
        Row::shorts(1033, &vec![0; count]),
        Row::numbers(1034, &all(BUILT)),
        Row::texts(1035, digests),
        Row::texts(1036, each("")),
        Row::numbers(1037, &all(0)),
        Row::texts(1039, each("root")),
        Row::texts(1040, each("root")),
        Row::numbers(1045, &all(u32::MAX)),
        Row::numbers(1095, &all(1)),
        Row::numbers(1096, &(1..=count as u32).collect::<Vec<_>>()),
        Row::texts(1097, each("")),
        Row::numbers(1116, &indexes),
        Row::texts(1117, names),
        Row::texts(1118, directories),
        Row::numbers(5011, &[8]),
    ]
}

fn changes(dice: &mut Dice) -> Vec<Row> {
    let times: Vec<u32> = (0..CHANGES as u32).map(|at| BUILT - 1_000_000 * at - dice.below(86_400) as u32).collect();
    let who = |at: u64| format!("Somebody {at} <somebody{at}@example.org> - 1.{at}-1");
    let names: Vec<String> = (0..CHANGES).map(|_| who(dice.below(400))).collect();
    let text =
        |dice: &mut Dice| format!("- {} {} for {} (#{})", dice.word(), dice.word(), dice.word(), dice.below(9_999_999));
    let texts: Vec<String> = (0..CHANGES).map(|_| text(dice)).collect();
    vec![Row::numbers(1080, &times), Row::texts(1081, names), Row::texts(1082, texts)]
}

/// A small generator whose seed is the package's number.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 11) % limit
    }

    fn word(&mut self) -> &'static str {
        WORDS.get(self.below(WORDS.len() as u64) as usize).copied().unwrap_or("word")
    }
}

/// One tag of a header.
struct Row {
    tag: u32,
    kind: u32,
    count: u32,
    data: Vec<u8>,
}

impl Row {
    /// A string (6) or a translated one (9).
    fn text(tag: u32, kind: u32, text: &str) -> Row {
        Row { tag, kind, count: 1, data: [text.as_bytes(), b"\0"].concat() }
    }

    fn texts(tag: u32, texts: impl IntoIterator<Item = String>) -> Row {
        let (mut data, mut count) = (Vec::new(), 0);
        for text in texts {
            data.extend(text.bytes());
            data.push(0);
            count += 1;
        }
        Row { tag, kind: 8, count, data }
    }

    fn numbers(tag: u32, numbers: &[u32]) -> Row {
        let data = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        Row { tag, kind: 4, count: numbers.len() as u32, data }
    }

    fn shorts(tag: u32, numbers: &[u16]) -> Row {
        let data = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        Row { tag, kind: 3, count: numbers.len() as u32, data }
    }

    fn binary(tag: u32, data: Vec<u8>) -> Row {
        Row { tag, kind: 7, count: data.len() as u32, data }
    }

    fn width(&self) -> usize {
        match self.kind {
            3 => 2,
            4 => 4,
            _ => 1,
        }
    }
}

/// A header as it lies in a file: introduction, entries, data; its region is all of it.
fn header(region: u32, mut rows: Vec<Row>) -> Vec<u8> {
    rows.sort_by_key(|row| row.tag);
    let (mut entries, mut store) = (Vec::new(), Vec::new());
    for row in &rows {
        store.resize(store.len().next_multiple_of(row.width()), 0);
        entries.extend([row.tag, row.kind, store.len() as u32, row.count].map(u32::to_be_bytes).concat());
        store.extend_from_slice(&row.data);
    }
    let count = rows.len() as u32 + 1;
    let first = [region, 7, store.len() as u32, REGION as u32].map(u32::to_be_bytes).concat();
    // The trailer points back over all entries.
    let back = (16 * count).wrapping_neg();
    store.extend([region, 7, back, REGION as u32].map(u32::to_be_bytes).concat());
    let mut bytes = vec![0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0];
    bytes.extend([count, store.len() as u32].map(u32::to_be_bytes).concat());
    bytes.extend(first);
    bytes.extend(entries);
    bytes.extend(store);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rpm_reads_them() {
        let scratch = crate::temp_dir();
        let file = scratch.path().join(file_name(42));
        std::fs::write(&file, rpm(42)).unwrap();
        let query = "%{nevra} %{summary}\\n[%{filenames}\\n][%{changelogname}\\n]";
        let told = crate::output(
            crate::command("rpm")
                .args(["-qp", "--nosignature", "--nodigest", "--provides", "--requires", "--qf", query])
                .arg("--dbpath")
                .arg(scratch.path().join("rpmdb"))
                .arg(&file),
        );
        assert!(
            told.contains("synthetic-00000042 = 1.42-1") && told.contains("/usr/share/synthetic-00000042/"),
            "{told}"
        );
        assert_eq!(rpm(42), std::fs::read(&file).unwrap());
        assert_ne!(rpm(42), rpm(43));
    }
}
