//! Helpers that the tests share.

use silenzio_client::Preprocessing;
use silenzio_core::plan::MissingPolicy;
use silenzio_data::{EncodedColumn, EncodedKind, Encoding, LabelPlace, Scale};

/// The preprocessing of a table with two columns of numbers from 0 to 1, and two classes.
pub fn preprocessing() -> Preprocessing {
    let column = |name: &str, number| EncodedColumn {
        name: name.into(),
        number,
        kind: EncodedKind::Scaled(Scale { low: 0.0, high: 1.0, mean: 0.5 }),
    };
    Preprocessing {
        source: "flowers.csv".into(),
        classes: vec!["setosa".into(), "virginica".into()],
        targets: vec![],
        encoding: Encoding {
            columns: vec![column("length", 0), column("width", 1)],
            table_width: 3,
            named: true,
            label: LabelPlace { name: "class".into(), number: 2 },
            missing: MissingPolicy::Error,
        },
    }
}
