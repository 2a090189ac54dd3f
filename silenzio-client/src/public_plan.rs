//! Public plans as files, which [`read_plan`](silenzio_protocol::read_plan) reads.

use crate::error::ClientError;
use silenzio_core::PublicPlan;

/// The TOML form.
///
/// # Errors
/// If a number has none: a seed of 2^63 or more.
pub fn to_toml(plan: &PublicPlan) -> Result<Vec<u8>, ClientError> {
    let fields = toml::to_string(plan).map_err(ClientError::encode)?;
    let text = format!("# Shapes and numbers that a server learns; nothing else of the data.\n\n{fields}");
    Ok(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use silenzio_core::plan::{EnginePlan, TrainingPlan};
    use silenzio_protocol::read_plan;

    fn from_toml(bytes: &[u8]) -> Result<PublicPlan, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        read_plan(file.path()).map_err(|error| error.to_string())
    }

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
