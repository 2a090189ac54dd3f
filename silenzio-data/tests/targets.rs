//! Tests of tables with target columns for regression.

#![allow(clippy::unwrap_used)]

mod common;

use common::{folder, plan, read_by};
use ndarray::array;
use proptest::prelude::*;
use silenzio_core::plan::{ColumnName, DataPlan, MissingPolicy};
use silenzio_core::random::Seed;
use silenzio_data::{DataError, Split, load, read_rows};

const HOUSES: &str =
    "rooms,price,garden,rent\n3,100,50,5\n4,150,60,6\n5,300,10,9\n2,80,0,4\n3,120,30,5\n6,280,90,8\n";

fn names(names: &[&str]) -> Vec<ColumnName> {
    names.iter().map(|name| ColumnName::Name((*name).into())).collect()
}

fn houses(change: impl FnOnce(&mut DataPlan)) -> Result<Split, DataError> {
    read_by(HOUSES, |plan| {
        plan.targets = names(&["price", "rent"]);
        change(plan);
    })
}

#[test]
fn targets_are_columns_of_their_own() {
    let split = houses(|_| ()).unwrap();
    assert_eq!(split.train.features, ["rooms", "garden"]);
    assert!(split.train.labels.is_empty() && split.train.classes.is_empty());
    assert_eq!((split.train.outputs(), split.train.len(), split.test.len()), (2, 4, 2));
    let values = split.train.values.as_ref().unwrap();
    assert_eq!(
        values.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(),
        ["price", "rent"]
    );
    for column in values.scaled.columns() {
        assert_eq!(column.fold(1.0f32, |least, &x| least.min(x)), -1.0);
        assert_eq!(column.fold(-1.0f32, |most, &x| most.max(x)), 1.0);
    }
    // Held-back samples have the columns of the table, in the same order.
    let csv = String::from_utf8(split.held_back.to_csv().unwrap()).unwrap();
    assert_eq!(csv.lines().next(), Some("rooms,price,garden,rent"));
    let reading = split.reading.to_string();
    assert!(reading.contains("targets     price: numbers from 80 to 300"), "{reading}");
    assert!(reading.contains("rent: numbers from 4 to 9") && !reading.contains("labels"), "{reading}");

    // Columns can also be given by number, and in any order.
    let by_number =
        houses(|plan| plan.targets = vec![ColumnName::Number(-1), ColumnName::Number(1)]).unwrap();
    let columns = &by_number.train.values.as_ref().unwrap().columns;
    assert_eq!([columns[0].number, columns[1].number], [3, 1]);
}

/// Test samples are scaled by the range of the training samples, and may lie outside of it.
#[test]
fn a_test_file_has_the_targets_in_any_order() {
    let test = "rent,rooms,price,garden\n4,2,80,0\n14,6,520,90\n";
    let files = folder(&[("houses", HOUSES.as_bytes()), ("test", test.as_bytes())]);
    let plan = DataPlan {
        targets: names(&["price", "rent"]),
        test_file: Some("test".into()),
        ..DataPlan::of_file("houses")
    };
    let split = load(&plan, files.path(), Seed(1)).unwrap();
    let values = split.test.values.unwrap();
    assert_eq!(values.scaled, array![[-1.0, -1.0], [3.0, 3.0]]);
    assert_eq!(values.numbers(), array![[80.0, 4.0], [520.0, 14.0]]);

    let rows = |csv: &str| {
        let file = folder(&[("rows", csv.as_bytes())]);
        let path = file.path().join("rows");
        read_rows(&path, None, &split.encoding, None, &values.columns)
    };
    assert_eq!(rows(test).unwrap().values, Some(array![[80.0, 4.0], [520.0, 14.0]]));
    assert_eq!(rows("rooms,garden\n3,1\n").unwrap().values, None);
    assert_eq!(rows("rooms,garden,rent\n3,1,2\n").unwrap().values, None);
    let error = rows("rooms,price,garden,rent\n3,dear,1,2\n").unwrap_err().to_string();
    assert!(error.contains("line 2") && error.contains("dear") && error.contains("not a number"), "{error}");
    let refused = |test: &str| {
        let files = folder(&[("houses", HOUSES.as_bytes()), ("test", test.as_bytes())]);
        load(&plan, files.path(), Seed(1)).map(|split| split.test).unwrap_err().to_string()
    };
    let error = refused("rent,rooms,garden\n4,2,0\n");
    assert!(error.contains("test") && error.contains("data.targets"), "{error}");
}

#[test]
fn targets_that_cannot_be_learnt_are_refused() {
    let error = |csv: &str, change: &dyn Fn(&mut DataPlan)| {
        let read = read_by(csv, |plan| {
            plan.targets = names(&["y"]);
            change(plan);
        });
        read.map(|split| split.train).unwrap_err().to_string()
    };
    let rows = |cells: &[&str]| {
        let lines = cells.iter().enumerate().map(|(x, y)| format!("{x}.5,{y}\n"));
        format!("x,y\n{}", lines.collect::<String>())
    };
    let same = |_: &mut DataPlan| ();
    assert!(error(&rows(&["5"; 8]), &same).contains("one value alone"));
    assert!(error(&rows(&["5", "6", "many", "8"]), &same).contains("line 4"));
    assert!(error(&rows(&["5", "6", "", "8"]), &same).contains("line 4"));
    assert!(error(&rows(&["5", "1e999", "7", "8"]), &same).contains("finite"));
    assert!(error(&rows(&["5"]), &same).contains("1 sample"));
    let unknown = error(&rows(&["5", "6"]), &|plan| plan.targets = names(&["z"]));
    assert!(unknown.contains("data.targets") && unknown.contains("\"z\""), "{unknown}");
    let headerless = error("1,2\n3,4\n5,6\n7,8\n", &|plan| plan.header = Some(false));
    assert!(headerless.contains("data.targets") && headerless.contains("header"), "{headerless}");

    // A sample without a target is left out if the plan says so.
    let dropped = read_by(rows(&["5", "6", "", "8", "9"]), |plan| {
        plan.targets = names(&["y"]);
        plan.missing = MissingPolicy::Drop;
    });
    assert_eq!(dropped.unwrap().reading.dropped, 1);
}

#[test]
fn the_bundled_tables_are_regressions() {
    for (file, targets, features) in
        [("diabetes.csv", vec!["progression"], 10), ("linnerud.csv", vec!["weight", "waist", "pulse"], 3)]
    {
        let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
        let split = load(&DataPlan { targets: names(&targets), ..plan(file) }, &data, Seed(1)).unwrap();
        assert_eq!((split.train.outputs(), split.train.inputs.ncols()), (targets.len(), features));
        assert_eq!(split.reading.warnings, Vec::<String>::new(), "{file}");
    }
}

proptest! {
    /// Every sample keeps its target when samples are split and selected. Here, the target is a function of the inputs.
    #[test]
    fn samples_keep_their_targets(rows in 8usize..40, low in -1e4..1e4f64, range in 1e-2..1e4f64, seed: u64) {
        let target = |x: usize| low + range * (x * 7 % rows) as f64;
        let lines = (0..rows).map(|x| format!("{},{},{}\n", x, target(x), x % 5));
        let files = folder(&[("data", format!("x,y,z\n{}", lines.collect::<String>()).as_bytes())]);
        let plan = DataPlan { targets: names(&["y"]), ..plan("data") };
        let split = load(&plan, files.path(), Seed(seed)).unwrap();
        let csv = String::from_utf8(split.held_back.to_csv().unwrap()).unwrap();
        let held_back = csv.lines().skip(1).map(|line| line.split(',').map(|cell| cell.parse::<f64>().unwrap()).collect());
        let held_back: Vec<Vec<f64>> = held_back.collect();
        let found = split.test.values.as_ref().unwrap().numbers();
        for (row, found) in held_back.iter().zip(&found) {
            let expected = target(row[0] as usize);
            prop_assert_eq!(row[1], expected);
            prop_assert!((found - expected).abs() < 1e-5 * range * rows as f64);
        }
        prop_assert_eq!((held_back.len(), split.train.len() + split.test.len()), (found.len(), rows));
    }
}
