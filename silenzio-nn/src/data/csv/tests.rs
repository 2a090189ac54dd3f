use super::*;
use crate::data::samples::Samples;
use ndarray::array;
use proptest::prelude::*;
use silenzio_core::plan::LabelColumn;

fn parse(text: &str) -> Result<Samples, CsvError> {
    read(text.as_bytes(), None, None, None)
}

fn by_name(text: &str, name: &str) -> Result<Samples, CsvError> {
    read(text.as_bytes(), Some(&LabelColumn::Name(name.into())), None, None)
}

fn by_number(text: &str, number: usize) -> Result<Samples, CsvError> {
    read(text.as_bytes(), Some(&LabelColumn::Number(number)), None, None)
}

fn message(result: Result<Samples, CsvError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn the_last_column_is_the_label_and_a_header_is_found() {
    let samples = parse("width,height,kind\n1,2.5,cat\n-3,4e1,dog\n").unwrap();
    assert_eq!(samples.inputs, array![[1.0, 2.5], [-3.0, 40.0]]);
    assert_eq!(samples.labels, ["cat", "dog"]);
    assert_eq!(samples.features, ["width", "height"]);
    assert!(samples.has_names());

    let samples = parse("1,2.5,cat\n-3,4e1,dog\n").unwrap();
    assert_eq!(samples.labels, ["cat", "dog"]);
    assert_eq!(samples.features, ["column_0", "column_1"]);
    assert!(!samples.has_names());
}

#[test]
fn a_header_may_be_stated() {
    let numeric_names = "0,1,2\n1,2,7\n3,4,8\n";
    assert_eq!(parse(numeric_names).unwrap().labels.len(), 3);
    let samples = read(numeric_names.as_bytes(), None, Some(true), None).unwrap();
    assert_eq!(
        (samples.labels, samples.features),
        (vec!["7".into(), "8".into()], vec!["0".into(), "1".into()])
    );

    let denied = read(b"1,width,kind\n1,2,cat\n", None, Some(false), None);
    assert_eq!(
        message(denied),
        "first line, column 1 (from 0): data.header = false, but \"width\" is not a number; \
         if the first line names the columns, set data.header = true"
    );
}

#[test]
fn the_label_may_be_any_column() {
    let text = "kind,width\ncat,1\ndog,2\n";
    for samples in [by_name(text, "kind").unwrap(), by_number(text, 0).unwrap()] {
        assert_eq!(samples.labels, ["cat", "dog"]);
        assert_eq!(samples.inputs, array![[1.0], [2.0]]);
        assert_eq!(samples.features, ["width"]);
    }
    assert_eq!(by_number("cat,1\ndog,2\n", 0).unwrap().features, ["column_1"]);

    assert_eq!(
        message(by_name(text, "breed")),
        "data.label_column: no column is called \"breed\" in the first line; the columns are kind, width"
    );
    assert_eq!(by_number(text, 2).unwrap_err(), CsvError::ColumnNumber { number: 2, columns: 2 });
    let name = LabelColumn::Name("kind".into());
    assert_eq!(
        read(text.as_bytes(), Some(&name), Some(false), None).unwrap_err(),
        CsvError::NameWithoutHeader { name: "kind".into() }
    );
}

#[test]
fn quotes_spaces_blank_lines_and_line_ends_do_not_matter() {
    let text = "\u{feff}\"a\",b ,\"the \"\"kind\"\", quoted\"\r\n\r\n 1 ,\"2\",\"x, y\"\r\n   \r\n3,4,z";
    let samples = parse(text).unwrap();
    assert_eq!(samples.inputs, array![[1.0, 2.0], [3.0, 4.0]]);
    assert_eq!(samples.labels, ["x, y", "z"]);
    assert_eq!(samples.features, ["a", "b"]);
}

#[test]
fn errors_name_line_and_column() {
    for (text, expected) in [
        ("a,b,c\n1,2,x\n1,x\n", "line 3: has 2 cells, but the first line has 3"),
        ("a,b,c\n1,2,x\n\n\n1,?,y\n", "line 5, column 1 (from 0) \"b\": \"?\" is not a number"),
        ("a,b,c\r\n1,2,x\r\n\r\n1,,y\r\n", "line 4, column 1 (from 0) \"b\": \"\" is not a number"),
        ("a,b,c\n1,2,\"x\ny\"\n1,?,y\n", "line 4, column 1"),
        ("1,2,x\n1,nan,y\n", "line 2, column 1 (from 0): \"nan\" is not a finite number"),
        ("1,2,x\n-inf,1,y\n", "line 2, column 0 (from 0): \"-inf\" is not a finite number"),
        ("1,2,x\n1e39,1,y\n", "line 2, column 0 (from 0): \"1e39\" is not a finite number"),
        ("1,2,x\n1,1, \n", "line 2, column 2 (from 0): the label is empty"),
        ("a;b;c\n1;2;x\n", "the first line has only one column"),
        ("a,b,c\n", "has no samples"),
        ("", "has no samples"),
        ("\n \n", "has no samples"),
    ] {
        let error = message(parse(text));
        assert!(error.starts_with(expected), "{text:?}: {error}");
    }
    assert_eq!(read(b"1,2,x\n1,2,\xff\n", None, None, None).unwrap_err(), CsvError::NotUtf8 { line: 2 });
}

#[test]
fn long_cells_are_cut_in_messages() {
    let error = message(parse(&format!("1,x\n{},x\n", "é".repeat(100))));
    assert!(error.contains("é...\""), "{error}");
    assert!(error.len() < 250);
}

#[test]
fn a_test_file_has_the_columns_of_the_training_file() {
    let like = Layout { columns: 3, label: Some(0), header: true };
    let samples = read(b"cat,1,2\n", None, None, Some(like)).unwrap();
    assert_eq!(samples.labels, ["cat"]);
    assert_eq!(
        read(b"cat,1\n", None, None, Some(like)).unwrap_err(),
        CsvError::OtherColumns { found: 2, expected: 3 }
    );
}

fn valid() -> &'static [u8] {
    b"a,b,label\n1,2.5,\"x\"\n3,4,y\n5e-3,6,\"x, z\"\n"
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes, None, None, None);
    }

    #[test]
    fn random_text_never_panics(
        text in "[0-9,.\"\n\r xé-]{0,120}", header: Option<bool>, number in prop::option::of(0usize..5)
    ) {
        let label = number.map(LabelColumn::Number);
        if let Ok(samples) = read(text.as_bytes(), label.as_ref(), header, None) {
            prop_assert_eq!(samples.inputs.dim(), (samples.labels.len(), samples.features.len()));
            prop_assert!(samples.inputs.iter().all(|value| value.is_finite()));
        }
    }

    #[test]
    fn damaged_files_never_panic(length in 0..valid().len(), position in 0..valid().len(), bit in 0u32..8) {
        let mut bytes = valid().to_vec();
        bytes[position] ^= 1u8 << bit;
        let _ = read(&bytes, None, None, None);
        let _ = read(&valid()[..length], None, None, None);
    }
}
