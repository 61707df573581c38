//! Tables that fit the terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::terminal::{of_state, painted};

/// Between two columns.
const GAP: &str = "  ";
/// No column gets narrower than this to make room.
const NARROWEST: usize = 8;
/// The column whose cells have colours.
const STATE: &str = "STATE";

/// Rows of cells below a head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With these columns.
    pub fn new<T: Into<String>>(head: impl IntoIterator<Item = T>) -> Self {
        let head = head.into_iter().map(|title| title.into().to_uppercase().replace('_', " ")).collect();
        Self { head, rows: Vec::new() }
    }

    /// One more row.
    pub fn add<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(|cell| on_one_line(&cell.into())).collect());
    }

    /// The lines; as narrow as asked for, when that is possible.
    pub fn lines(&self, columns: Option<usize>, colours: bool) -> Vec<String> {
        let widths = fitted(self.widths(), columns);
        let line = |cells: &[String], is_head: bool| {
            let cells = cells.iter().zip(&widths).zip(&self.head).map(|((cell, width), title)| {
                let text = cut(cell, *width);
                let space = " ".repeat(width.saturating_sub(text.width()));
                let is_state = !is_head && title == STATE;
                painted(&text, of_state(cell), colours && is_state) + &space
            });
            cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
        };
        std::iter::once(line(&self.head, true)).chain(self.rows.iter().map(|row| line(row, false))).collect()
    }

    fn widths(&self) -> Vec<usize> {
        let widest = |(place, title): (usize, &String)| {
            let cells = self.rows.iter().filter_map(|row| row.get(place)).map(|cell| cell.width());
            cells.chain([title.width()]).max().unwrap_or_default()
        };
        self.head.iter().enumerate().map(widest).collect()
    }
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace(char::is_control, "")
}

/// Takes from the widest until all of them fit.
fn fitted(mut widths: Vec<usize>, columns: Option<usize>) -> Vec<usize> {
    let Some(columns) = columns else { return widths };
    let room = columns.saturating_sub(GAP.len() * widths.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        match widths.iter_mut().max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => break,
        }
    }
    widths
}

/// A text that takes no more than so many columns.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = |letter: &char| {
        used += letter.width().unwrap_or_default();
        used <= width
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builds() -> Table {
        let mut table = Table::new(["id", "pkg_name", "state"]);
        table.add(["1", "a-name-that-is-long", "failed"]);
        table.add(["20", "žlutý\nkůň", "waiting"]);
        table
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let expected =
            ["ID  PKG NAME             STATE", "1   a-name-that-is-long  failed", "20  žlutý kůň            waiting"];
        assert_eq!(builds().lines(None, false), expected);
    }

    #[test]
    fn the_widest_makes_room() {
        let lines = builds().lines(Some(24), false);
        assert_eq!(lines, ["ID  PKG NAME     STATE", "1   a-name-tha…  failed", "20  žlutý kůň    waiting"]);
        assert!(lines.iter().all(|line| line.width() <= 24));
    }

    #[test]
    fn only_states_have_colours() {
        let lines = builds().lines(None, true);
        assert!(lines[0].ends_with("STATE") && lines[1].ends_with("\u{1b}[31mfailed\u{1b}[0m"), "{lines:?}");
    }

    #[test]
    fn wide_letters_count_twice() {
        assert_eq!(cut("漢字漢字", 5), "漢字…");
        assert_eq!(cut("漢字", 4), "漢字");
    }
}
