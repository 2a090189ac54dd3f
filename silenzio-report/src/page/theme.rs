//! Colours, by their role.
//!
//! Plots use literal colours, which a style sheet replaces on dark screens. Series have colours of the palette of Okabe and
//! Ito, which colour-blind people can distinguish, and each has its own mark and line.

use plotters::style::RGBColor;

/// The role of an element of a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Text and axes.
    Ink,
    /// Less important text.
    Muted,
    /// Grid lines.
    Grid,
    /// Text on a dark mark.
    Paper,
    /// The float reference.
    Float,
    /// The simulator.
    Simulated,
    /// Ciphertexts.
    Encrypted,
    /// The average of several models.
    Averaged,
}

impl Role {
    const ALL: [Self; 8] = [
        Self::Ink,
        Self::Muted,
        Self::Grid,
        Self::Paper,
        Self::Float,
        Self::Simulated,
        Self::Encrypted,
        Self::Averaged,
    ];

    /// The colour on a light and on a dark screen.
    const fn colors(self) -> [RGBColor; 2] {
        match self {
            Self::Ink => [RGBColor(0x1b, 0x1f, 0x24), RGBColor(0xe8, 0xea, 0xed)],
            Self::Muted => [RGBColor(0x5b, 0x64, 0x6f), RGBColor(0xa3, 0xab, 0xb5)],
            Self::Grid => [RGBColor(0xdf, 0xe3, 0xe8), RGBColor(0x33, 0x39, 0x42)],
            Self::Paper => [RGBColor(0xff, 0xff, 0xff), RGBColor(0x15, 0x18, 0x1d)],
            Self::Float => [RGBColor(0x00, 0x72, 0xb2), RGBColor(0x56, 0xb4, 0xe9)],
            Self::Simulated => [RGBColor(0xd5, 0x5e, 0x00), RGBColor(0xff, 0x97, 0x45)],
            Self::Encrypted => [RGBColor(0x00, 0x8a, 0x64), RGBColor(0x2c, 0xd0, 0xa0)],
            Self::Averaged => [RGBColor(0xaa, 0x4f, 0x84), RGBColor(0xe3, 0x9c, 0xc6)],
        }
    }

    /// The colour in plots, which is that on a light screen.
    pub const fn color(self) -> RGBColor {
        self.colors()[0]
    }

    /// The text of the legend.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Float => "float",
            Self::Simulated => "simulated",
            Self::Encrypted => "encrypted",
            Self::Averaged => "average",
            Self::Ink | Self::Muted | Self::Grid | Self::Paper => "",
        }
    }
}

/// The style sheet of a plot in a file of its own.
pub fn plot_style() -> String {
    let [light, dark] = Role::Paper.colors().map(hex);
    format!(
        "svg{{background:{light}}}@media (prefers-color-scheme:dark){{svg{{background:{dark}}}{}}}",
        dark_rules()
    )
}

/// The rules that replace the light colours by the dark ones.
pub fn dark_rules() -> String {
    let rule = |role: Role| {
        let [light, dark] = role.colors().map(hex);
        format!("[fill=\"{light}\"]{{fill:{dark}}}[stroke=\"{light}\"]{{stroke:{dark}}}")
    };
    Role::ALL.into_iter().map(rule).collect()
}

fn hex(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}
