//! Plots, and charts with two axes.

use super::axis::{Axis, abridged};
use super::theme::{Role, plot_style};
use crate::ReportError;
use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// The result of a drawing operation.
pub type Drawn = Result<(), DrawingAreaErrorKind<<SVGBackend<'static> as DrawingBackend>::ErrorType>>;

/// The width of all plots in pixels, at which text has a legible size on a phone.
pub const WIDTH: u32 = 460;
const HEIGHT: u32 = 320;
/// The pixels of the axes.
const LEFT: i32 = 66;
const RIGHT: i32 = WIDTH as i32 - 18;
const BOTTOM: i32 = HEIGHT as i32 - 54;
const FONT: &str = "sans-serif";
const TITLE: i32 = 21;
const TEXT: i32 = 17;
/// The approximate width of a letter, in pixels.
const LETTER: i32 = 8;

/// A plot.
pub struct Figure {
    /// The name of its file, without the extension.
    pub name: String,
    /// The title, which screen readers read.
    pub title: String,
    /// The caption.
    pub caption: String,
    pub svg: String,
}

impl Figure {
    /// Draws a plot of width [`WIDTH`] and this height.
    ///
    /// # Errors
    /// [`ReportError::Plot`] if it cannot be drawn.
    pub fn draw(
        name: impl Into<String>,
        title: &str,
        caption: impl Into<String>,
        height: u32,
        drawing: impl FnOnce(&Plot<'_>) -> Drawn,
    ) -> Result<Self, ReportError> {
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
            let plot = Plot { root };
            let drawn = plot
                .text(title, (12, 8), TITLE, Role::Ink, (HPos::Left, VPos::Top))
                .and_then(|()| drawing(&plot))
                .and_then(|()| plot.root.present());
            drawn.map_err(|error| ReportError::Plot(error.to_string()))?;
        }
        Ok(Self { name: name.into(), title: title.to_owned(), caption: caption.into(), svg })
    }

    /// The plot as an SVG file.
    pub fn file(&self) -> String {
        let style = format!("<style>{}</style>", plot_style());
        match self.svg.find('>') {
            Some(end) => format!("{}{style}{}", &self.svg[..=end], &self.svg[end + 1..]),
            None => self.svg.clone(),
        }
    }
}

/// A drawing area, in pixels.
pub struct Plot<'a> {
    root: DrawingArea<SVGBackend<'a>, Shift>,
}

impl Plot<'_> {
    pub fn text(
        &self,
        text: &str,
        at: (i32, i32),
        size: i32,
        role: Role,
        (horizontal, vertical): (HPos, VPos),
    ) -> Drawn {
        let style = (FONT, size).into_font().color(&role.color()).pos(Pos::new(horizontal, vertical));
        self.root.draw(&Text::new(printable(text), at, style))
    }

    /// Draws a text of the common size, with its left end at a place.
    pub fn label(&self, text: &str, at: (i32, i32)) -> Drawn {
        self.text(text, at, TEXT, Role::Ink, (HPos::Left, VPos::Center))
    }

    /// Draws a text of the common size, with its right end at a place.
    pub fn label_before(&self, text: &str, at: (i32, i32)) -> Drawn {
        self.text(text, at, TEXT, Role::Ink, (HPos::Right, VPos::Center))
    }

    /// Draws a text that is centred at a place.
    pub fn label_in(&self, text: &str, at: (i32, i32), role: Role) -> Drawn {
        self.text(text, at, TEXT, role, (HPos::Center, VPos::Center))
    }

    /// Draws a vertical text along the left axis, which reads upwards.
    fn upright_text(&self, text: &str, at: (i32, i32)) -> Drawn {
        let font = (FONT, TEXT).into_font().transform(FontTransform::Rotate270);
        let style = font.color(&Role::Ink.color()).pos(Pos::new(HPos::Center, VPos::Top));
        self.root.draw(&Text::new(printable(text), at, style))
    }

    fn thin_line(&self, ends: [(i32, i32); 2], role: Role) -> Drawn {
        self.root.draw(&PathElement::new(ends, role.color().stroke_width(1)))
    }

    /// Draws a filled rectangle.
    pub fn area(&self, corners: [(i32, i32); 2], role: Role, opacity: f64) -> Drawn {
        self.root.draw(&Rectangle::new(corners, role.color().mix(opacity).filled()))
    }

    /// Draws the mark of a series. Each series has its own shape.
    fn mark(&self, (x, y): (i32, i32), role: Role, opacity: f64) -> Drawn {
        let style = role.color().mix(opacity).filled();
        match role {
            Role::Float => self.root.draw(&Polygon::new([(x - 4, y + 4), (x + 4, y + 4), (x, y - 5)], style)),
            Role::Encrypted => self.root.draw(&Rectangle::new([(x - 4, y - 4), (x + 4, y + 4)], style)),
            _ => self.root.draw(&Circle::new((x, y), 4, style)),
        }
    }

    /// Draws the line of a series. The float reference is dashed, ciphertexts are bold.
    fn line(&self, points: Vec<(i32, i32)>, role: Role) -> Drawn {
        let style = role.color().stroke_width(if role == Role::Encrypted { 4 } else { 2 });
        if role == Role::Float {
            self.root.draw(&DashedPathElement::new(points, 6, 4, style))
        } else {
            self.root.draw(&PathElement::new(points, style))
        }
    }

    fn legend(&self, series: &[Role]) -> Drawn {
        let mut left = 12;
        for &role in series {
            self.line(vec![(left, 42), (left + 28, 42)], role)?;
            self.mark((left + 14, 42), role, 1.0)?;
            self.label(role.name(), (left + 35, 42))?;
            left += 35 + role.name().chars().count() as i32 * LETTER + 26;
        }
        Ok(())
    }
}

/// A chart with two axes.
pub struct Chart {
    pub title: String,
    pub x_title: String,
    pub y_title: String,
    pub x: Axis,
    pub y: Axis,
    /// The series of the legend.
    pub series: Vec<Role>,
}

/// The drawing area of a chart's series, in the units of its axes.
pub struct Canvas<'a, 'b> {
    plot: &'a Plot<'b>,
    chart: &'a Chart,
    /// The top of the vertical axis.
    top: i32,
}

impl Chart {
    /// Draws the axes, and lets `series` draw.
    ///
    /// # Errors
    /// [`ReportError::Plot`] if the chart cannot be drawn.
    pub fn draw(
        &self,
        name: impl Into<String>,
        caption: impl Into<String>,
        series: impl FnOnce(&Canvas<'_, '_>) -> Drawn,
    ) -> Result<Figure, ReportError> {
        Figure::draw(name, &self.title, caption, HEIGHT, |plot| {
            plot.legend(&self.series)?;
            let canvas = Canvas { plot, chart: self, top: if self.series.is_empty() { 40 } else { 62 } };
            canvas.axes()?;
            series(&canvas)
        })
    }
}

impl Canvas<'_, '_> {
    fn at(&self, (x, y): (f64, f64)) -> (i32, i32) {
        let part = |axis: &Axis, value: f64| {
            (value - axis.range.start) / (axis.range.end - axis.range.start).max(f64::MIN_POSITIVE)
        };
        let column = f64::from(RIGHT - LEFT) * part(&self.chart.x, x);
        let row = f64::from(BOTTOM - self.top) * part(&self.chart.y, y);
        (LEFT + column.round() as i32, BOTTOM - row.round() as i32)
    }

    fn axes(&self) -> Drawn {
        let Chart { x, y, x_title, y_title, .. } = self.chart;
        for (place, label) in &y.ticks {
            let (_, row) = self.at((x.range.start, *place));
            self.plot.thin_line([(LEFT, row), (RIGHT, row)], Role::Grid)?;
            self.plot.text(label, (LEFT - 8, row), TEXT, Role::Muted, (HPos::Right, VPos::Center))?;
        }
        self.plot.thin_line([(LEFT, BOTTOM), (RIGHT, BOTTOM)], Role::Muted)?;
        for (place, label) in &x.ticks {
            let (column, _) = self.at((*place, y.range.start));
            self.plot.thin_line([(column, BOTTOM), (column, BOTTOM + 5)], Role::Muted)?;
            self.plot.text(label, (column, BOTTOM + 8), TEXT, Role::Muted, (HPos::Center, VPos::Top))?;
        }
        let below = ((LEFT + RIGHT) / 2, HEIGHT as i32 - 8);
        self.plot.text(x_title, below, TEXT, Role::Ink, (HPos::Center, VPos::Bottom))?;
        self.plot.upright_text(y_title, (6, (self.top + BOTTOM) / 2))
    }

    /// Draws a line, with marks if there are not too many of them.
    pub fn line(&self, points: &[(f64, f64)], role: Role) -> Drawn {
        let places: Vec<(i32, i32)> = points.iter().map(|&point| self.at(point)).collect();
        let every = places.len().div_ceil(30).max(1);
        for &place in places.iter().step_by(every) {
            self.plot.mark(place, role, 1.0)?;
        }
        self.plot.line(places, role)
    }

    /// Draws a translucent mark, so that marks below it can be seen.
    pub fn mark(&self, point: (f64, f64), role: Role) -> Drawn {
        self.plot.mark(self.at(point), role, 0.6)
    }

    /// Draws a thin vertical stroke between two values at one place.
    pub fn upright(&self, x: f64, (low, high): (f64, f64), role: Role) -> Drawn {
        let ends = vec![self.at((x, low)), self.at((x, high))];
        self.plot.root.draw(&PathElement::new(ends, role.color().mix(0.45).stroke_width(1)))
    }

    /// Draws the area between two curves over the same places.
    pub fn band(&self, places: &[f64], low: &[f64], high: &[f64], role: Role) -> Drawn {
        let lower = places.iter().zip(low).map(|(&x, &y)| self.at((x, y)));
        let upper = places.iter().zip(high).rev().map(|(&x, &y)| self.at((x, y)));
        let outline: Vec<(i32, i32)> = lower.chain(upper).collect();
        self.plot.root.draw(&Polygon::new(outline, role.color().mix(0.15)))
    }
}

/// Removes the characters that XML cannot hold.
pub fn printable(text: &str) -> String {
    let allowed = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    abridged(&text.chars().map(|c| if allowed(c) { c } else { '\u{fffd}' }).collect::<String>(), 60)
}
