//! Tests with files as they are found in practice: each has a small table with the traits of a kind of published files.

#![allow(clippy::unwrap_used)]

mod common;

use common::{folder, gzip, inputs, plan, read, read_by, refused, sizes};
use silenzio_core::plan::{ColumnName, DataPlan, MissingPolicy};
use silenzio_core::random::Seed;
use silenzio_data::load;

/// Makes lines from a pattern, so that classes have several samples.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(|number| line(number) + "\n").collect()
}

#[test]
fn headerless_with_the_label_last() {
    let text = lines(12, |n| format!("{}.5,3.{n},0.{n},{}", n % 7, ["setosa", "virginica"][n % 2]));
    // UCI's files have a blank line at the end.
    let split = read(text + "\n").unwrap();
    assert_eq!(sizes(&split), (12, 3, vec![("setosa", 6), ("virginica", 6)]));
    assert!(split.reading.to_string().contains("line 1 is a sample"), "{}", split.reading);
}

#[test]
fn headerless_with_the_label_first() {
    let text = lines(12, |n| format!("{},14.{n},1.7{n},{}", 1 + n % 3, 100 + n * n));
    let split = read_by(&text, |plan| plan.label_column = Some(ColumnName::Number(0))).unwrap();
    assert_eq!(sizes(&split), (12, 3, vec![("1", 4), ("2", 4), ("3", 4)]));
}

#[test]
fn headerless_with_categories_and_spaces_behind_commas() {
    let row = |n: usize| {
        format!(
            "{}, {}, {}, {}",
            20 + n * n % 40,
            ["State-gov", "Private"][n % 2],
            1000 * (n + 7),
            ["<=50K", ">50K"][n % 3 / 2]
        )
    };
    let split = read(lines(30, row)).unwrap();
    assert_eq!(sizes(&split), (30, 4, vec![("<=50K", 20), (">50K", 10)]));
    assert!(
        split.reading.to_string().contains("separated by commas, line 1 is a sample"),
        "{}",
        split.reading
    );
    // A question mark among the categories is missing.
    let missing = lines(30, row).replacen("Private", "?", 1);
    assert!(refused(&missing).contains("the value is missing"));
    let dropped = read_by(&missing, |plan| plan.missing = MissingPolicy::Drop).unwrap();
    assert_eq!(dropped.reading.dropped, 1);
}

#[test]
fn headerless_with_text_alone() {
    let value = |n: usize, m: usize| ["vhigh", "high", "low"][n * m % 3];
    let split = read(lines(24, |n| {
        format!(
            "{},{},{},{}",
            value(n, 1),
            value(n / 3, 2),
            ["2", "4", "5more"][n / 8],
            ["acc", "unacc"][n % 2]
        )
    }))
    .unwrap();
    assert_eq!(split.reading.rows, 24);
    assert_eq!(split.reading.classes.len(), 2);
}

#[test]
fn headerless_with_missing_values_in_the_first_line() {
    for first in ["?,3.5,1.4,a", ",3.5,1.4,a", "NA,3.5,1.4,a"] {
        let text = format!("{first}\n{}", lines(9, |n| format!("{n}.1,3.{n},{n},{}", ["a", "b"][n % 2])));
        let error = refused(&text);
        assert!(error.contains("line 1, column 0 (from 0): the value is missing"), "{error}");
        assert_eq!(read_by(&text, |plan| plan.missing = MissingPolicy::Mean).unwrap().reading.rows, 10);
    }
}

#[test]
fn semicolons_and_quoted_names() {
    let text = "\"fixed acidity\";\"pH\";\"quality\"\n".to_owned()
        + &lines(12, |n| format!("7.{n};3.{n};{}", 5 + n % 3));
    let split = read(&text).unwrap();
    assert_eq!(sizes(&split), (12, 2, vec![("5", 4), ("6", 4), ("7", 4)]));
    assert_eq!(split.train.features, ["fixed acidity", "pH"]);
    assert!(
        split.reading.to_string().contains("separated by semicolons, line 1 names the columns"),
        "{}",
        split.reading
    );
}

#[test]
fn semicolons_and_decimal_commas() {
    let with =
        |sign: &str| lines(12, |n| format!("5{sign}{n};3{sign}5;1{sign}{};{}", n % 4, ["a", "b"][n % 2]));
    let (commas, points) = (read(with(",")).unwrap(), read(with(".")).unwrap());
    assert_eq!(inputs(&commas), inputs(&points));
    assert!(commas.reading.to_string().contains("with decimal commas"), "{}", commas.reading);
}

#[test]
fn tabs_and_runs_of_spaces() {
    let tabs = lines(12, |n| format!("15.{n}\t14.8\t0.{n}\t{}", 1 + n % 3));
    assert_eq!(sizes(&read(&tabs).unwrap()), (12, 3, vec![("1", 4), ("2", 4), ("3", 4)]));
    let spaces = lines(12, |n| format!("  18.{n}   8   307.{n}      130.0\t\"a car {}\"", n % 2));
    let split = read(&spaces).unwrap();
    assert_eq!(sizes(&split), (12, 4, vec![("a car 0", 6), ("a car 1", 6)]));
    assert!(split.reading.to_string().contains("separated by spaces"), "{}", split.reading);
}

#[test]
fn row_numbers_and_row_names() {
    let named = "\"\",\"a\",\"kind\"\n".to_owned()
        + &lines(12, |n| format!("\"{}\",{n}.5,\"{}\"", n + 1, ["x", "y"][n % 2]));
    let error = refused(&named);
    assert!(error.contains("has no name") && error.contains("data.drop = [0]"), "{error}");
    let split = read_by(&named, |plan| plan.drop = vec![ColumnName::Number(0)]).unwrap();
    assert_eq!(split.train.features, ["a"]);

    let shorter = "a,b,kind\n".to_owned() + &lines(6, |n| format!("{n},1,2,x"));
    assert!(refused(&shorter).contains("this is how R writes row names"));

    let numbered =
        "id,a,kind\n".to_owned() + &lines(12, |n| format!("{n},{}.5,{}", n * n % 7, ["x", "y"][n % 2]));
    let warnings = read(&numbered).unwrap().reading.warnings.join("\n");
    assert!(warnings.contains("column \"id\" counts the rows"), "{warnings}");
}

#[test]
fn arff_files() {
    let rows = lines(12, |n| format!("{}.1,'{}',{}", n, ["a b", "c"][n % 2], ["yes", "no"][n / 6]));
    let text = format!(
        "% A comment\n@RELATION 'a b'\n\n@ATTRIBUTE width REAL\n@attribute 'the kind' {{'a b', c}}\n\
         @attribute class {{yes,no}}\n@DATA\n% more\n{rows}"
    );
    let split = read(&text).unwrap();
    assert_eq!(split.train.features, ["width", "the kind=a b", "the kind=c"]);
    assert_eq!(split.train.classes, ["no", "yes"]);
    assert!(split.reading.to_string().contains("ARFF"), "{}", split.reading);
    let wrong = text.replace("3.1,", "3.1,7,");
    assert!(refused(&wrong).contains("line 12: has 4 cells"), "{}", refused(&wrong));
    assert!(refused("@relation x\n@attribute a real\n").contains("ends before @data"));
    assert!(refused("@relation x\n@attribute a real\n@attribute b real\n@data\n{0 1}\n").contains("sparse"));
}

#[test]
fn comments_and_the_line_of_excel() {
    let table = "a,b,kind\n".to_owned() + &lines(8, |n| format!("{n},{},{}", n * n, ["x", "y"][n % 2]));
    let commented = format!("# made by a program\n{table}# the end\n");
    assert!(refused(&commented).contains("data.comment"));
    let split = read_by(&commented, |plan| plan.comment = Some('#')).unwrap();
    assert_eq!(inputs(&split), inputs(&read(&table).unwrap()));
    let excel = read(format!("sep=;\n{}", table.replace(',', ";"))).unwrap();
    assert_eq!(inputs(&excel), inputs(&split));
}

#[test]
fn packed_files() {
    let table = "a,b,kind\n".to_owned() + &lines(8, |n| format!("{n},{},{}", n * n, ["x", "y"][n % 2]));
    let plain = read(&table).unwrap();
    let zstandard = zstd::encode_all(table.as_bytes(), 3).unwrap();
    for packed in [gzip(table.as_bytes()), gzip(&gzip(table.as_bytes())), zstandard] {
        let split = read(packed).unwrap();
        assert_eq!((&split.train, &split.test), (&plain.train, &plain.test));
        assert!(split.reading.to_string().contains("compressed with"), "{}", split.reading);
    }
}

#[test]
fn header_of_numbers() {
    let rows = |label: fn(usize) -> String| lines(9, |n| format!("5.{n},3.{n},1.{n},{}", label(n)));
    // Numbers that count up, above columns of numbers, may also be a sample.
    let numbers = format!("0,1,2,3\n{}", rows(|n| (n % 2).to_string()));
    assert!(refused(&numbers).contains("data.header"));
    assert_eq!(read_by(&numbers, |plan| plan.header = Some(true)).unwrap().reading.rows, 9);
    // Above a column of text, they are names.
    let named = format!("0,1,2,3\n{}", rows(|n| ["x", "y"][n % 2].into()));
    assert_eq!(read(&named).unwrap().reading.rows, 9);
    let label_first =
        format!("label,0,1,2\n{}", lines(9, |n| format!("{},5.{n},3.{n},1.{n}", ["x", "y"][n % 2])));
    let split = read_by(&label_first, |plan| plan.label_column = Some(ColumnName::Number(0))).unwrap();
    assert_eq!(sizes(&split), (9, 3, vec![("x", 5), ("y", 4)]));
    // Years that do not count up could be a sample, whose label, "kind", is then the only one of its class.
    let years = format!("1990,1995,2000,kind\n{}", rows(|n| ["x", "y"][n % 2].into()));
    assert!(refused(&years).contains("set data.header to true"), "{}", refused(&years));
}

#[test]
fn label_kinds() {
    let labelled =
        |label: fn(usize) -> String| "a,kind\n".to_owned() + &lines(24, |n| format!("{n}.5,{}", label(n)));
    let classes = |text: &str| -> Vec<String> { read(text).unwrap().train.classes };
    assert_eq!(classes(&labelled(|n| ["1", "1.0", "01", "+1", "2", "10"][n % 6].into())), ["1", "2", "10"]);
    assert_eq!(classes(&labelled(|n| ["10.0", "2.0", "1.0"][n % 3].into())), ["1", "2", "10"]);
    assert_eq!(classes(&labelled(|n| ["b", "10", "9"][n % 3].into())), ["10", "9", "b"]);
    for marker in ["?", "NaN", "NA", "null", ""] {
        let text = labelled(|n| ["x", "y"][n % 2].into()).replacen(",x", &format!(",{marker}"), 1);
        assert!(
            refused(&text).contains("line 2, column 1 (from 0) \"kind\": the label is missing"),
            "{marker:?}"
        );
    }
    for label in
        [|n: usize| format!("{}.{n}", n / 2), |n: usize| (1000 + n).to_string(), |n: usize| format!("id{n}")]
    {
        assert!(refused(labelled(label)).contains("is data.label_column right?"));
    }
    let lone = labelled(|n| if n == 5 { "z".into() } else { ["x", "y"][n % 2].into() });
    assert!(read(&lone).unwrap().reading.warnings.join("\n").contains("classes with only one sample"));
}

#[test]
fn quotes() {
    let table = "a,kind\n".to_owned() + &lines(12, |n| format!("{n}.5,{}", ["x", "y"][n % 2]));
    let open = table.replacen("4.5,x", "4.5,\"x", 1);
    assert!(refused(&open).contains("line 6: a quote is opened here and never closed"), "{}", refused(&open));
    let pair = table.replacen("4.5,x", "4.5,\"x", 1).replacen("8.5,x", "8.5,x\"", 1);
    let warnings = read(&pair).unwrap().reading.warnings.join("\n");
    assert!(warnings.contains("has a line break in it: is a quote missing?"), "{warnings}");
    let zero = table.replace(",y", ",y\0\u{1b}[31m");
    let text = read(&zero).unwrap().reading.to_string();
    assert!(text.contains("y\\0\\u{1b}[31m") && !text.contains('\u{1b}'), "{text}");
    let long = table.replace(",y", &format!(",{}", "y".repeat(5000)));
    assert!(read(&long).unwrap().reading.to_string().len() < 500);
}

#[test]
fn headers_with_faults() {
    let rows = lines(12, |n| format!("{n}.5,{},{}", n * n % 7, ["x", "y"][n % 2]));
    let twice = format!("a,a,kind\n{rows}");
    let split = read(&twice).unwrap();
    assert_eq!(split.train.features, ["a", "a.1"]);
    assert!(split.reading.warnings.join("\n").contains("two columns are called \"a\""));
    let label = |name: &str| {
        let name = ColumnName::Name(name.into());
        move |plan: &mut DataPlan| plan.label_column = Some(name)
    };
    let error = read_by(twice.replace("kind", "a"), label("a")).unwrap_err().to_string();
    assert!(error.contains("occurs twice in the header"), "{error}");
    let trailing = format!("a,b,kind,\n{}", rows.replace('\n', ",\n"));
    let split = read(&trailing).unwrap();
    assert_eq!(sizes(&split), (12, 2, vec![("x", 6), ("y", 6)]));
    assert!(split.reading.warnings.join("\n").contains("all lines end with a delimiter"));
}

#[test]
fn numbers_of_all_sizes() {
    let text = "when,kind\n".to_owned()
        + &lines(40, |n| format!("{},{}", 1_700_000_000_000u64 + 1000 * n as u64, ["x", "y"][n % 2]));
    let split = read(&text).unwrap();
    let mut different = inputs(&split).concat();
    different.sort_by(f32::total_cmp);
    different.dedup();
    assert!(different.len() >= 36, "{}", different.len());
    let outlier = text.replacen("1700000002000", "99999999999999999", 1);
    // The seed decides whether the outlier is among the training samples.
    let all = read_by(outlier, |plan| plan.test_fraction = 0.05).unwrap();
    assert!(
        all.reading.warnings.join("\n").contains("correct or remove outliers"),
        "{:?}",
        all.reading.warnings
    );
    let infinite = text.replacen("1700000002000", "1e999", 1);
    assert!(refused(&infinite).contains("line 4, column 0 (from 0) \"when\": is not a finite number"));
    let constant = "c,a,kind\n".to_owned() + &lines(12, |n| format!("7,{n}.5,{}", ["x", "y"][n % 2]));
    assert!(read(&constant).unwrap().reading.warnings.join("\n").contains("columns with only one value"));
    let typo = "a,kind\n".to_owned()
        + &lines(40, |n| format!("{n}{},{}", if n == 7 { "O" } else { "" }, ["x", "y"][n % 2]));
    assert!(
        refused(&typo).contains("line 9, column 0 (from 0) \"a\": \"7O\" is not a number"),
        "{}",
        refused(&typo)
    );
}

#[test]
fn line_ends_and_marks() {
    let table = "a,kind\n".to_owned() + &lines(12, |n| format!("{n}.5,{}", ["x", "y"][n % 2]));
    let plain = inputs(&read(&table).unwrap());
    for text in [
        table.replace('\n', "\r\n"),
        table.replace('\n', "\r"),
        format!("\u{feff}{table}"),
        table.replace('\n', "\n\n"),
    ] {
        assert_eq!(inputs(&read(&text).unwrap()), plain);
    }
    assert!(refused(b"a,b\n1,\xff\n").contains("line 2: is not UTF-8"));
}

#[test]
fn what_is_no_table_is_named() {
    for (bytes, name) in [
        (&b"<!DOCTYPE html>\n<html></html>"[..], "an HTML page"),
        (b"\xfd7zXZ\0\0\x04", "an xz file"),
        (b"BZh91AY&SY", "a bzip2 file"),
        (b"PK\x03\x04....", "archive"),
        (b"\xff\xfea\0,\0b\0", "UTF-16"),
        (b"{\"a\": [1, 2]}", "JSON"),
        (b"\x01\0\x08\x03\0\0\0\x01", "begins with two zero bytes"),
        (b"\0\0\x01\x03\0\0\0\x01", "type 0x01"),
        (b"\x93NUMPY\x01\0", "damaged or truncated NumPy"),
    ] {
        for labels in [None, Some("data".into())] {
            let error = read_by(bytes, |plan| plan.labels = labels).unwrap_err().to_string();
            assert!(error.contains(name) || error.contains("data.labels: is missing"), "{error}");
            assert!(!error.contains("remove"), "{error}");
        }
    }
    assert!(refused(b"PAR1PAR1").contains("damaged or unknown Parquet"));
}

#[test]
fn a_test_file_without_a_header_has_the_places_of_the_training_file() {
    let rows = lines(8, |n| format!("{n},{},{}", n * n, ["x", "y"][n % 2]));
    let folder = folder(&[("a.csv", format!("a,b,kind\n{rows}").as_bytes()), ("t.csv", rows.as_bytes())]);
    let split =
        load(&DataPlan { test_file: Some("t.csv".into()), ..plan("a.csv") }, folder.path(), Seed(1)).unwrap();
    assert_eq!(split.train.inputs, split.test.inputs);
}
