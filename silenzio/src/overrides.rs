//! Changes to single fields of a plan, by name.

use std::str::FromStr;
use toml::{Table, Value};

/// A field of a plan, with its new value.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// The names from the outermost table inwards, such as `training`, `epochs`.
    path: Vec<String>,
    value: Value,
}

impl Override {
    /// An override of `field`, such as `training.epochs`.
    ///
    /// # Errors
    /// If `field` cannot be the name of a field.
    pub fn new(field: &str, value: Value) -> Result<Self, String> {
        let path: Vec<String> = field.trim().split('.').map(str::to_owned).collect();
        if path.iter().any(String::is_empty) {
            return Err(format!("`{field}` is not the name of a field"));
        }
        Ok(Self { path, value })
    }
}

impl FromStr for Override {
    type Err = String;

    /// Parses an override such as `training.epochs=5`. A value that is not valid TOML is taken as a string.
    fn from_str(text: &str) -> Result<Self, String> {
        let (field, value) = text.split_once('=').ok_or("expected FIELD=VALUE")?;
        let parsed = toml::from_str::<Table>(&format!("value = {value}")).ok();
        let parsed = parsed.and_then(|mut table| table.remove("value"));
        Self::new(field, parsed.unwrap_or_else(|| Value::String(value.trim().to_owned())))
    }
}

/// Applies overrides to the fields of a plan. Missing tables are added.
pub fn overridden(mut fields: Table, overrides: &[Override]) -> Table {
    for Override { path, value } in overrides {
        put(&mut fields, path, value);
    }
    fields
}

fn put(fields: &mut Table, path: &[String], value: &Value) {
    match path {
        [] => {}
        [last] => {
            fields.insert(last.clone(), value.clone());
        }
        [first, rest @ ..] => {
            let mut inner = match fields.remove(first) {
                Some(Value::Table(inner)) => inner,
                _ => Table::new(),
            };
            put(&mut inner, rest, value);
            fields.insert(first.clone(), Value::Table(inner));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_replaced_and_added() {
        let fields: Table = toml::from_str("[training]\nepochs = 3\nbatch = 8").unwrap();
        let overrides = ["training.epochs=5", "engine.rounding=nearest", "engine.range.weights=[1.0, 2.0]"]
            .map(|text| text.parse().unwrap());
        let expected: Table = toml::from_str(
            "[training]\nepochs = 5\nbatch = 8\n[engine]\nrounding = 'nearest'\n[engine.range]\nweights = [1.0, 2.0]",
        )
        .unwrap();
        assert_eq!(overridden(fields, &overrides), expected);
    }

    #[test]
    fn what_is_no_override_is_refused() {
        for text in ["training.epochs", "=5", "a..b=1"] {
            assert!(text.parse::<Override>().is_err());
        }
    }
}
