//! Public plans as files: what a client tells, beside the encrypted samples.

use crate::error::{ClientError, read};
use silenzio_core::PublicPlan;
use std::path::Path;

/// Reads a public plan from its TOML form, and checks it.
///
/// # Errors
/// If the file cannot be read or is no valid public plan, naming the field.
pub fn read_plan(path: &Path) -> Result<PublicPlan, ClientError> {
    from_toml(&read(path)?).map_err(|problem| ClientError::invalid(path, problem))
}

/// The TOML form.
///
/// # Errors
/// If a number has none: a seed of 2^63 or more.
pub fn to_toml(plan: &PublicPlan) -> Result<Vec<u8>, ClientError> {
    let fields = toml::to_string(plan).map_err(ClientError::encode)?;
    let text = format!("# Shapes and numbers that a server learns; nothing else of the data.\n\n{fields}");
    Ok(text.into_bytes())
}

fn from_toml(bytes: &[u8]) -> Result<PublicPlan, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("is no text in UTF-8: {error}"))?;
    let plan: PublicPlan = toml::from_str(text)
        .map_err(|error| format!("is not a public plan that `silenzio encrypt` wrote\n{error}"))?;
    plan.validate().map_err(|error| error.to_string())?;
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use silenzio_core::plan::{EnginePlan, TrainingPlan};

    fn example() -> PublicPlan {
        PublicPlan {
            widths: vec![4, 8, 3],
            samples: 120,
            training: TrainingPlan::default(),
            engine: EnginePlan::default(),
        }
    }

    #[test]
    fn toml_comes_back() {
        assert_eq!(from_toml(&to_toml(&example()).unwrap()), Ok(example()));
    }

    #[test]
    fn bad_plans_name_the_field() {
        let changed = |from: &str, to: &str| {
            let text = String::from_utf8(to_toml(&example()).unwrap()).unwrap();
            assert!(text.contains(from), "{text}");
            from_toml(text.replace(from, to).as_bytes()).unwrap_err()
        };
        assert!(changed("samples = 120", "samples = 0").contains("samples = 0"));
        assert!(changed("widths = [4, 8, 3]", "widths = [4]").contains("widths"));
        assert!(changed("batch = 8", "bach = 8").contains("unknown field `bach`"));
        assert!(changed("samples = 120", "samples = 'many'").contains("line"));
        assert!(from_toml(&[0xff]).unwrap_err().contains("UTF-8"));
    }

    proptest! {
        #[test]
        fn damage_is_never_a_panic(place: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut bytes = to_toml(&example()).unwrap();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            let _ = from_toml(&bytes);
            let _ = from_toml(&bytes[..cut.index(bytes.len())]);
        }
    }
}
