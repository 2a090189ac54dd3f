//! Confusion matrices as heat maps.

use super::axis::{abridged, short};
use super::chart::{Figure, WIDTH};
use super::theme::Role;
use crate::ReportError;
use silenzio::Confusion;

/// The largest number of classes that is legible; for more there is only the table.
pub const MOST_CLASSES: usize = 26;

const LEFT: i32 = 96;
const TOP: i32 = 88;

/// Draws a matrix, in which the shade of a cell is its fraction of the row.
///
/// # Errors
/// [`ReportError::Plot`] if it cannot be drawn.
pub fn draw(name: String, role: Role, confusion: &Confusion) -> Result<Figure, ReportError> {
    let classes = confusion.classes.len() as i32;
    let cell = ((WIDTH as i32 - LEFT - 16) / classes.max(1)).clamp(8, 62);
    let height = TOP + cell * classes + 14;
    let caption = "Rows are true classes, columns predicted ones. The stronger a cell's colour, the larger its fraction of the row.";
    let title = format!("Confusion matrix, {}", role.name());
    Figure::draw(name, &title, caption, height as u32, |plot| {
        let room = (cell / 8).max(1) as usize;
        let middle = |place: i32| place * cell + cell / 2;
        plot.label_in("predicted class", (LEFT + cell * classes / 2, 46), Role::Muted)?;
        plot.label_before("true class", (LEFT - 8, TOP - 14))?;
        for (place, class) in (0..).zip(&confusion.classes) {
            plot.label_in(&abridged(class, room), (LEFT + middle(place), TOP - 14), Role::Ink)?;
            plot.label_before(&abridged(class, 11), (LEFT - 8, TOP + middle(place)))?;
        }
        for (row, counts) in (0..).zip(&confusion.counts) {
            let all = counts.iter().map(|&count| count as f64).sum::<f64>().max(1.0);
            for (column, &count) in (0..).zip(counts) {
                let (left, top) = (LEFT + column * cell, TOP + row * cell);
                let part = count as f64 / all;
                plot.area([(left, top), (left + cell - 1, top + cell - 1)], Role::Grid, 0.5)?;
                // The square root makes rare errors visible, too.
                plot.area([(left, top), (left + cell - 1, top + cell - 1)], role, part.sqrt())?;
                let text = short(count as f64);
                if count > 0 && text.len() <= room {
                    let color = if part.sqrt() > 0.55 { Role::Paper } else { Role::Ink };
                    plot.label_in(&text, (LEFT + middle(column), TOP + middle(row)), color)?;
                }
            }
        }
        Ok(())
    })
}
