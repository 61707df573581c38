//! Lists: aligned columns for people, JSON for programs.

use crate::cli::Listing;
use serde::Serialize;

/// Cells that have to give way keep this many characters.
const LEAST: usize = 10;

/// Prints a list: `rows` as JSON, or as a table with the `cells` of each row.
pub(super) fn print<R: Serialize, const N: usize>(
    listing: Listing,
    rows: &[R],
    head: [&str; N],
    cells: impl Fn(&R) -> [String; N],
) -> anyhow::Result<()> {
    if listing.json {
        return super::print(&(serde_json::to_string_pretty(rows)? + "\n"));
    }
    // Only a terminal has an edge: what goes to a file or a pipe stays whole.
    let width = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
    super::print(&text(head, rows.iter().map(cells), width))
}

/// Empty cells would be hard to count.
pub(super) fn or_dash(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

fn text<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>, width: Option<usize>) -> String {
    let mut lines = vec![head.map(str::to_owned)];
    // Some words come from builders: none of them may speak to the terminal.
    lines.extend(rows.map(|row| row.map(|cell| cell.replace(char::is_control, "\u{fffd}"))));
    let mut widths: [usize; N] =
        std::array::from_fn(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default());
    fit(&mut widths, width);
    let mut text = String::new();
    for line in &lines {
        let cells: Vec<String> =
            line.iter().zip(widths).map(|(cell, width)| format!("{:<width$}", shorten(cell, width))).collect();
        text += cells.join("  ").trim_end();
        text.push('\n');
    }
    text
}

/// Takes from the widest columns what a terminal has no room for.
fn fit(widths: &mut [usize], room: Option<usize>) {
    let gaps = 2 * widths.len().saturating_sub(1);
    let Some(room) = room else { return };
    while widths.iter().sum::<usize>() + gaps > room {
        match widths.iter_mut().max() {
            Some(widest) if *widest > LEAST => *widest -= 1,
            _ => return,
        }
    }
}

fn shorten(cell: &str, width: usize) -> String {
    if cell.chars().count() <= width {
        return cell.to_owned();
    }
    let kept: String = cell.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(width: Option<usize>) -> String {
        let rows = [
            ["ada".to_owned(), "yes".to_owned(), "a long remark about this one".to_owned()],
            ["charlotte".to_owned(), "no".to_owned(), "\u{1b}[31mred".to_owned()],
        ];
        text(["NAME", "ADMIN", "REMARK"], rows.into_iter(), width)
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        insta::assert_snapshot!(table(None), @r"
        NAME       ADMIN  REMARK
        ada        yes    a long remark about this one
        charlotte  no     �[31mred
        ");
    }

    #[test]
    fn the_widest_column_gives_way_to_the_terminals_edge() {
        let narrow = table(Some(30));
        insta::assert_snapshot!(narrow, @r"
        NAME       ADMIN  REMARK
        ada        yes    a long rema…
        charlotte  no     �[31mred
        ");
        assert!(narrow.lines().all(|line| line.chars().count() <= 30));
    }

    #[test]
    fn a_terminal_too_narrow_for_anything_still_gets_every_column() {
        assert_eq!(table(Some(5)), table(Some(28)));
    }
}
